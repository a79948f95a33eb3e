// Theory of operation.
//
// One value stands between a subscription (or a replay) and the tasks that consume it:
//
//     subscription ──▶ the pump: reads, opens envelopes, decodes what came whole
//                        │ links                          │ ready
//                        ▼                                ▼
//                      a task for each message ──▶ ReceiveOrderMachine ──▶ next()
//
// The machine decides under the lock; tasks are begun and continuations resumed after it. A value
// that a waiting consumer gets lies in the state until the consumer has taken it out, so that a
// cancellation at any moment loses nothing: what was not taken is there for the next call.
//
// The pump begins with the first consumer and ends with the last: then everything that is being
// prepared is cancelled, and the subscription with it. When the subscription ends, what was
// received is still handed out.
internal import BridgeBytes
internal import NATSCore
internal import NATSWire
internal import Synchronization

final class Intake: DrainParticipant {
    /// What a sequence hands out.
    struct Element: Sendable {
        /// The message; nil for a mark where messages are missing.
        let incoming: Incoming?
        let result: Result<Received, BridgeError>
    }

    /// What a wait came to.
    enum Event: Sendable {
        case element(Element)
        case end
        case failed(BridgeError)
        /// The consumer's task was cancelled.
        case cancelled
    }

    /// Something that was taken and is not yet handed out.
    struct Held: Sendable {
        var element: Element?
        /// What has to be fetched for it.
        var opened: Incoming.Opened?
        var identity: ReceivedIdentity?
        var incoming: Incoming?
        var task: Task<Void, Never>?
        /// Its part of the bridge's memory, given back when it is handed out.
        var memory: MessageMemory?
    }

    struct Waiter {
        let ticket: Int
        let consumer: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    struct State {
        var machine: ReceiveOrderMachine
        var recent: RecentMessages?
        var held: [Int: Held] = [:]
        var waiters: [Waiter] = []
        /// What waiters got and have not yet taken out.
        var events: [Int: Event] = [:]
        var nextTicket = 0
        /// Consumers that are there, and those that work on what they got.
        var consumers: Set<Int> = []
        var busy: Set<Int> = []
        /// Since when a consumer works on a message; not on what a loop passes over.
        var begun: [Int: Duration] = [:]
        var pump: Task<Void, Never>?
        var isStarted = false
        var isOver = false
        var failure: BridgeError?
        /// The pump, when it waits for room.
        var reader: CheckedContinuation<Void, Never>?
        var alarm: (deadline: Duration, task: Task<Void, Never>)?
        var drains: [CheckedContinuation<Void, Never>] = []
    }

    let bridge: Bridge
    let options: ReceiveOptions
    let dropsDuplicates: Bool
    let state: Mutex<State>
    private let start = ContinuousClock.now
    private let source: @Sendable (Intake) async -> Void
    private let endSource: @Sendable () -> Void
    private let drainSource: @Sendable () async -> Void

    /// - Parameters:
    ///   - order: The order, where the options do not choose one.
    ///   - dropsDuplicates: Likewise.
    ///   - source: Feeds the intake, in a task of its own, until it is told to stop.
    ///   - endSource: Ends the interest at once.
    ///   - drainSource: Ends the interest after what has been received. Where there is none, the
    ///     source is left to its end.
    init(
        bridge: Bridge, options: ReceiveOptions, order: ReceiveOptions.Order,
        dropsDuplicates: Bool, endSource: @escaping @Sendable () -> Void = {},
        drainSource: @escaping @Sendable () async -> Void = {},
        source: @escaping @Sendable (Intake) async -> Void
    ) {
        self.bridge = bridge
        self.options = options
        self.source = source
        self.endSource = endSource
        self.drainSource = drainSource
        var limits = ReceiveOrderMachine.Limits()
        limits.order = options.order ?? order
        limits.patience = options.patience
        limits.parallel = options.maxParallelMessages
        self.dropsDuplicates = options.dropsDuplicates ?? dropsDuplicates
        state = Mutex(
            State(
                machine: ReceiveOrderMachine(limits: limits),
                recent: self.dropsDuplicates ? RecentMessages() : nil))
    }

    /// The time as the machine counts it.
    var now: Duration { ContinuousClock.now - start }

    /// Makes it happen that messages are taken.
    func begin() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted && !state.isOver
        }
        guard isFirst else { return }
        bridge.intakes.add(self)
        // Where the client drains already, the subscription has ended as well.
        _ = bridge.client.addDrainParticipant(self)
        let pump = Task {
            await source(self)
        }
        let isOver = state.withLock { state in
            state.pump = pump
            return state.isOver
        }
        if isOver { pump.cancel() }
    }

    /// Ends everything at once: what is read, what is prepared, and every wait.
    /// - Returns: How many messages were not consumed.
    @discardableResult
    func close() -> Int {
        var left = 0
        let (tasks, pump, wakes) = state.withLock {
            state -> ([Task<Void, Never>], Task<Void, Never>?, Wakes) in
            guard !state.isOver else { return ([], nil, Wakes()) }
            state.isOver = true
            left = state.held.count + state.busy.count
            abandoned(state)
            let tasks =
                state.held.values.compactMap(\.task) + [state.alarm?.task].compactMap(\.self)
            state.held = [:]
            state.alarm = nil
            return (tasks, state.pump, settle(&state))
        }
        endSource()
        pump?.cancel()
        for task in tasks { task.cancel() }
        carryOut(wakes)
        return left
    }

    /// Counts the messages that have come and that nobody will be handed.
    private func abandoned(_ state: State) {
        let untaken = state.events.values.count {
            if case .element(let element) = $0 { element.incoming != nil } else { false }
        }
        let held = state.held.values.count { ($0.incoming ?? $0.element?.incoming) != nil }
        guard held + untaken > 0 else { return }
        bridge.counters.count { $0.messagesAbandoned += held + untaken }
    }

    /// Ends what is being fetched: those messages are handed out as they are.
    func hurry() {
        for task in state.withLock({ $0.held.values.compactMap(\.task) }) { task.cancel() }
    }

    /// Ends the interest, and suspends until what was received is consumed. At the deadline, and in
    /// a cancelled task, everything is ended.
    /// - Returns: How many messages were left then, those being worked on included.
    func drain(until deadline: ContinuousClock.Instant) async -> Int {
        await drainSource()
        let watch = Task.detached { [self] in
            guard (try? await ContinuousClock().sleep(until: deadline)) != nil else { return 0 }
            return close()
        }
        await withTaskCancellationHandler {
            await whenConsumed()
        } onCancel: {
            close()
        }
        watch.cancel()
        return await watch.value
    }

    /// Suspends until everything that was taken is consumed, or nobody consumes any more.
    private func whenConsumed() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state -> Bool in
                guard !Self.isConsumed(state) else { return true }
                state.drains.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}

extension Intake {
    /// Whom a change wakes: carried out when the lock is released.
    struct Wakes {
        var consumers: [CheckedContinuation<Void, Never>] = []
        var reader: CheckedContinuation<Void, Never>?
        var drains: [CheckedContinuation<Void, Never>] = []
        var starts: [Int] = []
        var isOver = false
    }

    static func isConsumed(_ state: State) -> Bool {
        state.isOver || !state.isStarted
            || state.machine.hasEnded && state.machine.isEmpty && state.busy.isEmpty
    }

    /// Makes a change and wakes whom it concerns.
    func change(_ body: (inout sending State) -> Void) {
        let wakes = state.withLock { state in
            body(&state)
            return settle(&state)
        }
        carryOut(wakes)
    }

    /// Draws the conclusions from a change.
    func settle(_ state: inout State) -> Wakes {
        var wakes = Wakes()
        while let waiter = state.waiters.first, let event = take(&state) {
            state.waiters.removeFirst()
            handedOut(event, to: waiter.consumer, &state)
            state.events[waiter.ticket] = event
            wakes.consumers.append(waiter.continuation)
        }
        while !state.isOver, let id = state.machine.startNext() { wakes.starts.append(id) }
        if state.isOver || !state.machine.isFull { wakes.reader = state.reader.take() }
        if Self.isConsumed(state) {
            wakes.drains = state.drains
            state.drains = []
            wakes.isOver = state.isStarted
        }
        setAlarm(&state)
        return wakes
    }

    /// A consumer works on what it got.
    func handedOut(_ event: Event, to consumer: Int, _ state: inout State) {
        guard case .element(let element) = event else { return }
        state.busy.insert(consumer)
        if case .success = element.result { state.begun[consumer] = now }
    }

    func carryOut(_ wakes: Wakes) {
        for consumer in wakes.consumers { consumer.resume() }
        wakes.reader?.resume()
        for drain in wakes.drains { drain.resume() }
        for id in wakes.starts { prepare(id) }
        if wakes.isOver {
            bridge.intakes.remove(self)
            bridge.client.removeDrainParticipant(self)
        }
    }

    /// What the next consumer gets now; nil when it has to wait.
    func take(_ state: inout State) -> Event? {
        guard !state.isOver else { return .end }
        switch state.machine.take(now: now) {
        case .wait: return nil
        case .handOut(let id):
            guard let element = state.held.removeValue(forKey: id)?.element else { return nil }
            return .element(element)
        case .end: return state.failure.take().map { .failed($0) } ?? .end
        }
    }

    /// Sees to it that somebody looks when a message has waited for long enough.
    private func setAlarm(_ state: inout State) {
        let deadline = state.waiters.isEmpty || state.isOver ? nil : state.machine.deadline
        guard deadline != state.alarm?.deadline else { return }
        state.alarm?.task.cancel()
        state.alarm = deadline.map { deadline in
            let task = Task { [weak self, instant = start + deadline] in
                guard (try? await ContinuousClock().sleep(until: instant)) != nil else { return }
                self?.change { state in state.alarm = nil }
            }
            return (deadline, task)
        }
    }
}
