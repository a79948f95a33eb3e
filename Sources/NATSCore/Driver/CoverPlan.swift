internal import BridgeSockets
internal import BridgeTLS

/// What a client's first connection is covered with.
///
/// ## Theory of operation
/// Whether there can be TLS at all is found out before a server is called. What was found then
/// covers the first connection, unless so much time has passed that its files may be others by now:
/// every later one has them looked at anew, so that who replaces a certificate finds it in use.
enum CoverPlan: Sendable {
    /// Nobody has asked for TLS; a server may.
    case none
    /// To be found on the client's thread.
    case find(TLSConfiguration)
    case found(FoundContext)

    /// Reads files, and so blocks the calling thread.
    /// - Throws: `TLSError`: `libraryMissing` or `configuration`.
    mutating func find() throws(TLSError) {
        guard case .find(let configuration) = self else { return }
        self = .found(try FoundContext(configuration))
    }

    /// Once, what was found for a configuration, if that is new; nil: it is to be looked for.
    mutating func take(for configuration: TLSConfiguration) -> TLSContextCache.Found? {
        guard case .found(let known) = self else { return nil }
        self = .none
        let isNew = MonotonicClock.now - known.time < FoundContext.lifetime
        return isNew && known.configuration == configuration ? known.found : nil
    }
}

/// A context, and when its files were looked at.
struct FoundContext: Sendable {
    /// How long they need not be looked at again.
    static let lifetime: Duration = .seconds(1)

    let configuration: TLSConfiguration
    let time: Duration
    let found: TLSContextCache.Found

    /// Reads files, and so blocks the calling thread.
    /// - Throws: `TLSError`: `libraryMissing` or `configuration`.
    init(_ configuration: TLSConfiguration) throws(TLSError) {
        self.configuration = configuration
        time = MonotonicClock.now
        found = try TLSContextCache.shared.context(for: configuration)
    }
}
