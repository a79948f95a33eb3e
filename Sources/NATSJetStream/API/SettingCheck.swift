internal import BridgeBytes

/// Refuses settings that no server takes, or that it takes for something else than they say: to a
/// server, zero and less mean "no limit" or "the default", which here is nil.
struct SettingCheck {
    let operation: String
    let stream: String

    /// A limit or a count, which is at least 1.
    func count(
        _ name: String, _ value: Int?, atMost limit: Int = .max
    ) throws(JetStreamError) {
        guard let value else { return }
        guard value >= 1 else {
            throw error("\(name) is at least 1, not \(value); nil is no limit")
        }
        guard value <= limit else {
            throw error("\(name) is at most \(limit), not \(value); nil is no limit")
        }
    }

    /// A span of time, which is more than nothing. Spans of more than 292 years count as that.
    func span(_ name: String, _ value: Duration?) throws(JetStreamError) {
        guard let value, value <= .zero else { return }
        throw error("\(name) is more than zero; nil is no limit, or the default")
    }

    /// A number that is at least 1.
    func sequence(_ name: String, _ value: UInt64?) throws(JetStreamError) {
        guard value == 0 else { return }
        throw error("\(name) is at least 1; nil is none")
    }

    private func error(_ detail: String) -> JetStreamError {
        JetStreamError(.invalidArgument, operation: operation, stream: stream, detail: detail)
    }
}

extension StreamConfiguration {
    func check(_ operation: String) throws(JetStreamError) {
        let check = SettingCheck(operation: operation, stream: name)
        try check.count("maxMessages", maxMessages)
        try check.count("maxMessagesPerSubject", maxMessagesPerSubject)
        try check.count("maxBytes", maxBytes)
        // The server's is a number of 32 bits.
        try check.count("maxMessageSize", maxMessageSize, atMost: Int(Int32.max))
        try check.count("maxConsumers", maxConsumers)
        try check.count("replicas", replicas)
        try check.span("maxAge", maxAge)
        try check.span("duplicateWindow", duplicateWindow)
        try check.span("deleteMarkerTTL", deleteMarkerTTL)
        try check.sequence("firstSequence", firstSequence)
        try check.span("consumerLimits.inactiveThreshold", consumerLimits?.inactiveThreshold)
        try check.count("consumerLimits.maxAckPending", consumerLimits?.maxAckPending)
        for source in sources + (mirror.map { [$0] } ?? []) {
            try check.sequence("startSequence", source.startSequence)
            try APISubjects.check(source.name, operation)
        }
    }
}

extension ConsumerConfiguration {
    func check(_ operation: String, on stream: String) throws(JetStreamError) {
        let check = SettingCheck(operation: operation, stream: stream)
        try check.span("ackWait", ackWait)
        try check.count("maxDeliver", maxDeliver)
        for wait in backoff { try check.span("backoff", wait) }
        if maxAckPending != Self.unlimited { try check.count("maxAckPending", maxAckPending) }
        try check.span("inactiveThreshold", inactiveThreshold)
        try check.count("replicas", replicas)
        try check.count("maxWaiting", maxWaiting)
        try check.count("maxRequestBatch", maxRequestBatch)
        try check.span("maxRequestExpires", maxRequestExpires)
        try check.count("maxRequestBytes", maxRequestBytes)
        try check.span("priorityTimeout", priorityTimeout)
        try check.span("idleHeartbeat", idleHeartbeat)
        try check.sequence("rateLimit", rateLimit)
    }
}
