import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Uploads that are cut go on where they were.
@Suite(.patient) struct ResumableUploadTests {
    private static let content: Bytes = {
        var generator = SeededGenerator(seed: 9)
        return Bytes(generator.bytes(3_000_000))
    }()

    private static func store(_ port: Int, attempts: Int = 4) throws -> FileServerStore {
        var retry = RetryPolicy()
        retry.base = .milliseconds(1)
        retry.maxAttempts = attempts
        return try FileServerStore(baseURL: HTTPURL("http://127.0.0.1:\(port)"), retry: retry)
    }

    private static func segments() -> Segments {
        Segments([content[0..<1_000_000], content[1_000_000..<1_300_000], content[1_300_000...]])
    }

    @Test(
        "A line that is cut again and again brings the whole, and little of it twice",
        arguments: [0, 64 << 20])
    func cuts(memory: Int) async throws {
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.path)
        options.memory = memory
        options.isDurable = memory == 0
        let server = try await FileServer.start(options)
        let proxy = try FaultProxy(to: server.port)
        var cut = Toxics()
        // More cuts than there are attempts without gain.
        cut.limit = 400_000
        proxy.set(cut, .toServer)
        let store = try Self.store(proxy.port, attempts: 3)
        let claim = try await store.upload(
            ClaimContent(name: "x", segments: Self.segments()), correlationID: "")
        proxy.clear()
        #expect(claim.size == Self.content.count)
        #expect(claim.checksum == Checksum(of: Self.content).description)
        let direct = try Self.store(server.port)
        #expect(try await direct.download(ClaimDownload(url: claim.url)) == Self.content)
        // Sent once, and with it what was in the buffers at the cuts.
        #expect(server.counters.bytesReceived < 2 * Self.content.count)
        await server.stop()
    }

    @Test("What is sent at once is answered from the server's memory, where it has some")
    func memory() async throws {
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.path)
        options.memory = 64 << 20
        let server = try await FileServer.start(options)
        let store = try Self.store(server.port)
        let claim = try await store.upload(
            ClaimContent(name: "x", segments: Self.segments()), correlationID: "")
        #expect(claim.checksum == Checksum(of: Self.content).description)
        let page = try HTTPURL("http://127.0.0.1:\(server.port)/metrics")
        let metrics = try await HTTPClient().send(HTTPRequest("GET", page)).collect(limit: 1 << 20)
        let text = String(repairing: metrics)
        // Two pages of 2 MiB.
        #expect(text.contains("natsbridge_server_memory_used_bytes 4194304\n"))
        #expect(try await store.download(ClaimDownload(url: claim.url)) == Self.content)
        await server.stop()
    }

    /// What a scripted store is asked: methods with the offsets of what goes on.
    private func asked(
        status: Int = 204, offset: String?, after: Int = 201
    ) async throws -> (lines: [String], sizes: [Int], result: Result<Claim, ClaimError>) {
        let seen = Mutex<(lines: [String], sizes: [Int])>(([], []))
        let server = try ScriptedServer { connection, number in
            while let (head, body) = connection.readRequest(hasBody: number > 0) {
                let method = String(head.prefix { $0 != " " })
                let place = head.split(separator: "\r\n").first {
                    $0.hasPrefix("Upload-Offset: ")
                }
                seen.withLock {
                    $0.lines.append(method + (place.map { " \($0.dropFirst(15))" } ?? ""))
                    $0.sizes.append(body.count)
                }
                if number == 0 {
                    _ = connection.read(1_500_000)
                    connection.resetOnClose()
                    return
                }
                let field = offset.map { "Upload-Offset: \($0)\r\n" } ?? ""
                let isAsked = method == "HEAD"
                connection.send(
                    "HTTP/1.1 \(isAsked ? status : method == "DELETE" ? 204 : after) X\r\n"
                        + (isAsked ? field : "")
                        + (isAsked && status == 204 ? "\r\n" : "Content-Length: 0\r\n\r\n"))
            }
        }
        let result: Result<Claim, ClaimError>
        let store = try Self.store(server.port)
        do throws(ClaimError) {
            result = .success(
                try await store.upload(
                    ClaimContent(name: "x", segments: Self.segments()), correlationID: ""))
        } catch { result = .failure(error) }
        let found = seen.withLock { $0 }
        return (found.lines, found.sizes, result)
    }

    @Test("The store is asked how far it has come, and gets the rest")
    func rest() async throws {
        let found = try await asked(offset: "1200000")
        #expect(found.lines == ["PUT", "HEAD", "PATCH 1200000"])
        #expect(found.sizes.last == 1_800_000)
        #expect(try found.result.get().size == 3_000_000)
    }

    @Test(
        "A store that does not say how far it is gets everything again",
        arguments: [(404, nil), (200, "1200000"), (204, nil), (204, "4000000"), (204, "-1")]
            as [(Int, String?)])
    func again(status: Int, offset: String?) async throws {
        let found = try await asked(status: status, offset: offset)
        #expect(found.lines == ["PUT", "HEAD", "PUT"])
        #expect(found.sizes.last == 3_000_000)
        #expect(try found.result.get().size == 3_000_000)
    }

    @Test("A store that loses what it had is asked again, to an end")
    func astray() async throws {
        let found = try await asked(offset: "1200000", after: 409)
        #expect(found.lines.filter { $0.hasPrefix("PATCH") }.count >= 2)
        #expect(found.lines.last == "DELETE")
        guard case .failure(let error) = found.result else {
            Issue.record("it is stored")
            return
        }
        #expect(error.code == .unavailable)
    }

    @Test("What is small is sent again as a whole, and nothing is said of going on")
    func small() async throws {
        let heads = Mutex<[String]>([])
        let server = try ScriptedServer { connection, number in
            while let (head, _) = connection.readRequest() {
                heads.withLock { $0.append(head) }
                if number == 0 { return }
                connection.send("HTTP/1.1 201 X\r\nContent-Length: 0\r\n\r\n")
            }
        }
        _ = try await Self.store(server.port).upload(
            ClaimContent(name: "x", segments: [[1, 2]]), correlationID: "")
        let found = heads.withLock { $0 }
        #expect(found.count == 2 && found.allSatisfy { $0.hasPrefix("PUT") })
        #expect(found.allSatisfy { !$0.contains("Upload-") })
    }
}
