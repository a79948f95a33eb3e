public import BridgeBytes
internal import BridgeJSON

/// What a server says about a stream.
public struct StreamInfo: Sendable, Hashable {
    /// What is stored now.
    public struct State: Sendable, Hashable {
        /// Number of messages.
        public var messages: UInt64 = 0
        /// Size of all messages in bytes, as they are stored.
        public var bytes: UInt64 = 0
        /// Number of the oldest message.
        public var firstSequence: UInt64 = 0
        /// Number of the newest message, also when it is gone.
        public var lastSequence: UInt64 = 0
        /// When the oldest message was stored; nil when there is none.
        public var firstTime: Timestamp?
        /// When the newest message was stored; nil when there never was one.
        public var lastTime: Timestamp?
        /// Number of consumers.
        public var consumerCount = 0
    }

    /// The configuration as the server has it, defaults filled in.
    public var configuration: StreamConfiguration
    /// What is stored now.
    public var state: State
    /// When it was made, by the server's clock; nil with servers that do not say.
    public var created: Timestamp?
    /// The server's clock when it answered; nil with servers before 2.10.
    public var serverTime: Timestamp?

    init(_ fields: JSONFields) throws(JetStreamError) {
        guard let configuration = try fields.fields("config") else {
            throw JetStreamError(
                .unexpectedAnswer, operation: fields.operation, detail: "no stream configuration")
        }
        self.configuration = try StreamConfiguration(configuration)
        state = State()
        created = try fields.timestamp("created")
        serverTime = try fields.timestamp("ts")
        guard let now = try fields.fields("state") else { return }
        state.messages = try now.count("messages")
        state.bytes = try now.count("bytes")
        state.firstSequence = try now.count("first_seq")
        state.lastSequence = try now.count("last_seq")
        // An empty stream says year 1 here.
        state.firstTime = try now.timestamp("first_ts").flatMap { $0.seconds > 0 ? $0 : nil }
        state.lastTime = try now.timestamp("last_ts").flatMap { $0.seconds > 0 ? $0 : nil }
        state.consumerCount = try now.number("consumer_count") ?? 0
    }
}
