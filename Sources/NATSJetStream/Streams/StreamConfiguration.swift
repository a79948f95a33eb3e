public import BridgeJSON
public import NATSWire

/// What a stream stores, where, and for how long.
///
/// A limit that is nil is no limit.
public struct StreamConfiguration: Sendable, Hashable {
    /// The name: no blank, dot, `*`, `>`, slash or backslash; at most 255 bytes.
    public var name: String
    /// The subjects whose messages are stored; empty for a mirror.
    public var subjects: [SubjectPattern]
    /// A sentence for people, which the server keeps; nil: none.
    public var description: String?
    /// When messages leave the stream by themselves.
    public var retention = Retention.limits
    /// Where messages are kept.
    public var storage = Storage.file
    /// How blocks of files are compressed.
    public var compression = Compression.none
    /// What gives way when a limit is reached.
    public var discard = Discard.old
    /// Whether a message is refused when its *subject* has reached `maxMessagesPerSubject`; needs
    /// `discard` to be `new`.
    public var discardsNewPerSubject = false
    /// Most messages in the stream.
    public var maxMessages: Int?
    /// Most messages on one subject.
    public var maxMessagesPerSubject: Int?
    /// Most bytes in the stream.
    public var maxBytes: Int?
    /// Age at which a message is removed.
    public var maxAge: Duration?
    /// Largest message in bytes, headers and body.
    public var maxMessageSize: Int?
    /// Most consumers of the stream.
    public var maxConsumers: Int?
    /// What consumers get that do not say otherwise, and may at most have; nil: no limits.
    public var consumerLimits: ConsumerLimits?
    /// Number of servers that hold a copy.
    public var replicas = 1
    /// On which servers the stream is put; nil: the cluster chooses.
    public var placement: Placement?
    /// How long a `Nats-Msg-Id` is remembered; nil: the server's default of two minutes, or the
    /// age limit if that is shorter.
    public var duplicateWindow: Duration?
    /// Whether publishers get no acknowledgement.
    public var withholdsAcks = false
    /// The number of the first message; nil: 1.
    public var firstSequence: UInt64?
    /// The stream that this one is a copy of; it cannot be published to then.
    public var mirror: StreamSource?
    /// The streams whose messages are copied into this one.
    public var sources: [StreamSource] = []
    /// How subjects are rewritten before messages are stored; nil: not at all.
    public var subjectTransform: SubjectTransform?
    /// Where every message is published again after it was stored; nil: nowhere.
    public var republish: Republish?
    /// Whether single messages may be read from any replica, without a consumer.
    public var allowsDirectGet = false
    /// Whether a mirror answers direct reads of the stream that it copies.
    public var allowsMirrorDirectGet = false
    /// Whether a message may replace all before it (`Nats-Rollup`).
    public var allowsRollup = false
    /// Whether a message may say itself how long it lives (`Nats-TTL`, server 2.11).
    public var allowsMessageTTL = false
    /// How long a marker stands where the last message of a subject has expired; nil: there is
    /// none (server 2.11).
    public var deleteMarkerTTL: Duration?
    /// Whether the stream holds counters (`Nats-Incr`) and nothing else (server 2.12).
    public var allowsCounters = false
    /// Whether several messages may be stored together or not at all (server 2.12).
    public var allowsAtomicPublish = false
    /// Whether messages may be scheduled for later (server 2.12).
    public var allowsSchedules = false
    /// When the server writes to its disk; nil: as it does by itself (server 2.12).
    public var persistMode: PersistMode?
    /// Whether messages may be published in fast batches (server 2.14).
    public var allowsBatchedPublish = false
    /// Whether the stream is closed: nothing comes in and nothing goes. It cannot be opened again.
    public var isSealed = false
    /// Whether single messages cannot be deleted.
    public var deniesDelete = false
    /// Whether the stream cannot be purged.
    public var deniesPurge = false
    /// Anything the owner wants to note down. The server's own notes (`_nats.…`) are read, and
    /// never sent.
    public var metadata: [String: String] = [:]
    /// Settings of the server that have no property here, by their names in its JSON. An update
    /// sends them back as they came, so that it loses none of them.
    public var additional = JSONObject()

    /// A stream in files with no limits.
    public init(name: String, subjects: [SubjectPattern]) {
        self.name = name
        self.subjects = subjects
    }
}

extension StreamConfiguration: Configured {
    init(reading: Void) { self.init(name: "", subjects: []) }

    var levelOfParts: Int {
        (sources + (mirror.map { [$0] } ?? [])).map(\.requiredLevel).max() ?? 0
    }

    static let settings: [Setting<StreamConfiguration>] =
        identity + limits + copies + permissions + [.metadata(\.metadata)]

    private static let identity: [Setting<StreamConfiguration>] = [
        Setting("name") {
            .string($0.name)
        } read: { (owner, fields) throws(JetStreamError) in
            guard let name = try fields.text("name") else {
                throw fields.missing("the name of a stream")
            }
            owner.name = name
        },
        Setting("subjects") {
            $0.subjects.isEmpty ? nil : .array($0.subjects.map { .string($0.text) })
        } read: { (owner, fields) throws(JetStreamError) in
            owner.subjects = try fields.patterns("subjects")
        },
        .text("description", \.description),
        .word("retention", \.retention),
        .word("storage", \.storage),
        .word("compression", \.compression),
        .word("discard", \.discard),
        .flag("discard_new_per_subject", \.discardsNewPerSubject),
    ]

    private static let limits: [Setting<StreamConfiguration>] = [
        .limit("max_msgs", none: -1, \.maxMessages),
        .limit("max_msgs_per_subject", none: -1, \.maxMessagesPerSubject),
        .limit("max_bytes", none: -1, \.maxBytes),
        .duration("max_age", none: .zero, \.maxAge),
        .limit("max_msg_size", none: -1, \.maxMessageSize),
        .limit("max_consumers", none: -1, \.maxConsumers),
        .part("consumer_limits", \.consumerLimits),
        Setting("num_replicas") {
            .number(JSONNumber($0.replicas))
        } read: { (owner, fields) throws(JetStreamError) in
            owner.replicas = try fields.limit("num_replicas") ?? 1
        },
        .part("placement", \.placement),
        .duration("duplicate_window", \.duplicateWindow),
        .flag("no_ack", \.withholdsAcks),
        .sequence("first_seq", \.firstSequence),
    ]

    private static let copies: [Setting<StreamConfiguration>] = [
        .part("mirror", \.mirror),
        .parts("sources", \.sources),
        .part("subject_transform", \.subjectTransform),
        .part("republish", \.republish),
        .flag("allow_direct", \.allowsDirectGet),
        .flag("mirror_direct", \.allowsMirrorDirectGet),
    ]

    private static let permissions: [Setting<StreamConfiguration>] = [
        .flag("allow_rollup_hdrs", \.allowsRollup),
        .flag("allow_msg_ttl", level: 1, \.allowsMessageTTL),
        .duration("subject_delete_marker_ttl", level: 1, \.deleteMarkerTTL),
        .flag("allow_msg_counter", level: 2, \.allowsCounters),
        .flag("allow_atomic", level: 2, \.allowsAtomicPublish),
        .flag("allow_msg_schedules", level: 2, \.allowsSchedules),
        .word("persist_mode", level: 2, \.persistMode),
        .flag("allow_batched", level: 4, \.allowsBatchedPublish),
        .flag("sealed", \.isSealed),
        .flag("deny_delete", \.deniesDelete),
        .flag("deny_purge", \.deniesPurge),
    ]
}
