public import BridgeBytes
internal import BridgeJSON

/// What a server says about a consumer.
public struct ConsumerInfo: Sendable, Hashable {
    /// A client that a priority group is pinned to.
    public struct PriorityGroup: Sendable, Hashable {
        /// The name of the group.
        public var name: String
        /// The pinned client, in the server's words; nil: none.
        public var pinnedClient: String?
        /// Since when; nil: no client is pinned.
        public var pinnedTime: Timestamp?
    }

    /// Its name at the server.
    public var name: String
    /// The stream that it reads.
    public var stream: String
    /// The configuration as the server has it, defaults filled in.
    public var configuration: ConsumerConfiguration
    /// When it was made, by the server's clock; nil with servers that do not say.
    public var created: Timestamp?
    /// Messages that wait to be delivered for the first time.
    public var pending: UInt64
    /// Number of the last delivery, counted from 1; nil with servers that do not say.
    public var deliveredSequence: UInt64?
    /// Number in the stream of the last message that was delivered; nil with servers that do not
    /// say.
    public var deliveredStreamSequence: UInt64?
    /// Number in the stream up to which all messages are acknowledged; nil with servers that do
    /// not say.
    public var ackFloor: UInt64?
    /// Messages delivered and not acknowledged.
    public var ackPending: Int
    /// Deliveries that were not the first of their message.
    public var redelivered: Int
    /// Pull requests that wait for messages.
    public var waiting: Int
    /// Whether a push consumer has somebody who listens.
    public var isBound: Bool
    /// Whether it is paused.
    public var isPaused: Bool
    /// How long it is still paused; nil: it is not.
    public var pauseRemaining: Duration?
    /// Its priority groups, and who is pinned.
    public var priorityGroups: [PriorityGroup]
    /// The servers that hold it; nil without a cluster.
    public var cluster: ClusterInfo?
    /// The server's clock when it answered; nil with servers before 2.10.
    public var serverTime: Timestamp?

    init(_ fields: JSONFields) throws(JetStreamError) {
        guard let name = try fields.text("name"), let stream = try fields.text("stream_name"),
            let configuration = try fields.fields("config")
        else { throw fields.missing("the name, stream or configuration of a consumer") }
        self.name = name
        self.stream = stream
        self.configuration = try ConsumerConfiguration(configuration)
        created = try fields.timestamp("created")
        pending = try fields.count("num_pending")
        let delivered = try fields.fields("delivered")
        deliveredSequence = try delivered?.count("consumer_seq")
        deliveredStreamSequence = try delivered?.count("stream_seq")
        ackFloor = try fields.fields("ack_floor")?.count("stream_seq")
        ackPending = try fields.number("num_ack_pending") ?? 0
        redelivered = try fields.number("num_redelivered") ?? 0
        waiting = try fields.number("num_waiting") ?? 0
        isBound = try fields.flag("push_bound")
        isPaused = try fields.flag("paused")
        pauseRemaining = try fields.duration("pause_remaining")
        priorityGroups = []
        for group in try fields.list("priority_groups") {
            priorityGroups.append(
                PriorityGroup(
                    name: try group.text("group") ?? "",
                    pinnedClient: try group.text("pinned_client_id"),
                    pinnedTime: try group.timestamp("pinned_ts").flatMap {
                        $0.seconds > 0 ? $0 : nil
                    }))
        }
        cluster = try fields.fields("cluster").map { (fields) throws(JetStreamError) in
            try ClusterInfo(fields)
        }
        serverTime = try fields.timestamp("ts")
    }
}
