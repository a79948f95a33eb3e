internal import BridgeSockets
internal import Synchronization

/// Calls that are due at some time, with one sleeping task for all of them; none while there are
/// none.
package final class Deadlines: Sendable {
    private struct State: Sendable {
        var table = DeadlineTable()
        var calls: [Int: @Sendable () -> Void] = [:]
        var sweeper: Task<Void, Never>?
        var nextLook: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    package init() {}

    deinit { state.withLock { $0.sweeper?.cancel() } }

    /// How many calls are to come.
    package var count: Int { state.withLock { $0.table.count } }

    /// Has `call` called at a time, or soon when that has passed, unless it is dropped before.
    /// - Returns: Its number.
    package func add(
        _ time: ContinuousClock.Instant, _ call: @escaping @Sendable () -> Void
    ) -> Int {
        let now = ContinuousClock.now
        return state.withLock { state in
            let number = state.table.add(time)
            state.calls[number] = call
            plan(now, &state)
            return number
        }
    }

    /// Takes a call back.
    package func drop(_ number: Int) {
        state.withLock { state in
            state.table.remove(number)
            state.calls[number] = nil
        }
    }

    private func plan(_ now: ContinuousClock.Instant, _ state: inout State) {
        guard let time = state.table.nextLook(now) else { return }
        if let planned = state.nextLook, planned <= time { return }
        state.sweeper?.cancel()
        state.nextLook = time
        state.sweeper = Task.detached { [weak self] in
            guard (try? await ContinuousClock().sleep(until: time)) != nil else { return }
            self?.sweep()
        }
    }

    private func sweep() {
        let now = ContinuousClock.now
        let due = state.withLock { state in
            let due = state.table.takeDue(now).compactMap { state.calls.removeValue(forKey: $0) }
            state.nextLook = nil
            state.sweeper = nil
            plan(now, &state)
            return due
        }
        for call in due { call() }
    }
}

extension MonotonicClock {
    /// The same time on the clock that tasks sleep by.
    static func instant(_ time: Duration) -> ContinuousClock.Instant {
        ContinuousClock.now + (time - now)
    }
}
