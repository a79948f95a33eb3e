internal import BridgeBytes
internal import NATSCore
internal import Synchronization

/// A message that is on its way to a stream, and the stream's word when it comes.
///
/// It may be asked any number of times, or never.
public final class PublishTicket: Sendable, CustomStringConvertible {
    private struct State {
        var result: Result<PublishAck, JetStreamError>?
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    init() {}

    /// The stream's word, or what is known of the message; nil while nothing is.
    public var result: Result<PublishAck, JetStreamError>? { state.withLock { $0.result } }

    /// Waits for the stream's word.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the message is on its way all
    /// the same, and may be asked for again.
    /// - Throws: `JetStreamError`, as `JetStream.publish`.
    public func ack() async throws(JetStreamError) -> PublishAck {
        let number = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.result == nil, !Task.isCancelled else { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
        guard let result else {
            throw JetStreamError(.cancelled, operation: "publish", outcome: .unknown)
        }
        return try result.get()
    }

    /// Notes what is known of the message; the first word holds.
    /// - Returns: Who waited for it, to be resumed when no lock is held.
    func settle(
        _ result: Result<PublishAck, JetStreamError>
    ) -> [CheckedContinuation<Void, Never>] {
        state.withLock { state in
            if state.result == nil { state.result = result }
            defer { state.waiters = [:] }
            return state.waiters.values.map { $0 }
        }
    }

    /// What is known of the message.
    public var description: String {
        switch result {
        case nil: "PublishTicket(on its way)"
        case .success(let ack): "PublishTicket(\(ack))"
        case .failure(let error): "PublishTicket(\(error))"
        }
    }
}
