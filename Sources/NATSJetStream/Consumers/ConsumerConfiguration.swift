public import BridgeBytes
internal import BridgeJSON
public import NATSWire

/// Which messages of a stream a consumer delivers, and how often.
public struct ConsumerConfiguration: Sendable, Hashable {
    /// Where the consumer starts.
    public enum DeliverPolicy: Sendable, Hashable {
        /// With the oldest message.
        case all
        /// With the newest message.
        case last
        /// With the newest message of each subject.
        case lastPerSubject
        /// With what is stored after the consumer was made.
        case new
        /// From the message of this number on.
        case byStartSequence(UInt64)
        /// With what was stored at or after a moment of the *server's* clock. A moment in its
        /// future delivers nothing, and no error says so: see `JetStream.replay`.
        case byStartTime(Timestamp)
    }

    /// What counts as acknowledged.
    public enum AckPolicy: String, Sendable {
        /// Each message is acknowledged by itself.
        case explicit
        /// Acknowledging a message acknowledges all before it.
        case all
        /// Nothing is acknowledged: what was delivered counts as done.
        case none
    }

    /// The name under which the server remembers the consumer for ever; nil: it is forgotten
    /// when it was not used for `inactiveThreshold`.
    public var durableName: String?
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
    /// Whether only headers are delivered.
    public var headersOnly = false
    /// Idle time after which a consumer without a durable name is forgotten; nil: 5 s.
    public var inactiveThreshold: Duration?
    /// Whether the consumer's state lives in memory only.
    public var memoryStorage = false
    /// Copies of the consumer's state; nil: as many as the stream has.
    public var replicas: Int?
    /// Anything the owner wants to note down.
    public var metadata: [String: String] = [:]

    /// Settings of the server's answer that have no property here; they are sent back as they
    /// came, so that an update loses none of them.
    var additional = JSONObject()

    /// A consumer of everything, with explicit acknowledgements.
    public init(durableName: String? = nil) { self.durableName = durableName }
}

extension ConsumerConfiguration {
    private static let known: Set<String> = [
        "name", "durable_name", "description", "deliver_policy", "opt_start_seq",
        "opt_start_time", "ack_policy", "ack_wait", "max_deliver", "backoff", "max_ack_pending",
        "filter_subject", "filter_subjects", "headers_only", "inactive_threshold", "mem_storage",
        "num_replicas", "metadata",
    ]

    /// The JSON object of the API, for a consumer of that name.
    func json(named name: String) -> JSONObject {
        var object = JSONObject()
        object["name"] = .string(name)
        if let durableName { object["durable_name"] = .string(durableName) }
        if let description { object["description"] = .string(description) }
        switch deliverPolicy {
        case .all: object["deliver_policy"] = .string("all")
        case .last: object["deliver_policy"] = .string("last")
        case .lastPerSubject: object["deliver_policy"] = .string("last_per_subject")
        case .new: object["deliver_policy"] = .string("new")
        case .byStartSequence(let sequence):
            object["deliver_policy"] = .string("by_start_sequence")
            object.set("opt_start_seq", sequence)
        case .byStartTime(let time):
            object["deliver_policy"] = .string("by_start_time")
            object["opt_start_time"] = .string(time.description)
        }
        object["ack_policy"] = .string(ackPolicy.rawValue)
        if let ackWait { object.set("ack_wait", ackWait) }
        if let maxDeliver { object.set("max_deliver", maxDeliver) }
        if !backoff.isEmpty {
            object["backoff"] = .array(
                backoff.map { .number(JSONNumber($0.wholeNanoseconds)) })
        }
        if let maxAckPending { object.set("max_ack_pending", maxAckPending) }
        if filterSubjects.count == 1 {
            object["filter_subject"] = .string(filterSubjects[0].text)
        } else if filterSubjects.count > 1 {
            object.set("filter_subjects", filterSubjects.map(\.text))
        }
        object["replay_policy"] = .string("instant")
        if headersOnly { object["headers_only"] = .bool(true) }
        if let inactiveThreshold { object.set("inactive_threshold", inactiveThreshold) }
        if memoryStorage { object["mem_storage"] = .bool(true) }
        object.set("num_replicas", replicas ?? 0)
        if !metadata.isEmpty { object.set("metadata", metadata.withoutServerNotes) }
        for (key, value) in additional { object[key] = value }
        return object
    }

    init(_ fields: JSONFields) throws(JetStreamError) {
        durableName = try fields.text("durable_name")
        description = try fields.text("description")
        deliverPolicy = try Self.deliverPolicy(fields)
        ackPolicy = try fields.choice("ack_policy", AckPolicy.self) ?? .none
        ackWait = try fields.duration("ack_wait")
        maxDeliver = try fields.limit("max_deliver")
        backoff = try fields.durations("backoff")
        maxAckPending = try fields.number("max_ack_pending").flatMap {
            $0 == 0 ? nil : max($0, Self.unlimited)
        }
        filterSubjects = try fields.patterns("filter_subjects")
        if let single = try fields.text("filter_subject"), !single.isEmpty {
            guard let pattern = try? SubjectPattern(single) else {
                throw JetStreamError(
                    .unexpectedAnswer, operation: fields.operation, detail: "field filter_subject")
            }
            filterSubjects = [pattern]
        }
        headersOnly = try fields.flag("headers_only")
        inactiveThreshold = try fields.duration("inactive_threshold")
        memoryStorage = try fields.flag("mem_storage")
        replicas = try fields.limit("num_replicas")
        metadata = try fields.dictionary("metadata")
        for (key, value) in fields.object where !Self.known.contains(key) {
            additional[key] = value
        }
    }

    private static func deliverPolicy(
        _ fields: JSONFields
    ) throws(JetStreamError) -> DeliverPolicy {
        switch try fields.text("deliver_policy") ?? "all" {
        case "all": return .all
        case "last": return .last
        case "last_per_subject": return .lastPerSubject
        case "new": return .new
        case "by_start_sequence": return .byStartSequence(try fields.count("opt_start_seq"))
        case "by_start_time":
            guard let time = try fields.timestamp("opt_start_time") else { break }
            return .byStartTime(time)
        default: break
        }
        throw JetStreamError(
            .unexpectedAnswer, operation: fields.operation, detail: "field deliver_policy")
    }
}

/// What a server says about a consumer.
public struct ConsumerInfo: Sendable, Hashable {
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
    /// Messages delivered and not acknowledged.
    public var ackPending: Int
    /// Deliveries that were not the first of their message.
    public var redelivered: Int
    /// Pull requests that wait for messages.
    public var waiting: Int
    /// The server's clock when it answered; nil with servers before 2.10.
    public var serverTime: Timestamp?

    init(_ fields: JSONFields) throws(JetStreamError) {
        guard let name = try fields.text("name"), let stream = try fields.text("stream_name"),
            let configuration = try fields.fields("config")
        else {
            throw JetStreamError(
                .unexpectedAnswer, operation: fields.operation,
                detail: "a consumer without name, stream or configuration")
        }
        self.name = name
        self.stream = stream
        self.configuration = try ConsumerConfiguration(configuration)
        created = try fields.timestamp("created")
        pending = try fields.count("num_pending")
        deliveredSequence = try fields.fields("delivered")?.count("consumer_seq")
        ackPending = try fields.number("num_ack_pending") ?? 0
        redelivered = try fields.number("num_redelivered") ?? 0
        waiting = try fields.number("num_waiting") ?? 0
        serverTime = try fields.timestamp("ts")
    }
}
