public import BridgeBytes
public import BridgeJSON
public import NATSWire

/// A stream whose messages another one copies, as its mirror or as one of its sources.
public struct StreamSource: Sendable, Hashable {
    /// The name of the stream that is copied.
    public var name: String
    /// The first message to copy; nil: the oldest.
    public var startSequence: UInt64?
    /// Only what was stored from that moment on; not together with `startSequence`.
    public var startTime: Timestamp?
    /// Only messages on these subjects; nil: all.
    public var filter: SubjectPattern?
    /// How subjects are rewritten; each one also filters. Not together with `filter`.
    public var transforms: [SubjectTransform] = []
    /// Where the stream is, when it is in another account or domain; nil: here.
    public var external: ExternalStream?
    /// The consumer at the stream's side that copies; nil: the server makes one (server 2.14).
    public var consumer: SourceConsumer?
    /// Settings of the server that have no property here; see `StreamConfiguration`.
    public var additional = JSONObject()

    /// All messages of a stream.
    public init(name: String) { self.name = name }
}

extension StreamSource: Configured {
    init(reading: Void) { self.init(name: "") }

    static let settings: [Setting<StreamSource>] = [
        Setting("name") {
            .string($0.name)
        } read: { (owner, fields) throws(JetStreamError) in
            owner.name = try fields.text("name") ?? ""
        },
        .sequence("opt_start_seq", \.startSequence),
        .time("opt_start_time", \.startTime),
        .pattern("filter_subject", \.filter),
        .parts("subject_transforms", \.transforms),
        .part("external", \.external),
        Setting("consumer", level: 4) {
            $0.consumer.map { .object($0.json) }
        } read: { (owner, fields) throws(JetStreamError) in
            guard let fields = try fields.fields("consumer") else { return }
            owner.consumer = try SourceConsumer(fields)
        },
    ]
}

/// Where a stream of another account or domain is reached.
public struct ExternalStream: Sendable, Hashable {
    /// The prefix of its API, such as `$JS.hub.API`.
    public var apiPrefix: String
    /// The prefix of the subjects on which it delivers; nil: the server chooses.
    public var deliverPrefix: String?
    /// Settings of the server that have no property here; see `StreamConfiguration`.
    public var additional = JSONObject()

    /// A stream that is reached under a prefix.
    public init(apiPrefix: String, deliverPrefix: String? = nil) {
        self.apiPrefix = apiPrefix
        self.deliverPrefix = deliverPrefix
    }
}

extension ExternalStream: Configured {
    init(reading: Void) { self.init(apiPrefix: "") }

    static let settings: [Setting<ExternalStream>] = [
        Setting("api") {
            .string($0.apiPrefix)
        } read: { (owner, fields) throws(JetStreamError) in
            owner.apiPrefix = try fields.text("api") ?? ""
        },
        Setting("deliver") {
            .string($0.deliverPrefix ?? "")
        } read: { (owner, fields) throws(JetStreamError) in
            owner.deliverPrefix = try fields.text("deliver").flatMap { $0.isEmpty ? nil : $0 }
        },
    ]
}

/// A consumer that copies messages for another stream.
public struct SourceConsumer: Sendable, Hashable {
    /// Its name at the stream that is copied.
    public var name: String?
    /// The subject on which it delivers.
    public var deliverSubject: String?
    /// Settings of the server that have no property here; see `StreamConfiguration`.
    public var additional = JSONObject()

    /// A consumer of that name.
    public init(name: String? = nil, deliverSubject: String? = nil) {
        self.name = name
        self.deliverSubject = deliverSubject
    }
}

extension SourceConsumer: Configured {
    init(reading: Void) { self.init() }

    static let settings: [Setting<SourceConsumer>] = [
        .text("name", \.name), .text("deliver_subject", \.deliverSubject),
    ]
}

/// How subjects are rewritten.
public struct SubjectTransform: Sendable, Hashable {
    /// The subjects that are rewritten; nil: all.
    public var source: SubjectPattern?
    /// What they become, such as `orders.{{wildcard(1)}}`.
    public var destination: String
    /// Settings of the server that have no property here; see `StreamConfiguration`.
    public var additional = JSONObject()

    /// Subjects on the left become those on the right.
    public init(_ source: SubjectPattern?, to destination: String) {
        self.source = source
        self.destination = destination
    }
}

extension SubjectTransform: Configured {
    init(reading: Void) { self.init(nil, to: "") }

    static let settings: [Setting<SubjectTransform>] = [
        Setting("src") {
            .string($0.source?.text ?? "")
        } read: { (owner, fields) throws(JetStreamError) in
            owner.source = try fields.pattern("src")
        },
        Setting("dest") {
            .string($0.destination)
        } read: { (owner, fields) throws(JetStreamError) in
            owner.destination = try fields.text("dest") ?? ""
        },
    ]
}

/// Where every message is published again after it was stored.
public struct Republish: Sendable, Hashable {
    /// The subjects whose messages are published again; nil: all.
    public var source: SubjectPattern?
    /// Where to, such as `copy.>`.
    public var destination: String
    /// Whether only headers and size are published.
    public var headersOnly: Bool
    /// Settings of the server that have no property here; see `StreamConfiguration`.
    public var additional = JSONObject()

    /// Messages on the left are published on the right.
    public init(_ source: SubjectPattern?, to destination: String, headersOnly: Bool = false) {
        self.source = source
        self.destination = destination
        self.headersOnly = headersOnly
    }
}

extension Republish: Configured {
    init(reading: Void) { self.init(nil, to: "") }

    static let settings: [Setting<Republish>] = [
        .pattern("src", \.source),
        Setting("dest") {
            .string($0.destination)
        } read: { (owner, fields) throws(JetStreamError) in
            owner.destination = try fields.text("dest") ?? ""
        },
        .flag("headers_only", \.headersOnly),
    ]
}

/// On which servers something is put.
public struct Placement: Sendable, Hashable {
    /// The cluster; nil: the one of the client.
    public var cluster: String?
    /// Tags that the servers must have.
    public var tags: [String] = []
    /// The server that is to lead; nil: they elect one.
    public var preferredLeader: String?
    /// Settings of the server that have no property here; see `StreamConfiguration`.
    public var additional = JSONObject()

    /// Servers of a cluster with all of these tags.
    public init(cluster: String? = nil, tags: [String] = []) {
        self.cluster = cluster
        self.tags = tags
    }
}

extension Placement: Configured {
    init(reading: Void) { self.init() }

    static let settings: [Setting<Placement>] = [
        .text("cluster", \.cluster), .texts("tags", \.tags),
        .text("preferred", \.preferredLeader),
    ]
}

/// What consumers of a stream get that do not say otherwise, and may at most have.
public struct ConsumerLimits: Sendable, Hashable {
    /// Idle time after which a consumer is forgotten; nil: no limit.
    public var inactiveThreshold: Duration?
    /// Most messages that may be delivered and not acknowledged; nil: no limit.
    public var maxAckPending: Int?
    /// Settings of the server that have no property here; see `StreamConfiguration`.
    public var additional = JSONObject()

    /// Limits of both kinds.
    public init(inactiveThreshold: Duration? = nil, maxAckPending: Int? = nil) {
        self.inactiveThreshold = inactiveThreshold
        self.maxAckPending = maxAckPending
    }
}

extension ConsumerLimits: Configured {
    init(reading: Void) { self.init() }

    static let settings: [Setting<ConsumerLimits>] = [
        .duration("inactive_threshold", \.inactiveThreshold),
        .limit("max_ack_pending", \.maxAckPending),
    ]
}
