public import BridgeEnvelope
public import BridgeJSON

/// One payload to be sent: a name, a typed value, and metadata of the caller's own.
public struct OutgoingPayload: Sendable {
    /// The caller's name for it, given to the receiver unchanged.
    public var name: String
    /// The value; its type is the payload's.
    public var value: PayloadValue
    /// Goes into the payload's `metadata` beside the integrity keys.
    public var metadata: JSONObject

    /// A payload, with or without metadata.
    public init(_ name: String, _ value: PayloadValue, metadata: JSONObject = JSONObject()) {
        self.name = name
        self.value = value
        self.metadata = metadata
    }
}

/// How a message is published.
public enum PublishMode: Sendable, Hashable {
    /// Core NATS; returns when the message is in the outbox.
    case core
    /// Core NATS; returns when the server has confirmed everything published so far.
    case confirmed
    /// JetStream; returns when a stream has stored it. The message id makes retries safe.
    case jetStream
    /// Not at all: the envelope is only built. Payloads that go by link are uploaded all the
    /// same, since the envelope holds their URLs.
    case none
}
