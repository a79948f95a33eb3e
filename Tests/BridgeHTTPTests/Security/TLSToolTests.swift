import BridgeBytes
import BridgeHTTP
import Foundation
import HTTPWire
import TestKit
import Testing

/// The client and the file server against the `openssl` tool and Python's `ssl`, which share no
/// code with this package.
@Suite(.needsOpenSSL) struct TLSToolTests {
    private static let tool = TestAuthority.tool ?? "openssl"

    /// Runs `openssl s_server -www` for as long as the body runs.
    private static func withServer(
        _ authority: TestAuthority, _ more: String...,
        body: (Int, ChildProcess) async throws -> Void
    ) async throws {
        let own = try await authority.issue("server")
        let process = try await ChildProcess(
            tool,
            ["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", own.chain, "-key", own.key]
                + more)
        let line = try await process.log.first { $0.hasPrefix("ACCEPT 127.0.0.1:") }
        guard let port = line.flatMap({ Int($0.text.dropFirst(17)) }) else {
            throw FixtureError("no s_server: \(process.log.lines)")
        }
        do { try await body(port, process) } catch {
            try? await process.stop()
            throw error
        }
        try await process.stop()
    }

    private static func get(_ authority: TestAuthority, _ port: Int) async throws -> HTTPResponse {
        var options = HTTPClientOptions()
        options.tls.trust = .file(authority.path)
        let client = try HTTPClient(options)
        return try await client.send(
            HTTPRequest("GET", HTTPURL("https://localhost:\(port)/status")))
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `s_server is read to its end, in each version`(version: String) async throws {
        let authority = try await TestAuthority.make()
        try await Self.withServer(authority, version, "-alpn", "http/1.1") { port, _ in
            let answer = try await Self.get(authority, port)
            let page = String(repairing: try await answer.collect(limit: 1 << 20))
            #expect(answer.status == 200)
            #expect(page.contains(version == "-tls1_2" ? "TLSv1.2" : "TLSv1.3"), "\(page)")
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `s_server takes up the connections of a client, and is told to by it`(version: String)
        async throws
    {
        let authority = try await TestAuthority.make()
        try await Self.withServer(authority, version) { port, _ in
            var options = HTTPClientOptions()
            options.tls.trust = .file(authority.path)
            let client = try HTTPClient(options)
            // It closes behind each answer, and says in it what the connection was.
            for word in ["New, ", "Reused, ", "Reused, "] {
                let answer = try await client.send(
                    HTTPRequest("GET", HTTPURL("https://localhost:\(port)/status")))
                let page = String(repairing: try await answer.collect(limit: 1 << 20))
                #expect(page.contains(word + "TLSv1."), "\(page)")
            }
        }
    }

    @Test func `s_server of an older version is refused`() async throws {
        let authority = try await TestAuthority.make()
        try await Self.withServer(authority, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0") {
            port, _ in
            let error = await #expect(throws: HTTPError.self) {
                try await Self.get(authority, port)
            }
            #expect(error?.reason == .tlsFailed, "\(error as Any)")
        }
    }

    private static func withFiles(
        _ authority: TestAuthority, _ body: (FileServer) async throws -> Void
    ) async throws {
        let own = try await authority.issue("server")
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.path)
        options.tls = TLSServerConfiguration(
            identity: TLSIdentity(chainFile: own.chain, keyFile: own.key))
        let server = try await FileServer.start(options)
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test func `s_client verifies the file server, and is refused with an old version`()
        async throws
    {
        let authority = try await TestAuthority.make()
        try await Self.withFiles(authority) { server in
            func connect(_ more: String...) async throws -> String {
                // With its input at its end it closes once the connection stands.
                let process = try await ChildProcess(
                    Self.tool,
                    [
                        "s_client", "-connect", "127.0.0.1:\(server.port)", "-CAfile",
                        authority.path, "-verify_return_error", "-verify_ip", "127.0.0.1",
                    ] + more)
                _ = try await process.log.first { _ in false }
                return process.log.lines.joined(separator: "\n")
            }
            let newest = try await connect("-alpn", "h2,http/1.1")
            #expect(newest.contains("Verification: OK"), "\(newest)")
            #expect(newest.contains("TLSv1.3") && newest.contains("ALPN protocol: http/1.1"))
            let older = try await connect("-tls1_2")
            #expect(older.contains("Verification: OK") && older.contains("TLSv1.2"))
            #expect(older.contains("Secure Renegotiation IS supported"))
            let old = try await connect("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
            #expect(!old.contains("Verification: OK") || old.contains("alert"), "\(old)")
            #expect(!old.contains("Cipher is ECDHE"), "\(old)")
        }
    }

    @Test(.enabled(if: HTTPSPeer.python != nil, "no Python"))
    func `Python puts and fetches, also in the smallest records`() async throws {
        let authority = try await TestAuthority.make()
        let python = try #require(HTTPSPeer.python)
        try await Self.withFiles(authority) { server in
            let program = """
                import http.client, ssl, sys
                context = ssl.create_default_context(cafile=sys.argv[2])
                body = bytes(n * 7 % 256 for n in range(200000))
                def pieces():
                    yield body[:1]
                    for n in range(1, len(body), 1000): yield body[n:n + 1000]
                connection = http.client.HTTPSConnection(
                    "localhost", int(sys.argv[1]), context=context)
                path = "/f/00112233445566778899aabbccddeeff/x"
                connection.request("PUT", path, pieces(), {"Content-Length": str(len(body))})
                answer = connection.getresponse(); answer.read()
                print("put", answer.status)
                connection.request("GET", path)
                answer = connection.getresponse()
                print("got", answer.status, answer.read() == body, connection.sock.version())
                connection.request("GET", path, headers={"Range": "bytes=199990-"})
                answer = connection.getresponse()
                print("part", answer.status, answer.read() == body[199990:])
                """
            let process = try await ChildProcess(
                python, ["-c", program, String(server.port), authority.path])
            _ = try await process.log.first { _ in false }
            #expect(
                process.log.lines.suffix(3) == [
                    "put 201", "got 200 True TLSv1.3", "part 206 True",
                ],
                "\(process.log.lines)")
        }
    }

    @Test(.enabled(if: HTTPSPeer.python != nil, "no Python"), arguments: ["TLSv1_2", "TLSv1_3"])
    func `Python takes up its connections to the file server`(version: String) async throws {
        let authority = try await TestAuthority.make()
        let python = try #require(HTTPSPeer.python)
        try await Self.withFiles(authority) { server in
            let program = """
                import socket, ssl, sys
                context = ssl.create_default_context(cafile=sys.argv[2])
                context.maximum_version = getattr(ssl.TLSVersion, sys.argv[3])
                session = None
                for _ in range(3):
                    plain = socket.create_connection(("localhost", int(sys.argv[1])))
                    connection = context.wrap_socket(
                        plain, server_hostname="localhost", session=session)
                    connection.sendall(
                        b"GET /healthz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
                    while connection.recv(4096): pass
                    print("taken up:", connection.session_reused)
                    session = connection.session
                """
            let process = try await ChildProcess(
                python, ["-c", program, String(server.port), authority.path, version])
            _ = try await process.log.first { _ in false }
            #expect(
                process.log.lines.suffix(3) == [
                    "taken up: False", "taken up: True", "taken up: True",
                ],
                "\(process.log.lines)")
        }
    }
}
