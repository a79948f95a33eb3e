internal import Synchronization

/// How much memory all payloads together may take that are being received: whoever wants some
/// waits its turn, in order of arrival.
///
/// Mapped files count like private memory, since their pages are memory while they are read.
public final class MemoryBudget: Sendable {
    /// Longest sleep of the sweeper: 1 s. A sleep that an earlier deadline made useless is over
    /// by then, so that waits which have ended leave nothing behind.
    static let longestNap = Duration.seconds(1)

    private typealias Waiting = CheckedContinuation<Outcome, Never>

    private enum Outcome: Sendable { case granted, late, cancelled, tooLarge }

    private struct State: Sendable {
        var machine: BudgetMachine
        var waiting: [Int: Waiting] = [:]
        var lastID = 0
        /// One for all waits; nil while nobody waits.
        var sweeper: Task<Void, Never>?
        var sweepTime: ContinuousClock.Instant?
    }

    /// All that there is, in bytes.
    public let bytes: Int
    private let state: Mutex<State>

    /// A budget of so many bytes; a negative number counts as none.
    public init(bytes: Int) {
        let machine = BudgetMachine(capacity: bytes)
        self.bytes = machine.capacity
        state = Mutex(State(machine: machine))
    }

    deinit { state.withLock { $0.sweeper?.cancel() } }

    /// Bytes that are free.
    public var available: Int { state.withLock { $0.machine.available } }

    /// Bytes that are held.
    public var reserved: Int { state.withLock { $0.machine.reserved } }

    /// How many requests wait.
    public var waiting: Int { state.withLock { $0.machine.waiting } }

    /// Reserves memory, waiting in order of arrival while there is too little.
    ///
    /// Whoever holds a reservation must not wait for another one, or two may wait for each other:
    /// reserve what is known beforehand in one call, and let that grow.
    ///
    /// - Parameters:
    ///   - bytes: How many; a negative number counts as none.
    ///   - deadline: When the waiting ends. One that has passed asks without waiting.
    ///   - limit: How far the reservation may grow; the whole budget unless told otherwise.
    ///   - correlationID: The flow that the memory is for, for errors.
    /// - Throws: `ClaimError` in the stage `memory`: `payloadTooLarge` at once for more than the
    ///   limit or the whole budget, `memoryExhausted` at the deadline, `cancelled` when the task
    ///   is cancelled.
    public func reserve(
        _ bytes: Int, until deadline: ContinuousClock.Instant, limit: Int = .max,
        correlationID: String = ""
    ) async throws(ClaimError) -> MemoryReservation {
        let bytes = max(0, bytes)
        let most = max(0, min(limit, self.bytes))
        let outcome = bytes > most ? .tooLarge : await outcome(bytes, deadline)
        let code: ClaimError.Code
        let message: String
        switch outcome {
        case .granted: return MemoryReservation(of: self, bytes: bytes, limit: most)
        case .late:
            code = .memoryExhausted
            message = "\(bytes) bytes of the \(self.bytes) for payloads did not become free in time"
        case .cancelled: (code, message) = (.cancelled, "cancelled while waiting for memory")
        case .tooLarge:
            code = .payloadTooLarge
            message = "\(bytes) bytes are wanted, and at most \(most) are given"
        }
        throw ClaimError(code, .memory, url: "", message, correlationID: correlationID)
    }

    private func outcome(_ bytes: Int, _ deadline: ContinuousClock.Instant) async -> Outcome {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            if Task.isCancelled { return .cancelled }
            return await withCheckedContinuation { continuation in
                let outcome = ask(bytes, deadline, id, continuation)
                if let outcome { return continuation.resume(returning: outcome) }
                // The handler below may have run before there was a waiter.
                if Task.isCancelled { leave(id) }
            }
        } onCancel: {
            leave(id)
        }
    }

    /// Nil when the request is queued.
    private func ask(
        _ bytes: Int, _ deadline: ContinuousClock.Instant, _ id: Int, _ waiting: Waiting
    ) -> Outcome? {
        let now = ContinuousClock.now
        return state.withLock { state in
            switch state.machine.asked(bytes, by: id, until: deadline, now: now) {
            case .granted: return .granted
            case .late: return .late
            case .tooLarge: return .tooLarge
            case .queued:
                state.waiting[id] = waiting
                planSweep(now, &state)
                return nil
            }
        }
    }

    private func leave(_ id: Int) {
        var given: [(Waiting, Outcome)] = []
        state.withLock { state in
            guard let actions = state.machine.left(id) else { return }
            if let waiting = state.waiting.removeValue(forKey: id) {
                given.append((waiting, .cancelled))
            }
            given += Self.take(actions, &state)
        }
        for (waiting, outcome) in given { waiting.resume(returning: outcome) }
    }

    // MARK: - For reservations

    func grow(by bytes: Int) -> Bool { state.withLock { $0.machine.grew(by: bytes) } }

    func release(_ bytes: Int) {
        let given = state.withLock { state in
            let actions = state.machine.released(bytes)
            return Self.take(actions, &state)
        }
        for (waiting, outcome) in given { waiting.resume(returning: outcome) }
    }

    // MARK: - Time

    private func planSweep(_ now: ContinuousClock.Instant, _ state: inout State) {
        guard let deadline = state.machine.nextDeadline else { return }
        let time = min(deadline, now + Self.longestNap)
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
        let given = state.withLock { state in
            let actions = state.machine.timeCame(now)
            state.sweepTime = nil
            planSweep(now, &state)
            if state.sweepTime == nil { state.sweeper = nil }
            return Self.take(actions, &state)
        }
        for (waiting, outcome) in given { waiting.resume(returning: outcome) }
    }

    private static func take(
        _ actions: [BudgetMachine.Action], _ state: inout State
    ) -> [(Waiting, Outcome)] {
        actions.compactMap { action in
            switch action {
            case .grant(let id): state.waiting.removeValue(forKey: id).map { ($0, .granted) }
            case .expire(let id): state.waiting.removeValue(forKey: id).map { ($0, .late) }
            }
        }
    }
}
