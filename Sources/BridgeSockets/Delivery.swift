internal import Synchronization

/// A bounded channel of batches from one producer, usually a handler on a reactor, to one
/// consumer task. One lock and at most one wake-up a batch; see `DeliveryMachine`.
package final class Delivery<Element: Sendable, Failure: Error>: Sendable {
    /// What a wait for the next batch came to.
    package enum Event: Sendable {
        case batch([Element])
        /// Nothing more will come, and nothing failed.
        case end
        case failed(Failure)
        /// The consuming task was cancelled, or `cancel()` was called.
        case cancelled
    }

    private struct Batch {
        let elements: [Element]
        let weight: Int
    }

    private struct State {
        var machine: DeliveryMachine
        var batches: [Batch] = []
        var head = 0
        var failure: Failure?
        var isCancelled = false
        var waiter: CheckedContinuation<Event, Never>?

        mutating func removeFirst() -> Batch {
            defer {
                head += 1
                // Amortised: the taken half is dropped when it is the larger one.
                if head * 2 >= batches.count {
                    batches.removeFirst(head)
                    head = 0
                }
            }
            return batches[head]
        }
    }

    private let state: Mutex<State>
    private let onResume: @Sendable () -> Void

    /// - Parameter onResume: Told, on any thread and without a lock held, that a producer which
    ///   was told to pause may go on, or that the consumer is gone.
    package init(limits: DeliveryLimits, onResume: @escaping @Sendable () -> Void) {
        state = Mutex(State(machine: DeliveryMachine(limits: limits)))
        self.onResume = onResume
    }

    /// Adds a batch. Returns false when the producer shall pause until it is told to resume.
    /// After the end or a cancellation the batch is dropped and the answer is true.
    package func yield(_ elements: [Element], weight: Int) -> Bool {
        guard !elements.isEmpty else { return true }
        let (waiter, continues) = state.withLock {
            state -> (CheckedContinuation<Event, Never>?, Bool) in
            switch state.machine.batchYielded(count: elements.count, weight: weight) {
            case .drop: return (nil, true)
            case .keep(let wakesConsumer, let continues):
                if wakesConsumer, let waiter = state.waiter.take() {
                    // The waiting consumer gets the batch by hand, past the queue.
                    _ = state.machine.batchWanted(next: (elements.count, weight))
                    return (waiter, true)
                }
                state.batches.append(Batch(elements: elements, weight: weight))
                return (nil, continues)
            }
        }
        waiter?.resume(returning: .batch(elements))
        return continues
    }

    /// Says that nothing more will come. Later calls do nothing.
    package func finish(_ failure: Failure? = nil) {
        let waiter = state.withLock { state -> CheckedContinuation<Event, Never>? in
            if state.machine.phase == .open { state.failure = failure }
            guard state.machine.producerFinished(), let waiter = state.waiter.take() else {
                return nil
            }
            state.failure = nil
            return waiter
        }
        waiter?.resume(returning: failure.map { .failed($0) } ?? .end)
    }

    /// Drops what waits and ends the consumer's wait.
    package func cancel() {
        let (waiter, tellsProducer) = state.withLock {
            state -> (CheckedContinuation<Event, Never>?, Bool) in
            state.isCancelled = true
            state.batches.removeAll()
            state.head = 0
            return (state.waiter.take(), state.machine.consumerCancelled())
        }
        waiter?.resume(returning: .cancelled)
        if tellsProducer { onResume() }
    }

    /// Elements and weight that wait now.
    package var backlog: (count: Int, weight: Int) {
        state.withLock { ($0.machine.count, $0.machine.weight) }
    }

    /// Whether the producer was told to pause and not yet to resume.
    package var isPaused: Bool { state.withLock { $0.machine.isPaused } }

    /// Whether nobody listens any more.
    package var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// The next batch; suspends while there is none. One consumer at a time. Cancelling the task
    /// cancels the delivery.
    /// - Parameter isolation: The caller's actor, on which all of this runs: without it the body
    ///   of the cancellation handler would hop to the global executor and back.
    package func next(isolation: isolated (any Actor)? = #isolation) async -> Event {
        if let event = takeNow(registering: nil) { return event }
        return await withTaskCancellationHandler {
            _ = isolation
            return await withCheckedContinuation { continuation in
                if let event = takeNow(registering: continuation) {
                    continuation.resume(returning: event)
                }
            }
        } onCancel: {
            cancel()
        }
    }

    /// What is there at once; nil when the consumer must wait (and has been registered, if a
    /// continuation was given).
    private func takeNow(registering waiter: CheckedContinuation<Event, Never>?) -> Event? {
        let (event, resumes) = state.withLock { state -> (Event?, Bool) in
            if state.isCancelled { return (.cancelled, false) }
            let next = state.head < state.batches.count ? state.batches[state.head] : nil
            switch state.machine.batchWanted(next: next.map { ($0.elements.count, $0.weight) }) {
            case .take(let resumes):
                return (.batch(state.removeFirst().elements), resumes)
            case .end:
                return (state.failure.take().map { .failed($0) } ?? .end, false)
            case .wait:
                precondition(
                    waiter == nil || state.waiter == nil, "a delivery has one consumer")
                state.waiter = waiter
                return (nil, false)
            }
        }
        if resumes { onResume() }
        return event
    }
}
