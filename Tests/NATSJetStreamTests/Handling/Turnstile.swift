internal import Synchronization

/// Lets one through for each time that it is opened.
final class Turnstile: Sendable {
    private struct State {
        var free = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Lets so many through, those first who wait.
    func open(_ count: Int = 1) {
        let passing = state.withLock { state in
            let passing = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(passing.count)
            state.free += count - passing.count
            return passing
        }
        for continuation in passing { continuation.resume() }
    }

    /// Waits for a turn.
    func pass() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }
}
