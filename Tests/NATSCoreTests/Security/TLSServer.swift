import BridgeTLS
import NATSCore
import NATSWire
import TestKit

/// A nats-server with certificates of its own authority.
struct TLSServer: Sendable {
    let authority: TestAuthority
    let certificate: TestAuthority.Certificate
    let host: String

    static func make() async throws -> TLSServer {
        let host = LoopbackAddress.unused()
        let authority = try await TestAuthority.make()
        let certificate = try await authority.issue(
            "server", names: "DNS:localhost,IP:\(host)")
        return TLSServer(authority: authority, certificate: certificate, host: host)
    }

    /// The part of a configuration that switches TLS on.
    func config(
        _ more: String = "", certificate: TestAuthority.Certificate? = nil
    ) -> String {
        let certificate = certificate ?? self.certificate
        return """
            tls {
              cert_file: "\(certificate.chain)"
              key_file: "\(certificate.key)"
              ca_file: "\(authority.path)"
              \(more)
            }
            """
    }

    /// Runs a server with TLS, and more text for its configuration.
    func run<Result>(
        _ more: String = "", certificate: TestAuthority.Certificate? = nil, config: String = "",
        _ body: (NATSServerFixture) async throws -> Result
    ) async throws -> Result {
        try await NATSServerFixture.run(
            jetStream: false, config: self.config(more, certificate: certificate) + "\n" + config,
            host: host, body)
    }

    /// Options that trust the authority.
    func options(
        _ server: NATSServerFixture, scheme: String = "tls"
    ) -> NATSClientOptions {
        options("\(scheme)://\(server.address)")
    }

    func options(_ url: String) -> NATSClientOptions {
        var options = NATSClientOptions(servers: [url])
        options.tlsConfiguration.trust = .file(authority.path)
        options.reconnectWait = .milliseconds(10)
        options.reconnectJitter = .zero
        options.reconnectJitterTLS = .zero
        return options
    }
}

extension NATSClient {
    /// Leaves the connection in use, the first one of the client, and returns when another stands.
    func reconnectOnce() async {
        reconnect()
        var count = 0
        for await event in events {
            if case .connected = event { count += 1 }
            if count == 2 { return }
        }
    }

    /// A message of this size to itself, there and back.
    func isEchoed(_ count: Int) async throws -> Bool {
        let subscription = try subscribe(to: "echo")
        try await flush()
        let payload = [UInt8]((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) })
        try publish(payload, to: "echo")
        for try await message in subscription { return [UInt8](message.payload) == payload }
        return false
    }
}
