public import BridgeBytes
public import BridgeJSON

/// One message between bridges: who, to whom, about what, and the payloads.
///
/// The fields are those of the wire contract, with Swift's names; `docs/specification.md` has
/// the table of both.
public struct Envelope: Sendable, Hashable {
    /// The purpose of a message whose sender names none.
    public static let defaultPurpose = "chat"
    /// The sender's name when it gives none.
    public static let defaultSenderName = "NATSBridge"

    /// Traces one flow across systems: a UUID v4, unless a peer or the caller chose otherwise.
    public var correlationID: String
    /// Names this message: a UUID v4 as a rule.
    public var messageID: String
    /// When the message was made; nil when the sender wrote none that can be read.
    public var timestamp: Timestamp? {
        didSet { timestampText = timestamp?.description ?? "" }
    }
    /// The time as it was written, which may be empty or in a form of the sender's own.
    public private(set) var timestampText: String
    /// The subject that the message was sent to.
    public var sendTo: String
    /// What the message is for: `chat`, `ACK`, `NACK`, `updateStatus`, `shutdown`, or any other.
    public var purpose: String
    /// A name for people.
    public var senderName: String
    /// Names the sender: a UUID v4 as a rule.
    public var senderID: String
    /// A name for people; empty for everybody.
    public var receiverName: String
    /// Names the receiver; empty for everybody.
    public var receiverID: String
    /// The subject for an answer; empty when none is expected.
    public var replyTo: String
    /// The `messageID` that this message answers; empty when it answers none.
    public var replyToMessageID: String
    /// The sender's server, for information only: nobody connects to it. What is set here loses
    /// its user name, password, token and query, so that no secret travels.
    public var brokerURL: String {
        didSet { brokerURL = Redaction.addresses(brokerURL) }
    }
    /// Whatever the sender adds; kept whole.
    public var metadata: JSONObject
    /// The payloads, in order.
    public var payloads: [EnvelopePayload]

    /// An envelope.
    public init(
        correlationID: String, messageID: String, timestamp: Timestamp?, sendTo: String,
        purpose: String = defaultPurpose, senderName: String = defaultSenderName,
        senderID: String, receiverName: String = "", receiverID: String = "",
        replyTo: String = "", replyToMessageID: String = "", brokerURL: String = "",
        metadata: JSONObject = [:], payloads: [EnvelopePayload] = []
    ) {
        self.correlationID = correlationID
        self.messageID = messageID
        self.timestamp = timestamp
        timestampText = timestamp?.description ?? ""
        self.sendTo = sendTo
        self.purpose = purpose
        self.senderName = senderName
        self.senderID = senderID
        self.receiverName = receiverName
        self.receiverID = receiverID
        self.replyTo = replyTo
        self.replyToMessageID = replyToMessageID
        self.brokerURL = Redaction.addresses(brokerURL)
        self.metadata = metadata
        self.payloads = payloads
    }

    /// Takes the time as a sender wrote it.
    mutating func setTimestamp(text: String) {
        timestamp = Timestamp(text)
        timestampText = text
    }
}

extension Envelope: CustomStringConvertible {
    /// Who says what to whom, with each payload's name, type and size; never the content.
    public var description: String {
        let sender = senderName.isEmpty ? senderID : senderName
        let payloads = payloads.map(\.description).joined(separator: "; ")
        return "\(purpose) \(messageID) from \(sender) to \(sendTo) [\(correlationID)]: \(payloads)"
    }
}
