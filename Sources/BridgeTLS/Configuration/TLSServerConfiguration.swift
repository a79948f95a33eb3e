/// What a server wants of TLS: who it is, and whether clients must say who they are.
public struct TLSServerConfiguration: Sendable, Hashable {
    /// Whether clients have to show a certificate.
    public enum ClientCertificates: Sendable, Hashable {
        /// They are not asked.
        case none
        /// They are asked, and one that is shown must be good.
        case optional(authorities: [PEMSource])
        /// Without a good one there is no connection.
        case required(authorities: [PEMSource])
    }

    /// The server's certificate and its key.
    public var identity: TLSIdentity
    /// Whether clients have to show a certificate.
    public var clientCertificates = ClientCertificates.none
    /// The oldest version that is spoken.
    public var minimumVersion = TLSVersion.tls12
    /// The protocols that are spoken (ALPN), the favourite first. A client that offers others
    /// alone goes on without one.
    public var applicationProtocols: [String] = []

    /// A server of this name.
    public init(identity: TLSIdentity) { self.identity = identity }
}
