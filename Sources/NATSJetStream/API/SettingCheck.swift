internal import BridgeBytes

/// Refuses settings that no server takes, or that it takes for something else than they say: to a
/// server, zero and less mean "no limit" or "the default", which here is nil.
struct SettingCheck {
    let operation: String
    let stream: String

    /// A limit or a count, which is at least 1.
    func count(_ name: String, _ value: Int?) throws(JetStreamError) {
        guard let value, value < 1 else { return }
        throw error("\(name) is at least 1, not \(value); nil is no limit")
    }

    /// A span of time, which is more than nothing. Spans of more than 292 years count as that.
    func span(_ name: String, _ value: Duration?) throws(JetStreamError) {
        guard let value, value <= .zero else { return }
        throw error("\(name) is more than zero; nil is no limit, or the default")
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
        try check.count("maxMessageSize", maxMessageSize)
        try check.count("maxConsumers", maxConsumers)
        try check.count("replicas", replicas)
        try check.span("maxAge", maxAge)
        try check.span("duplicateWindow", duplicateWindow)
    }
}

extension ConsumerConfiguration {
    /// What the server takes for "no limit" of `maxAckPending`, whose default is one.
    static let unlimited = -1

    func check(_ operation: String, on stream: String) throws(JetStreamError) {
        let check = SettingCheck(operation: operation, stream: stream)
        try check.span("ackWait", ackWait)
        try check.count("maxDeliver", maxDeliver)
        for wait in backoff { try check.span("backoff", wait) }
        if maxAckPending != Self.unlimited { try check.count("maxAckPending", maxAckPending) }
        try check.span("inactiveThreshold", inactiveThreshold)
        try check.count("replicas", replicas)
    }
}
