import BridgeBytes
import BridgeHTTP
import BridgeTLS
import HTTPWire
import TestKit
import Testing

/// HTTPS through a proxy that shares no code with the client: proxy.py, for which every host is
/// this machine.
@Suite(.needsOpenSSL, .enabled(if: HTTPSPeer.python != nil, "no Python"))
struct HTTPTunnelTests {
    private static let credentials = "user:planted"

    private static func run(
        _ body: (TestAuthority, HTTPSPeer, _ proxy: Int, LineLog) async throws -> Void
    ) async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.issue("store", names: "DNS:store.example")
        try await HTTPSPeer.run(certificate: certificate, of: authority) { peer in
            try await ProxyPeer.run(credentials) { port, log in
                try await body(authority, peer, port, log)
            }
        }
    }

    private static func client(
        _ authority: TestAuthority, _ proxy: String, exceptions: String = ""
    ) throws -> HTTPClient {
        var options = HTTPClientOptions()
        options.tls.trust = .file(authority.path)
        options.tunnel = try HTTPProxy(proxy, exceptions: exceptions)
        return try HTTPClient(options)
    }

    @Test func `a host behind a proxy is reached by TLS of its own, on a connection that is kept`()
        async throws
    {
        try await Self.run { authority, peer, proxy, log in
            let client = try Self.client(
                authority, "http://\(Self.credentials)@127.0.0.1:\(proxy)")
            for count in [0, 1, 3_000_000] {
                let url = try HTTPURL("https://store.example:\(peer.port)/size/\(count)")
                let answer = try await client.send(HTTPRequest("GET", url))
                #expect(answer.fields["X-Connection"] == "1")
                #expect(answer.fields["X-Name"] == "store.example")
                #expect(try await answer.collect(limit: 4_000_000).count == count)
            }
            let sent = Bytes((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 13 >> 3) })
            let url = try HTTPURL("https://store.example:\(peer.port)/put")
            let answer = try await client.send(
                HTTPRequest("PUT", url), body: .segments(Segments(sent)))
            var digest = SHA256()
            digest.update(sent.span)
            let words = digest.finalize()
            #expect(
                String(repairing: try await answer.collect(limit: 100)) == Hex.string(words.span))
            client.close()
            let lines = try await log.first { $0.contains("CONNECT store.example") }
            #expect(lines != nil)
        }
    }

    @Test func `a proxy that refuses is told with its status, and what it cannot reach is passing`()
        async throws
    {
        try await Self.run { authority, peer, proxy, _ in
            let url = try HTTPURL("https://store.example:\(peer.port)/size/1")
            let refused = await #expect(throws: HTTPError.self) {
                try await Self.client(authority, "http://user:wrong@127.0.0.1:\(proxy)")
                    .send(HTTPRequest("GET", url))
            }
            #expect(refused?.code == .authorizationFailed && refused?.tunnel?.status == 407)
            #expect(refused?.isTransient == false && refused?.stage == .connect)
            #expect(!"\(refused as Any)".contains("wrong"))
            let none = try HTTPURL("https://store.example:1/")
            let unreached = await #expect(throws: HTTPError.self) {
                try await Self.client(
                    authority, "http://\(Self.credentials)@127.0.0.1:\(proxy)"
                ).send(HTTPRequest("GET", none))
            }
            #expect(unreached?.code == .connectionFailed && unreached?.isTransient == true)
        }
    }

    @Test func `the host must have the certificate, not the proxy; what is excepted is not asked`()
        async throws
    {
        try await Self.run { authority, peer, proxy, log in
            let named = "http://\(Self.credentials)@127.0.0.1:\(proxy)"
            let other = try HTTPURL("https://other.example:\(peer.port)/size/1")
            let error = await #expect(throws: HTTPError.self) {
                try await Self.client(authority, named).send(HTTPRequest("GET", other))
            }
            #expect(error?.tls?.reason == .certificate(number: 62), "\(error as Any)")
            let here = try HTTPURL("https://127.0.0.1:\(peer.port)/size/1")
            let direct = await #expect(throws: HTTPError.self) {
                try await Self.client(authority, named).send(HTTPRequest("GET", here))
            }
            #expect(direct?.tls?.reason == .certificate(number: 64), "\(direct as Any)")
            let excepted = await #expect(throws: HTTPError.self) {
                try await Self.client(authority, named, exceptions: "invalid")
                    .send(HTTPRequest("GET", HTTPURL("https://no.invalid/")))
            }
            #expect(excepted?.reason == .resolveFailed)
            #expect(!log.lines.contains { $0.contains("127.0.0.1:\(peer.port)/size") })
        }
    }
}
