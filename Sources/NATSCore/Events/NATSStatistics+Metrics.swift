public import BridgeBytes

extension NATSClient {
    /// What the client has done so far, as metrics. Nothing is counted for them that is not
    /// counted anyway: a message costs what it costs without.
    public var metrics: Metrics { Metrics(statistics, backlog: outboxBacklog) }
}

extension Metrics {
    /// Counts of a client.
    package init(_ statistics: NATSStatistics, backlog: Int) {
        let system = [LogEvent.Field("messaging.system", "nats")]
        self.init([
            Metric(
                "messaging.client.sent.messages", .counter, help: "Messages put into the outbox.",
                values: [(system, statistics.sentMessages)]),
            Metric(
                "messaging.client.consumed.messages", .counter,
                help: "Messages received, for whatever subscription.",
                values: [(system, statistics.receivedMessages)]),
            Metric(
                "nats.client.sent", .counter, unit: .bytes, statistics.sentBytes,
                help: "Size of the messages sent, with their frames."),
            Metric(
                "nats.client.received", .counter, unit: .bytes, statistics.receivedBytes,
                help: "Size of the messages received, with their frames."),
            Metric(
                "nats.client.connections", .counter, statistics.connections,
                help: "Connections that were made."),
            Metric(
                "nats.client.reconnects", .counter, statistics.reconnects,
                help: "Connections that were made after the first one."),
            Metric(
                "nats.client.outbox", .gauge, unit: .bytes, backlog,
                help: "Bytes that wait to be written."),
        ])
    }
}
