import BridgeBytes
import BridgeTLS
import TestKit
import Testing

/// Whom a client takes for its server, and what it says of others.
@Suite(.needsOpenSSL) struct VerificationTests {
    private static func outcome(
        _ credentials: Credentials, _ certificate: TestAuthority.Certificate? = nil,
        host: String = "localhost", _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> (client: TLSError?, server: TLSError?) {
        var pair = try SessionPair(
            credentials.clientContext(change), credentials.serverContext(certificate), host: host)
        pair.open()
        #expect(pair.client.phase.isOpen == (pair.client.failure == nil))
        return (pair.client.failure, pair.server.failure)
    }

    @Test(arguments: [
        "localhost", "LOCALHOST", "localhost.", "127.0.0.1", "::1", "[::1]", "0:0:0:0:0:0:0:1",
        "a.wild.test",
    ])
    func `the names and addresses of the certificate are right`(host: String) async throws {
        #expect(try Self.outcome(await Credentials.make(), host: host).client == nil)
    }

    @Test(arguments: [
        ("other.test", 62), ("wild.test", 62), ("a.b.wild.test", 62), ("127.0.0.2", 64),
        ("::2", 64),
    ])
    func `others are wrong, and named`(host: String, number: Int) async throws {
        let (client, server) = try Self.outcome(await Credentials.make(), host: host)
        #expect(client?.reason == .certificate(number: number))
        #expect(client?.code == .certificateRejected)
        #expect(client?.place == host)
        #expect(server?.reason == .alert(number: 42), "the server is told")
    }

    @Test(arguments: ["", ".", ".wild.test", "a b", "x\0y", "[]"])
    func `what is no name is refused before anything is sent`(host: String) async throws {
        let context = try await Credentials.make().clientContext()
        let error = #expect(throws: TLSError.self) { try TLSSession(context, to: host) }
        #expect(error?.reason == .configuration)
    }

    @Test func `the configuration's name wins over the address`() async throws {
        let credentials = try await Credentials.make()
        let right = try Self.outcome(credentials, host: "192.0.2.1") { $0.serverName = "localhost" }
        #expect(right.client == nil)
        let wrong = try Self.outcome(credentials) { $0.serverName = "other.test" }
        #expect(wrong.client?.reason == .certificate(number: 62))
    }

    @Test func `certificates out of their time, and of nobody, are refused by number`()
        async throws
    {
        let credentials = try await Credentials.make()
        let other = try await TestAuthority.make("other CA")
        let cases: [(TestAuthority.Certificate, Int, Int)] = [
            (try await credentials.authority.issue("expired", .expired), 10, 45),
            (try await credentials.authority.issue("future", .future), 9, 42),
            (try await other.issue("foreign"), 20, 48),
            (try await other.selfSigned("self"), 18, 48),
            (try await credentials.authority.issue("common", names: nil), 62, 42),
            (try await credentials.authority.issue("client", usage: "clientAuth"), 26, 43),
        ]
        for (certificate, number, alert) in cases {
            let (client, server) = try Self.outcome(credentials, certificate)
            #expect(client?.reason == .certificate(number: number))
            #expect(client?.detail.contains("number \(number)") == true)
            #expect(server?.reason == .alert(number: alert))
        }
    }

    @Test func `the loud option takes anybody`() async throws {
        let credentials = try await Credentials.make()
        let certificate = try await TestAuthority.make("other CA").issue("foreign")
        let (client, server) = try Self.outcome(credentials, certificate, host: "any.test") {
            $0.acceptsAnyCertificateInsecurely = true
        }
        #expect(client == nil && server == nil)
    }

    @Test func `a server that wants certificates tells why it refuses`() async throws {
        let credentials = try await Credentials.make()
        let authority = credentials.authority
        let good = try await authority.issue("client", usage: "clientAuth")
        let expired = try await authority.issue("old", usage: "clientAuth", .expired)
        let foreign = try await TestAuthority.make("other CA").issue("x", usage: "clientAuth")
        let cases: [(TestAuthority.Certificate?, alert: Int?)] = [
            (good, nil), (nil, 116), (expired, 45), (foreign, 48),
        ]
        for (certificate, alert) in cases {
            let client = try credentials.clientContext {
                $0.identity = certificate.map {
                    TLSIdentity(chainFile: $0.chain, keyFile: $0.key)
                }
            }
            let server = try credentials.serverContext {
                $0.clientCertificates = .required(authorities: [.file(authority.path)])
            }
            var pair = try SessionPair(client, server)
            pair.open()
            // In TLS 1.3 the client is done before the server has judged.
            _ = pair.client.write(Array("CONNECT".utf8).span)
            pair.settle()
            let end = pair.client.readAll().1
            if let alert {
                guard case .failed = end else {
                    Issue.record("alert \(alert) was not noticed")
                    continue
                }
                #expect(pair.client.failure?.reason == .alert(number: alert))
                #expect(pair.client.failure?.code == .tlsRefused)
            } else {
                #expect(pair.server.readAll().0 == Array("CONNECT".utf8))
            }
        }
    }

    @Test func `protocols are agreed on, and others refused`() async throws {
        let credentials = try await Credentials.make()
        let client = try credentials.clientContext { $0.applicationProtocols = ["http/1.1"] }
        for (offered, chosen) in [
            (["http/1.1"], "http/1.1" as String?), (["h2", "http/1.1"], "http/1.1"),
            (["h2"], nil), ([], nil),
        ] {
            let server = try credentials.serverContext { $0.applicationProtocols = offered }
            var pair = try SessionPair(client, server)
            pair.open()
            #expect(pair.client.phase.isOpen)
            #expect(pair.client.applicationProtocol == chosen)
            #expect(pair.server.applicationProtocol == chosen)
        }
    }

    @Test func `a server that speaks the newest version alone is reached`() async throws {
        let credentials = try await Credentials.make()
        let old = try credentials.clientContext()
        let server = try credentials.serverContext { $0.minimumVersion = .tls13 }
        var pair = try SessionPair(old, server)
        pair.open()
        #expect(pair.client.phase.isOpen)
    }
}
