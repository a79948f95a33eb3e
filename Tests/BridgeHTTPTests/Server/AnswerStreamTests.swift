import BridgeBytes
import BridgeHTTP
import BridgeTLS
import Glibc
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Answers that are made while they are sent.
@Suite(.patient) struct AnswerStreamTests {
    private static func code(_ body: () throws -> Void) rethrows -> ErrorCode? {
        do { try body() } catch let error as HTTPWireError { return error.code }
        return nil
    }

    @Test func `what the source gives arrives, with a length or in chunks`() async throws {
        var generator = SeededGenerator(#function)
        let sizes = (0..<200).map { _ in Int.random(in: 1...20_000, using: &generator) }
        for pieces in [[], [1], [0, 5, 0], [70_000], [3 << 20, 1], sizes] {
            let total = pieces.reduce(0, +)
            for size in [total, nil] {
                let witness = StreamWitness()
                try await StreamService.with([
                    "/a": { witness.answer(size: size, pieces: pieces) }
                ]) { server in
                    let answer = try await RawClient.run(server.port) { client in
                        let answer = try client.request("GET", "/a")
                        // The connection goes on behind it.
                        #expect(try client.request("GET", "/b").status == 404)
                        return answer
                    }
                    #expect(answer.body == StreamWitness.bytes(0, total))
                    #expect(answer.fields["Content-Length"] == size.map { String($0) })
                    #expect(answer.fields["Transfer-Encoding"] == (size == nil ? "chunked" : nil))
                }
                #expect(
                    witness.seen
                        == StreamWitness.Seen(begun: 1, sent: total, wasCut: false, isWhole: true))
            }
        }
    }

    @Test func `a source does not begin for HEAD`() async throws {
        for size in [9, nil] {
            let witness = StreamWitness()
            try await StreamService.with([
                "/a": { witness.answer(size: size, pieces: [9]) }
            ]) { server in
                let answer = try await RawClient.run(server.port) { client in
                    let answer = try client.request("HEAD", "/a")
                    #expect(try client.request("GET", "/b").status == 404)
                    return answer
                }
                #expect(answer.status == 200 && answer.body.isEmpty)
                #expect(answer.fields["Content-Length"] == size.map { String($0) })
            }
            #expect(witness.seen == StreamWitness.Seen())
        }
    }

    @Test(arguments: [
        ([500, 500], true), ([3_000_000], true), ([], true), ([999_999], false),
        ([1_000_001], false), ([600_000, 600_000], false),
    ])
    func `a failed source, or one that gives another length, never looks whole`(
        pieces: [Int], fails: Bool
    ) async throws {
        for size in [1_000_000, nil] where size != nil || fails {
            let witness = StreamWitness()
            try await StreamService.with([
                "/a": { witness.answer(size: size, pieces: pieces, fails: fails) }
            ]) { server in
                let code = try await RawClient.run(server.port) { client in
                    try Self.code { _ = try client.request("GET", "/a") }
                }
                #expect(code == .truncated)
            }
            #expect(await Pace.until(patience) { witness.seen.isWhole == false })
        }
    }

    @Test func `a slow reader slows the source, and one that leaves ends it`() async throws {
        let witness = StreamWitness()
        let piece = 100_000
        let pieces = [Int](repeating: piece, count: 20_000)
        try await StreamService.with([
            "/a": { witness.answer(size: piece * pieces.count, pieces: pieces) }
        ]) { server in
            let port = server.port
            let (read, most) = await onThread { () -> (Int, Int) in
                guard let connection = ScriptedConnection(connectingTo: port) else { return (0, 0) }
                connection.send(Array("GET /a HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                var (read, most) = (0, 0)
                while read < 40_000_000 {
                    let more = connection.read(1 << 20).count
                    guard more > 0 else { break }
                    read += more
                    most = max(most, witness.seen.sent - read)
                }
                return (read, most)
            }
            #expect(read >= 40_000_000)
            // What is under way: the window, a piece, what is gathered, and the sockets.
            #expect(most < 32 << 20)
            // The connection is gone now.
            #expect(await Pace.until(patience) { witness.seen.isWhole == false })
            #expect(await Pace.until(patience) { witness.seen.wasCut })
        }
    }

    @Test func `an older client gets a length or nothing`() async throws {
        let witness = StreamWitness()
        try await StreamService.with([
            "/known": { witness.answer(size: 5, pieces: [5]) },
            "/unknown": { witness.answer(size: nil, pieces: [5]) },
        ]) { server in
            for (path, status) in [("/known", 200), ("/unknown", 505)] {
                let answer = try await RawClient.run(server.port) { client in
                    client.send("GET \(path) HTTP/1.0\r\n\r\n")
                    return try client.answer()
                }
                #expect(answer.status == status)
            }
            #expect(witness.seen.begun == 1)
        }
    }

    @Test func `a sink that is full is asked again when it has room`() async throws {
        let sizes = Mutex<[Int]>([])
        let sink: @Sendable (ServerReply) -> any BodySink = { reply in
            SlowSink(reply) { size in sizes.withLock { $0.append(size) } }
        }
        try await StreamService.with([:], sink: sink) { server in
            for count in [10, 1_000_000, 9_000_000] {
                let answer = try await RawClient.run(server.port) { client in
                    try client.request("PUT", "/x", body: [UInt8](repeating: 1, count: count))
                }
                #expect(answer.status == 200)
            }
        }
        #expect(sizes.withLock { $0 } == [10, 1_000_000, 9_000_000])
    }
}

/// Over TLS.
@Suite(.needsOpenSSL, .patient) struct EncryptedAnswerStreamTests {
    @Test func `whole is whole and cut is cut over TLS`() async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.issue("server")
        let witness = StreamWitness()
        let pieces = [70_000, 1, 2_000_000]
        let adjust: (inout FileServerOptions) -> Void = { options in
            options.tls = TLSServerConfiguration(
                identity: TLSIdentity(chainFile: certificate.chain, keyFile: certificate.key))
        }
        try await StreamService.with(
            [
                "/whole": { witness.answer(size: 2_070_001, pieces: pieces) },
                "/chunks": { witness.answer(size: nil, pieces: pieces) },
                "/short": { witness.answer(size: 2_070_002, pieces: pieces) },
                "/failed": { witness.answer(size: nil, pieces: pieces, fails: true) },
            ], adjust: adjust
        ) { server in
            var options = HTTPClientOptions()
            options.tls.trust = .file(authority.path)
            let client = try HTTPClient(options)
            for path in ["/whole", "/chunks"] {
                let url = try HTTPURL(server.baseURL + path)
                let answer = try await client.send(HTTPRequest("GET", url))
                let body = try await answer.collect(limit: 4 << 20)
                #expect(Array(body) == StreamWitness.bytes(0, 2_070_001))
            }
            for path in ["/short", "/failed"] {
                let url = try HTTPURL(server.baseURL + path)
                await #expect(throws: HTTPError.self) {
                    _ = try await client.send(HTTPRequest("GET", url)).collect(limit: 4 << 20)
                }
            }
        }
    }
}

/// Takes a little at a time, and has room again only later, from another thread.
private final class SlowSink: BodySink {
    private let reply: ServerReply
    private let ended: @Sendable (Int) -> Void
    private var size = 0
    private var calls = 0

    init(_ reply: ServerReply, ended: @escaping @Sendable (Int) -> Void) {
        self.reply = reply
        self.ended = ended
    }

    func received(_ span: Span<UInt8>) -> ServerAnswer? {
        size += span.count
        calls += 1
        return nil
    }

    var isFull: Bool {
        guard calls % 2 == 1 else { return false }
        let reply = self.reply
        Task { reply.resume() }
        return true
    }

    func ended(_ reply: ServerReply) -> ServerDecision {
        ended(size)
        return .answer(ServerAnswer(200))
    }

    func aborted() {}
}
