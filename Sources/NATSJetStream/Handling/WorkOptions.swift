internal import BridgeBytes
public import NATSWire

/// How a worker takes messages, and what it does when their handler fails.
public struct WorkOptions: Sendable {
    /// Most handlers that run at the same time; at least 1.
    public var concurrency = 8
    /// Most messages that wait here for a handler besides; the server is told that they are in
    /// progress as well. With none, which is fair to other workers, each message costs its handler
    /// a round trip to the server.
    public var prefetch = 0
    /// Most bytes of messages that are held at a time, headers and subjects included; at least what
    /// any one message may have. Nil: no bound but their number.
    public var maxBytes: Int? = 64 << 20
    /// How long the server keeps a request for more; half of it is the heartbeat by which a lost
    /// one is noticed.
    public var expires: Duration = .seconds(30)
    /// The group that is worked for, where the consumer has groups; nil: none.
    public var group: PriorityGroup?
    /// Whether a message is done only when the server has confirmed the acknowledgement.
    public var confirmsAcknowledgements = false
    /// How long a message waits after a failure: this after the first delivery, and twice as long
    /// after each one more, up to `longestRetryDelay`. Where the consumer has a `backoff`, that
    /// counts in place of both.
    public var retryDelay: Duration = .seconds(1)
    /// Longest wait after a failure.
    public var longestRetryDelay: Duration = .seconds(300)
    /// Deliveries after which a message that fails is given up; nil: what the consumer's
    /// `maxDeliver` says, and for ever when that says nothing.
    public var maxDeliveries: Int?
    /// What an error of the handler means; nil: `WorkVerdict` says it itself, and everything else
    /// is tried again.
    public var verdict: (@Sendable (any Error) -> WorkVerdict)?
    /// Where records of messages that are given up are stored, before the server is told so: a
    /// subject of a stream, but not of the one that is worked on. Nil: nowhere; `onEvent` tells.
    public var deadLetterSubject: Subject?
    /// Told what becomes of messages that are not done at once; it is not to wait. Nil: nobody is,
    /// and `WorkTally` counts them.
    public var onEvent: (@Sendable (WorkEvent) -> Void)?

    /// Eight handlers at a time, each with the message that it works on.
    public init() {}

    /// The first setting that makes no sense, in words; nil when there is none.
    var fault: String? {
        if concurrency < 1 { return "a worker runs at least one handler, not \(concurrency)" }
        if prefetch < 0 { return "a worker cannot prefetch \(prefetch) messages" }
        if concurrency.addingReportingOverflow(prefetch).overflow {
            return "a worker cannot hold \(concurrency) and \(prefetch) messages"
        }
        if retryDelay < .zero || longestRetryDelay < .zero {
            return "a wait before another delivery is not negative"
        }
        guard let maxDeliveries, maxDeliveries < 1 else { return nil }
        return "a message is delivered at least once, not \(maxDeliveries) times"
    }
}

/// What is to become of a message that its handler could not do. Handlers throw it; any other error
/// is what `WorkOptions.verdict` makes of it.
public enum WorkVerdict: Error, Sendable, Hashable {
    /// Deliver it again, after that wait; nil: after the one that the options say.
    case retry(after: Duration? = nil)
    /// Never deliver it again: it is malformed, or hopeless. The reason goes into the server's
    /// advisory and into the dead-letter record, and must hold neither payload nor secrets.
    case reject(reason: String)
}

/// What became of a message that was not done at once.
public enum WorkEvent: Sendable {
    /// It will be delivered again after that wait.
    case retried(MessageMetadata, after: Duration, because: any Error)
    /// It is given up: the record is stored where the options say, and the server delivers it no
    /// more.
    case rejected(DeadLetter)
    /// Its record could not be stored. Where deliveries are left it comes again.
    case deadLetterFailed(DeadLetter, JetStreamError)
    /// What was to be said of it could not be sent, or was not confirmed: it may come again.
    case acknowledgementFailed(MessageMetadata, JetStreamError)
    /// The server's advisories cannot be heard, so that messages whose deliveries are used up by
    /// lost workers are not recorded.
    case advisoriesUnheard(JetStreamError)
}

/// How many messages a worker has done, and what became of the others: of those that nobody hears
/// of through `WorkOptions.onEvent`, too.
public struct WorkTally: Sendable, Hashable {
    /// Messages whose handler returned, and whose acknowledgement was sent, or confirmed where that
    /// is asked for; also those of which the handler itself had said something final.
    public internal(set) var done = 0
    /// Deliveries after which a message was asked for again.
    public internal(set) var retried = 0
    /// Messages that were given up, with their record where one is wanted.
    public internal(set) var rejected = 0
    /// Records of given up messages that could not be stored: such a message comes again, and is
    /// lost to the consumer where no delivery is left.
    public internal(set) var deadLettersFailed = 0
    /// Messages of which the server was not told what had become, or did not confirm it: they may
    /// come again.
    public internal(set) var acknowledgementsFailed = 0
    /// How often the server's advisories could not be heard.
    public internal(set) var advisoriesUnheard = 0

    /// Whether the server was told of every message what became of it, and every record that is
    /// wanted was stored. What a cancelled worker gives back to the server counts nowhere.
    public var isClean: Bool {
        deadLettersFailed == 0 && acknowledgementsFailed == 0 && advisoriesUnheard == 0
    }

    mutating func count(_ event: WorkEvent) {
        switch event {
        case .retried: retried += 1
        case .rejected: rejected += 1
        case .deadLetterFailed: deadLettersFailed += 1
        case .acknowledgementFailed: acknowledgementsFailed += 1
        case .advisoriesUnheard: advisoriesUnheard += 1
        }
    }
}
