package import BridgeBytes
internal import BridgeClaims
internal import BridgeTLS
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

extension CommandFailure {
    /// What one can do about a connection to NATS, where TLS says more than the code does.
    static func tlsHint(_ error: NATSError) -> String? {
        if let error = error.underlying as? TLSError { return hint(error) }
        return error.mayWantTLSFirst ? "--tlsfirst, if the server begins with TLS" : nil
    }

    /// What one can do about a store, where TLS says more than the code does.
    static func storeHint(_ error: ClaimError) -> String? {
        // The claim's cause is the exchange's error, and that one's is TLS's.
        guard let cause = error.underlying?.underlying as? TLSError else {
            return storeHint(error.code)
        }
        return certificateHint(cause, server: "--store", authority: "--store-ca")
            ?? storeHint(error.code)
    }

    /// - Parameters:
    ///   - server: The option that names the server.
    ///   - authority: The option that names whom to trust.
    private static func certificateHint(
        _ error: TLSError, server: String, authority: String
    ) -> String? {
        switch error.reason {
        // Not yet valid, and expired.
        case .certificate(9), .certificate(10):
            "the server needs a new certificate, or this machine's clock is wrong"
        // Another name, and another address.
        case .certificate(62), .certificate(64):
            "\(server) takes a name or an address that the certificate is for"
        // All that end in an authority which is not known.
        case .certificate(2), .certificate(18), .certificate(19), .certificate(20),
            .certificate(21):
            "\(authority) names the authority that signed it"
        default: nil
        }
    }

    private static func hint(_ error: TLSError) -> String? {
        if let hint = certificateHint(error, server: "--server", authority: "--tlsca") {
            return hint
        }
        return switch error.reason {
        case .notTLS: "without --tlsfirst, if the server speaks first; or name its plain address"
        case .configuration, .certificate, .truncated, .protocolViolation, .library: nil
        case .libraryMissing, .alert, .noCommonProtocol, .endedInHandshake: natsHint(error.code)
        }
    }

    private static func storeHint(_ code: ErrorCode) -> String? {
        switch code {
        case .linkRefused:
            "--alias names another name of the store, --allow-origin another origin"
        case .unavailable: "is the file server running? --store names another"
        case .payloadNotFound: "is this the store that the sender uses? --store names another"
        case .payloadExpired, .uploadAborted: "the sender has to send it again"
        case .storageFull: "remove files from the store, or give it more room"
        case .tlsRequired: "the store's address begins with https where it has TLS, else with http"
        case .tlsRefused:
            "--store-cert and --store-key show who you are; the server's log says more"
        case .tlsUnavailable: missingLibrary
        default: nil
        }
    }

    /// What one can do about a failure that is neither NATS's nor a store's.
    package static func hint(_ code: ErrorCode) -> String? {
        code == .tlsUnavailable ? missingLibrary : nil
    }

    private static let missingLibrary =
        "install the system's OpenSSL 3 (Debian: apt install libssl3)"

    /// What one can do about a failure of NATS, in the words of this command line.
    static func natsHint(_ code: ErrorCode) -> String? {
        switch code {
        case .connectionFailed: "is the server running? --server or NATS_URL names another"
        case .authorizationFailed:
            "--creds, --nkey, --user, --token or a --context say who you are"
        case .credentialsExpired, .credentialsRevoked: "get new credentials from their issuer"
        case .tlsRequired: "switch TLS on at the server, or name its plain address"
        case .tlsRefused: "--tlscert and --tlskey show who you are; the server's log says more"
        case .tlsUnavailable: missingLibrary
        case .noResponders: "is the service running?"
        case .noStream: "create a stream that has this subject, or send without --jetstream"
        case .jetStreamDisabled: "start nats-server with -js, or do without JetStream"
        case .storageFull: "raise the stream's limits, or purge it"
        default: nil
        }
    }
}
