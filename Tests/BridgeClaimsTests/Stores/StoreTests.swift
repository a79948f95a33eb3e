import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Both stores against our own file server.
@Suite(.patient) struct StoreTests {
    enum Kind: CaseIterable { case native, plik }

    private func store(_ kind: Kind, _ server: FileServer) throws -> any ClaimStore {
        let base = try HTTPURL(server.baseURL)
        switch kind {
        case .native: return try FileServerStore(baseURL: base)
        case .plik: return try PlikStore(baseURL: base)
        }
    }

    private func withServer(
        _ body: (FileServer) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.file("store"))
        options.isDurable = false
        options.now = { Timestamp(seconds: 1_790_000_000) }
        let server = try await FileServer.start(options)
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
        #expect(!directory.path.isEmpty)
    }

    @Test("What is stored comes back, verified, as often as wanted", arguments: Kind.allCases)
    func roundTrip(kind: Kind) async throws {
        try await withServer { server in
            let store = try store(kind, server)
            var generator = SeededGenerator(#function)
            let segments = [0, 1, 70_000, 2_000_000].map { Bytes(generator.bytes($0)) }
            let content = ClaimContent(
                name: "Grüße \"1\"/2?#%.arrow", segments: Segments(segments),
                checksumAlgorithm: .sha256)
            let claim = try await store.upload(content, correlationID: "c")
            #expect(claim.size == 2_070_001)
            let whole = Bytes(segments.flatMap { Array($0) })
            #expect(claim.checksum == Checksum(of: whole, .sha256).description)
            for _ in 0..<2 {
                let bytes = try await store.download(
                    ClaimDownload(
                        url: claim.url, expectedSize: claim.size,
                        expectedChecksum: claim.checksum))
                #expect(bytes == whole)
            }
            #expect(server.stored.files == 1)
        }
    }

    @Test("An empty payload is a payload", arguments: Kind.allCases)
    func empty(kind: Kind) async throws {
        try await withServer { server in
            let store = try store(kind, server)
            let claim = try await store.upload(
                ClaimContent(name: "", segments: []), correlationID: "")
            let bytes = try await store.download(
                ClaimDownload(
                    url: claim.url, expectedSize: 0, expectedChecksum: claim.checksum))
            #expect(bytes.isEmpty)
        }
    }

    @Test("Removed once, and once more without complaint", arguments: Kind.allCases)
    func delete(kind: Kind) async throws {
        try await withServer { server in
            let store = try store(kind, server)
            let content = ClaimContent(name: "x", segments: [Bytes([1, 2, 3])])
            let claim = try await store.upload(content, correlationID: "c")
            var forged = claim
            forged.token = "0000000000000000"
            await #expect(throws: ClaimError.self) {
                try await store.delete(forged, correlationID: "c")
            }
            try await store.delete(claim, correlationID: "c")
            try await store.delete(claim, correlationID: "c")
            var download = ClaimDownload(url: claim.url)
            download.retry.base = .milliseconds(1)
            await #expect(throws: ClaimError.self) { try await store.download(download) }
            #expect(server.stored.files == 0)
        }
    }

    @Test("The time to live is told and counted")
    func expiry() async throws {
        try await withServer { server in
            let store = try store(.native, server)
            let content = ClaimContent(
                name: "x", segments: [Bytes([1])], timeToLive: .seconds(3600))
            let claim = try await store.upload(content, correlationID: "c")
            #expect(claim.expiresAt == Timestamp(seconds: 1_790_003_600))
        }
    }

    @Test("A lost answer to an upload does not store it twice")
    func lostAnswer() async throws {
        try await withServer { server in
            let proxy = try LossyProxy(to: server.port, losing: 1)
            var retry = RetryPolicy()
            retry.base = .milliseconds(1)
            let store = try FileServerStore(
                baseURL: HTTPURL("http://127.0.0.1:\(proxy.port)"),
                publicBaseURL: HTTPURL(server.baseURL), retry: retry)
            let content = ClaimContent(name: "x", segments: [Bytes([1, 2, 3, 4])])
            let claim = try await store.upload(content, correlationID: "c")
            #expect(server.stored.files == 1)
            #expect(proxy.lostCount == 1)
            #expect(claim.url.hasPrefix(server.baseURL + "/f/\(claim.id)/x"))
            let bytes = try await store.download(
                ClaimDownload(url: claim.url, expectedChecksum: claim.checksum))
            #expect(bytes == [1, 2, 3, 4])
            try await store.delete(claim, correlationID: "c")
            #expect(server.stored.files == 0)
        }
    }

    @Test("A store that is not there is told as such, after the retries")
    func unreachable() async throws {
        let server = try ScriptedServer { connection, _ in _ = connection.readRequest() }
        var retry = RetryPolicy()
        retry.base = .milliseconds(1)
        retry.maxAttempts = 3
        let store = try FileServerStore(
            baseURL: HTTPURL("http://127.0.0.1:\(server.port)"), retry: retry)
        do {
            _ = try await store.upload(
                ClaimContent(name: "x", segments: [Bytes([1])]), correlationID: "flow")
            Issue.record("stored")
        } catch {
            #expect(error.code == .unavailable && error.stage == .upload)
            #expect(error.attempts == 3 && error.correlationID == "flow")
        }
        // The last ones are to remove what an attempt without an answer may have stored.
        #expect(server.connectionCount == 6)
    }

    @Test(
        "What the client sent twice by itself is taken back when the second answer refuses it",
        arguments: [204, 500])
    func repeatedUpload(removal: Int) async throws {
        let methods = Mutex<[String]>([])
        let server = try ScriptedServer { connection, number in
            var isFirst = true
            while let request = connection.readRequest() {
                let method = String(request.head.prefix { $0 != " " })
                methods.withLock { $0.append(method) }
                // The connection is kept, and lost with the upload behind it.
                if number == 0, !isFirst { return }
                isFirst = false
                let status = number == 0 ? 404 : method == "DELETE" ? removal : 507
                connection.send("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let client = try HTTPClient()
        let base = try HTTPURL("http://127.0.0.1:\(server.port)")
        let store = try FileServerStore(baseURL: base, client: client, retry: .once)
        _ = try await client.send(HTTPRequest("GET", base)).collect(limit: 10)
        do {
            _ = try await store.upload(
                ClaimContent(name: "x", segments: [Bytes([1])]), correlationID: "")
            Issue.record("stored")
        } catch {
            #expect(error.code == .storageFull && error.attempts == 2)
            #expect(error.message.contains(FileServerStore.leftSentence) == (removal == 500))
        }
        #expect(methods.withLock { $0 } == ["GET", "PUT", "PUT", "DELETE"])
    }

    @Test("Cancelled between two attempts, an upload takes back what the first may have left")
    func cancelledBetweenAttempts() async throws {
        let methods = Mutex<[String]>([])
        let (attempts, attempted) = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer { connection, _ in
            while let request = connection.readRequest() {
                let method = String(request.head.prefix { $0 != " " })
                methods.withLock { $0.append(method) }
                let status = method == "DELETE" ? 204 : 503
                connection.send(
                    "HTTP/1.1 \(status) X\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n")
                attempted.yield()
            }
        }
        let store = try FileServerStore(baseURL: HTTPURL("http://127.0.0.1:\(server.port)"))
        let upload = Task {
            try await store.upload(
                ClaimContent(name: "x", segments: [Bytes([1])]), correlationID: "")
        }
        for await _ in attempts { break }
        upload.cancel()
        await #expect(throws: ClaimError.self) { try await upload.value }
        #expect(methods.withLock { $0 } == ["PUT", "DELETE"])
    }

    @Test("A full store is told as such")
    func full() async throws {
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send(
                    "HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let store = try FileServerStore(baseURL: HTTPURL("http://127.0.0.1:\(server.port)"))
        do {
            _ = try await store.upload(
                ClaimContent(name: "x", segments: [Bytes([1])]), correlationID: "")
            Issue.record("stored")
        } catch {
            #expect(error.code == .storageFull && error.status == 507)
        }
        #expect(server.connectionCount == 1)
    }
}

/// Passes requests on to a server, and loses the first answers.
private final class LossyProxy: Sendable {
    private let server: ScriptedServer
    private let lost: Lost

    private final class Lost: Sendable {
        let count = Mutex(0)
    }

    var port: Int { server.port }
    var lostCount: Int { lost.count.withLock { $0 } }

    init(to port: Int, losing limit: Int) throws {
        let lost = Lost()
        self.lost = lost
        server = try ScriptedServer { connection, _ in
            while let (head, body) = connection.readRequest() {
                guard let target = ScriptedConnection(connectingTo: port) else { return }
                target.send(head)
                target.send(body)
                guard
                    let answer = target.readRequest(
                        hasBody: !head.hasPrefix("HEAD"))
                else { return }
                let loses = lost.count.withLock { count -> Bool in
                    guard count < limit else { return false }
                    count += 1
                    return true
                }
                if loses { return }
                connection.send(answer.head)
                connection.send(answer.body)
            }
        }
    }
}
