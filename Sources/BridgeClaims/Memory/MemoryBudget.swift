internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// How much memory all payloads that are being received may take together: whoever wants some
/// waits its turn, in order of arrival.
///
/// Mapped files count like private memory, since their pages are memory while they are read.
public final class MemoryBudget: Sendable {
    private typealias Waiting = CheckedContinuation<Outcome, Never>

    private enum Outcome: Sendable { case granted, late, cancelled, tooLarge }

    private struct State: Sendable {
        var machine: BudgetMachine
        var waiting: [Int: Waiting] = [:]
        var lastID = 0
    }

    /// All that there is, in bytes.
    public let bytes: Int
    private let state: Mutex<State>

    /// A budget of this many bytes; a negative number counts as none.
    public init(bytes: Int) {
        let machine = BudgetMachine(capacity: bytes)
        self.bytes = machine.capacity
        state = Mutex(State(machine: machine))
    }

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
    /// - Throws: `ClaimError` in the stage `memory`: `tooLarge` at once for more than the
    ///   limit or the whole budget, `memoryExhausted` at the deadline, `cancelled` when the task
    ///   is cancelled.
    public func reserve(
        _ bytes: Int, until deadline: ContinuousClock.Instant, limit: Int = .max,
        correlationID: String = ""
    ) async throws(ClaimError) -> MemoryReservation {
        let bytes = max(0, bytes)
        let most = max(0, min(limit, self.bytes))
        let outcome = bytes > most ? .tooLarge : await outcome(bytes, deadline)
        let code: ErrorCode
        let message: String
        switch outcome {
        case .granted: return MemoryReservation(of: self, bytes: bytes, limit: most)
        case .late:
            code = .memoryExhausted
            message = "\(bytes) bytes of the \(self.bytes) for payloads did not become free in time"
        case .cancelled: (code, message) = (.cancelled, "cancelled while waiting for memory")
        case .tooLarge:
            code = .tooLarge
            message = "\(bytes) bytes are wanted, and at most \(most) are given"
        }
        throw ClaimError(code, .memory, url: "", message, correlationID: correlationID)
    }

    private func outcome(_ bytes: Int, _ deadline: ContinuousClock.Instant) async -> Outcome {
        let (id, answer) = state.withLock { state in
            state.lastID += 1
            let id = state.lastID
            // A request that finds memory never comes to wait, and costs no continuation.
            return (id, state.machine.asked(bytes, by: id, mayWait: false))
        }
        switch answer {
        case .granted: return .granted
        case .tooLarge: return .tooLarge
        case .refused, .queued: return await wait(bytes, deadline, id)
        }
    }

    private func wait(
        _ bytes: Int, _ deadline: ContinuousClock.Instant, _ id: Int
    ) async -> Outcome {
        if Task.isCancelled { return .cancelled }
        let mayWait = deadline > .now
        let end = Deadlines.shared.add(at: deadline) { [weak self] in self?.leave(id, .late) }
        defer { Deadlines.shared.remove(end) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state in
                    let answer = state.machine.asked(bytes, by: id, mayWait: mayWait)
                    if answer == .queued { state.waiting[id] = continuation }
                    return answer
                }
                switch answer {
                case .granted: continuation.resume(returning: .granted)
                case .refused: continuation.resume(returning: .late)
                case .tooLarge: continuation.resume(returning: .tooLarge)
                case .queued:
                    // What ends the wait may have come before there was a waiter.
                    if Task.isCancelled { leave(id, .cancelled) }
                    if deadline <= .now { leave(id, .late) }
                }
            }
        } onCancel: {
            leave(id, .cancelled)
        }
    }

    private func leave(_ id: Int, _ outcome: Outcome) {
        let (left, granted) = state.withLock { state -> (Waiting?, [Waiting]) in
            guard let granted = state.machine.left(id) else { return (nil, []) }
            return (state.waiting.removeValue(forKey: id), Self.take(granted, &state))
        }
        left?.resume(returning: outcome)
        for waiting in granted { waiting.resume(returning: .granted) }
    }

    private static func take(_ granted: [Int], _ state: inout State) -> [Waiting] {
        granted.compactMap { state.waiting.removeValue(forKey: $0) }
    }

    // MARK: - For reservations

    func grow(by bytes: Int) -> Bool { state.withLock { $0.machine.grew(by: bytes) } }

    func release(_ bytes: Int) {
        let granted = state.withLock { state in
            let granted = state.machine.released(bytes)
            return Self.take(granted, &state)
        }
        for waiting in granted { waiting.resume(returning: .granted) }
    }
}
