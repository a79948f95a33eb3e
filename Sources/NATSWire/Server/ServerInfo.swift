/// What a server says about itself in INFO: first of all, and again when something changes.
///
/// Old and foreign servers leave fields out, and new ones add some: what is missing has the
/// fallback that is named here, what is unknown is ignored.
public struct ServerInfo: Sendable, Hashable {
    /// `server_id`; empty when missing.
    public var serverID = ""
    /// `server_name`; empty when missing.
    public var serverName = ""
    /// `version`; empty when missing.
    public var version = ""
    /// `proto`; 0 when missing. From 1 on, a server sends INFO at any time.
    public var protocolVersion = 0
    /// `host`; empty when missing.
    public var host = ""
    /// `port`; 0 when missing.
    public var port = 0
    /// `max_payload`: most bytes of headers and body in one message; 1 MiB when missing.
    public var maxPayload = ServerInfo.defaultMaxPayload
    /// `headers`; false when missing.
    public var supportsHeaders = false
    /// `auth_required`; false when missing.
    public var requiresAuthentication = false
    /// `tls_required`; false when missing.
    public var requiresTLS = false
    /// `tls_available`; false when missing.
    public var offersTLS = false
    /// `nonce`, to be signed by clients with keys.
    public var nonce: String?
    /// `connect_urls`: the addresses of the cluster, usually without a scheme.
    public var connectURLs: [String] = []
    /// `ldm`: the server is about to stop and asks its clients to leave; false when missing.
    public var isLameDuck = false
    /// `jetstream`; false when missing.
    public var supportsJetStream = false
    /// `api_lvl`: the level of the JetStream API; 0 when missing.
    public var jetStreamLevel = 0
    /// `client_id`: our number at that server.
    public var clientID: UInt64?
    /// `client_ip`: our address as that server sees it.
    public var clientIP: String?
    /// `cluster`.
    public var cluster: String?
    /// `domain` of JetStream.
    public var domain: String?

    /// What a server without a `max_payload` is taken to allow: the default of every server.
    public static let defaultMaxPayload = 1 << 20

    /// The fallbacks alone.
    public init() {}
}
