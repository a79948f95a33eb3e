internal import NATSWire

/// What an account uses of JetStream, and what it may use.
public struct AccountInfo: Sendable, Hashable {
    /// What the account may use; nil is no limit.
    public struct Limits: Sendable, Hashable {
        /// Bytes in memory.
        public var memory: Int?
        /// Bytes on disk.
        public var storage: Int?
        /// Number of streams.
        public var streams: Int?
        /// Number of consumers.
        public var consumers: Int?
        /// Messages that a consumer may have delivered and not acknowledged.
        public var maxAckPending: Int?
        /// Bytes of one stream in memory.
        public var memoryPerStream: Int?
        /// Bytes of one stream on disk.
        public var storagePerStream: Int?
        /// Whether every stream must have `maxBytes`.
        public var requiresMaxBytes = false
    }

    /// What is used of one tier of storage, or of all.
    public struct Usage: Sendable, Hashable {
        /// Bytes in memory.
        public var memory: UInt64 = 0
        /// Bytes on disk.
        public var storage: UInt64 = 0
        /// Number of streams.
        public var streams = 0
        /// Number of consumers.
        public var consumers = 0
        /// What may be used.
        public var limits = Limits()
    }

    /// What is used in all. Where there are tiers, the limits are theirs.
    public var usage: Usage
    /// What is used of each tier, such as `R1` and `R3`; empty: there are none.
    public var tiers: [String: Usage] = [:]
    /// The domain of JetStream; nil: there is none.
    public var domain: String?
    /// The API level of the server that answered; 0: one before 2.11.
    public var level = 0
    /// Calls of the API so far.
    public var calls: UInt64 = 0
    /// Calls of the API that failed.
    public var failedCalls: UInt64 = 0

    init(_ fields: JSONFields) throws(JetStreamError) {
        usage = try Usage(fields)
        domain = try fields.text("domain")
        if let api = try fields.fields("api") {
            level = try api.number("level") ?? 0
            calls = try api.count("total")
            failedCalls = try api.count("errors")
        }
        guard let tiers = try fields.fields("tiers") else { return }
        for (name, value) in tiers.object {
            self.tiers[name] = try Usage(JSONFields(value, operation: fields.operation))
        }
    }
}

extension AccountInfo.Usage {
    init(_ fields: JSONFields) throws(JetStreamError) {
        memory = try fields.count("memory")
        storage = try fields.count("storage")
        streams = try fields.number("streams") ?? 0
        consumers = try fields.number("consumers") ?? 0
        guard let limits = try fields.fields("limits") else { return }
        self.limits = AccountInfo.Limits(
            memory: try limits.limit("max_memory"), storage: try limits.limit("max_storage"),
            streams: try limits.limit("max_streams"),
            consumers: try limits.limit("max_consumers"),
            maxAckPending: try limits.limit("max_ack_pending"),
            memoryPerStream: try limits.limit("memory_max_stream_bytes"),
            storagePerStream: try limits.limit("storage_max_stream_bytes"),
            requiresMaxBytes: try limits.flag("max_bytes_required"))
    }
}

extension JetStream {
    /// What the account uses of JetStream, and what it may use.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: What every call of the API may throw (see `JetStream`).
    public func accountInfo() async throws(JetStreamError) -> AccountInfo {
        try AccountInfo(
            await call(api.accountInfo, nil, operation: "account info", stream: ""))
    }
}
