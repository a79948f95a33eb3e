internal import Synchronization

/// Holds back the end of a body until its bytes are known to be right.
///
/// Whoever checks gives the verdict once, from any thread. The connection sends all but the last
/// piece meanwhile; when the bytes are wrong it is cut, so that the peer sees a body that is too
/// short, and not one that is whole.
package final class BodyGate: Sendable {
    package enum Verdict: Sendable { case awaited, right, wrong }

    /// Bytes that are held back: 64 KiB.
    static let heldBytes = 64 << 10

    private struct State {
        var verdict = Verdict.awaited
        var waiter: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    package var verdict: Verdict { state.withLock { $0.verdict } }

    package func decide(isRight: Bool) {
        let waiter = state.withLock { state in
            state.verdict = isRight ? .right : .wrong
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?()
    }

    /// Has `waiter` called, on any thread, when there is a verdict; at once if there is one.
    func whenDecided(_ waiter: @escaping @Sendable () -> Void) {
        let isDecided = state.withLock { state in
            if state.verdict == .awaited { state.waiter = waiter }
            return state.verdict != .awaited
        }
        if isDecided { waiter() }
    }
}
