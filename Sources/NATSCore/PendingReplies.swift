internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// Who waits for an answer, by a number: requests by the token of their inbox, flushes by the
/// order of their PONG. The first to settle a number wins: the answer, a timeout, a cancellation
/// and the end of the client may race.
///
/// Timeouts cost no task each: one sweeper sleeps until the earliest deadline that it knows.
final class PendingReplies<Reply: Sendable>: Sendable {
    typealias Outcome = Result<Reply, NATSError>

    /// A class, so that the table moves one word of it about.
    private final class Waiter: Sendable {
        let subject: Subject?
        let continuation: CheckedContinuation<Outcome, Never>
        let deadline: ContinuousClock.Instant
        let stage: NATSError.Stage

        init(
            _ continuation: CheckedContinuation<Outcome, Never>, subject: Subject?,
            deadline: ContinuousClock.Instant, stage: NATSError.Stage
        ) {
            self.subject = subject
            self.continuation = continuation
            self.deadline = deadline
            self.stage = stage
        }
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var sweeper: Task<Void, Never>?
        var sweepTime: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let lastID = Atomic(UInt64(0))
    private let order = ResumptionOrder()

    deinit { state.withLock { $0.sweeper?.cancel() } }

    /// A number that was never given before.
    func newID() -> UInt64 { lastID.add(1, ordering: .relaxed).newValue }

    /// Waits until the number is settled, by whomever.
    /// - Parameters:
    ///   - isolation: The caller's actor, on which all of this runs: without it the body of the
    ///     cancellation handler would hop to the global executor and back, two switches of
    ///     threads for a caller on the main actor.
    ///   - start: Runs once the waiter is registered, and is told whether it is the only one; may
    ///     settle the number itself.
    func wait(
        for id: UInt64, stage: NATSError.Stage, subject: Subject? = nil, timeout: Duration,
        isolation: isolated (any Actor)? = #isolation, start: (_ isAlone: Bool) -> Void
    ) async -> Outcome {
        let outcome = await withTaskCancellationHandler {
            _ = isolation
            return await withCheckedContinuation { continuation in
                let deadline = ContinuousClock.now + timeout
                let waiter = Waiter(
                    continuation, subject: subject, deadline: deadline, stage: stage)
                let isAlone = state.withLock { state in
                    state.waiters[id] = waiter
                    scheduleSweep(at: deadline, &state)
                    return state.waiters.count == 1
                }
                if Task.isCancelled {
                    // The handler below may have run before there was a waiter.
                    settle(id, .failure(NATSError(.cancelled, stage: stage)))
                } else {
                    start(isAlone)
                }
            }
        } onCancel: {
            settle(id, .failure(NATSError(.cancelled, stage: stage)))
        }
        order.didResume()
        return outcome
    }

    /// Ends the wait of a number. Returns false when nobody waits for it (any more).
    @discardableResult
    func settle(_ id: UInt64, _ outcome: Outcome) -> Bool {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        order.willResume()
        waiter?.continuation.resume(returning: outcome)
        return waiter != nil
    }

    /// Gives out replies under one lock. Whoever is resumed finds no lock held.
    /// - Parameter unclaimed: Called with each reply that nobody waits for (any more).
    func settle(
        _ replies: [(id: UInt64, reply: Reply)], unclaimed: (UInt64, Reply) -> Void
    ) {
        let waiting = state.withLock { state in
            replies.map { state.waiters.removeValue(forKey: $0.id)?.continuation }
        }
        order.willResume()
        for (entry, continuation) in zip(replies, waiting) {
            if let continuation {
                continuation.resume(returning: .success(entry.reply))
            } else {
                unclaimed(entry.id, entry.reply)
            }
        }
    }

    /// Ends the waits for answers from a subject. Complexity: O(n) in the number of waits.
    func settle(subject: String, _ outcome: Outcome) {
        let concerned = state.withLock { state in
            let concerned = state.waiters.filter { $0.value.subject?.text == subject }
            for id in concerned.keys { state.waiters[id] = nil }
            return concerned.values.map(\.continuation)
        }
        order.willResume()
        for continuation in concerned { continuation.resume(returning: outcome) }
    }

    /// Ends every wait.
    func settleAll(_ outcome: Outcome) {
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return state.waiters
        }
        order.willResume()
        for waiter in waiters.values { waiter.continuation.resume(returning: outcome) }
    }

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
        order.willResume()
        for waiter in due {
            waiter.continuation.resume(
                returning: .failure(
                    NATSError(.timeout, stage: waiter.stage, detail: "no answer in time")))
        }
    }
}
