import BridgeBytes
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit

/// A service whose answers are made by a test: GET and HEAD of a path give what the test has made
/// for it, and a PUT goes to a sink.
final class StreamService: HTTPService {
    private let answers: [String: @Sendable () -> ServerAnswer]
    private let sink: (@Sendable (ServerReply) -> any BodySink)?

    init(
        _ answers: [String: @Sendable () -> ServerAnswer],
        sink: (@Sendable (ServerReply) -> any BodySink)? = nil
    ) {
        self.answers = answers
        self.sink = sink
    }

    func begin(_ request: ServerRequest, reply: ServerReply) -> ServerDecision {
        if request.head.method == "PUT", let sink { return .receive(sink(reply)) }
        guard let answer = answers[request.head.target] else { return .answer(ServerAnswer(404)) }
        return .answer(answer())
    }

    /// Runs a server of it for as long as the body runs.
    static func with(
        _ answers: [String: @Sendable () -> ServerAnswer],
        sink: (@Sendable (ServerReply) -> any BodySink)? = nil,
        adjust: (inout FileServerOptions) -> Void = { _ in },
        _ body: (ServiceServer) async throws -> Void
    ) async throws {
        var options = FileServerOptions(directory: "")
        adjust(&options)
        let server = try await ServiceServer.start(StreamService(answers, sink: sink), options)
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}

/// What became of a stream, as its source and its listener saw it.
final class StreamWitness: Sendable {
    struct Seen: Sendable, Equatable {
        var begun = 0
        /// Bytes that the source has handed over.
        var sent = 0
        var wasCut = false
        /// What the listener was told; nil: nothing yet.
        var isWhole: Bool?
    }

    struct Failure: Error {}

    private let state = Mutex<Seen>(Seen())

    var seen: Seen { state.withLock { $0 } }

    /// An answer with pieces of these sizes, that count upwards.
    /// - Parameters:
    ///   - size: What is promised; nil: chunks.
    ///   - fails: Whether the source throws at its end.
    func answer(size: Int?, pieces: [Int], fails: Bool = false) -> ServerAnswer {
        let stream = AnswerStream(size: size) { [self] stream in
            state.withLock { $0.begun += 1 }
            var place = 0
            for count in pieces {
                let piece = StreamWitness.bytes(place, count)
                place += count
                do { try await stream.send(Bytes(piece)) } catch {
                    state.withLock { $0.wasCut = true }
                    throw error
                }
                state.withLock { $0.sent += count }
                if count % 3 == 0 { await Task.yield() }
            }
            if fails { throw Failure() }
        } whenOver: { [self] isWhole in
            state.withLock { $0.isWhole = isWhole }
        }
        return ServerAnswer(200, body: .stream(stream))
    }

    static func bytes(_ start: Int, _ count: Int) -> [UInt8] {
        (start..<start + count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }
}
