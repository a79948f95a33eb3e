package import BridgeSockets
internal import Synchronization

/// Who waits for something, by a number: the one way in which tasks of a client wait.
///
/// A wait is registered, and then ended once: with a value, at its deadline, or by the cancellation
/// of its task, whichever comes first. Nobody is resumed while a lock is held. A wait that is over
/// leaves nothing behind: the list has at most one callback in `Deadlines`.
///
/// `Label` says what somebody waits for, for those that are ended by it; `Void` where nobody asks.
package final class WaitList<Value: Sendable, Label: Sendable>: Sendable {
    /// How a wait ended.
    package enum Outcome: Sendable {
        case value(Value)
        /// Its deadline has come.
        case timeout
        /// Its task was cancelled.
        case cancelled
    }

    /// Somebody who waits. A class, so that the table moves one word of it about.
    package final class Waiter: Sendable {
        private let continuation: CheckedContinuation<Outcome, Never>
        fileprivate let deadline: ContinuousClock.Instant?
        package let label: Label
        /// A number that may be noted when the wait begins, for whoever ends it.
        let note = Atomic(UInt64(0))

        fileprivate init(
            _ continuation: CheckedContinuation<Outcome, Never>,
            _ deadline: ContinuousClock.Instant?, _ label: Label
        ) {
            self.continuation = continuation
            self.deadline = deadline
            self.label = label
        }

        /// Called by whoever took it out of the table.
        fileprivate func resume(_ ending: Outcome) {
            continuation.resume(returning: ending)
        }
    }

    /// A wait that has just been registered.
    package struct Start {
        /// Whether nobody else waits.
        package let isAlone: Bool
        package let waiter: Waiter
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        /// When the list looks for what is due, and the callback that makes it.
        var sweep: (time: ContinuousClock.Instant, id: UInt64)?
    }

    private let state = Mutex(State())
    private let lastID = Atomic(UInt64(0))
    private let order = ResumptionOrder()
    private let deadlines: Deadlines

    /// - Parameter deadlines: Calls the list when a wait is over.
    package init(deadlines: Deadlines = .shared) { self.deadlines = deadlines }

    deinit { state.withLock { $0.sweep }.map { deadlines.remove($0.id) } }

    /// A number that was never given before; the first one is 1.
    package func newID() -> UInt64 { lastID.add(1, ordering: .relaxed).newValue }

    /// Whether nobody waits.
    package var isEmpty: Bool { state.withLock { $0.waiters.isEmpty } }

    /// Waits until the number is resumed, by whomever.
    /// - Parameters:
    ///   - label: What is waited for.
    ///   - deadline: When the wait ends by itself; nil: never.
    ///   - isolation: The caller's actor, on which all of this runs: without it the body of the
    ///     cancellation handler would hop to the global executor and back, two switches of
    ///     threads for a caller on the main actor.
    ///   - start: Runs once the wait is registered; may resume the number itself. Not called when
    ///     the task is cancelled by then.
    package func wait(
        for id: UInt64, label: Label, until deadline: ContinuousClock.Instant? = nil,
        isolation: isolated (any Actor)? = #isolation, start: (Start) -> Void
    ) async -> Outcome {
        let ending = await withTaskCancellationHandler {
            _ = isolation
            return await withCheckedContinuation { continuation in
                let waiter = Waiter(continuation, deadline, label)
                let isAlone = register(waiter, id)
                if Task.isCancelled {
                    // The handler below may have run before there was a waiter.
                    end(id, .cancelled)
                } else {
                    start(Start(isAlone: isAlone, waiter: waiter))
                }
            }
        } onCancel: {
            end(id, .cancelled)
        }
        order.didResume()
        return ending
    }

    /// Waits until the number is resumed, whatever becomes of the task meanwhile.
    /// - Parameter start: Runs once the wait is registered; may resume the number itself.
    package func waitUncancelled(
        for id: UInt64, label: Label, isolation: isolated (any Actor)? = #isolation,
        start: (Start) -> Void
    ) async -> Outcome {
        let ending = await withCheckedContinuation { continuation in
            let waiter = Waiter(continuation, nil, label)
            start(Start(isAlone: register(waiter, id), waiter: waiter))
        }
        order.didResume()
        return ending
    }

    private func register(_ waiter: Waiter, _ id: UInt64) -> Bool {
        state.withLock { state in
            let former = state.waiters.updateValue(waiter, forKey: id)
            precondition(former == nil, "a number is waited for once")
            if let deadline = waiter.deadline { planSweep(at: deadline, &state) }
            return state.waiters.count == 1
        }
    }

    /// Ends a wait with a value. Returns who waited; nil when nobody waits for the number (any
    /// more).
    @discardableResult
    package func resume(_ id: UInt64, _ value: Value) -> Waiter? { end(id, .value(value)) }

    @discardableResult
    private func end(_ id: UInt64, _ ending: Outcome) -> Waiter? {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        order.willResume()
        waiter?.resume(ending)
        return waiter
    }

    /// Ends waits under one lock.
    /// - Parameters:
    ///   - claimed: Called with each one who waited.
    ///   - unclaimed: Called with each value that nobody waits for (any more).
    package func resume(
        _ values: [(id: UInt64, value: Value)], claimed: (Waiter) -> Void,
        unclaimed: (UInt64, Value) -> Void
    ) {
        let waiting = state.withLock { state in
            values.map { state.waiters.removeValue(forKey: $0.id) }
        }
        order.willResume()
        for (entry, waiter) in zip(values, waiting) {
            if let waiter {
                claimed(waiter)
                waiter.resume(.value(entry.value))
            } else {
                unclaimed(entry.id, entry.value)
            }
        }
    }

    /// Ends the waits with such a label. Complexity: O(n) in the number of waits.
    /// - Parameter value: Is told how many waits are ended.
    package func resume(
        where isMeant: (Label) -> Bool, value: (_ count: Int) -> Value
    ) {
        let concerned = state.withLock { state in
            let concerned = state.waiters.filter { isMeant($0.value.label) }
            for id in concerned.keys { state.waiters[id] = nil }
            return Array(concerned.values)
        }
        guard !concerned.isEmpty else { return }
        let value = value(concerned.count)
        order.willResume()
        for waiter in concerned { waiter.resume(.value(value)) }
    }

    /// Ends every wait with a value.
    package func resumeAll(_ value: Value) {
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return state.waiters
        }
        order.willResume()
        for waiter in waiters.values { waiter.resume(.value(value)) }
    }

    private func planSweep(at time: ContinuousClock.Instant, _ state: inout State) {
        if let sweep = state.sweep {
            guard time < sweep.time else { return }
            deadlines.remove(sweep.id)
        }
        let id = deadlines.add(at: time) { [weak self] in self?.sweep(planned: time) }
        state.sweep = (time, id)
    }

    /// Ends the waits whose time has come, and plans the next look.
    private func sweep(planned time: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let due = state.withLock { state -> [Waiter] in
            // An earlier look may have been planned since.
            guard state.sweep?.time == time else { return [] }
            state.sweep = nil
            let expired = state.waiters.filter { $0.value.deadline.map { $0 <= now } ?? false }
            for id in expired.keys { state.waiters[id] = nil }
            if let next = state.waiters.values.compactMap(\.deadline).min() {
                planSweep(at: next, &state)
            }
            return Array(expired.values)
        }
        order.willResume()
        for waiter in due { waiter.resume(.timeout) }
    }
}

extension WaitList where Label == Void {
    /// Waits until the number is resumed; see the one with a label.
    package func wait(
        for id: UInt64, until deadline: ContinuousClock.Instant? = nil,
        isolation: isolated (any Actor)? = #isolation, start: (Start) -> Void
    ) async -> Outcome {
        await wait(for: id, label: (), until: deadline, start: start)
    }
}
