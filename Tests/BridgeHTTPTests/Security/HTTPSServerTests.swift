import BridgeBytes
import BridgeHTTP
import BridgeTLS
import Foundation
import HTTPWire
import TestKit
import Testing

/// The file server over TLS, asked by curl and by our own client (failures.md F14).
@Suite(.needsOpenSSL) struct HTTPSServerTests {
    private static let curl = Environment.executable(named: "curl")

    /// Runs a server for as long as the body runs.
    private static func run(
        _ authority: TestAuthority, _ certificate: TestAuthority.Certificate,
        clients: TLSServerConfiguration.ClientCertificates = .none,
        connections: Int = 1000, _ body: (FileServer) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.path)
        var tls = TLSServerConfiguration(
            identity: TLSIdentity(chainFile: certificate.chain, keyFile: certificate.key))
        tls.clientCertificates = clients
        options.tls = tls
        options.maximumConnections = connections
        options.maximumConnectionsPerAddress = connections
        let server = try await FileServer.start(options)
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func client(
        _ authority: TestAuthority, _ identity: TestAuthority.Certificate? = nil
    ) throws -> HTTPClient {
        var options = HTTPClientOptions()
        options.connectTimeout = patience
        options.tls.trust = .file(authority.path)
        options.tls.identity = identity.map {
            TLSIdentity(chainFile: $0.chain, keyFile: $0.key)
        }
        return try HTTPClient(options)
    }

    private static func ask(
        _ client: HTTPClient, _ url: String, _ method: String = "GET", _ body: HTTPBody = .none
    ) async throws -> (status: Int, body: Bytes) {
        let answer = try await client.send(HTTPRequest(method, HTTPURL(url)), body: body)
        return (answer.status, try await answer.collect(limit: 64 << 20))
    }

    /// What comes back, to the end, to bytes that are sent to a server as they are.
    private static func answer(of server: FileServer, to bytes: [UInt8]) async -> String {
        let port = server.port
        return await onThread {
            guard let connection = ScriptedConnection(connectingTo: port) else { return "" }
            connection.send(bytes)
            return String(decoding: connection.read(1 << 16), as: UTF8.self)
        }
    }

    @Test func `files are put and fetched over TLS`() async throws {
        let authority = try await TestAuthority.make()
        try await Self.run(authority, try await authority.issue("server")) { server in
            #expect(server.baseURL.hasPrefix("https://127.0.0.1:"))
            let client = try Self.client(authority)
            for (index, count) in [0, 1, 20_000, 9_000_000].enumerated() {
                let bytes = Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) })
                let id = "00112233445566778899aabbccddee0\(index)"
                let url = "\(server.baseURL)/f/\(id)/file"
                let put = try await Self.ask(client, url, "PUT", .segments(Segments(bytes)))
                #expect(put.status == 201, "\(put)")
                #expect(String(repairing: put.body).contains("https://127.0.0.1:"))
                let got = try await Self.ask(client, url)
                #expect(got.status == 200 && got.body == bytes)
            }
            client.close()
        }
    }

    /// From the second answer on they lie written out, and go through TLS all the same.
    @Test func `what is asked for often is the same over TLS, until it is another`() async throws {
        let authority = try await TestAuthority.make()
        try await Self.run(authority, try await authority.issue("server")) { server in
            let client = try Self.client(authority)
            let url = "\(server.baseURL)/f/00112233445566778899aabbccddeeff/file"
            var fields = FieldList()
            try fields.append(name: "X-UploadToken", value: "0123456789abcdef")
            for count in [1, 1000, 64 << 10] {
                let bytes = Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) })
                let put = try await client.send(
                    HTTPRequest("PUT", try HTTPURL(url), fields: fields),
                    body: .segments(Segments(bytes)))
                // Its owner replaces it: the answer that lay ready is another one's now.
                #expect(put.status == (count == 1 ? 201 : 200))
                _ = try await put.collect(limit: 1 << 16)
                for _ in 0..<50 {
                    let got = try await Self.ask(client, url)
                    #expect(got.status == 200 && got.body == bytes)
                }
            }
            let gone = try await client.send(
                HTTPRequest("DELETE", try HTTPURL(url), fields: fields))
            #expect(gone.status == 204)
            #expect(try await Self.ask(client, url).status == 404)
            // What its sender has taken back does not come again, as without TLS.
            let again = try await client.send(
                HTTPRequest("PUT", try HTTPURL(url), fields: fields),
                body: .segments(Segments(Bytes([1]))))
            #expect(again.status == 409)
            _ = try await again.collect(limit: 1 << 16)
            #expect(server.counters.downloads == 151)
            client.close()
        }
    }

    @Test(.enabled(if: curl != nil, "no curl"))
    func `curl trusts the server by its authority, and not without`() async throws {
        let authority = try await TestAuthority.make()
        let tool = try #require(Self.curl)
        try await Self.run(authority, try await authority.issue("server")) { server in
            func fetch(_ more: String...) async throws -> String {
                let process = try await ChildProcess(
                    tool, ["-sS", "-w", "%{http_code}", "\(server.baseURL)/healthz"] + more)
                _ = try await process.log.first { _ in false }
                return process.log.lines.joined(separator: "\n")
            }
            let trusted = try await fetch("--cacert", authority.path)
            #expect(trusted.hasSuffix("200"))
            let foreign = try await fetch()
            #expect(foreign.contains("certificate"))
        }
    }

    /// F15, F2: who comes above the limit is told when to come again, as without TLS.
    @Test func `a full server says so over TLS, and a crowd takes nobody's answer`() async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.issue("server")
        try await Self.run(authority, certificate, connections: 2) { server in
            let url = "\(server.baseURL)/healthz"
            let first = try Self.client(authority)
            let second = try Self.client(authority)
            for client in [first, second] {
                #expect(try await Self.ask(client, url).status == 200)
            }
            for method in ["GET", "PUT"] {
                let answer = try await Self.client(authority).send(
                    HTTPRequest(method, HTTPURL(url)))
                #expect(answer.status == 503 && answer.fields["Retry-After"] == "1")
                #expect(answer.fields["Connection"] == "close")
                _ = try await answer.collect(limit: 1 << 16)
            }
            // Who connects and says nothing has its turn only until another wants its place.
            var silent: [ScriptedConnection] = []
            for _ in 0..<200 {
                silent.append(
                    try #require(
                        ScriptedConnection(connectingTo: server.port, host: "127.0.0.1")))
            }
            for client in [first, second] {
                #expect(try await Self.ask(client, url).status == 200)
            }
            let counted = await Pace.until(patience) {
                server.counters.connectionsRefused == 202
            }
            #expect(counted)
            first.close()
            // The place of the one that went is the next one's.
            let isFree = await Pace.until(patience) {
                (try? await Self.ask(Self.client(authority), url))?.status == 200
            }
            #expect(isFree)
            second.close()
            _ = silent
        }
    }

    @Test func `clients must have a certificate where that is asked for`() async throws {
        let authority = try await TestAuthority.make()
        let own = try await authority.issue("client", usage: "clientAuth")
        let foreign = try await TestAuthority.make("other CA")
        let bad = try await foreign.issue("client", usage: "clientAuth")
        let server = try await authority.issue("server")
        try await Self.run(
            authority, server, clients: .required(authorities: [.file(authority.path)])
        ) { server in
            let url = "\(server.baseURL)/healthz"
            let known = try await Self.ask(try Self.client(authority, own), url)
            #expect(known.status == 200)
            for identity in [nil, bad] {
                let error = await #expect(throws: HTTPError.self) {
                    try await Self.ask(try Self.client(authority, identity), url)
                }
                #expect(error?.code == .tlsRefused, "\(String(describing: error))")
            }
        }
    }

    @Test func `certificates are read again for connections that come later`() async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.issue("server")
        try await Self.run(authority, certificate) { server in
            let url = "\(server.baseURL)/healthz"
            let before = try Self.client(authority)
            #expect(try await Self.ask(before, url).status == 200)
            _ = try await authority.issue("server", names: "DNS:other.test")
            try await server.reloadCertificates()
            let error = await #expect(throws: HTTPError.self) {
                try await Self.ask(try Self.client(authority), url)
            }
            #expect(error?.code == .certificateRejected)
            // The connection that stood has its own.
            #expect(try await Self.ask(before, url).status == 200)
            try TestFile.write("no certificate", to: certificate.chain)
            let broken = await #expect(throws: FileServerError.self) {
                try await server.reloadCertificates()
            }
            #expect(broken?.code == .invalidTLSConfiguration && broken?.stage == .tls)
        }
    }

    @Test func `a certificate that is not there is told at the start`() async throws {
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.path)
        options.tls = TLSServerConfiguration(
            identity: TLSIdentity(chainFile: "/nowhere/a.pem", keyFile: "/nowhere/a.key"))
        let given = options
        let error = await #expect(throws: FileServerError.self) {
            try await FileServer.start(given)
        }
        #expect(error?.code == .invalidTLSConfiguration)
        #expect(error?.detail.isEmpty == false && error?.place == "/nowhere/a.pem")
        // The folder is free for another one.
        options.tls = nil
        let server = try await FileServer.start(options)
        await server.stop()
    }

    @Test func `plain HTTP is answered in words, however much of it there is`() async throws {
        let authority = try await TestAuthority.make()
        try await Self.run(authority, try await authority.issue("server")) { server in
            for size in [0, 3_000_000] {
                let head = "PUT /f/1/x HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n"
                let answer = await Self.answer(
                    of: server, to: Array(head.utf8) + [UInt8](repeating: 1, count: size))
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
                #expect(answer.contains("Connection: close") && answer.contains("write https"))
            }
            // Our own client says what the server says.
            let url = server.baseURL.replacingOccurrences(of: "https", with: "http")
            let told = try await Self.ask(try Self.client(authority), "\(url)/healthz")
            #expect(told.status == 400)
        }
    }

    @Test func `a client that says nothing, or nonsense, holds up nobody`() async throws {
        let authority = try await TestAuthority.make()
        try await Self.run(authority, try await authority.issue("server")) { server in
            let silent = try #require(
                ScriptedConnection(connectingTo: server.port, host: "127.0.0.1"))
            let half = try #require(
                ScriptedConnection(connectingTo: server.port, host: "127.0.0.1"))
            half.send([22, 3, 1])
            let garbage = await Self.answer(of: server, to: Array(0..<10))
            #expect(!garbage.contains("HTTP"))
            let client = try Self.client(authority)
            #expect(try await Self.ask(client, "\(server.baseURL)/healthz").status == 200)
            silent.finish()
            half.finish()
        }
    }

    @Test func `a server that ends closes what is idle, or has said nothing, at once`()
        async throws
    {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.issue("server")
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.path)
        options.tls = TLSServerConfiguration(
            identity: TLSIdentity(chainFile: certificate.chain, keyFile: certificate.key))
        let server = try await FileServer.start(options)
        let client = try Self.client(authority)
        #expect(try await Self.ask(client, "\(server.baseURL)/healthz").status == 200)
        let silent = try #require(ScriptedConnection(connectingTo: server.port, host: "127.0.0.1"))
        let half = try #require(ScriptedConnection(connectingTo: server.port, host: "127.0.0.1"))
        half.send([22, 3, 1])
        // Both are there when a later one has had its answer.
        let later = try await Self.ask(try Self.client(authority), "\(server.baseURL)/healthz")
        #expect(later.status == 200)
        #expect(await server.drain(within: .seconds(600)) == 0)
        _ = (silent, half)
        // The client has seen the end of its idle connection, or sees it now.
        let error = await #expect(throws: HTTPError.self) {
            try await Self.ask(client, "\(server.baseURL)/healthz")
        }
        #expect([.connectionFailed, .disconnected].contains(error?.code), "\(error as Any)")
    }

    @Test func `a link begins with https, by each name that the server has`() async throws {
        let authority = try await TestAuthority.make()
        try await Self.run(authority, try await authority.issue("server")) { server in
            let client = try Self.client(authority)
            for (index, host) in ["127.0.0.1", "localhost"].enumerated() {
                let start = "https://\(host):\(server.port)"
                let put = try await Self.ask(
                    client, "\(start)/f/00112233445566778899aabbccddee0\(index)/a", "PUT",
                    .segments(Segments(Bytes([1, 2]))))
                #expect(String(repairing: put.body).contains("\"\(start)/f/"), "\(put.body)")
            }
        }
    }
}
