internal import Synchronization

/// A bounded channel of batches from one producer, usually a handler on a reactor, to one
/// consumer task. One lock and at most one wake-up a batch; see `DeliveryMachine`.
package final class Delivery<Element: Sendable, Failure: Error>: Sendable {
    /// What a wait for the next batch came to.
    package enum Event: Sendable {
        case batch([Element])
        /// So many elements were dropped between the last batch and the next.
        case gap(DeliveryGap)
        /// Nothing more will come, and nothing failed.
        case end
        case failed(Failure)
        /// The deadline of this wait has passed; the next one may bring more.
        case timeout
        /// The consuming task was cancelled, or `cancel()` was called.
        case cancelled
    }

    package typealias Outcome = DeliveryMachine.Outcome

    private struct State {
        var machine: DeliveryMachine
        var queue: DeliveryQueue<Element>
        var failure: Failure?
        var isCancelled = false
        var waiter: CheckedContinuation<Event, Never>?
        /// How many waits there were, so that a deadline ends none but its own.
        var waits = 0
        var emptyWaiters: [CheckedContinuation<Void, Never>] = []
        /// Loops that take from here and may still be busy with what they took.
        var presences = 0

        /// Whether nothing that was added is waiting or being worked on.
        var isConsumed: Bool {
            machine.phase == .over || presences == 0 && queue.isEmpty
        }

        /// Takes out who waits for the end of consumption, if it has come.
        mutating func emptied() -> [CheckedContinuation<Void, Never>] {
            guard isConsumed, !emptyWaiters.isEmpty else { return [] }
            defer { emptyWaiters = [] }
            return emptyWaiters
        }
    }

    private let state: Mutex<State>
    private let onResume: @Sendable () -> Void
    private let overflowFailure: Failure?
    private let order = ResumptionOrder()

    /// - Parameters:
    ///   - limits: How much may wait, and what happens beyond.
    ///   - weigh: The weight of one element, asked only where elements are dropped.
    ///   - overflowFailure: How the sequence ends with the overflow `fail`.
    ///   - onResume: Told, on any thread and without a lock held, that a producer which was told
    ///     to pause may go on, or that the consumer is gone.
    package init(
        limits: DeliveryLimits, weigh: @escaping @Sendable (Element) -> Int = { _ in 1 },
        overflowFailure: Failure? = nil, onResume: @escaping @Sendable () -> Void
    ) {
        let queue = DeliveryQueue<Element>(limits: limits, weigh: weigh)
        state = Mutex(State(machine: DeliveryMachine(limits: limits), queue: queue))
        self.onResume = onResume
        self.overflowFailure = overflowFailure
    }

    /// Adds a batch and says what became of it. After the end or a cancellation the batch is
    /// dropped and the outcome is `accepted`.
    package func add(_ elements: [Element], weight: Int) -> Outcome {
        guard !elements.isEmpty else { return .accepted }
        let (waiter, outcome) = state.withLock {
            state -> (CheckedContinuation<Event, Never>?, Outcome) in
            let batch = DeliveryGap(count: elements.count, weight: weight)
            switch state.machine.batchYielded(batch) {
            case .drop: return (nil, .accepted)
            case .handOver: return (state.waiter.take(), .accepted)
            case .keep:
                let addition = state.queue.add(elements, weight: weight)
                let outcome = state.machine.batchAdded(
                    kept: addition.kept, displaced: addition.displaced, refused: addition.refused)
                if outcome == .failed { state.failure = overflowFailure }
                return (nil, outcome)
            }
        }
        if let waiter {
            order.willResume()
            waiter.resume(returning: .batch(elements))
        }
        return outcome
    }

    /// Adds a batch. Returns false when the producer shall pause until it is told to resume.
    package func yield(_ elements: [Element], weight: Int) -> Bool {
        add(elements, weight: weight) != .pause
    }

    /// Says that nothing more will come. Later calls do nothing.
    package func finish(_ failure: Failure? = nil) {
        let (waiter, emptyWaiters) = state.withLock {
            state -> (CheckedContinuation<Event, Never>?, [CheckedContinuation<Void, Never>]) in
            if state.machine.phase == .open { state.failure = failure }
            guard state.machine.producerFinished() else { return (nil, []) }
            state.failure = nil
            return (state.waiter.take(), state.emptied())
        }
        order.willResume()
        waiter?.resume(returning: failure.map { .failed($0) } ?? .end)
        for waiter in emptyWaiters { waiter.resume() }
    }

    /// Drops what waits and ends the consumer's wait.
    package func cancel() {
        let (waiter, tellsProducer, emptyWaiters) = state.withLock {
            state -> (CheckedContinuation<Event, Never>?, Bool, [CheckedContinuation<Void, Never>])
            in
            state.isCancelled = true
            state.queue.removeAll()
            let tellsProducer = state.machine.consumerCancelled()
            return (state.waiter.take(), tellsProducer, state.emptied())
        }
        waiter?.resume(returning: .cancelled)
        for waiter in emptyWaiters { waiter.resume() }
        if tellsProducer { onResume() }
    }

    /// Elements and weight that wait now.
    package var backlog: (count: Int, weight: Int) {
        state.withLock { ($0.machine.count, $0.machine.weight) }
    }

    /// All that was taken and all that was dropped so far.
    package var totals: (taken: DeliveryGap, dropped: DeliveryGap) {
        state.withLock { ($0.machine.taken, $0.machine.dropped) }
    }

    /// Whether the producer was told to pause and not yet to resume.
    package var isPaused: Bool { state.withLock { $0.machine.isPaused } }

    /// Whether nobody listens any more.
    package var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Suspends until the consumer has seen the end or is gone, and nothing waits. Not ended by
    /// cancellation.
    package func whenConsumed() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state -> Bool in
                if state.isConsumed { return true }
                state.emptyWaiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// A loop over this delivery, for as long as it is referenced: an iterator keeps one, so that
    /// `whenConsumed` waits for the work on the last batch.
    package final class Presence: Sendable {
        private let delivery: Delivery

        package init(_ delivery: Delivery) {
            self.delivery = delivery
            delivery.state.withLock { $0.presences += 1 }
        }

        deinit {
            let waiters = delivery.state.withLock { state in
                state.presences -= 1
                return state.emptied()
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    /// The next batch; suspends while there is none. One consumer at a time. Cancelling the task
    /// cancels the delivery.
    /// - Parameters:
    ///   - deadline: When a wait ends without a batch; costs a task, and only where it must wait.
    ///   - isolation: The caller's actor, on which all of this runs: without it the body of the
    ///     cancellation handler would hop to the global executor and back.
    package func next(
        until deadline: ContinuousClock.Instant? = nil,
        isolation: isolated (any Actor)? = #isolation
    ) async -> Event {
        if let event = takeNow(registering: nil) { return event }
        var watch: Task<Void, Never>?
        let event = await withTaskCancellationHandler {
            _ = isolation
            return await withCheckedContinuation { continuation in
                if let event = takeNow(registering: continuation) {
                    return continuation.resume(returning: event)
                }
                if let deadline { watch = endingWait(at: deadline) }
            }
        } onCancel: {
            cancel()
        }
        watch?.cancel()
        order.didResume()
        return event
    }

    /// Ends the present wait when its time comes, unless something else has by then.
    private func endingWait(at deadline: ContinuousClock.Instant) -> Task<Void, Never> {
        let wait = state.withLock { $0.waits }
        return Task {
            guard (try? await ContinuousClock().sleep(until: deadline)) != nil else { return }
            let waiter = state.withLock { state -> CheckedContinuation<Event, Never>? in
                guard state.waits == wait, state.machine.consumerTimedOut() else { return nil }
                return state.waiter.take()
            }
            waiter?.resume(returning: .timeout)
        }
    }

    /// What is there at once; nil when the consumer must wait (and has been registered, if a
    /// continuation was given).
    private func takeNow(registering waiter: CheckedContinuation<Event, Never>?) -> Event? {
        let (event, resumes, emptyWaiters) = state.withLock {
            state -> (Event?, Bool, [CheckedContinuation<Void, Never>]) in
            if state.isCancelled { return (.cancelled, false, []) }
            if waiter == nil, state.queue.isEmpty, state.machine.phase == .open {
                return (nil, false, [])
            }
            switch state.machine.itemWanted(isEmpty: state.queue.isEmpty) {
            case .take:
                let (event, resumes) = Self.take(&state)
                return (event, resumes, state.emptied())
            case .end:
                return (state.failure.take().map { .failed($0) } ?? .end, false, state.emptied())
            case .wait:
                precondition(
                    waiter == nil || state.waiter == nil, "a delivery has one consumer")
                state.waiter = waiter
                state.waits += 1
                return (nil, false, [])
            }
        }
        for waiter in emptyWaiters { waiter.resume() }
        if resumes { onResume() }
        return event
    }

    private static func take(_ state: inout State) -> (Event?, Bool) {
        switch state.queue.take() {
        case nil: (nil, false)
        case .gap(let gap): (.gap(gap), false)
        case .elements(let elements, let weight):
            (
                .batch(elements),
                state.machine.itemTaken(DeliveryGap(count: elements.count, weight: weight))
            )
        }
    }
}
