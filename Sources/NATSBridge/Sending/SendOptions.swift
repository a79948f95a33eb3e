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
    /// The trace that the message belongs to, which goes into the headers `traceparent` and
    /// `tracestate`; nil leaves them as `headers` has them. An answer belongs to the trace of its
    /// question, unless this or `headers` says otherwise.
    public var traceContext: TraceContext?
    /// Size in bytes from which a payload goes by link; the bridge's when nil.
    public var threshold: Int?
    /// Whether a single payload travels as the raw body of the message, with the envelope's
    /// fields in NATS headers.
    public var usesHeaderForm = false
    /// Whether links go out before the bytes they lead to, where the store is our file server:
    /// receivers then read while the upload runs. They have the code `uploadAborted` where it
    /// fails, of which the sender is told when the message is out already. Never into a stream,
    /// whose later readers would find links that were never good.
    public var sendsLinksEarly = false
    /// How the message is published.
    public var mode = PublishMode.core
    /// Longest time for publishing, with all its attempts, once the uploads are done; more than
    /// zero. Requests have a timeout of their own.
    public var timeout = SendOptions.defaultTimeout
    /// Whether a message of which nobody knows whether it arrived is published again, with the
    /// same envelope and `msg_id`, by which receivers recognise a second copy.
    public var retriesUnknown = true

    /// Ten seconds: a server that restarts is back within that time.
    public static let defaultTimeout: Duration = .seconds(10)

    /// A broadcast; what is not given has the bridge's defaults, and ids are new.
    public init(
        mode: PublishMode = .core, correlationID: String? = nil, messageID: String? = nil,
        metadata: JSONObject = JSONObject(), headers: Headers = Headers(),
        timeout: Duration = SendOptions.defaultTimeout
    ) {
        self.mode = mode
        self.correlationID = correlationID
        self.messageID = messageID
        self.metadata = metadata
        self.headers = headers
        self.timeout = timeout
    }

    /// Returns when a stream has stored the message; all else as usual.
    public static var jetStream: SendOptions { SendOptions(mode: .jetStream) }
}

extension SendOptions: CustomStringConvertible {
    /// What differs most between sends; of headers and metadata the names alone.
    public var description: String {
        let fields = headers.map(\.name.text) + metadata.map(\.key)
        let to = receiverName.isEmpty ? "everybody" : receiverName
        return "\(purpose) to \(to), mode \(mode), \(timeout)"
            + (fields.isEmpty ? "" : ", with \(fields.joined(separator: ", "))")
    }
}
