import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Downloads from servers that follow a script (failures.md B2, C1, C2, C3, C4, C5, C13).
@Suite(.patient) struct DownloadTests {
    private let content = Bytes(utf8: "the payload of the message")

    /// Fetches from a server that gives these answers in turn, the last one for ever.
    private func fetch(
        _ answers: [String], closing: Bool = true, size: Int? = 26, checksum: String? = nil,
        change: (inout ClaimDownload) -> Void = { _ in }
    ) async throws -> (result: Result<Bytes, ClaimError>, requests: Int) {
        let count = Mutex(0)
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                let number = count.withLock { count in
                    defer { count += 1 }
                    return count
                }
                connection.send(answers[min(number, answers.count - 1)])
                if closing { return }
            }
        }
        let store = try FileServerStore(baseURL: HTTPURL("http://127.0.0.1:\(server.port)"))
        var download = ClaimDownload(
            url: "http://127.0.0.1:\(server.port)/f/1/x?key=planted", expectedSize: size,
            expectedChecksum: checksum, correlationID: "c-1")
        download.retry.base = .milliseconds(1)
        change(&download)
        let result: Result<Bytes, ClaimError>
        do throws(ClaimError) {
            result = .success(try await store.download(download))
        } catch {
            #expect(error.correlationID == "c-1")
            #expect(!error.description.contains("planted"))
            result = .failure(error)
        }
        #expect(server.connectionCount > 0)
        return (result, count.withLock { $0 })
    }

    private func answer(
        _ body: String, status: String = "200 OK", length: Int? = nil, fields: String = ""
    ) -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(length ?? body.utf8.count)\r\n\(fields)\r\n\(body)"
    }

    private var good: String { answer("the payload of the message") }

    private func code(_ result: Result<Bytes, ClaimError>) -> ErrorCode? {
        if case .failure(let error) = result { error.code } else { nil }
    }

    @Test("Verified by size and by either digest", arguments: ChecksumAlgorithm.allCases)
    func verified(algorithm: ChecksumAlgorithm) async throws {
        let checksum = Checksum(of: content, algorithm).description
        let (result, requests) = try await fetch([good], checksum: checksum)
        #expect(try result.get() == content)
        #expect(requests == 1)
    }

    @Test("A truncated body is fetched again, and never returned")
    func truncated() async throws {
        let short = answer("the payload", length: 26)
        let (result, requests) = try await fetch([short, short, good])
        #expect(try result.get() == content)
        #expect(requests == 3)
        let (lost, attempts) = try await fetch([short]) { $0.retry.maxAttempts = 4 }
        #expect(code(lost) == .unavailable)
        #expect(attempts == 4)
    }

    @Test("Every flipped bit is found")
    func corrupted() async throws {
        let checksum = Checksum(of: content).description
        for bit in stride(from: 0, to: 26 * 8, by: 13) {
            var bytes = Array(content)
            bytes[bit / 8] ^= 1 << (bit % 8)
            // Bits of ASCII stay ASCII but for the highest, which would not be one byte.
            bytes[bit / 8] &= 0x7F
            guard bytes != Array(content) else { continue }
            let bad = answer(String(decoding: bytes, as: UTF8.self))
            let (result, requests) = try await fetch([bad], checksum: checksum)
            #expect(code(result) == .checksumMismatch)
            #expect(requests == 2)
        }
    }

    @Test("A digest with a name that we do not know is not verified")
    func unknownDigest() async throws {
        let (result, _) = try await fetch([good], checksum: "blake9:00")
        #expect(try result.get() == content)
    }

    @Test("Another size than announced is an error, with a hint at web pages")
    func sizes() async throws {
        let page = answer("<html></html>", fields: "Content-Type: text/html\r\n")
        let (result, requests) = try await fetch([page])
        #expect(code(result) == .sizeMismatch)
        #expect(requests == 2)
        if case .failure(let error) = result { #expect(error.message.contains("web page")) }
    }

    @Test("Gone is told at once; missing after a short grace")
    func gone() async throws {
        let (expired, once) = try await fetch([answer("", status: "410 Gone")])
        #expect(code(expired) == .payloadExpired && once == 1)
        let (missing, thrice) = try await fetch([answer("", status: "404 Not Found")])
        #expect(code(missing) == .payloadNotFound && thrice == 3)
        let (late, requests) = try await fetch([answer("", status: "404 Not Found"), good])
        #expect(try late.get() == content)
        #expect(requests == 2)
    }

    @Test("Redirections, parts and codings that nobody asked for are refused")
    func unexpected() async throws {
        for bad in [
            answer("", status: "301 Moved", fields: "Location: http://evil.example/\r\n"),
            answer(
                "the payload of the message", status: "206 Partial",
                fields: "Content-Range: bytes 0-25/26\r\n"),
            answer("the payload of the message", fields: "Content-Encoding: gzip\r\n"),
            answer("", status: "204 No Content"),
        ] {
            let (result, requests) = try await fetch([bad])
            #expect(code(result) == .unexpectedAnswer, "\(bad.prefix(20))")
            #expect(requests == 1)
        }
    }

    @Test("Transient statuses are tried again on the same connection")
    func transient() async throws {
        let busy = answer("", status: "503 Busy", fields: "Retry-After: 0\r\n")
        let (result, requests) = try await fetch([busy, busy, good], closing: false)
        #expect(try result.get() == content)
        #expect(requests == 3)
    }

    @Test("A body without a length needs a size or a digest from the envelope")
    func untilClose() async throws {
        let open = "HTTP/1.1 200 OK\r\n\r\nthe payload of the message"
        let (sized, _) = try await fetch([open])
        #expect(try sized.get() == content)
        let checksum = Checksum(of: content).description
        let (digested, _) = try await fetch([open], size: nil, checksum: checksum)
        #expect(try digested.get() == content)
        let (unknown, _) = try await fetch([open], size: nil)
        #expect(code(unknown) == .unexpectedAnswer)
    }

    @Test("More than the limit is refused before it is read")
    func limit() async throws {
        let huge = "HTTP/1.1 200 OK\r\nContent-Length: \(1 << 50)\r\n\r\n"
        let (result, requests) = try await fetch([huge], size: nil)
        #expect(code(result) == .tooLarge && requests == 1)
        let (small, _) = try await fetch([good], size: nil) { $0.limit = 25 }
        #expect(code(small) == .tooLarge)
    }

    @Test("A link elsewhere is refused before anything is sent")
    func policy() async throws {
        let store = try FileServerStore(baseURL: HTTPURL("http://files.example:8080"))
        await #expect(throws: ClaimError.self) {
            try await store.download(ClaimDownload(url: "http://169.254.169.254/latest/"))
        }
    }
}
