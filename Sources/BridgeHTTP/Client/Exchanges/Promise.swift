internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// A value that one thread gives and one task awaits, once.
final class Promise<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case open
        case waiting(CheckedContinuation<Result<Value, HTTPError>, Never>)
        case kept(Result<Value, HTTPError>)
    }

    private let state = Mutex(State.open)
    private let order = ResumptionOrder()

    init() {}

    /// Gives the result; later calls do nothing.
    func keep(_ result: Result<Value, HTTPError>) {
        let waiter = state.withLock {
            state -> CheckedContinuation<Result<Value, HTTPError>, Never>? in
            switch state {
            case .open:
                state = .kept(result)
                return nil
            case .waiting(let continuation):
                state = .kept(result)
                return continuation
            case .kept: return nil
            }
        }
        order.willResume()
        waiter?.resume(returning: result)
    }

    /// Waits for the result. Whoever gives it also reacts to cancellation.
    func result() async -> Result<Value, HTTPError> {
        let result = await withCheckedContinuation { continuation in
            let kept = state.withLock { state -> Result<Value, HTTPError>? in
                switch state {
                case .open:
                    state = .waiting(continuation)
                    return nil
                case .waiting: preconditionFailure("a promise has one waiter")
                case .kept(let result): return result
                }
            }
            if let kept { continuation.resume(returning: kept) }
        }
        order.didResume()
        return result
    }
}
