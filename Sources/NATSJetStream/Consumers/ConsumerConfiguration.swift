public import BridgeBytes
public import BridgeJSON
public import NATSWire

/// Which messages of a stream a consumer delivers, and how often.
public struct ConsumerConfiguration: Sendable, Hashable {
    /// The name under which the server remembers the consumer for ever; nil: it is forgotten
    /// when it was not used for `inactiveThreshold`.
    public var durableName: String?
    /// The name of a consumer that is not durable; nil: a random one.
    public var name: String?
    /// A sentence for people, which the server keeps; nil: none.
    public var description: String?
    /// Where the consumer starts.
    public var deliverPolicy = DeliverPolicy.all
    /// What counts as acknowledged.
    public var ackPolicy = AckPolicy.explicit
    /// Time after which an unacknowledged message is delivered again; nil: 30 s.
    public var ackWait: Duration?
    /// Most deliveries of one message; nil: for ever, which loops on a message that always fails.
    public var maxDeliver: Int?
    /// Waits between deliveries; the last one repeats.
    public var backoff: [Duration] = []
    /// Most messages that may be delivered and not acknowledged; nil: 1000, -1: no limit.
    public var maxAckPending: Int?
    /// Only messages on these subjects; empty: all.
    public var filterSubjects: [SubjectPattern] = []
    /// How fast messages are delivered.
    public var replayPolicy = ReplayPolicy.instant
    /// Share of the acknowledgements that the server tells of in advisories, such as `50%`.
    public var sampleFrequency: String?
    /// Whether only headers are delivered.
    public var headersOnly = false
    /// Most pull requests that may wait; nil: 512.
    public var maxWaiting: Int?
    /// Most messages of one pull request; nil: no limit.
    public var maxRequestBatch: Int?
    /// Longest wait of one pull request; nil: no limit.
    public var maxRequestExpires: Duration?
    /// Most bytes of one pull request; nil: no limit.
    public var maxRequestBytes: Int?
    /// Idle time after which a consumer without a durable name is forgotten; nil: 5 s.
    public var inactiveThreshold: Duration?
    /// The groups of which a pull request names one; empty: there are none (server 2.11).
    public var priorityGroups: [String] = []
    /// How the pull requests of a group share the messages (server 2.11).
    public var priorityPolicy: PriorityPolicy?
    /// How long a pinned client may be silent before another is chosen (server 2.11).
    public var priorityTimeout: Duration?
    /// Nothing is delivered before that moment of the server's clock (server 2.11).
    public var pausedUntil: Timestamp?
    /// Where a push consumer delivers; nil: it delivers when it is asked, as `PullConsumer` does.
    public var deliverSubject: String?
    /// The queue group of a push consumer.
    public var deliverGroup: String?
    /// Whether a push consumer waits for answers before it sends more.
    public var flowControl = false
    /// Time after which an idle push consumer shows that it lives.
    public var idleHeartbeat: Duration?
    /// Most bits that a push consumer delivers in a second; nil: no limit.
    public var rateLimit: UInt64?
    /// Whether the consumer's state lives in memory only.
    public var memoryStorage = false
    /// Copies of the consumer's state; nil: as many as the stream has.
    public var replicas: Int?
    /// Anything the owner wants to note down. The server's own notes (`_nats.…`) are read, and
    /// never sent.
    public var metadata: [String: String] = [:]
    /// Settings of the server that have no property here, by their names in its JSON. An update
    /// sends them back as they came, so that it loses none of them.
    public var additional = JSONObject()

    /// A consumer of everything, with explicit acknowledgements.
    public init(durableName: String? = nil) { self.durableName = durableName }

    /// What the server takes for "no limit" of `maxAckPending`, whose default is one.
    static let unlimited = -1
}

extension ConsumerConfiguration: Configured {
    init(reading: Void) { self.init() }

    var levelOfParts: Int { ackPolicy == .flowControl ? 4 : 0 }

    static let settings: [Setting<ConsumerConfiguration>] =
        identity + start + acknowledging + filters + pulling + pushing + [.metadata(\.metadata)]

    private static let identity: [Setting<ConsumerConfiguration>] = [
        // The server wants both names to be the same, and repeats a durable one as its name.
        Setting("name") {
            ($0.durableName ?? $0.name).map { .string($0) }
        } read: { (owner, fields) throws(JetStreamError) in
            owner.name = try fields.text("name")
        },
        .text("durable_name", \.durableName),
        .text("description", \.description),
        .flag("mem_storage", \.memoryStorage),
        Setting("num_replicas") {
            .number(JSONNumber($0.replicas ?? 0))
        } read: { (owner, fields) throws(JetStreamError) in
            owner.replicas = try fields.limit("num_replicas")
        },
        .duration("inactive_threshold", \.inactiveThreshold),
    ]

    private static let start: [Setting<ConsumerConfiguration>] = [
        Setting("deliver_policy") {
            .string($0.deliverPolicy.word)
        } read: { (owner, fields) throws(JetStreamError) in
            owner.deliverPolicy = try DeliverPolicy(fields)
        },
        Setting("opt_start_seq") {
            guard case .byStartSequence(let sequence) = $0.deliverPolicy else { return nil }
            return .number(JSONNumber(sequence))
        } read: { (_, _) throws(JetStreamError) in
        },
        Setting("opt_start_time") {
            guard case .byStartTime(let time) = $0.deliverPolicy else { return nil }
            return .string(time.nanosecondText)
        } read: { (_, _) throws(JetStreamError) in
        },
        .word("replay_policy", \.replayPolicy),
        .time("pause_until", level: 1, \.pausedUntil),
    ]

    private static let acknowledging: [Setting<ConsumerConfiguration>] = [
        .word("ack_policy", \.ackPolicy),
        .duration("ack_wait", \.ackWait),
        .limit("max_deliver", \.maxDeliver),
        .durations("backoff", \.backoff),
        Setting("max_ack_pending") {
            $0.maxAckPending.map { .number(JSONNumber($0)) }
        } read: { (owner, fields) throws(JetStreamError) in
            owner.maxAckPending = try fields.number("max_ack_pending").flatMap {
                $0 == 0 ? nil : max($0, unlimited)
            }
        },
        .text("sample_freq", \.sampleFrequency),
    ]

    private static let filters: [Setting<ConsumerConfiguration>] = [
        Setting("filter_subject") {
            $0.filterSubjects.count == 1 ? .string($0.filterSubjects[0].text) : nil
        } read: { (owner, fields) throws(JetStreamError) in
            guard let only = try fields.pattern("filter_subject") else { return }
            owner.filterSubjects = [only]
        },
        Setting("filter_subjects") {
            $0.filterSubjects.count > 1 ? .array($0.filterSubjects.map { .string($0.text) }) : nil
        } read: { (owner, fields) throws(JetStreamError) in
            let several = try fields.patterns("filter_subjects")
            if !several.isEmpty { owner.filterSubjects = several }
        },
        .flag("headers_only", \.headersOnly),
    ]

    private static let pulling: [Setting<ConsumerConfiguration>] = [
        .limit("max_waiting", \.maxWaiting),
        .limit("max_batch", \.maxRequestBatch),
        .duration("max_expires", \.maxRequestExpires),
        .limit("max_bytes", \.maxRequestBytes),
        .texts("priority_groups", level: 1, \.priorityGroups),
        .word("priority_policy", level: 1, \.priorityPolicy),
        .duration("priority_timeout", level: 1, \.priorityTimeout),
    ]

    private static let pushing: [Setting<ConsumerConfiguration>] = [
        .text("deliver_subject", \.deliverSubject),
        .text("deliver_group", \.deliverGroup),
        .flag("flow_control", \.flowControl),
        .duration("idle_heartbeat", \.idleHeartbeat),
        .sequence("rate_limit_bps", \.rateLimit),
    ]
}
