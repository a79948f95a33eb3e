internal import BridgeBytes
public import NATSJetStream

/// How messages of a stream are worked on: those of the work, and those of the reading.
public struct BridgeWorkOptions: Sendable {
    /// The work: how many at a time, and what becomes of messages that fail. A message that cannot
    /// be read, now or ever, is given up unless `WorkOptions.verdict` says something else; it is
    /// asked with the `BridgeError`.
    public var working = WorkOptions()
    /// How a message is turned into values. Its `progressInterval` does not matter: a worker knows
    /// the consumer's time.
    public var receiving = ReceiveOptions()
    /// Whether the handler is given messages of which payloads could not be had, with their errors
    /// in place. Else such a message fails: it is tried again when that may help, and given up when
    /// not.
    public var takesIncomplete = false

    /// Whether what the links of a message lead to is removed from the store when the message is
    /// done: for messages that nobody else reads, now or later. It is removed once the server has
    /// confirmed the acknowledgement, which is waited for then, so that no redelivery meets a link
    /// to nothing; what cannot be removed is told to `BridgeOptions.log` and goes with its time to
    /// live. The store has to grant the right (`FileServerOptions.deleteToken`).
    public var removesPayloads = false

    /// Eight handlers at a time, with whole messages.
    public init() {}
}

/// A message that its handler was not given.
struct UnusableMessage: CodedError {
    let error: BridgeError

    var code: ErrorCode { error.code }
    var stageName: String { error.stageName }
    var place: String { error.place }
    var detail: String { error.detail }
    var underlying: (any CodedError)? { error }
    var isTransient: Bool { error.isTransient }

    /// What becomes of it where nobody says something else.
    var verdict: WorkVerdict {
        isTransient || code == .cancelled
            ? .retry() : .reject(reason: "\(stageName) failed: \(code)")
    }
}

extension WorkOptions {
    /// The same, for a handler whose messages are read before it: users know our error, and not
    /// what it is wrapped in.
    func reading(confirming: Bool) -> WorkOptions {
        var options = self
        if confirming { options.confirmsAcknowledgements = true }
        let (verdict, onEvent) = (verdict, onEvent)
        options.verdict = { error in
            guard let unusable = error as? UnusableMessage else {
                return verdict?(error) ?? .retry()
            }
            return verdict?(unusable.error) ?? unusable.verdict
        }
        guard let onEvent else { return options }
        options.onEvent = { event in
            guard case .retried(let metadata, let delay, let error) = event,
                let unusable = error as? UnusableMessage
            else { return onEvent(event) }
            onEvent(.retried(metadata, after: delay, because: unusable.error))
        }
        return options
    }
}
