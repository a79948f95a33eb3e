internal import BridgeBytes
internal import HTTPWire
internal import Synchronization

/// Takes the body of an upload for an engine, which works in a task beside it.
///
/// The answer comes when the engine is done and the body has ended; an engine that refuses earlier
/// ends the request with the next bytes.
final class GatewaySink: BodySink {
    private struct State {
        var answer: ServerAnswer?
        /// Set when the body has ended before the engine.
        var reply: ServerReply?
    }

    let pipe: UploadPipe
    private let limit: Int
    private var size = 0
    private let state = Outcome()

    private final class Outcome: Sendable {
        private let state = Mutex<State>(State())

        var answer: ServerAnswer? { state.withLock { $0.answer } }

        /// The answer that is there, or nil: it will be given to the reply.
        func ended(_ reply: ServerReply) -> ServerAnswer? {
            state.withLock { state in
                if state.answer == nil { state.reply = reply }
                return state.answer
            }
        }

        func came(_ answer: ServerAnswer) {
            let reply = state.withLock { state in
                state.answer = answer
                return state.reply.take()
            }
            reply?.answer(answer)
        }
    }

    /// - Parameters:
    ///   - limit: Most bytes of data; one more is answered with 413.
    ///   - work: What the engine does, to its answer.
    init(
        _ pipe: UploadPipe, limit: Int, work: @escaping @Sendable (UploadPipe) async -> ServerAnswer
    ) {
        self.pipe = pipe
        self.limit = limit
        let outcome = state
        Task {
            outcome.came(await work(pipe))
            // Nothing takes what still comes; the connection goes on and finds the answer.
            pipe.abort()
        }
    }

    func received(_ span: Span<UInt8>) -> ServerAnswer? {
        size += span.count
        guard size <= limit else { return .failure(413, "a file may have \(limit) bytes") }
        if let answer = state.answer { return answer }
        pipe.add(span)
        return nil
    }

    var isFull: Bool { pipe.isFull }

    func ended(_ reply: ServerReply) -> ServerDecision {
        pipe.end()
        return state.ended(reply).map { .answer($0) } ?? .later
    }

    func aborted() { pipe.abort() }
}
