internal import Synchronization

/// Holds back what of a body may not go out yet: its end, until its bytes are known to be right,
/// and of a file that still grows whatever is not there.
///
/// Whoever checks gives the verdict once, and whoever writes the file says how far it is, from any
/// thread. The connection sends what it may meanwhile; when the bytes are wrong it is cut, so that
/// the peer sees a body that is too short, and not one that is whole.
package final class BodyGate: Sendable {
    package enum Verdict: Sendable { case awaited, right, wrong }

    /// Bytes that are held back: 64 KiB.
    static let heldBytes = 64 << 10

    private struct State {
        var verdict = Verdict.awaited
        /// Up to which place of the file there is something to send.
        var reach: Int
        /// Whether the connection has found nothing that it may send.
        var isAwaited = false
        var waiter: (@Sendable () -> Void)?
    }

    private let held: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - reach: Up to which place of the file there is something to send.
    ///   - held: Bytes at the end that wait for the verdict.
    package init(reach: Int = .max, held: Int = BodyGate.heldBytes) {
        self.held = held
        state = Mutex(State(reach: reach))
    }

    /// How many bytes of a range of the file may go out now; nil when they are wrong. After 0 the
    /// waiter is called when there are more.
    func allowance(of range: Range<Int>) -> Int? {
        state.withLock { state in
            switch state.verdict {
            case .right: return range.count
            case .wrong: return nil
            case .awaited:
                let end = min(range.upperBound - held, state.reach)
                state.isAwaited = end <= range.lowerBound
                return max(0, end - range.lowerBound)
            }
        }
    }

    package func decide(isRight: Bool) {
        let waiter = state.withLock { state in
            state.verdict = isRight ? .right : .wrong
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?()
    }

    /// The file has grown up to a place.
    func advance(to place: Int) {
        let waiter = state.withLock { state -> (@Sendable () -> Void)? in
            state.reach = max(state.reach, place)
            guard state.isAwaited else { return nil }
            state.isAwaited = false
            return state.waiter
        }
        waiter?()
    }

    /// Has `waiter` called, on any thread, when there is a verdict, at once if there is one, and
    /// whenever there is more to send after there was nothing.
    func whenChanged(_ waiter: @escaping @Sendable () -> Void) {
        let isDecided = state.withLock { state in
            if state.verdict == .awaited { state.waiter = waiter }
            return state.verdict != .awaited
        }
        if isDecided { waiter() }
    }
}
