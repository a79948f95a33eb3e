public import NATSCore

/// What went wrong in the bridge: in which stage of which flow, and what about.
///
/// Two errors are equal when code and stage are: tests compare those, people read descriptions.
/// Descriptions hold no payload, no credentials and no query of a URL.
public struct BridgeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The step of a flow.
    public enum Stage: String, Sendable, Hashable, CaseIterable {
        case connect, serialize, plan, upload, encode, publish
        case receive, decode, download, deserialize, reply, replay
    }

    /// A stable name for programs: the bridge's own, or that of the layer that failed, such as
    /// `no_responders` or `checksum_mismatch`.
    public let code: String
    /// The step that failed.
    public let stage: Stage
    /// The subject or the redacted URL concerned; empty when there is none.
    public let subject: String
    /// The flow concerned; empty when it is not known.
    public let correlationID: String
    /// A sentence for people.
    public let detail: String
    /// How many messages are missing, with the code `messages_lost`; nil: nobody knows, perhaps
    /// none.
    public internal(set) var lostMessages: Int?

    /// Whether it stands for messages that are missing, not for one that cannot be used.
    public var isLoss: Bool { code == Code.messagesLost }
    /// What is known of the message that the failing call was to send; nil when it sends none.
    ///
    /// - `lost`: it was not sent, and will not be.
    /// - `denied`: it was refused, and nobody was given it: the permissions forbid the subject,
    ///   nobody listens there, or the stream does not store it.
    /// - `unknown`: it may have arrived, and may yet arrive.
    /// - `sent`: it was received; what failed came after that, such as a service's error answer.
    public let outcome: PublishOutcome?

    /// Codes of the bridge itself; all others come from the layers below.
    public enum Code {
        /// The reply subject is missing, holds wildcards, or is one of the server's own.
        public static let unusableReply = "unusable_reply"
        /// Payloads must go by link and there is no store.
        public static let noStore = "no_store"
        /// The message has no usable form.
        public static let unusableMessage = "unusable_message"
        /// Messages are missing here: the server or this client dropped them, or nobody listened
        /// while the connection was lost.
        public static let messagesLost = "messages_lost"
        /// The options contradict each other.
        public static let invalidArgument = "invalid_argument"
        /// The bridge is closed.
        public static let closed = "closed"
        /// The task was cancelled.
        public static let cancelled = "cancelled"
        /// A NATS service answered a request with an error (`Nats-Service-Error`).
        public static let serviceError = "service_error"
    }

    /// An error with its parts.
    public init(
        _ code: String, stage: Stage, subject: String = "", correlationID: String = "",
        detail: String = "", outcome: PublishOutcome? = nil
    ) {
        self.code = code
        self.stage = stage
        self.subject = subject
        self.correlationID = correlationID
        self.detail = detail
        self.outcome = outcome
    }

    init(_ error: NATSError, stage: Stage, correlationID: String = "") {
        self.init(
            error.code.rawValue, stage: stage,
            subject: error.subject.isEmpty ? error.server : error.subject,
            correlationID: correlationID, detail: error.detail, outcome: error.outcome)
    }

    public var description: String {
        var text = "\(stage.rawValue) failed (\(code))"
        if !subject.isEmpty { text += " for \(subject)" }
        if !correlationID.isEmpty { text += " [\(TraceEvent.quoted(correlationID))]" }
        return detail.isEmpty ? text : text + ": " + detail
    }

    public static func == (left: BridgeError, right: BridgeError) -> Bool {
        left.code == right.code && left.stage == right.stage
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(stage)
    }
}
