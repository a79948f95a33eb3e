package import BridgeBytes
internal import Dispatch
internal import Synchronization

/// Whose turn it is to write to the standard output, so that nothing stands within another's line.
///
/// ## Theory of operation
/// A writer takes the turn, writes, and gives it back; one whose line comes in pieces keeps it from
/// the first piece to the last. Writers wait in the order in which they came, blocking their
/// threads as the writing itself does: a reader may take its time. Remarks for a standard error
/// that is the same file do not wait for a line in pieces; they are held until it ends
/// (`OpenLine`).
package final class OutputTurn: Sendable {
    private struct State {
        var isTaken = false
        var line = OpenLine()
        var waiters: [DispatchSemaphore] = []
    }

    private let state = Mutex(State())

    /// Nobody has the turn.
    package init() {}

    /// Whether somebody has it.
    package var isTaken: Bool { state.withLock { $0.isTaken } }

    /// Takes the turn.
    /// - Parameter limit: How long to wait for it; nil: as long as it takes.
    /// - Returns: Whether it was there in time.
    package func take(within limit: Duration? = nil) -> Bool {
        let waiter = state.withLock { state -> DispatchSemaphore? in
            guard state.isTaken else {
                state.isTaken = true
                return nil
            }
            let waiter = DispatchSemaphore(value: 0)
            state.waiters.append(waiter)
            return waiter
        }
        guard let waiter else { return true }
        let end = limit.map { DispatchTime.now() + .milliseconds(Int(clamping: $0.milliseconds)) }
        if waiter.wait(timeout: end ?? .distantFuture) == .success { return true }
        return state.withLock { state in
            guard let place = state.waiters.firstIndex(where: { $0 === waiter }) else {
                // It was handed over at the last moment.
                return true
            }
            state.waiters.remove(at: place)
            return false
        }
    }

    /// Says that the line of whoever has the turn comes in pieces.
    /// - Returns: Whether this piece is its first.
    package func open() -> Bool {
        state.withLock { state in
            defer { state.line.open() }
            return !state.line.isOpen
        }
    }

    /// Whether a line in pieces is open.
    package var isOpen: Bool { state.withLock { $0.line.isOpen } }

    /// Holds a remark until the end of the line that is open; false where none is.
    package func hold(_ remark: Bytes) -> Bool {
        state.withLock { state in
            guard state.line.isOpen else { return false }
            state.line.hold(remark)
            return true
        }
    }

    /// The line that came in pieces is over. Returns what waited for that.
    package func close() -> [Bytes] { state.withLock { $0.line.end() } }

    /// Gives the turn to the next one.
    package func give() {
        state.withLock { state -> DispatchSemaphore? in
            if state.waiters.isEmpty {
                state.isTaken = false
                return nil
            }
            return state.waiters.removeFirst()
        }?.signal()
    }
}
