internal import BridgeBytes
internal import Dispatch
internal import Synchronization

/// A call that may wait for ever, such as one that reads from a pipe, and that nothing but its
/// own end can stop.
///
/// ## Theory of operation
/// The call has a thread of its own, and the task waits for it. A task that is cancelled, by a
/// signal or because its time is over, goes on without it: thread and call are left behind, and
/// end with the process, which soon follows. So this is for the command line alone.
enum PatientCall {
    private enum State<T: Sendable>: Sendable {
        case begun
        case awaited(CheckedContinuation<Result<T, CommandFailure>, Never>)
        case over(Result<T, CommandFailure>)
    }

    /// One call: whoever is first, it or the cancellation, gives the result.
    private final class Call<T: Sendable>: Sendable {
        typealias Waiter = CheckedContinuation<Result<T, CommandFailure>, Never>

        private let state = Mutex(State<T>.begun)

        func finish(_ result: Result<T, CommandFailure>) {
            let waiter = state.withLock { state -> Waiter? in
                if case .over = state { return nil }
                defer { state = .over(result) }
                guard case .awaited(let waiter) = state else { return nil }
                return waiter
            }
            waiter?.resume(returning: result)
        }

        func result() async -> Result<T, CommandFailure> {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Result<T, CommandFailure>? in
                    if case .over(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }

    /// Makes the call on a thread of its own.
    /// - Throws: What the call throws; when the task is cancelled first, `cancelled`.
    static func run<T: Sendable>(
        _ stage: String, _ target: String,
        _ body: @escaping @Sendable () throws(CommandFailure) -> T
    ) async throws(CommandFailure) -> T {
        let call = Call<T>()
        return try await withTaskCancellationHandler {
            DispatchQueue(label: "natsbridge.\(stage)").async {
                call.finish(Result { () throws(CommandFailure) in try body() })
            }
            return await call.result()
        } onCancel: {
            call.finish(
                .failure(
                    CommandFailure(
                        .interrupted, code: .cancelled, stage: stage, target: target,
                        detail: "interrupted")))
        }.get()
    }
}
