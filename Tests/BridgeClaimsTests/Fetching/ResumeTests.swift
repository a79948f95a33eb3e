import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Downloads that break off and go on (RFC 9110, section 14; failures.md C1, C8).
@Suite(.patient) struct ResumeTests {
    private let content: Bytes = {
        var generator = SeededGenerator(seed: 5)
        return Bytes(generator.bytes(200_000))
    }()

    /// What a server does with a request that begins at `start`: raw bytes, then it hangs up.
    private typealias Reaction = @Sendable (_ request: Int, _ start: Int?) -> [UInt8]

    private func fetch(
        checksum: Bool = true, _ reaction: @escaping Reaction
    ) async throws -> (result: Result<Bytes, ClaimError>, starts: [Int?]) {
        let starts = Mutex<[Int?]>([])
        let server = try ScriptedServer { connection, number in
            guard let (head, _) = connection.readRequest() else { return }
            let line = head.split(separator: "\r\n").first { $0.hasPrefix("Range: bytes=") }
            let start = line.flatMap { Int($0.dropFirst(13).dropLast()) }
            #expect((start != nil) == head.contains("If-Range: \"v1\"\r\n"))
            starts.withLock { $0.append(start) }
            connection.send(reaction(number, start))
            connection.finish()
            connection.readToEnd()
        }
        let store = try FileServerStore(baseURL: HTTPURL("http://127.0.0.1:\(server.port)"))
        var download = ClaimDownload(
            url: "http://127.0.0.1:\(server.port)/f/1/x",
            expectedChecksum: checksum ? Checksum(of: content, .sha256).description : nil)
        download.retry.base = .milliseconds(1)
        download.retry.maxAttempts = 4
        let result: Result<Bytes, ClaimError>
        do throws(ClaimError) {
            result = .success(try await store.download(download))
        } catch {
            result = .failure(error)
        }
        #expect(server.connectionCount == starts.withLock { $0.count })
        return (result, starts.withLock { $0 })
    }

    /// An answer from `start` on that ends after `sent` bytes of its body.
    private static func part(
        _ content: Bytes, _ start: Int?, sent: Int, tag: String = "\"v1\"", total: Int? = nil
    ) -> [UInt8] {
        let first = start ?? 0
        let length = content.count - first
        var head = "HTTP/1.1 \(start == nil ? "200 OK" : "206 Partial")\r\nETag: \(tag)\r\n"
        head += "Content-Length: \(length)\r\n"
        if start != nil {
            head += "Content-Range: bytes \(first)-\(content.count - 1)/"
            head += "\(total ?? content.count)\r\n"
        }
        return Array((head + "\r\n").utf8) + Array(content[first..<first + min(sent, length)])
    }

    private func code(_ result: Result<Bytes, ClaimError>) -> ErrorCode? {
        if case .failure(let error) = result { error.code } else { nil }
    }

    @Test("Cut twenty times, it is one result, and nothing is fetched twice")
    func manyCuts() async throws {
        let content = content
        let (result, starts) = try await fetch { _, start in
            Self.part(content, start, sent: 10_000)
        }
        #expect(try result.get() == content)
        #expect(starts == [nil] + (1..<20).map { $0 * 10_000 })
    }

    @Test("Without a strong tag it begins anew")
    func weakTag() async throws {
        let content = content
        let (result, starts) = try await fetch { number, start in
            Self.part(content, start, sent: number < 2 ? 5 : .max, tag: "W/\"v1\"")
        }
        #expect(try result.get() == content)
        #expect(starts == [nil, nil, nil])
    }

    @Test("A server that begins anew is believed")
    func wholeAgain() async throws {
        let content = content
        let (result, starts) = try await fetch { number, _ in
            Self.part(content, nil, sent: number == 0 ? 100 : .max)
        }
        #expect(try result.get() == content)
        #expect(starts == [nil, 100])
    }

    @Test("Another total, another tag or an end before ours: what is held is dropped")
    func changed() async throws {
        let content = content
        for kind in 0..<3 {
            let (result, starts) = try await fetch { number, start in
                switch (number, kind) {
                case (0, _): return Self.part(content, nil, sent: 100)
                case (1, 0): return Self.part(content, start, sent: .max, total: 999_999)
                case (1, 1): return Self.part(content, start, sent: .max, tag: "\"v2\"")
                case (1, _):
                    return Array(
                        ("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */50\r\n"
                            + "Content-Length: 0\r\n\r\n").utf8)
                default: return Self.part(content, start, sent: .max)
                }
            }
            #expect(try result.get() == content, "\(kind)")
            #expect(starts == [nil, 100, nil], "\(kind)")
        }
    }

    @Test("Another part than the one asked for is refused: joining it would corrupt the payload")
    func otherPart() async throws {
        let content = content
        let (result, _) = try await fetch(checksum: false) { number, start in
            Self.part(content, number == 0 ? nil : 0, sent: number == 0 ? 100 : .max)
        }
        #expect(code(result) == .unexpectedAnswer)
    }

    @Test("A rest of another length than announced is not joined")
    func shortRest() async throws {
        let content = content
        let (result, _) = try await fetch(checksum: false) { number, start in
            guard let start else { return Self.part(content, nil, sent: 100) }
            let head = "HTTP/1.1 206 Partial\r\nETag: \"v1\"\r\nContent-Length: 3\r\n"
            let range = "Content-Range: bytes \(start)-\(content.count - 1)/\(content.count)\r\n"
            return Array((head + range + "\r\nabc").utf8)
        }
        #expect(code(result) == .unavailable)
    }
}
