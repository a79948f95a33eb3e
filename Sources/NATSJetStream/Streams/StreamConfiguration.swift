internal import BridgeBytes
internal import BridgeJSON
public import NATSWire

/// What a stream stores, where, and for how long.
///
/// A limit that is nil is no limit.
public struct StreamConfiguration: Sendable, Hashable {
    /// When messages leave the stream by themselves.
    public enum Retention: String, Sendable {
        /// When a limit is reached.
        case limits
        /// When every consumer has acknowledged them.
        case interest
        /// When one consumer has acknowledged them.
        case workQueue = "workqueue"
    }

    /// What gives way when a limit is reached.
    public enum Discard: String, Sendable {
        /// The oldest messages go.
        case old
        /// New messages are refused.
        case new
    }

    /// Where messages are kept.
    public enum Storage: String, Sendable {
        /// On the server's disk.
        case file
        /// In the server's memory: gone when it restarts.
        case memory
    }

    /// The name: no blank, dot, `*`, `>`, slash or backslash; at most 255 bytes.
    public var name: String
    /// The subjects whose messages are stored.
    public var subjects: [SubjectPattern]
    /// A sentence for people, which the server keeps; nil: none.
    public var description: String?
    /// When messages leave the stream by themselves.
    public var retention = Retention.limits
    /// Where messages are kept.
    public var storage = Storage.file
    /// What gives way when a limit is reached.
    public var discard = Discard.old
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
    /// Number of servers that hold a copy.
    public var replicas = 1
    /// How long a `Nats-Msg-Id` is remembered; nil: the server's default of two minutes, or the
    /// age limit if that is shorter.
    public var duplicateWindow: Duration?
    /// Whether single messages may be read without a consumer.
    public var allowsDirectGet = false
    /// Whether a message may say itself how long it lives (`Nats-TTL`, server 2.11).
    public var allowsMessageTTL = false
    /// Whether single messages cannot be deleted.
    public var deniesDelete = false
    /// Whether the stream cannot be purged.
    public var deniesPurge = false
    /// Anything the owner wants to note down.
    public var metadata: [String: String] = [:]

    /// Settings of the server's answer that have no property here; they are sent back as they
    /// came, so that an update loses none of them.
    var additional = JSONObject()

    /// A stream in files with no limits.
    public init(name: String, subjects: [SubjectPattern]) {
        self.name = name
        self.subjects = subjects
    }
}

extension StreamConfiguration {
    private static let known: Set<String> = [
        "name", "subjects", "description", "retention", "storage", "discard", "max_msgs",
        "max_msgs_per_subject", "max_bytes", "max_age", "max_msg_size", "max_consumers",
        "num_replicas", "duplicate_window", "allow_direct", "allow_msg_ttl", "deny_delete",
        "deny_purge", "metadata",
    ]

    /// The JSON object of the API.
    var json: JSONObject {
        var object = JSONObject()
        object["name"] = .string(name)
        if let description { object["description"] = .string(description) }
        object.set("subjects", subjects.map(\.text))
        object["retention"] = .string(retention.rawValue)
        object["storage"] = .string(storage.rawValue)
        object["discard"] = .string(discard.rawValue)
        object.set("max_msgs", maxMessages ?? -1)
        object.set("max_msgs_per_subject", maxMessagesPerSubject ?? -1)
        object.set("max_bytes", maxBytes ?? -1)
        object.set("max_age", maxAge ?? .zero)
        object.set("max_msg_size", maxMessageSize ?? -1)
        object.set("max_consumers", maxConsumers ?? -1)
        object.set("num_replicas", replicas)
        if let duplicateWindow { object.set("duplicate_window", duplicateWindow) }
        object["allow_direct"] = .bool(allowsDirectGet)
        if allowsMessageTTL { object["allow_msg_ttl"] = .bool(true) }
        object["deny_delete"] = .bool(deniesDelete)
        object["deny_purge"] = .bool(deniesPurge)
        if !metadata.isEmpty { object.set("metadata", metadata.withoutServerNotes) }
        for (key, value) in additional { object[key] = value }
        return object
    }

    init(_ fields: JSONFields) throws(JetStreamError) {
        guard let name = try fields.text("name") else {
            throw JetStreamError(
                .unexpectedAnswer, operation: fields.operation, detail: "a stream without a name")
        }
        self.init(name: name, subjects: try fields.patterns("subjects"))
        description = try fields.text("description")
        retention = try fields.choice("retention", Retention.self) ?? .limits
        storage = try fields.choice("storage", Storage.self) ?? .file
        discard = try fields.choice("discard", Discard.self) ?? .old
        maxMessages = try fields.limit("max_msgs")
        maxMessagesPerSubject = try fields.limit("max_msgs_per_subject")
        maxBytes = try fields.limit("max_bytes")
        maxAge = try fields.duration("max_age")
        maxMessageSize = try fields.limit("max_msg_size")
        maxConsumers = try fields.limit("max_consumers")
        replicas = try fields.limit("num_replicas") ?? 1
        duplicateWindow = try fields.duration("duplicate_window")
        allowsDirectGet = try fields.flag("allow_direct")
        allowsMessageTTL = try fields.flag("allow_msg_ttl")
        deniesDelete = try fields.flag("deny_delete")
        deniesPurge = try fields.flag("deny_purge")
        metadata = try fields.dictionary("metadata")
        for (key, value) in fields.object where !Self.known.contains(key) {
            additional[key] = value
        }
    }
}

extension JSONFields {
    /// Subjects with wildcards.
    func patterns(_ name: String) throws(JetStreamError) -> [SubjectPattern] {
        var patterns: [SubjectPattern] = []
        for text in try texts(name) {
            do throws(SubjectError) {
                patterns.append(try SubjectPattern(text))
            } catch {
                throw JetStreamError(
                    .unexpectedAnswer, operation: operation, detail: "field \(name): \(error)")
            }
        }
        return patterns
    }
}
