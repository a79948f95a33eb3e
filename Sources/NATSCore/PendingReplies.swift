internal import NATSWire
internal import Synchronization

/// Who waits for an answer, by a number: requests by the token of their inbox, flushes by the
/// order of their PONG. The first to settle a number wins: the answer, a timeout, a cancellation
/// and the end of the client may race.
///
/// Timeouts cost no task each: one sweeper sleeps until the earliest deadline that it knows.
final class PendingReplies<Reply: Sendable>: Sendable {
    typealias Outcome = Result<Reply, NATSError>

    private struct Waiter {
        let subject: Subject?
        let continuation: CheckedContinuation<Outcome, Never>
        let deadline: ContinuousClock.Instant
        let stage: NATSError.Stage
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var nextID: UInt64 = 1
        var sweeper: Task<Void, Never>?
        var sweepTime: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    deinit { state.withLock { $0.sweeper?.cancel() } }

    /// A number that was never given before.
    func newID() -> UInt64 {
        state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
    }

    /// Waits until the number is settled, by whomever.
    /// - Parameters:
    ///   - isolation: The caller's actor, on which all of this runs: without it the body of the
    ///     cancellation handler would hop to the global executor and back, two switches of
    ///     threads for a caller on the main actor.
    ///   - start: Runs once the waiter is registered; may settle the number itself.
    func wait(
        for id: UInt64, stage: NATSError.Stage, subject: Subject? = nil, timeout: Duration,
        isolation: isolated (any Actor)? = #isolation, start: () -> Void
    ) async -> Outcome {
        await withTaskCancellationHandler {
            _ = isolation
            return await withCheckedContinuation { continuation in
                let deadline = ContinuousClock.now + timeout
                state.withLock { state in
                    state.waiters[id] = Waiter(
                        subject: subject, continuation: continuation, deadline: deadline,
                        stage: stage)
                    scheduleSweep(at: deadline, &state)
                }
                if Task.isCancelled {
                    // The handler below may have run before there was a waiter.
                    settle(id, .failure(NATSError(.cancelled, stage: stage)))
                } else {
                    start()
                }
            }
        } onCancel: {
            settle(id, .failure(NATSError(.cancelled, stage: stage)))
        }
    }

    /// Ends the wait of a number. Returns false when nobody waits for it (any more).
    @discardableResult
    func settle(_ id: UInt64, _ outcome: Outcome) -> Bool {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.continuation.resume(returning: outcome)
        return waiter != nil
    }

    /// Ends the waits for answers from a subject. Complexity: O(n) in the number of waits.
    func settle(subject: String, _ outcome: Outcome) {
        let concerned = state.withLock { state in
            let concerned = state.waiters.filter { $0.value.subject?.text == subject }
            for id in concerned.keys { state.waiters[id] = nil }
            return concerned.values.map(\.continuation)
        }
        for continuation in concerned { continuation.resume(returning: outcome) }
    }

    /// Ends every wait.
    func settleAll(_ outcome: Outcome) {
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.continuation.resume(returning: outcome) }
    }

    /// Number of waits.
    var count: Int { state.withLock { $0.waiters.count } }

    private func scheduleSweep(at time: ContinuousClock.Instant, _ state: inout State) {
        if let planned = state.sweepTime, planned <= time { return }
        state.sweeper?.cancel()
        state.sweepTime = time
        state.sweeper = Task.detached { [weak self] in
            guard (try? await ContinuousClock().sleep(until: time)) != nil else { return }
            self?.sweep()
        }
    }

    /// Ends the waits whose time has come, and plans the next look.
    private func sweep() {
        let now = ContinuousClock.now
        let due = state.withLock { state -> [Waiter] in
            let expired = state.waiters.filter { $0.value.deadline <= now }
            for id in expired.keys { state.waiters[id] = nil }
            state.sweepTime = nil
            if let next = state.waiters.values.map(\.deadline).min() {
                scheduleSweep(at: next, &state)
            }
            return Array(expired.values)
        }
        for waiter in due {
            waiter.continuation.resume(
                returning: .failure(
                    NATSError(.timeout, stage: waiter.stage, detail: "no answer in time")))
        }
    }
}
