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
        /// Number of different subjects.
        public var subjectCount = 0
        /// Numbers between the first and the last whose messages are gone.
        public var deletedCount = 0
        /// Number of consumers.
        public var consumerCount = 0
    }

    /// How far a mirror or a source has come.
    public struct Source: Sendable, Hashable {
        /// The stream that is copied.
        public var name: String
        /// Messages that are still to be copied.
        public var lag: UInt64
        /// Time since it was last heard of; nil: never.
        public var lastActive: Duration?
        /// Why nothing is copied, if the server says so.
        public var error: JetStreamAPIError?
    }

    /// The configuration as the server has it, defaults filled in.
    public var configuration: StreamConfiguration
    /// What is stored now.
    public var state: State
    /// When it was made, by the server's clock; nil with servers that do not say.
    public var created: Timestamp?
    /// The domain of JetStream that has it; nil: there is none.
    public var domain: String?
    /// The servers that hold it; nil without a cluster.
    public var cluster: ClusterInfo?
    /// How far a mirror has come; nil when it is none.
    public var mirror: Source?
    /// How far each of the sources has come.
    public var sources: [Source] = []
    /// The server's clock when it answered; nil with servers before 2.10.
    public var serverTime: Timestamp?

    init(_ fields: JSONFields) throws(JetStreamError) {
        guard let configuration = try fields.fields("config") else {
            throw fields.missing("the configuration of a stream")
        }
        self.configuration = try StreamConfiguration(configuration)
        state = State()
        created = try fields.timestamp("created")
        domain = try fields.text("domain")
        serverTime = try fields.timestamp("ts")
        if let cluster = try fields.fields("cluster") { self.cluster = try ClusterInfo(cluster) }
        if let mirror = try fields.fields("mirror") { self.mirror = try Source(mirror) }
        for source in try fields.list("sources") { sources.append(try Source(source)) }
        if let now = try fields.fields("state") { state = try State(now) }
    }
}

extension StreamInfo.State {
    init(_ fields: JSONFields) throws(JetStreamError) {
        messages = try fields.count("messages")
        bytes = try fields.count("bytes")
        firstSequence = try fields.count("first_seq")
        lastSequence = try fields.count("last_seq")
        // An empty stream says year 1 here.
        firstTime = try fields.timestamp("first_ts").flatMap { $0.seconds > 0 ? $0 : nil }
        lastTime = try fields.timestamp("last_ts").flatMap { $0.seconds > 0 ? $0 : nil }
        subjectCount = try fields.number("num_subjects") ?? 0
        deletedCount = try fields.number("num_deleted") ?? 0
        consumerCount = try fields.number("consumer_count") ?? 0
    }
}

extension StreamInfo.Source {
    init(_ fields: JSONFields) throws(JetStreamError) {
        name = try fields.text("name") ?? ""
        lag = try fields.count("lag")
        // The server writes -1 when it has never heard of it.
        lastActive = try fields.duration("active")
        guard let error = try fields.fields("error") else { return }
        self.error = try JetStreamAPIError(error)
    }
}
