public import BridgeJSON
public import NATSWire

/// The options of one send; the defaults of most come from the bridge. Names follow the wire
/// contract.
public struct SendOptions: Sendable {
    /// Traces the flow; a new UUID when nil.
    public var correlationID: String?
    /// This message's id; a new UUID when nil.
    public var messageID: String?
    /// `msg_purpose`: `chat`, `ACK`, `NACK`, `updateStatus`, `shutdown`, or any other.
    public var purpose = "chat"
    /// `sender_name`; the bridge's when nil.
    public var senderName: String?
    /// `sender_id`; the bridge's when nil.
    public var senderID: String?
    /// `receiver_name`; empty is a broadcast.
    public var receiverName = ""
    /// `receiver_id`; empty is a broadcast.
    public var receiverID = ""
    /// `reply_to`: the subject for answers; empty when none is expected.
    public var replyTo = ""
    /// `reply_to_msg_id`: the message that this one answers.
    public var replyToMessageID = ""
    /// The envelope's free metadata.
    public var metadata = JSONObject()
    /// NATS headers that travel beside the message, untouched.
    public var headers = Headers()
    /// Size in bytes from which a payload goes by link; the bridge's when nil.
    public var threshold: Int?
    /// Whether a single payload travels as the raw body of the message, with the envelope's
    /// fields in NATS headers.
    public var usesHeaderForm = false
    /// How the message is published.
    public var mode = PublishMode.core

    /// A broadcast with new ids and the bridge's defaults.
    public init() {}
}
