import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// What a store and its sender say to each other of the bytes (RFC 9530; failures.md B9, C2).
@Suite(.patient) struct StatedDigestTests {
    private static let bytes: Bytes = [1, 2, 3]
    private static let digest = Checksum(of: bytes, .sha256)
    private static let field = DigestField.value(sha256: digest.digits) ?? ""
    private static let other = DigestField.value(sha256: Checksum(of: [9], .sha256).digits) ?? ""

    private static func store(_ port: Int) throws -> FileServerStore {
        var retry = RetryPolicy()
        retry.base = .milliseconds(1)
        retry.maxAttempts = 3
        return try FileServerStore(baseURL: HTTPURL("http://127.0.0.1:\(port)"), retry: retry)
    }

    private func upload(
        _ algorithm: ChecksumAlgorithm, answer: String
    ) async throws -> (code: ErrorCode?, heads: [String]) {
        let heads = Mutex<[String]>([])
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                heads.withLock { $0.append(head) }
                connection.send(
                    head.hasPrefix("PUT")
                        ? answer : "HTTP/1.1 204 X\r\n\r\n")
            }
        }
        let content = ClaimContent(
            name: "x", segments: [Self.bytes], checksumAlgorithm: algorithm)
        let store = try Self.store(server.port)
        do throws(ClaimError) {
            _ = try await store.upload(content, correlationID: "")
            return (nil, heads.withLock { $0 })
        } catch {
            return (error.code, heads.withLock { $0 })
        }
    }

    private static func created(_ field: String) -> String {
        "HTTP/1.1 201 X\r\nRepr-Digest: \(field)\r\nContent-Length: 0\r\n\r\n"
    }

    @Test("A sender that takes SHA-256 states it, and believes a store that states the same")
    func agreed() async throws {
        let result = try await upload(.sha256, answer: Self.created(Self.field))
        #expect(result.code == nil && result.heads.count == 1)
        #expect(result.heads[0].contains("Repr-Digest: \(Self.field)\r\n"))
    }

    @Test("A store that has other bytes is told so, and loses them")
    func disagreed() async throws {
        let result = try await upload(.sha256, answer: Self.created(Self.other))
        #expect(result.code == .checksumMismatch)
        #expect(result.heads.map { $0.prefix { $0 != " " } } == ["PUT", "DELETE"])
    }

    @Test("A store that got other bytes says so by a code")
    func refused() async throws {
        let body = "{\"error\":\"checksum_mismatch\"}"
        let result = try await upload(
            .sha256,
            answer: "HTTP/1.1 400 X\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(result.code == .checksumMismatch)
    }

    @Test("Who takes another digest neither states nor compares it")
    func otherAlgorithm() async throws {
        let result = try await upload(.xxh64, answer: Self.created(Self.other))
        #expect(result.code == nil)
        #expect(!result.heads[0].lowercased().contains("repr-digest"))
    }

    @Test("Our server takes what is stated, and states it of what it has")
    func ownServer() async throws {
        let directory = try TemporaryDirectory()
        let server = try await FileServer.start(FileServerOptions(directory: directory.path))
        let store = try Self.store(server.port)
        let claim = try await store.upload(
            ClaimContent(name: "x", segments: [Self.bytes], checksumAlgorithm: .sha256),
            correlationID: "")
        try await store.checkLink(claim, policy: nil, correlationID: "")
        var wrong = claim
        wrong.checksum = Checksum(of: [9], .sha256).description
        do throws(ClaimError) {
            try await store.checkLink(wrong, policy: nil, correlationID: "")
            Issue.record("another digest is believed")
        } catch {
            #expect(error.code == .checksumMismatch)
        }
        await server.stop()
    }

    private func download(
        _ sent: Checksum?, stated: String, _ bytes: [UInt8], name: String = "Repr-Digest"
    ) async throws -> (result: Result<Bytes, ClaimError>, requests: Int) {
        let requests = Atomic(0)
        let server = try ScriptedServer { connection, _ in
            while connection.readHead() != nil {
                requests.add(1, ordering: .relaxed)
                connection.send(
                    "HTTP/1.1 200 OK\r\n\(name): \(stated)\r\nContent-Length: \(bytes.count)"
                        + "\r\n\r\n")
                connection.send(bytes)
            }
        }
        let store = try Self.store(server.port)
        var download = ClaimDownload(
            url: "http://127.0.0.1:\(server.port)/f/1/x", expectedChecksum: sent?.description)
        download.retry.base = .milliseconds(1)
        do throws(ClaimError) {
            let found = try await store.download(download)
            return (.success(found), requests.load(ordering: .relaxed))
        } catch {
            return (.failure(error), requests.load(ordering: .relaxed))
        }
    }

    private func code(_ result: Result<Bytes, ClaimError>) -> ErrorCode? {
        if case .failure(let error) = result { error.code } else { nil }
    }

    @Test(
        "Where the sender states no digest the store's counts",
        arguments: ["Repr-Digest", "Content-Digest"])
    func storeDigest(name: String) async throws {
        let right = try await download(nil, stated: Self.field, [1, 2, 3], name: name)
        #expect(try right.result.get() == Self.bytes)
        let wrong = try await download(nil, stated: Self.field, [1, 2, 4], name: name)
        #expect(code(wrong.result) == .checksumMismatch && wrong.requests == 2)
    }

    @Test("A store that has something else is not asked for its bytes in vain")
    func contradiction() async throws {
        let found = try await download(Self.digest, stated: Self.other, [1, 2, 3])
        #expect(code(found.result) == .checksumMismatch)
    }

    @Test(
        "A field that cannot be read, or says nothing that is known, changes nothing",
        arguments: ["sha-256=abc", "sha-256=:AAAA:", "sha-512=:AAAA:", ""])
    func unreadable(field: String) async throws {
        let found = try await download(nil, stated: field, [1, 2, 3])
        #expect(try found.result.get() == Self.bytes)
    }
}
