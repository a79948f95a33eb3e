public import BridgeBytes
internal import NATSCore

extension Bridge {
    /// What the bridge and its connection have done so far, counted and timed, by OpenTelemetry's
    /// names for messaging. `bridge.metrics.exposition` is the text for Prometheus.
    ///
    /// A connection that several bridges share is in the metrics of each.
    public var metrics: Metrics {
        var (statistics, operations, processing) = counters.all
        statistics.memoryHeld = memory.reserved
        return client.metrics
            + Metrics(statistics, operations: operations, processing: processing)
    }
}

extension Metrics {
    /// What a bridge adds to the metrics of its client.
    init(
        _ statistics: BridgeStatistics, operations: DurationTable, processing: DurationHistogram
    ) {
        self.init(
            [
                operations.metric(
                    "messaging.client.operation.duration",
                    help: "How long sends, requests and transfers took, by their ending."),
                Metric(
                    durations: "messaging.process.duration",
                    help: "How long loops worked on a message.", histograms: [([], processing)]),
            ] + Self.messages(statistics) + Self.transfers(statistics))
    }

    private static func messages(_ statistics: BridgeStatistics) -> [Metric] {
        [
            Metric(
                "natsbridge.messages.sent", .counter, statistics.messagesSent,
                help: "Messages whose sending did not fail."),
            Metric(
                "natsbridge.messages.received", .counter, statistics.messagesReceived,
                help: "Messages whose envelope could be read."),
            Metric(
                "natsbridge.messages.unusable", .counter, statistics.messagesUnusable,
                help: "Messages whose envelope could not be read."),
            Metric(
                "natsbridge.messages.duplicate", .counter, statistics.duplicatesDropped,
                help: "Messages dropped since they had been handed out before."),
            Metric(
                "natsbridge.messages.abandoned", .counter, statistics.messagesAbandoned,
                help: "Messages that had come and were not handed out when their loop ended."),
            Metric(
                "natsbridge.messages.lost", .counter, statistics.messagesLost,
                help: "Messages that are missing, as far as anybody knows."),
            Metric(
                "natsbridge.losses", .counter, statistics.losses,
                help: "Places at which messages are missing, or may be."),
        ]
    }

    private static func transfers(_ statistics: BridgeStatistics) -> [Metric] {
        [
            Metric(
                "natsbridge.payloads.failed", .counter, statistics.payloadsFailed,
                help: "Payloads that could not be had, of messages that could be read."),
            Metric(
                "natsbridge.payloads.removed", .counter, statistics.payloadsRemoved,
                help: "Payloads that were removed from the store behind an acknowledgement."),
            Metric(
                "natsbridge.uploads", .counter, statistics.uploads,
                help: "Payloads that were uploaded, to go by link."),
            Metric(
                "natsbridge.uploaded", .counter, unit: .bytes, statistics.bytesUploaded,
                help: "Bytes of payloads that went by link."),
            Metric(
                "natsbridge.downloads", .counter, statistics.downloads,
                help: "Payloads that came by link."),
            Metric(
                "natsbridge.downloaded", .counter, unit: .bytes, statistics.bytesDownloaded,
                help: "Bytes of payloads that came by link."),
            Metric(
                "natsbridge.memory.held", .gauge, unit: .bytes, statistics.memoryHeld,
                help: "Bytes of the memory budget that are held."),
        ]
    }
}
