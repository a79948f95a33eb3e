import BridgeBytes
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Calls of the client against peers that follow a script (failures.md C4, C9, C10).
@Suite(.patient) struct HTTPClientTests {
    func url(_ server: ScriptedServer, _ path: String = "/x") throws -> HTTPURL {
        try HTTPURL("http://127.0.0.1:\(server.port)\(path)")
    }

    func client(
        _ change: (inout HTTPClientOptions) -> Void = { _ in }
    ) throws -> HTTPClient {
        var options = HTTPClientOptions()
        change(&options)
        return try HTTPClient(options)
    }

    func code(
        _ body: () async throws -> Void
    ) async -> HTTPError.Reason? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? HTTPError)?.reason
        }
    }

    @Test("A request and its answer; the connection serves the next one too")
    func reuse() async throws {
        let server = try ScriptedServer { connection, _ in
            while let (head, body) = connection.readRequest() {
                let text = "\(head.prefix { !$0.isNewline })|\(body.count)"
                connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
            }
        }
        let client = try client()
        for number in 0..<5 {
            let request = HTTPRequest("PUT", try url(server, "/\(number)"))
            let pieces = [Bytes([1, 2, 3]), Bytes([4])]
            let response = try await client.send(request, body: .segments(Segments(pieces)))
            #expect(response.status == 200)
            let text = String(validating: try await response.collect(limit: 1000))
            #expect(text == "PUT /\(number) HTTP/1.1|4")
        }
        #expect(server.connectionCount == 1)
    }

    @Test("A reused connection that turns out dead is replaced, for idempotent requests only")
    func deadConnection() async throws {
        let server = try ScriptedServer { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            // The next request is read, and the connection dies without a byte of an answer.
            _ = connection.readRequest()
        }
        let client = try client()
        let target = try url(server)
        for _ in 0..<3 {
            let response = try await client.send(HTTPRequest("GET", target))
            #expect(try await response.collect(limit: 10) == Bytes(utf8: "ok"))
        }
        #expect(server.connectionCount == 3)
        let lost = await code { _ = try await client.send(HTTPRequest("POST", target)) }
        #expect(lost == .connectionLost)
    }

    @Test("A new connection that dies is an error, not a loop")
    func deadAtOnce() async throws {
        let server = try ScriptedServer { connection, _ in _ = connection.readRequest() }
        let client = try client()
        let target = try url(server)
        let lost = await code { _ = try await client.send(HTTPRequest("GET", target)) }
        #expect(lost == .connectionLost)
        #expect(server.connectionCount == 1)
    }

    @Test("A large body is read whole, whatever framing it has", arguments: [true, false])
    func largeBody(chunked: Bool) async throws {
        let size = 3_000_000
        let content = SeededGenerator.pattern(size)
        let server = try ScriptedServer { connection, _ in
            guard connection.readRequest() != nil else { return }
            if chunked {
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for start in stride(from: 0, to: size, by: 70_000) {
                    let piece = content[start..<min(size, start + 70_000)]
                    connection.send(String(piece.count, radix: 16) + "\r\n")
                    connection.send(piece)
                    connection.send("\r\n")
                }
                connection.send("0\r\n\r\n")
            } else {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
                connection.send(content)
            }
            connection.readToEnd()
        }
        let client = try client()
        let target = try url(server)
        let response = try await client.send(HTTPRequest("GET", target))
        #expect(response.contentLength == (chunked ? nil : size))
        let whole = try await response.collect(limit: size, digesting: .sha256)
        #expect(whole.bytes == content)
        #expect(whole.checksum == Checksum(of: content, .sha256))
        #expect(server.connectionCount == 1)
    }

    @Test("A body over the limit is refused before memory is asked for")
    func tooLarge() async throws {
        let server = try ScriptedServer { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Int.max)\r\n\r\nx")
            connection.readToEnd()
        }
        let client = try client()
        let response = try await client.send(HTTPRequest("GET", try url(server)))
        let refused = await code { _ = try await response.collect(limit: 1 << 40) }
        #expect(refused == .bodyTooLarge)
        #expect(server.connectionCount == 1)
    }

    @Test("An early refusal stops a large upload")
    func earlyRefusal() async throws {
        let server = try ScriptedServer { connection, _ in
            _ = connection.readHead()
            connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
            connection.finish()
            connection.readToEnd()
        }
        let client = try client()
        let body = Bytes([UInt8](repeating: 7, count: 8 << 20))
        let pieces = Array(repeating: body, count: 32)
        let response = try await client.send(
            HTTPRequest("PUT", try url(server)), body: .segments(Segments(pieces)))
        #expect(response.status == 413)
        #expect(server.connectionCount == 1)
    }

    @Test("A refusal is seen even when the peer has reset the connection")
    func refusalThenReset() async throws {
        let server = try ScriptedServer { connection, _ in
            _ = connection.readHead()
            connection.send("HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\n\r\n")
            connection.finish()
            connection.readToEnd()
        }
        let client = try client()
        let pieces = [Bytes([UInt8](repeating: 7, count: 20 << 20))]
        let response = try await client.send(
            HTTPRequest("PUT", try url(server)), body: .segments(Segments(pieces)))
        #expect(response.status == 507)
        #expect(try await response.collect(limit: 0).isEmpty)
        #expect(server.connectionCount == 1)
    }

    @Test("A streamed body goes out in chunks, or with its length")
    func streamedBody() async throws {
        let server = try ScriptedServer { connection, _ in
            while let (head, body) = connection.readRequest() {
                var length = body.count
                if head.contains("chunked") {
                    while let line = connection.readLine(), let size = Int(line, radix: 16) {
                        length += connection.read(size).count
                        _ = connection.readLine()
                        if size == 0 { break }
                    }
                }
                let text = String(length)
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(text.count)\r\n\r\n\(text)")
            }
        }
        let client = try client()
        let pieces = (0..<40).map { Bytes([UInt8](repeating: UInt8($0), count: $0 * 1000)) }
        let total = pieces.reduce(0) { $0 + $1.count }
        for length in [nil, total] {
            let response = try await client.send(
                HTTPRequest("PUT", try url(server)),
                body: .stream(length: length, PieceSequence(pieces: pieces)))
            #expect(
                String(validating: try await response.collect(limit: 99)) == String(total))
        }
        let short = await code {
            _ = try await client.send(
                HTTPRequest("PUT", try url(server)),
                body: .stream(length: total + 1, PieceSequence(pieces: pieces)))
        }
        #expect(short == .requestBodyFailed)
        #expect(server.connectionCount == 1)
    }

    @Test("A body that nobody reads holds the peer back")
    func backPressure() async throws {
        let sent = Mutex(0)
        let piece = [UInt8](repeating: 1, count: 1 << 20)
        let total = 200
        let server = try ScriptedServer { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(total << 20)\r\n\r\n")
            for _ in 0..<total where connection.send(piece) { sent.withLock { $0 += 1 } }
        }
        let client = try client()
        let response = try await client.send(HTTPRequest("GET", try url(server)))
        var iterator = response.body.makeAsyncIterator()
        let first = try await iterator.next()
        #expect(first?.isEmpty == false)
        // The kernel's buffers on both sides take some megabytes, and we one; never the whole.
        let early = sent.withLock { $0 }
        #expect(early < total / 2)
        var count = first?.count ?? 0
        while let next = try await iterator.next() { count += next.count }
        #expect(count == total << 20)
        #expect(server.connectionCount == 1)
    }

    @Test("Requests above the limit wait for a connection, and none is lost")
    func manyAtOnce() async throws {
        let server = try ScriptedServer { connection, _ in
            while let (_, body) = connection.readRequest() {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
                connection.send(body)
            }
        }
        let client = try client { $0.connectionsPerOrigin = 3 }
        let target = try url(server)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let body = Bytes([UInt8](repeating: UInt8(number), count: number * 3000))
                    let request = HTTPRequest("PUT", target)
                    let response = try await client.send(request, body: .segments([body]))
                    return try await response.collect(limit: 1 << 20) == body
                }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
        #expect(server.connectionCount <= 3)
    }

    @Test("What cannot be reached or spoken is told before anything is sent")
    func unreachable() async throws {
        let client = try client()
        let closedPort = try ScriptedServer { _, _ in }.port
        let refused = await code {
            _ = try await client.send(HTTPRequest("GET", HTTPURL("http://127.0.0.1:\(closedPort)")))
        }
        #expect(refused == .connectFailed || refused == .connectionLost)
    }

    @Test("Errors do not show the query")
    func redaction() async throws {
        let server = try ScriptedServer { connection, _ in _ = connection.readRequest() }
        let client = try client()
        do {
            _ = try await client.send(HTTPRequest("GET", try url(server, "/p?token=secret")))
            Issue.record("no error")
        } catch let error as HTTPError {
            #expect(!error.description.contains("secret"))
            #expect(error.url == "http://127.0.0.1:\(server.port)/p?…")
        }
    }
}

/// Pieces with a suspension between them.
struct PieceSequence: AsyncSequence, Sendable {
    let pieces: [Bytes]

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: ArraySlice<Bytes>

        mutating func next() async -> Bytes? {
            await Task.yield()
            return rest.popFirst()
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: pieces[...]) }
}

extension SeededGenerator {
    /// So many bytes that are the same in every run.
    static func pattern(_ count: Int) -> Bytes {
        var generator = SeededGenerator(seed: 99)
        return Bytes(generator.bytes(count))
    }
}
