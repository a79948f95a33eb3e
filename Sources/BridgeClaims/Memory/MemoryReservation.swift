internal import BridgeBytes
internal import BridgeHTTP
internal import Synchronization

/// Memory of a `MemoryBudget` that somebody holds, until it is released or forgotten.
public final class MemoryReservation: Sendable {
    private struct State: Sendable {
        var bytes: Int
        var isReleased = false
    }

    /// Most bytes that it may grow to; never more than the whole budget.
    public let limit: Int
    private let budget: MemoryBudget
    private let state: Mutex<State>

    init(of budget: MemoryBudget, bytes: Int, limit: Int) {
        self.budget = budget
        self.limit = limit
        state = Mutex(State(bytes: bytes))
    }

    deinit { release() }

    /// Bytes that are held; none once it is released.
    public var bytes: Int { state.withLock { $0.bytes } }

    /// Holds this many bytes at least.
    /// - Returns: False, with nothing changed, when that is more than the limit, when the budget
    ///   has too little at this moment, or when the reservation is released. It never waits.
    public func grow(to bytes: Int) -> Bool {
        grow { _ in bytes }
    }

    /// Holds this many bytes more, for one of several that share the reservation.
    /// - Returns: As `grow(to:)`; a number below one changes nothing.
    public func grow(by bytes: Int) -> Bool {
        grow { held in
            let sum = held.addingReportingOverflow(max(0, bytes))
            return sum.overflow ? nil : sum.partialValue
        }
    }

    /// - Parameter wanted: Nil for more than can be counted.
    private func grow(_ wanted: (Int) -> Int?) -> Bool {
        state.withLock { state in
            guard !state.isReleased, let size = wanted(state.bytes) else { return false }
            if size <= state.bytes { return true }
            guard size <= limit, budget.grow(by: size - state.bytes) else { return false }
            state.bytes = size
            return true
        }
    }

    /// Gives everything back; a second call does nothing.
    public func release() {
        let bytes = state.withLock { state in
            defer { state = State(bytes: 0, isReleased: true) }
            return state.bytes
        }
        if bytes > 0 { budget.release(bytes) }
    }
}

/// What one payload has of a reservation.
final class ReservedShare: Sendable {
    private let reservation: MemoryReservation
    private let bytes: Mutex<Int>

    /// - Parameter bytes: What was asked for this payload; a negative number counts as none.
    init(_ reservation: MemoryReservation, bytes: Int) {
        self.reservation = reservation
        self.bytes = Mutex(max(0, bytes))
    }

    /// The payload needs this many bytes in all. Returns why it cannot have them, or nil.
    func admit(_ size: Int) -> HTTPError.Reason? {
        bytes.withLock { held in
            guard size > held else { return nil }
            let more = size - held
            guard reservation.grow(by: more) else {
                let room = reservation.limit - reservation.bytes
                return more > room ? .bodyTooLarge : .memoryExhausted
            }
            held = size
            return nil
        }
    }
}
