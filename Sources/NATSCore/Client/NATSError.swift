public import BridgeBytes

/// What went wrong in the NATS client, where, and about which subject or server.
///
/// Two errors are equal when their codes are: tests compare codes, people read descriptions.
public struct NATSError: CodedError, Hashable {
    /// The step in which it happened.
    public enum Stage: String, Sendable, Hashable {
        /// Making a connection, or keeping it.
        case connect
        /// Sending a message, and learning what became of it.
        case publish
        /// Asking for messages.
        case subscribe
        /// Taking messages.
        case receive
        /// Asking, and waiting for answers.
        case request
        /// Waiting until the server has taken everything.
        case flush
        /// Ending in order.
        case drain
    }

    /// What went wrong.
    public let code: ErrorCode
    /// The step that failed.
    public let stage: Stage
    /// The subject concerned; empty when there is none.
    public let subject: String
    /// `host:port` of the server concerned; empty when there is none. Never credentials.
    public let server: String
    /// A sentence for people. Holds no payload and no secret.
    public let detail: String
    /// What is known of the message that the failing call was to publish; nil when the call
    /// publishes none.
    public let outcome: PublishOutcome?
    /// What the server said, or which bytes or system call failed, where that is the reason.
    public let underlying: (any CodedError)?

    /// An error with its parts.
    public init(
        _ code: ErrorCode, stage: Stage, subject: String = "", server: String = "",
        detail: String = "",
        outcome: PublishOutcome? = nil, underlying: (any CodedError)? = nil
    ) {
        self.code = code
        self.stage = stage
        self.subject = subject
        self.server = server
        self.detail = detail
        self.outcome = outcome
        self.underlying = underlying
    }

    /// The step that failed.
    public var stageName: String { stage.rawValue }
    /// The subject, or else the server.
    public var place: String { subject.isEmpty ? server : subject }

    public static func == (left: NATSError, right: NATSError) -> Bool { left.code == right.code }

    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
