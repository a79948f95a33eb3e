public import BridgeBytes
public import BridgeEnvelope
public import BridgeJSON
public import NATSWire

/// A message with its payloads as typed values, in the order in which they were sent.
public struct Received: Sendable {
    /// One payload.
    public struct Payload: Sendable {
        /// The sender's name for it.
        public let name: String
        /// The type as the sender wrote it.
        public let typeName: String
        /// The value; nil only where raw bytes were asked for.
        public let value: PayloadValue?
        /// The serialized bytes: a view of the message or of the downloaded body.
        public let bytes: Bytes
        /// The link that it came by; nil when it came inside the message.
        public let url: String?
        /// What the sender added, the integrity keys included.
        public let metadata: JSONObject
    }

    /// The subject that the message came on.
    public let subject: Subject
    /// The NATS headers, those of the header form included.
    public let headers: Headers
    /// Where the sender of a NATS request expects the answer; the envelope's `reply_to` is a
    /// field of its own.
    public let replySubject: Subject?
    /// The envelope, with the payloads as they were on the wire.
    public let envelope: Envelope
    /// The payloads, in order.
    public let payloads: [Payload]
    /// Where a stream holds the message; nil for core NATS.
    public let position: StreamPosition?

    /// The first payload of that name; nil when there is none.
    public subscript(name: String) -> Payload? { payloads.first { $0.name == name } }
}

/// Where a message of a stream stands.
public struct StreamPosition: Sendable, Hashable {
    /// Name of the stream.
    public let stream: String
    /// Sequence number in the stream.
    public let sequence: Int
    /// How often the message was delivered, this time included: 1 or more.
    public let deliveryCount: Int
    /// When the server stored it.
    public let timestamp: Timestamp
    /// Messages of the consumer that come after it.
    public let pending: Int
}

/// How a message is turned into values.
public struct ReceiveOptions: Sendable {
    /// Whether payloads stay serialized, whatever their type.
    public var keepsRawBytes = false
    /// Whether links are fetched. When false, payloads that came by link have no bytes.
    public var followsLinks = true
    /// Whether any departure from the strict form is an error.
    public var isStrict = false
    /// How often a stream is told that work on its message goes on, while links are fetched: a
    /// third of JetStream's default `ack_wait` of 30 s, so that two may get lost.
    public var progressInterval: Duration = .seconds(10)

    /// Lenient, with values and links.
    public init() {}
}
