internal import BridgeBytes

/// What a client says about itself in CONNECT.
package struct ConnectOptions: Sendable, Hashable {
    /// Asks for +OK after each frame; only good for tests.
    package var verbose = false
    /// Asks the server to check subjects strictly.
    package var pedantic = false
    /// `tls_required`.
    package var requiresTLS = false
    /// Shown in the server's monitoring.
    package var name = ""
    /// That of this library.
    package var version = LibraryVersion.current
    package var credentials = ConnectCredentials.none
    /// Whether our own messages come back to our own subscriptions.
    package var echo = true
    /// Whether we send and take headers; no more than the server's INFO allows.
    package var headers = true

    package init() {}
}
