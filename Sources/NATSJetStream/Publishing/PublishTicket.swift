internal import BridgeBytes
internal import NATSCore
internal import Synchronization

/// A message that is on its way to a stream, and the stream's word when it comes.
///
/// It may be asked any number of times, or never.
public final class PublishTicket: Sendable, CustomStringConvertible {
    /// What is known, in two words of memory: there is a ticket for each message on its way.
    enum Verdict: Sendable {
        /// What a stream says to nearly all of them.
        case stored(StreamName, UInt64)
        case other(Whole)

        init(_ result: Result<PublishAck, JetStreamError>) { self = .other(Whole(result)) }
    }

    /// A stream's name that many tickets share.
    final class StreamName: Sendable {
        let text: String

        init(_ text: String) { self.text = text }
    }

    /// A failure, or an acknowledgement that says more than stream and number.
    final class Whole: Sendable {
        let result: Result<PublishAck, JetStreamError>

        init(_ result: Result<PublishAck, JetStreamError>) { self.result = result }
    }

    private struct State {
        var verdict: Verdict?
        var waiters: [(id: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    private static let lastWaiter = Atomic(0)

    init() {}

    /// The stream's word, or what is known of the message; nil while nothing is.
    public var result: Result<PublishAck, JetStreamError>? {
        switch state.withLock({ $0.verdict }) {
        case nil: nil
        case .stored(let stream, let sequence)?:
            .success(PublishAck(stream: stream.text, sequence: sequence))
        case .other(let whole)?: whole.result
        }
    }

    /// Waits for the stream's word.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the message is on its way all
    /// the same, and may be asked for again.
    /// - Throws: `JetStreamError`, as `JetStream.publish`.
    public func ack() async throws(JetStreamError) -> PublishAck {
        let id = Self.lastWaiter.wrappingAdd(1, ordering: .relaxed).newValue
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.verdict == nil, !Task.isCancelled else { return true }
                    state.waiters.append((id, continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume()
        }
        guard let result else {
            throw JetStreamError(.cancelled, operation: "publish", outcome: .unknown)
        }
        return try result.get()
    }

    /// Notes what is known of the message; the first word holds.
    /// - Returns: Who waited for it, to be resumed when no lock is held.
    func settle(_ verdict: Verdict) -> [CheckedContinuation<Void, Never>] {
        state.withLock { state in
            if state.verdict == nil { state.verdict = verdict }
            guard !state.waiters.isEmpty else { return [] }
            defer { state.waiters = [] }
            return state.waiters.map(\.continuation)
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
