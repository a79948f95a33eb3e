import BridgeBytes
import TestKit
import Testing

/// The command line against a real server over WebSocket.
@Suite(.needsNATSServer, .enabled(if: CommandRun.executable != nil, "not built"))
struct WebSocketCommandTests {
    private static func send(_ server: String, _ more: String...) async throws -> CommandRun {
        try await CommandRun.run(
            ["send", "a.b", "hi:text=hello", "--server", server, "--no-proxy"] + more)
    }

    private static func run(
        _ block: String, config: String = "", host: String,
        _ body: (_ address: String) async throws -> Void
    ) async throws {
        let text = "websocket {\n listen: \"\(host):-1\"\n \(block)\n}\n\(config)"
        try await NATSServerFixture.run(jetStream: false, config: text, host: host) { server in
            let line = try #require(
                server.log.first { $0.contains("Listening for websocket clients on ws") })
            try await body(String(try #require(line.split(separator: "/").last)))
        }
    }

    @Test func `a message goes by WebSocket, with a path and headers`() async throws {
        let config = "authorization { token: \"S3CRETtoken\" }"
        let host = LoopbackAddress.unused()
        try await Self.run(
            "no_tls: true\n token_cookie: \"nats\"", config: config, host: host
        ) { address in
            let url = "ws://\(address)/some/path?x=1"
            let run = try await Self.send(url, "--ws-header", "Cookie=nats=S3CRETtoken")
            #expect(run.status == 0, "\(run.errors)")
            let none = try await Self.send(url)
            #expect(none.status == 3 && none.errors.contains("authorization_failed"))
            for header in ["CookieS3CRET", "Coo kie=S3CRET", "Upgrade=S3CRET"] {
                let bad = try await Self.send(url, "--ws-header", header)
                #expect(bad.status == 2, "\(bad.errors)")
                #expect(!bad.errors.contains("S3CRET"))
            }
        }
    }

    @Test(.needsOpenSSL) func `a message goes by WebSocket over TLS`() async throws {
        let host = LoopbackAddress.unused()
        let authority = try await TestAuthority.make()
        let certificate = try await authority.issue("server", names: "IP:\(host)")
        let block = """
            tls {
               cert_file: "\(certificate.chain)"
               key_file: "\(certificate.key)"
             }
            """
        try await Self.run(block, host: host) { address in
            let run = try await Self.send("wss://\(address)", "--tlsca", authority.path)
            #expect(run.status == 0, "\(run.errors)")
            let foreign = try await Self.send("wss://\(address)")
            #expect(foreign.status == 3 && foreign.errors.contains("certificate_rejected"))
            let plain = try await Self.send("ws://\(address)")
            #expect(plain.status != 0 && !plain.errors.isEmpty)
        }
    }
}
