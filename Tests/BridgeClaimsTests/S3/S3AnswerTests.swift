import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// The store against a scripted peer: what no real one does when it is asked to.
@Suite(.patient) struct S3AnswerTests {
    private static let start = Timestamp(seconds: 1_790_000_000)

    private func store(
        _ port: Int, source: S3CredentialSource? = nil
    ) throws -> S3Store {
        var retry = RetryPolicy()
        retry.base = .milliseconds(1)
        retry.maxAttempts = 3
        let pair = try #require(S3Credentials(accessKeyID: "A", secretAccessKey: "hush"))
        return try S3Store(
            S3Location("s3://bucket/p?endpoint=http://127.0.0.1:\(port)"), publicURL: nil,
            client: nil, retry: retry, credentials: source ?? .fixed(pair),
            settings: AWSSettings { _ in nil }, now: { Self.start })
    }

    private func upload(_ size: Int, to store: S3Store) async -> Result<Claim, ClaimError> {
        let content = ClaimContent(
            name: "n", segments: [Bytes([UInt8](repeating: 1, count: size))])
        do throws(ClaimError) {
            return .success(try await store.upload(content, correlationID: "c"))
        } catch {
            return .failure(error)
        }
    }

    private func failure(_ result: Result<Claim, ClaimError>) throws -> ClaimError {
        switch result {
        case .success: throw FixtureError("it was stored")
        case .failure(let error): return error
        }
    }

    private static func error(_ code: String) -> String { "<Error><Code>\(code)</Code></Error>" }

    private static func answer(
        _ status: Int, _ body: String = "", _ fields: String = ""
    ) -> String {
        "HTTP/1.1 \(status) X\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// The first line and the fields of each request that came.
    private final class Heads: Sendable {
        private let all = Mutex<[String]>([])
        func add(_ head: String) -> Int {
            all.withLock { all in
                all.append(head)
                return all.count
            }
        }
        var lines: [String] {
            all.withLock { $0.map { String($0.prefix { $0 != "\r\n" }) } }
        }
        func value(_ name: String, of index: Int) -> String? {
            all.withLock { all in
                all[index].split(separator: "\r\n").first { $0.hasPrefix("\(name): ") }
                    .map { String($0.dropFirst(name.count + 2)) }
            }
        }
    }

    @Test func `what passes is sent again with a new signature, and then it is stored`()
        async throws
    {
        let heads = Heads()
        let server = try ScriptedServer { connection, _ in
            while let (head, body) = connection.readRequest() {
                let codes = ["SlowDown", "RequestTimeout"]
                let number = heads.add(head)
                #expect(body.count == 3)
                connection.send(
                    number <= 2
                        ? Self.answer(number == 1 ? 503 : 400, Self.error(codes[number - 1]))
                        : Self.answer(200))
            }
        }
        let claim = try await upload(3, to: store(server.port)).get()
        #expect(claim.size == 3 && claim.id.hasPrefix("p/") && claim.id.hasSuffix("/n"))
        #expect(claim.url.contains("X-Amz-Expires=86400"))
        #expect(claim.grantedLife == .seconds(86_400))
        #expect(claim.expiresAt == Self.start.advanced(by: .seconds(86_400)))
        #expect(heads.lines.count == 3 && Set(heads.lines).count == 1)
        #expect(heads.value("If-None-Match", of: 0) == "*")
        #expect(heads.value("X-Amz-Meta-Checksum", of: 0) == claim.checksum)
    }

    @Test func `it does not go on for ever, and says what the store said`() async throws {
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send(Self.answer(503, Self.error("SlowDown")))
            }
        }
        let error = try failure(await upload(3, to: try store(server.port)))
        #expect(error.code == .unavailable && error.status == 503 && error.attempts == 3)
    }

    @Test func `another clock is made good once, by the store's time`() async throws {
        let heads = Heads()
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                let number = heads.add(head)
                connection.send(
                    number == 1
                        ? Self.answer(
                            403, Self.error("RequestTimeTooSkewed"),
                            "Date: Sat, 28 Nov 2026 10:00:00 GMT\r\n") : Self.answer(200))
            }
        }
        let store = try store(server.port)
        let claim = try await upload(3, to: store).get()
        #expect(heads.value("X-Amz-Date", of: 0) == "20260921T141320Z")
        #expect(heads.value("X-Amz-Date", of: 1) == "20261128T100000Z")
        #expect(claim.expiresAt == Timestamp("2026-11-29T10:00:00Z"))
        // It is remembered.
        _ = try await upload(1, to: store).get()
        #expect(heads.value("X-Amz-Date", of: 2) == "20261128T100000Z")
    }

    @Test func `a clock that stays another is told`() async throws {
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send(
                    Self.answer(
                        403, Self.error("RequestTimeTooSkewed"),
                        "Date: Sat, 28 Nov 2026 10:00:00 GMT\r\n"))
            }
        }
        let error = try failure(await upload(3, to: try store(server.port)))
        #expect(error.code == .clockSkewed && error.status == 403)
        #expect(!"\(error)".contains("hush"))
    }

    @Test func `expired keys are read again, once`() async throws {
        let loads = Mutex(0)
        let pair = try #require(S3Credentials(accessKeyID: "A", secretAccessKey: "s"))
        let fresh = try #require(S3Credentials(accessKeyID: "B", secretAccessKey: "s"))
        let source = S3CredentialSource { () throws(CredentialFailure) in
            loads.withLock { loads in
                loads += 1
                return loads == 1 ? pair : fresh
            }
        }
        let heads = Heads()
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                let isOld = head.contains("Credential=A/")
                _ = heads.add(head)
                connection.send(
                    isOld ? Self.answer(400, Self.error("ExpiredToken")) : Self.answer(200))
            }
        }
        let claim = try await upload(3, to: store(server.port, source: source)).get()
        #expect(claim.url.contains("Credential=B%2F"))
        #expect(loads.withLock { $0 } == 2 && heads.lines.count == 2)
    }

    @Test func `an answer that was lost is found again by its size`() async throws {
        let heads = Heads()
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest(hasBody: true) {
                switch heads.add(head) {
                case 1: return
                case 2: connection.send(Self.answer(412, Self.error("PreconditionFailed")))
                default:
                    connection.send("HTTP/1.1 200 X\r\nContent-Length: 3\r\n\r\n")
                }
            }
        }
        let claim = try await upload(3, to: store(server.port)).get()
        #expect(claim.size == 3)
        #expect(heads.lines.map { $0.prefix { $0 != " " } } == ["PUT", "PUT", "HEAD"])
    }

    @Test func `a longer life than links have is refused before anything is sent`() async throws {
        let server = try ScriptedServer { _, _ in }
        let content = ClaimContent(
            name: "n", segments: [], timeToLive: .seconds(S3Store.longestLife + 1))
        let store = try store(server.port)
        await #expect {
            _ = try await store.upload(content, correlationID: "c")
        } throws: { error in
            (error as? ClaimError)?.code == .invalidArgument
        }
        #expect(server.connectionCount == 0)
    }

    // MARK: - Parts

    private static let large = S3Parts.threshold + 5

    private static func reply(_ head: String, _ number: Int, failing part: Int?) -> String {
        if head.hasPrefix("POST"), head.contains("?uploads=") {
            return answer(
                200,
                "<InitiateMultipartUploadResult><UploadId>u/1</UploadId>"
                    + "</InitiateMultipartUploadResult>")
        }
        if let part, head.contains("partNumber=\(part)&") {
            return answer(400, error("InvalidPart"))
        }
        if head.hasPrefix("PUT") { return answer(200, "", "ETag: \"t\(number)\"\r\n") }
        return head.hasPrefix("DELETE") ? answer(204) : answer(200, "<Done/>")
    }

    @Test func `a large payload goes in parts, and each is there once`() async throws {
        let heads = Heads()
        let sizes = Mutex<[Int]>([])
        let server = try ScriptedServer { connection, _ in
            while let (head, body) = connection.readRequest() {
                let number = heads.add(head)
                if head.hasPrefix("PUT") { sizes.withLock { $0.append(body.count) } }
                if head.contains("?uploadId="), head.hasPrefix("POST") {
                    let text = String(decoding: body, as: UTF8.self)
                    #expect(text.firstRange(of: "<PartNumber>5</PartNumber>") != nil)
                    // The end fails at first, behind a success.
                    if heads.lines.count(where: { $0.contains("?uploadId=") }) == 1 {
                        connection.send(Self.answer(200, "\n " + Self.error("InternalError")))
                        continue
                    }
                }
                connection.send(Self.reply(head, number, failing: nil))
            }
        }
        let claim = try await upload(Self.large, to: store(server.port)).get()
        #expect(claim.size == Self.large)
        #expect(sizes.withLock { $0.reduce(0, +) } == Self.large)
        #expect(sizes.withLock { $0.count } == 5)
        #expect(heads.lines.count { $0.contains("uploadId=u%2F1") } == 7)
        #expect(!heads.lines.contains { $0.hasPrefix("DELETE") })
    }

    @Test func `an upload of which a part fails is given up`() async throws {
        let heads = Heads()
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                let number = heads.add(head)
                connection.send(Self.reply(head, number, failing: 2))
            }
        }
        let error = try failure(await upload(Self.large, to: try store(server.port)))
        #expect(error.code == .refused && error.detail.contains("InvalidPart"))
        #expect(
            heads.lines.contains { $0.hasPrefix("DELETE ") && $0.contains("?uploadId=u%2F1") })
        #expect(!heads.lines.contains { $0.hasPrefix("POST ") && $0.contains("?uploadId=") })
    }

    @Test func `an upload that is cancelled is given up`() async throws {
        let heads = Heads()
        let stage = Mutex<CheckedContinuation<Void, Never>?>(nil)
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                let number = heads.add(head)
                if head.hasPrefix("PUT") {
                    stage.withLock { stage in
                        stage?.resume()
                        stage = nil
                    }
                    // No answer: the connection stays until the client leaves.
                    _ = connection.read(1)
                    return
                }
                connection.send(Self.reply(head, number, failing: nil))
            }
        }
        let store = try store(server.port)
        let task = Task { await upload(Self.large, to: store) }
        await withCheckedContinuation { continuation in
            // Looked for under the lock: whoever adds one looks at the stage afterwards.
            let isThere = stage.withLock { stage in
                let isThere = heads.lines.contains { $0.hasPrefix("PUT") }
                if !isThere { stage = continuation }
                return isThere
            }
            if isThere { continuation.resume() }
        }
        task.cancel()
        let error = try failure(await task.value)
        #expect(error.code == .cancelled)
        #expect(heads.lines.contains { $0.hasPrefix("DELETE ") && $0.contains("?uploadId=") })
    }

    /// A store that has all of a body stores it though nobody waits for its answer any more, and
    /// later than it hears of the removal.
    @Test func `what the store finishes after it was told to remove it is removed, too`()
        async throws
    {
        let (uploads, hasBody) = AsyncStream<Void>.makeStream()
        let stored = Mutex(false)
        let removals = Mutex(0)
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                guard head.hasPrefix("DELETE") else {
                    hasBody.yield()
                    // No answer: the connection stays until the client leaves.
                    _ = connection.read(1)
                    return
                }
                let isFirst = removals.withLock { count in
                    count += 1
                    return count == 1
                }
                stored.withLock { $0 = isFirst }
                connection.send("HTTP/1.1 204 X\r\n\r\n")
            }
        }
        let store = try store(server.port)
        let task = Task { await upload(3, to: store) }
        for await _ in uploads { break }
        task.cancel()
        #expect(try failure(await task.value).code == .cancelled)
        #expect(removals.withLock { $0 } == 2 && !stored.withLock { $0 })
    }
}
