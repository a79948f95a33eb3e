import BridgeBytes
import BridgeHTTP
import BridgeTLS
import HTTPWire
import TestKit
import Testing

/// The client against an HTTPS server that shares no code with it.
@Suite(.needsOpenSSL, .enabled(if: HTTPSPeer.python != nil, "no Python"))
struct HTTPSClientTests {
    private static func client(
        _ authority: TestAuthority, log: LogSink? = nil,
        _ change: (inout HTTPClientOptions) -> Void = { _ in }
    ) throws -> HTTPClient {
        var options = HTTPClientOptions()
        options.tls.trust = .file(authority.path)
        change(&options)
        return try HTTPClient(options, log: log)
    }

    private static func get(
        _ client: HTTPClient, _ peer: HTTPSPeer, _ path: String, host: String = "127.0.0.1",
        scheme: String = "https"
    ) async throws(HTTPError) -> (answer: HTTPResponse, body: Bytes) {
        let url: HTTPURL
        do throws(HTTPWireError) {
            url = try HTTPURL("\(scheme)://\(host):\(peer.port)\(path)")
        } catch {
            throw HTTPError(.badURL, .prepare, url: "", error.detail)
        }
        let answer = try await client.send(HTTPRequest("GET", url))
        return (answer, try await answer.collect(limit: 64 << 20))
    }

    @Test func `bodies of all sizes come and go, and connections are used again`() async throws {
        let authority = try await TestAuthority.make()
        try await HTTPSPeer.run(of: authority) { peer in
            let client = try Self.client(authority)
            for count in [0, 1, 16_384, 16_385, 3_000_000] {
                let (answer, body) = try await Self.get(client, peer, "/size/\(count)")
                #expect(answer.status == 200 && body.count == count)
                #expect(answer.fields["X-Connection"] == "1")
                #expect(body.allSatisfy { $0 == UInt8(ascii: "x") })
            }
            let sent = Bytes((0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 13 >> 3) })
            let url = try HTTPURL("https://127.0.0.1:\(peer.port)/put")
            let answer = try await client.send(
                HTTPRequest("PUT", url), body: .segments(Segments(sent)))
            let digest = try await answer.collect(limit: 1000)
            var expected = SHA256()
            expected.update(sent.span)
            let words = expected.finalize()
            #expect(String(repairing: digest) == Hex.string(words.span))
            client.close()
        }
    }

    @Test func `a certificate of nobody, or for somebody else, is refused`() async throws {
        let authority = try await TestAuthority.make()
        let other = try await TestAuthority.make("other CA")
        try await HTTPSPeer.run(of: authority) { peer in
            let foreign = await #expect(throws: HTTPError.self) {
                try await Self.get(try Self.client(other), peer, "/size/1")
            }
            #expect(foreign?.reason == .tlsFailed && foreign?.code == .certificateRejected)
            #expect(foreign?.tls?.reason == .certificate(number: 20))
        }
        let elsewhere = try await authority.issue("elsewhere", names: "DNS:other.test")
        try await HTTPSPeer.run(certificate: elsewhere, of: authority) { peer in
            let wrong = await #expect(throws: HTTPError.self) {
                try await Self.get(try Self.client(authority), peer, "/size/1")
            }
            #expect(wrong?.tls?.reason == .certificate(number: 64))
            #expect(wrong?.stage == .connect && wrong?.isTransient == false)
            let client = try Self.client(authority) { $0.tls.serverName = "other.test" }
            #expect(try await Self.get(client, peer, "/size/1").body.count == 1)
        }
    }

    @Test func `a server that asks for a certificate gets it`() async throws {
        let authority = try await TestAuthority.make()
        let own = try await authority.issue("client", usage: "clientAuth")
        try await HTTPSPeer.run(of: authority, asksForCertificates: true) { peer in
            let none = await #expect(throws: HTTPError.self) {
                try await Self.get(try Self.client(authority), peer, "/size/1")
            }
            #expect(none?.code == .tlsRefused, "\(String(describing: none))")
            let client = try Self.client(authority) {
                $0.tls.identity = TLSIdentity(chainFile: own.chain, keyFile: own.key)
            }
            #expect(try await Self.get(client, peer, "/size/1").body.count == 1)
        }
    }

    @Test func `changed files that cannot be used are told, and those of before serve`()
        async throws
    {
        let authority = try await TestAuthority.make()
        let own = try await authority.issue("client", usage: "clientAuth")
        try await HTTPSPeer.run(of: authority, asksForCertificates: true) { peer in
            let log = LogCollector()
            func get() async throws -> Int {
                // Another client each time: a connection that stands keeps what it began with.
                let client = try Self.client(authority, log: log.sink) {
                    $0.tls.identity = TLSIdentity(chainFile: own.chain, keyFile: own.key)
                }
                defer { client.close() }
                return try await Self.get(client, peer, "/size/1").body.count
            }
            #expect(try await get() == 1)
            #expect(log.events().isEmpty)
            try TestFile.write("no key", to: own.key)
            #expect(try await get() == 1)
            let event = try #require(log.events().first)
            #expect(log.events().count == 1)
            #expect(event.level == .warning)
            #expect(event.stage == "tls")
            #expect(event.description.contains("invalid_tls_configuration"), "\(event)")
            #expect(event.description.contains(own.key), "\(event)")
            // The whole of a new pair is read, and nothing is told any more.
            _ = try await authority.issue("client", usage: "clientAuth")
            #expect(try await get() == 1)
            #expect(log.events().count == 1)
        }
    }

    @Test func `a body that the connection ends is whole only with closing words`() async throws {
        let authority = try await TestAuthority.make()
        try await HTTPSPeer.run(of: authority) { peer in
            let client = try Self.client(authority)
            #expect(try await Self.get(client, peer, "/closed").body.count == 1000)
            let error = await #expect(throws: HTTPError.self) {
                try await Self.get(client, peer, "/cut")
            }
            #expect(error?.reason == .incompleteBody, "\(String(describing: error))")
        }
    }

    @Test func `what speaks the other scheme is told as such`() async throws {
        let authority = try await TestAuthority.make()
        try await HTTPSPeer.run(of: authority) { peer in
            let error = await #expect(throws: HTTPError.self) {
                try await Self.get(try Self.client(authority), peer, "/size/1", scheme: "http")
            }
            // Python answers nothing to a request in the clear, or an alert.
            #expect(error?.reason == .tlsPeer || error?.reason == .connectionLost)
        }
        let plain = try ScriptedServer { connection, _ in
            _ = connection.read(1)
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.finish()
            connection.readToEnd()
        }
        let error = await #expect(throws: HTTPError.self) {
            try await Self.client(authority).send(
                HTTPRequest("GET", HTTPURL("https://127.0.0.1:\(plain.port)/")))
        }
        #expect(error?.code == .tlsRequired, "\(String(describing: error))")
    }

    @Test func `a server is told its name, never an address, and gets HTTP 1.1`() async throws {
        let authority = try await TestAuthority.make()
        for protocols in ["h2,http/1.1", "h2", ""] {
            try await HTTPSPeer.run(of: authority, protocols: protocols) { peer in
                let chosen = protocols.contains("http/1.1") ? "http/1.1" : "None"
                for (host, name) in [("localhost", "localhost"), ("127.0.0.1", "None")] {
                    let (answer, _) = try await Self.get(
                        try Self.client(authority), peer, "/size/1", host: host)
                    #expect(answer.fields["X-Name"] == name)
                    #expect(answer.fields["X-Protocol"] == chosen)
                }
            }
        }
    }

    @Test func `versions before 1.2 are not spoken`() async throws {
        let authority = try await TestAuthority.make()
        for version in ["TLSv1_2", "TLSv1_3"] {
            try await HTTPSPeer.run(of: authority, version: version) { peer in
                let got = try await Self.get(try Self.client(authority), peer, "/size/1")
                #expect(got.body.count == 1)
            }
        }
        try await HTTPSPeer.run(of: authority, version: "TLSv1_1") { peer in
            let error = await #expect(throws: HTTPError.self) {
                try await Self.get(try Self.client(authority), peer, "/size/1")
            }
            #expect(error?.reason == .tlsFailed, "\(String(describing: error))")
        }
    }

    @Test func `a proxy for plain HTTP is not asked`() async throws {
        let authority = try await TestAuthority.make()
        let proxy = try ScriptedServer { connection, _ in connection.readToEnd() }
        try await HTTPSPeer.run(of: authority) { peer in
            let target = try HTTPProxy("http://127.0.0.1:\(proxy.port)")
            let client = try Self.client(authority) { $0.proxy = target }
            #expect(try await Self.get(client, peer, "/size/5").body.count == 5)
        }
        #expect(proxy.connectionCount == 0)
    }

    @Test func `who hangs up in the handshake may have room later`() async throws {
        let authority = try await TestAuthority.make()
        let server = try ScriptedServer { connection, _ in
            _ = connection.read(1)
            connection.finish()
            connection.readToEnd()
        }
        let error = await #expect(throws: HTTPError.self) {
            try await Self.client(authority).send(
                HTTPRequest("GET", HTTPURL("https://127.0.0.1:\(server.port)/")))
        }
        #expect(error?.code == .connectionFailed && error?.isTransient == true, "\(error as Any)")
    }

    @Test func `files that cannot be used are told before anybody is called`() async throws {
        let server = try ScriptedServer { connection, _ in connection.readToEnd() }
        var options = HTTPClientOptions()
        options.tls.trust = .file("/nowhere/ca.pem")
        let client = try HTTPClient(options)
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(
                HTTPRequest("GET", HTTPURL("https://127.0.0.1:\(server.port)/")))
        }
        #expect(error?.code == .invalidTLSConfiguration)
        #expect(error?.detail.contains("/nowhere/ca.pem") == true)
        #expect(server.connectionCount == 0)
    }
}
