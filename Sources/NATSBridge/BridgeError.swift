public import BridgeBytes
public import NATSCore

/// What went wrong in the bridge: in which stage of which flow, and what about.
///
/// Two errors are equal when code and stage are: tests compare those, people read descriptions.
/// Descriptions hold no payload, no credentials and no query of a URL.
public struct BridgeError: CodedError, Hashable {
    /// The step of a flow.
    public enum Stage: String, Sendable, Hashable, CaseIterable {
        /// Connecting to NATS.
        case connect
        /// Turning a value into bytes.
        case serialize
        /// Deciding which way payloads go.
        case plan
        /// Storing a payload.
        case upload
        /// Writing the envelope.
        case encode
        /// Giving the message to the server or to a stream.
        case publish
        /// Taking a message from NATS.
        case receive
        /// Reading the envelope.
        case decode
        /// Fetching a payload.
        case download
        /// Turning bytes into a value.
        case deserialize
        /// Finding the subject of an answer.
        case reply
        /// Reading what a stream has stored.
        case replay
    }

    /// What went wrong: the bridge's own code, or that of the layer that failed, such as
    /// `no_responders` or `checksum_mismatch`.
    public let code: ErrorCode
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
    public var isLoss: Bool { code == .messagesLost }
    /// What is known of the message that the failing call was to send; nil when it sends none.
    ///
    /// - `lost`: it was not sent, and will not be.
    /// - `denied`: it was refused, and nobody was given it: the permissions forbid the subject, or
    ///   nobody listens there. Or the stream does not store it (`underlying` is a
    ///   `JetStreamError` then): whoever listens on the subject without the stream may have it.
    /// - `unknown`: it may have arrived, and may yet arrive.
    /// - `sent`: it was received; what failed came after that, such as a service's error answer.
    public let outcome: PublishOutcome?
    /// The error of the layer that failed: a `NATSError`, `JetStreamError`, `ClaimError`,
    /// `EnvelopeError` or `WireError`; nil for the bridge's own.
    public let underlying: (any CodedError)?

    /// An error with its parts.
    public init(
        _ code: ErrorCode, stage: Stage, subject: String = "", correlationID: String = "",
        detail: String = "", outcome: PublishOutcome? = nil, underlying: (any CodedError)? = nil
    ) {
        self.code = code
        self.stage = stage
        self.subject = subject
        self.correlationID = correlationID
        self.detail = detail
        self.outcome = outcome
        self.underlying = underlying
    }

    /// What a layer below could not do: its own code, and what it says, about its own place or
    /// else about ours.
    init(
        _ error: some CodedError, stage: Stage, subject: String = "", correlationID: String = "",
        detail: String? = nil, outcome: PublishOutcome? = nil
    ) {
        self.init(
            error.code, stage: stage, subject: error.place.isEmpty ? subject : error.place,
            correlationID: correlationID, detail: detail ?? error.detail, outcome: outcome,
            underlying: error)
    }

    /// The step that failed.
    public var stageName: String { stage.rawValue }
    /// The subject, or the redacted URL.
    public var place: String { subject }
    /// What the layer that failed says, else what the code says.
    public var isTransient: Bool { underlying?.isTransient ?? code.isTransient }

    /// The line of every coded error, with the flow.
    public var description: String {
        correlationID.isEmpty ? line : "\(line) [\(LogEvent.quoted(correlationID))]"
    }

    public static func == (left: BridgeError, right: BridgeError) -> Bool {
        left.code == right.code && left.stage == right.stage
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(stage)
    }
}

extension ErrorCode {
    /// Payloads must go by link and there is no store.
    public static let noStore = ErrorCode(rawValue: "no_store")
    /// Messages are missing here: the server or this client dropped them, or nobody listened
    /// while the connection was lost.
    public static let messagesLost = ErrorCode(rawValue: "messages_lost")
}
