import BridgeTLS
import TestKit

/// What covers all ways of a soak by TLS, where `NATSBRIDGE_SOAK_TLS` is set: one authority, and
/// one certificate for the addresses of this machine. The witness speaks plainly to the servers.
struct SoakTLS: Sendable {
    private let authority: TestAuthority
    private let certificate: TestAuthority.Certificate

    /// Nil where it is not asked for.
    static func make() async throws -> SoakTLS? {
        guard Environment.value("NATSBRIDGE_SOAK_TLS") != nil else { return nil }
        let authority = try await TestAuthority.make()
        return SoakTLS(authority: authority, certificate: try await authority.issue("server"))
    }

    /// Path of the authority.
    var path: String { authority.path }
    /// Whom the clients trust.
    var trust: TLSTrust { .file(path) }

    /// What servers of NATS are configured with.
    var config: String {
        """
        tls { cert_file: "\(certificate.chain)", key_file: "\(certificate.key)" }
        allow_non_tls: true
        """
    }

    /// What the file server is started with.
    var serveArguments: [String] {
        ["--tls-cert", certificate.chain, "--tls-key", certificate.key]
    }

    /// What the command line trusts it by.
    var arguments: [String] { ["--tlsca", path, "--store-ca", path] }
}
