internal import Synchronization

/// Whether a bridge is closed, and those who wait for that.
final class BridgeEnd: Sendable {
    private struct State {
        var isOver = false
        var waiting: [Int: AsyncStream<Never>.Continuation] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())

    var isOver: Bool { state.withLock { $0.isOver } }

    /// Closes, and wakes whoever waits.
    func come() {
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.finish() }
    }

    /// Suspends until the bridge is closed or the task is cancelled.
    func wait() async {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let id: Int? = state.withLock { state in
            guard !state.isOver else { return nil }
            state.nextID += 1
            state.waiting[state.nextID] = continuation
            return state.nextID
        }
        guard let id else { return }
        for await _ in stream {}
        state.withLock { $0.waiting[id] = nil }
    }
}
