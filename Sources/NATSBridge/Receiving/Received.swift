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
        /// The value; nil where `error` says why, and where raw bytes were asked for or links were
        /// not to be followed.
        public let value: PayloadValue?
        /// Why there is no value: its type is not known (the bytes are there all the same), its
        /// link cannot be had, or it is damaged or too large. Nil when nothing is wrong.
        public let error: BridgeError?
        ///
        /// Empty when they could not be had, as `error` then says.
        public let bytes: Bytes
        /// The link that it came by; nil when it came inside the message.
        public let url: String?
        /// What the sender added, the integrity keys included.
        public let metadata: JSONObject

        /// Whether its bytes could not be had. Those of an unknown type, or of one that they do
        /// not fit, are there.
        public var isMissing: Bool { error.map { $0.stage != .deserialize } ?? false }
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

    /// What is wrong with payloads, in their order; empty when each of them could be had.
    public var failures: [BridgeError] { payloads.compactMap(\.error) }

    /// Whether it has payloads and none of them could be had.
    public var isUnusable: Bool { !payloads.isEmpty && payloads.allSatisfy(\.isMissing) }

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
