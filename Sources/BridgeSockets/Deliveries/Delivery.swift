internal import BridgeBytes
internal import Synchronization

/// A bounded channel of batches from one producer, usually a handler on a reactor, to one
/// consumer task. One lock and at most one wake-up a batch; see `DeliveryMachine`.
package final class Delivery<Element: Sendable, Failure: Error>: Sendable {
    /// What a wait for the next batch came to.
    package enum Event: Sendable {
        case batch([Element])
        /// Elements are missing, or may be, between the last batch and the next.
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

    private struct Waiter {
        let continuation: CheckedContinuation<Event, Never>
        let deadline: ContinuousClock.Instant?
    }

    private struct State {
        var machine: DeliveryMachine
        var queue: DeliveryQueue<Element>
        var failure: Failure?
        var isCancelled = false
        var waiter: Waiter?
        /// When the waiter's time is looked at, and the callback that does.
        var look: (time: ContinuousClock.Instant, id: UInt64)?
        /// Loops that take from here and may still be busy with what they took.
        var presences = 0
        /// Whether a loop took from here and has left, and none has come since.
        var wasLeft = false
        /// Whom to tell when everything is consumed.
        var consumptionCallbacks: [@Sendable () -> Void] = []

        /// Whom to tell now, each once.
        mutating func takeCallbacks() -> [@Sendable () -> Void] {
            guard !consumptionCallbacks.isEmpty, isConsumed else { return [] }
            defer { consumptionCallbacks = [] }
            return consumptionCallbacks
        }

        /// Whether nothing that was added is waiting or being worked on.
        var isConsumed: Bool {
            machine.phase == .over || presences == 0 && queue.isEmpty
        }
    }

    private let state: Mutex<State>
    private let onResume: @Sendable () -> Void
    private let overflowFailure: Failure?
    private let weigh: @Sendable (Element) -> Int
    private let order = ResumptionOrder()

    /// - Parameters:
    ///   - limits: How much may wait, and what happens beyond.
    ///   - weigh: The weight of one element, asked only where elements are dropped or put back.
    ///   - overflowFailure: How the sequence ends with the overflow `fail`.
    ///   - onResume: Told, on any thread and without a lock held, that a producer which was told
    ///     to pause may go on, or that the consumer is gone.
    package init(
        limits: DeliveryLimits, weigh: @escaping @Sendable (Element) -> Int = { _ in 1 },
        overflowFailure: Failure? = nil, onResume: @escaping @Sendable () -> Void
    ) {
        let queue = DeliveryQueue<Element>(limits: limits, weigh: weigh)
        state = Mutex(State(machine: DeliveryMachine(limits: limits), queue: queue))
        self.weigh = weigh
        self.onResume = onResume
        self.overflowFailure = overflowFailure
    }

    deinit { state.withLock { $0.look }.map { Deadlines.shared.remove($0.id) } }

    /// Adds a batch and says what became of it. After the end or a cancellation the batch is
    /// dropped and the outcome is `accepted`.
    package func add(_ elements: [Element], weight: Int) -> Outcome {
        guard !elements.isEmpty else { return .accepted }
        let (waiter, outcome) = state.withLock { state -> (Waiter?, Outcome) in
            let batch = DeliveryGap(count: elements.count, weight: weight)
            switch state.machine.batchYielded(batch) {
            case .drop: return (nil, .accepted)
            case .handOver: return (state.waiter.take(), .accepted)
            case .keep:
                let addition = state.queue.add(
                    elements, weight: weight, overflow: state.machine.overflow)
                let outcome = state.machine.batchAdded(
                    kept: addition.kept, displaced: addition.displaced, refused: addition.refused)
                if outcome == .failed { state.failure = overflowFailure }
                return (nil, outcome)
            }
        }
        if let waiter { resume(waiter, .batch(elements)) }
        return outcome
    }

    /// Adds a batch. Returns false when the producer shall pause until it is told to resume.
    package func yield(_ elements: [Element], weight: Int) -> Bool {
        add(elements, weight: weight) != .pause
    }

    /// Says that elements may be missing between what was added and what comes next.
    package func addOpenGap() {
        let waiter = state.withLock { state -> Waiter? in
            switch state.machine.gapYielded() {
            case .drop: return nil
            case .handOver: return state.waiter.take()
            case .keep:
                state.queue.addOpenGap()
                return nil
            }
        }
        if let waiter { resume(waiter, .gap(DeliveryGap(isOpen: true))) }
    }

    /// The producer, which was told to pause, cannot do so any longer: what does not fit is dropped
    /// from now on. Returns false when it may go on anyway.
    package func shed() -> Bool { state.withLock { $0.machine.sheddingBegan() } }

    /// Says that nothing more will come. Later calls do nothing.
    package func finish(_ failure: Failure? = nil) {
        let (waiter, callbacks) = state.withLock { state -> (Waiter?, [@Sendable () -> Void]) in
            if state.machine.phase == .open { state.failure = failure }
            guard state.machine.producerFinished() else { return (nil, []) }
            state.failure = nil
            return (state.waiter.take(), state.takeCallbacks())
        }
        if let waiter { resume(waiter, failure.map { .failed($0) } ?? .end) }
        for callback in callbacks { callback() }
    }

    /// Drops what waits and ends the consumer's wait.
    package func cancel() {
        let (waiter, callbacks, tellsProducer) = state.withLock { state in
            state.isCancelled = true
            state.queue.removeAll()
            let tellsProducer = state.machine.consumerCancelled()
            return (state.waiter.take(), state.takeCallbacks(), tellsProducer)
        }
        if let waiter { resume(waiter, .cancelled) }
        for callback in callbacks { callback() }
        if tellsProducer { onResume() }
    }

    private func resume(_ waiter: Waiter, _ event: Event) {
        order.willResume()
        waiter.continuation.resume(returning: event)
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

    /// Whether a loop took from here and has left, and none has come since.
    package var wasLeft: Bool { state.withLock { $0.wasLeft } }

    /// Calls back once, on any thread and without a lock held: when the consumer has seen the end
    /// or is gone, and nothing waits; at once when that is so now.
    package func whenConsumed(_ callback: @escaping @Sendable () -> Void) {
        let callbacks = state.withLock { state in
            state.consumptionCallbacks.append(callback)
            return state.takeCallbacks()
        }
        for callback in callbacks { callback() }
    }

    /// The next batch; suspends while there is none. One consumer at a time. Cancelling the task
    /// cancels the delivery.
    /// - Parameters:
    ///   - deadline: When a wait ends without a batch.
    ///   - isolation: The caller's actor, on which all of this runs: without it the body of the
    ///     cancellation handler would hop to the global executor and back.
    package func next(
        until deadline: ContinuousClock.Instant? = nil,
        isolation: isolated (any Actor)? = #isolation
    ) async -> Event {
        if let event = takeNow(registering: nil) { return event }
        let event = await withTaskCancellationHandler {
            _ = isolation
            return await withCheckedContinuation { continuation in
                let waiter = Waiter(continuation: continuation, deadline: deadline)
                if let event = takeNow(registering: waiter) { resume(waiter, event) }
            }
        } onCancel: {
            cancel()
        }
        order.didResume()
        return event
    }

    /// What is there at once; nil when the consumer must wait (and has been registered, if a
    /// waiter was given).
    private func takeNow(registering waiter: Waiter?) -> Event? {
        typealias Taken = (Event?, resumes: Bool, callbacks: [@Sendable () -> Void])
        let (event, resumes, callbacks) = state.withLock { state -> Taken in
            if state.isCancelled { return (.cancelled, false, []) }
            if waiter == nil, state.queue.isEmpty, state.machine.phase == .open {
                return (nil, false, [])
            }
            switch state.machine.itemWanted(isEmpty: state.queue.isEmpty) {
            case .take:
                let (event, resumes) = Self.take(&state)
                return (event, resumes, state.takeCallbacks())
            case .end:
                let end = state.failure.take().map { Event.failed($0) } ?? .end
                return (end, false, state.takeCallbacks())
            case .wait:
                // A delivery has one consumer: another one that waits meanwhile gets nothing.
                if waiter != nil, state.waiter != nil { return (.cancelled, false, []) }
                state.waiter = waiter
                if let deadline = waiter?.deadline { planLook(at: deadline, &state) }
                return (nil, false, [])
            }
        }
        for callback in callbacks { callback() }
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

    /// Has the waiter's deadline looked at. An earlier look that is planned already does as well:
    /// it plans the next one. So waits that end at once cost no callback each.
    private func planLook(at time: ContinuousClock.Instant, _ state: inout State) {
        if let look = state.look {
            guard time < look.time else { return }
            Deadlines.shared.remove(look.id)
        }
        let id = Deadlines.shared.add(at: time) { [weak self] in self?.look(planned: time) }
        state.look = (time, id)
    }

    private func look(planned time: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let waiter = state.withLock { state -> Waiter? in
            guard state.look?.time == time else { return nil }
            state.look = nil
            guard let deadline = state.waiter?.deadline else { return nil }
            guard deadline <= now else {
                planLook(at: deadline, &state)
                return nil
            }
            return state.machine.consumerTimedOut() ? state.waiter.take() : nil
        }
        if let waiter { resume(waiter, .timeout) }
    }
}

extension Delivery {
    /// A loop that takes one element at a time. What it took and did not hand out is put back when
    /// it is released, so that leaving a loop loses nothing.
    package final class Cursor {
        private let delivery: Delivery
        private var batch: [Element] = []
        private var position = 0

        package init(_ delivery: Delivery) {
            self.delivery = delivery
            delivery.entered()
        }

        deinit {
            delivery.left(puttingBack: position < batch.count ? Array(batch[position...]) : [])
        }

        /// The next element of the batch; nil when it is used up.
        package func next() -> Element? {
            guard position < batch.count else { return nil }
            defer { position += 1 }
            return batch[position]
        }

        /// Takes the next batch.
        package func refill(_ elements: [Element]) {
            batch = elements
            position = 0
        }
    }

    private func entered() {
        state.withLock { state in
            state.presences += 1
            state.wasLeft = false
        }
    }

    private func left(puttingBack elements: [Element]) {
        let weight = elements.reduce(0) { $0 + weigh($1) }
        let (callbacks, isPaused) = state.withLock { state in
            state.presences -= 1
            state.wasLeft = state.presences == 0
            let item = DeliveryGap(count: elements.count, weight: weight)
            if state.machine.putBack(item) { state.queue.putBack(elements, weight: weight) }
            return (state.takeCallbacks(), state.machine.isPaused)
        }
        for callback in callbacks { callback() }
        // The producer need not wait for one who has left.
        if isPaused { onResume() }
    }
}
