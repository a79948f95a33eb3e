public import BridgeBytes

extension ConsumerConfiguration {
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
        /// In a way that has no name here, as the server writes it.
        case other(String)
    }

    /// What counts as acknowledged.
    public struct AckPolicy: ServerWord {
        /// The word as the server writes it.
        public let rawValue: String
        /// A word as the server writes it.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Each message is acknowledged by itself.
        public static let explicit = AckPolicy(rawValue: "explicit")
        /// Acknowledging a message acknowledges all before it.
        public static let all = AckPolicy(rawValue: "all")
        /// Nothing is acknowledged: what was delivered counts as done.
        public static let none = AckPolicy(rawValue: "none")
        /// An answer to flow control acknowledges all before it; for streams that copy another
        /// (server 2.14).
        public static let flowControl = AckPolicy(rawValue: "flow_control")
    }

    /// How fast messages are delivered.
    public struct ReplayPolicy: ServerWord {
        /// The word as the server writes it.
        public let rawValue: String
        /// A word as the server writes it.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// As fast as they are taken.
        public static let instant = ReplayPolicy(rawValue: "instant")
        /// With the pauses between them with which they were stored.
        public static let original = ReplayPolicy(rawValue: "original")
    }

    /// How the pull requests of a group share the messages.
    public struct PriorityPolicy: ServerWord {
        /// The word as the server writes it.
        public let rawValue: String
        /// A word as the server writes it.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// As without groups.
        public static let none = PriorityPolicy(rawValue: "none")
        /// A request is served when more messages wait than it names.
        public static let overflow = PriorityPolicy(rawValue: "overflow")
        /// One client is served alone, until it is silent or unpinned.
        public static let pinnedClient = PriorityPolicy(rawValue: "pinned_client")
        /// Requests of a smaller number are served first (server 2.12).
        public static let prioritized = PriorityPolicy(rawValue: "prioritized")
    }
}

extension ConsumerConfiguration.DeliverPolicy {
    /// The word of the server's JSON.
    var word: String {
        switch self {
        case .all: "all"
        case .last: "last"
        case .lastPerSubject: "last_per_subject"
        case .new: "new"
        case .byStartSequence: "by_start_sequence"
        case .byStartTime: "by_start_time"
        case .other(let word): word
        }
    }

    init(_ fields: JSONFields) throws(JetStreamError) {
        switch try fields.text("deliver_policy") ?? "all" {
        case "all": self = .all
        case "last": self = .last
        case "last_per_subject": self = .lastPerSubject
        case "new": self = .new
        case "by_start_sequence": self = .byStartSequence(try fields.count("opt_start_seq"))
        case "by_start_time":
            guard let time = try fields.timestamp("opt_start_time") else {
                throw fields.missing("opt_start_time")
            }
            self = .byStartTime(time)
        case let word: self = .other(word)
        }
    }
}
