internal import BridgeBytes
internal import BridgeTLS

extension NATSClientOptions {
    /// Takes over what a context or a command line says of TLS, by paths. Whoever names any of it
    /// wants TLS, as with the `nats` tools.
    /// - Throws: `NATSError` with `invalidArgument` for a certificate without its key, or a key
    ///   without its certificate.
    package mutating func useTLS(
        authority: String? = nil, certificate: String? = nil, key: String? = nil,
        passphrase: String? = nil, isFirst: Bool = false
    ) throws(NATSError) {
        // It may be for the key that a context names.
        if let passphrase { tlsConfiguration.identity?.passphrase = passphrase }
        guard authority != nil || certificate != nil || key != nil || isFirst else { return }
        if let authority { tlsConfiguration.trust = .file(authority) }
        switch (certificate, key) {
        case (let certificate?, let key?):
            tlsConfiguration.identity = TLSIdentity(
                chainFile: certificate, keyFile: key, passphrase: passphrase)
        case (nil, nil): break
        case (nil, _?), (_?, nil):
            throw NATSError(
                .invalidArgument, stage: .connect,
                detail: "a certificate for TLS needs its key, and the key its certificate")
        }
        tls = isFirst ? .handshakeFirst : max(tls, .required)
    }
}

extension NATSClientTLS: Comparable {
    /// Whether one asks for less than the other.
    public static func < (left: NATSClientTLS, right: NATSClientTLS) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .onDemand: 0
        case .required: 1
        case .handshakeFirst: 2
        }
    }
}
