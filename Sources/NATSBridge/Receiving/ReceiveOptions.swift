internal import BridgeBytes
public import NATSCore

/// How messages are turned into values.
public struct ReceiveOptions: Sendable {
    /// In which order `Bridge.messages(on:)` and `Bridge.replay` hand out messages that take
    /// different times to prepare, since links have to be fetched for some of them.
    public enum Order: String, Sendable, Hashable, CaseIterable {
        /// In the order of arrival, as long as nobody waits too long for it: a message that is
        /// not ready is overtaken once it has kept ready ones waiting for `patience`, or at once
        /// when what it holds back fills `heldMessages` or `heldBytes`, since otherwise reading
        /// would stop and the server would cut the connection. It is handed out when it is ready.
        case inOrder = "in_order"
        /// In the order of arrival, whatever it costs: when what waits has reached its limits,
        /// nothing more is read, and the limits of the subscription decide.
        case strict
        /// Each as soon as it is ready.
        case asReady = "as_ready"
    }

    /// Told of each message that cannot be used, and of each place where messages are missing
    /// (`BridgeError.isLoss`), by a sequence that passes over them: in its place, in the task of
    /// the loop, which goes on when the call returns. Nil: the next message (`Received.skipped`),
    /// the trace and `Bridge.statistics` tell.
    public var onFailure: (@Sendable (BridgeError) -> Void)?
    /// What a subscription of `Bridge.messages(on:)` may hold, and what happens then.
    public var limits = SubscriptionLimits.default

    /// Whether payloads stay serialized, whatever their type.
    public var keepsRawBytes = false
    /// Whether links are fetched. When false, payloads that came by link have no bytes.
    public var followsLinks = true
    /// Whether any departure from the strict form is an error of the whole message.
    public var isStrict = false
    /// How often a stream is told that work on its message goes on, while links are fetched: a
    /// third of JetStream's default `ack_wait` of 30 s, so that two may get lost.
    public var progressInterval: Duration = .seconds(10)

    /// The order in which a sequence hands out its messages; nil: `inOrder` for
    /// `Bridge.messages(on:)`, and `strict` for a replay, which is the order of the stream.
    public var order: Order?
    /// How long a message that is not ready may keep ready ones waiting, with `inOrder`: 5 s.
    public var patience: Duration = .seconds(5)
    /// Most messages of a sequence whose links are fetched at the same time; at least 1. Others
    /// with links wait for their turn, and messages without links wait for nothing.
    public var maxParallelMessages = 16
    /// Most links of one message that are fetched at the same time; at least 1.
    public var maxParallelDownloads = 4
    /// Whether a sequence drops a message that it has handed out before: one with the same
    /// `msg_id`, sender, flow, subject and content. Nil: `Bridge.messages(on:)` does, and a
    /// replay does not. `Bridge.receive` never does, since a redelivery of a stream is wanted.
    public var dropsDuplicates: Bool?

    /// Most messages that are ready and not yet handed out.
    public static let heldMessages = 64
    /// Most bytes of messages that are ready and not yet handed out. What was downloaded counts
    /// apart, under `BridgeOptions.memoryBudget`.
    public static let heldBytes = 16 << 20
    /// Most messages that are not ready. They hold their envelopes only.
    public static let unreadyMessages = 1024
    /// Most bytes of messages that are not ready.
    public static let unreadyBytes = 64 << 20
    /// Most messages that a sequence remembers for `dropsDuplicates`; the oldest is forgotten.
    public static let rememberedMessages = 65_536

    /// Lenient, with values and links.
    public init() {}
}
