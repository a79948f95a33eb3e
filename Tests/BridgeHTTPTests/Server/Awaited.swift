import Dispatch
import Synchronization

/// Waits for something asynchronous on a thread that may block: inside `RawClient.run`.
enum Awaited {
    static func value<Result: Sendable>(
        _ body: @escaping @Sendable () async -> Result
    ) -> Result {
        later(body)()
    }

    /// Begins something, and gives what waits for its end.
    static func later<Result: Sendable>(
        _ body: @escaping @Sendable () async -> Result
    ) -> @Sendable () -> Result {
        let box = Box<Result>()
        RawClient.start { box.fill(await body()) }
        return { box.take() }
    }

    private final class Box<Result: Sendable>: Sendable {
        private let value = Mutex<Result?>(nil)
        private let isThere = DispatchSemaphore(value: 0)

        func fill(_ result: Result) {
            value.withLock { $0 = result }
            isThere.signal()
        }

        func take() -> Result {
            isThere.wait()
            guard let result = value.withLock({ $0 }) else {
                preconditionFailure("it is filled before it is told")
            }
            return result
        }
    }
}
