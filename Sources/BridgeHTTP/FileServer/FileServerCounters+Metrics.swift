public import BridgeBytes

extension FileServer {
    /// What has been done so far, and what is stored, as metrics; `GET /metrics` answers with
    /// their text.
    public var metrics: Metrics { service.metrics }
}

extension Metrics {
    /// Counts of a file server.
    init(
        _ counters: FileServerCounters, files: Int, storedBytes: Int, openConnections: Int
    ) {
        func requests(_ kind: String, _ count: Int) -> (labels: [LogEvent.Field], value: Int) {
            ([LogEvent.Field("kind", kind)], count)
        }
        self.init([
            Metric(
                "natsbridge.server.requests", .counter, help: "Requests, by what they ask for.",
                values: [
                    requests("upload", counters.uploads), requests("download", counters.downloads),
                    requests("inspection", counters.inspections),
                    requests("deletion", counters.deletions),
                    requests("health", counters.healthChecks), requests("other", counters.others),
                    requests("malformed", counters.malformed),
                ]),
            Metric(
                "natsbridge.server.files.stored", .counter, counters.filesStored,
                help: "Files that were stored completely."),
            Metric(
                "natsbridge.server.received", .counter, unit: .bytes, counters.bytesReceived,
                help: "Bytes read from connections, heads included."),
            Metric(
                "natsbridge.server.sent", .counter, unit: .bytes, counters.bytesSent,
                help: "Bytes written to connections, heads included."),
            Metric(
                "natsbridge.server.connections", .counter, counters.connections,
                help: "Connections that were accepted."),
            Metric(
                "natsbridge.server.connections.refused", .counter, counters.connectionsRefused,
                help: "Connections that got 503 since there were too many."),
            Metric(
                "natsbridge.server.connections.open", .gauge, openConnections,
                help: "Connections that are open."),
            Metric("natsbridge.server.files", .gauge, files, help: "Files that are stored."),
            Metric(
                "natsbridge.server.stored", .gauge, unit: .bytes, storedBytes,
                help: "Bytes of the files that are stored."),
        ])
    }
}
