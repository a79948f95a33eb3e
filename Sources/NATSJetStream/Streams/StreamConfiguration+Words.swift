extension StreamConfiguration {
    /// When messages leave the stream by themselves.
    public struct Retention: ServerWord {
        /// The word as the server writes it.
        public let rawValue: String
        /// A word as the server writes it.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// When a limit is reached.
        public static let limits = Retention(rawValue: "limits")
        /// When every consumer has acknowledged them.
        public static let interest = Retention(rawValue: "interest")
        /// When one consumer has acknowledged them.
        public static let workQueue = Retention(rawValue: "workqueue")
    }

    /// What gives way when a limit is reached.
    public struct Discard: ServerWord {
        /// The word as the server writes it.
        public let rawValue: String
        /// A word as the server writes it.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// The oldest messages go.
        public static let old = Discard(rawValue: "old")
        /// New messages are refused.
        public static let new = Discard(rawValue: "new")
    }

    /// Where messages are kept.
    public struct Storage: ServerWord {
        /// The word as the server writes it.
        public let rawValue: String
        /// A word as the server writes it.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// On the server's disk.
        public static let file = Storage(rawValue: "file")
        /// In the server's memory: gone when it restarts.
        public static let memory = Storage(rawValue: "memory")
    }

    /// How blocks of files are compressed.
    public struct Compression: ServerWord {
        /// The word as the server writes it.
        public let rawValue: String
        /// A word as the server writes it.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Not at all.
        public static let none = Compression(rawValue: "none")
        /// With S2, a faster kin of Snappy.
        public static let s2 = Compression(rawValue: "s2")
    }

    /// When the server writes to its disk.
    public struct PersistMode: ServerWord {
        /// The word as the server writes it.
        public let rawValue: String
        /// A word as the server writes it.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Before it acknowledges, as far as its `sync_interval` makes it.
        public static let standard = PersistMode(rawValue: "default")
        /// Later: faster, and a crash loses more.
        public static let asynchronous = PersistMode(rawValue: "async")
    }
}
