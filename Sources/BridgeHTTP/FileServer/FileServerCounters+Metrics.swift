public import BridgeBytes

extension FileServer {
    /// What has been done so far, and what is stored, as metrics; `GET /metrics` answers with
    /// their text.
    public var metrics: Metrics { service.metrics }
}

/// What a file server is like at one moment.
struct FileServerState: Sendable {
    /// Files that are stored, and their bytes; nil where that is another's to say.
    var files: Int?
    var storedBytes: Int?
    /// Bytes that the disk has left; nil when nobody knows.
    var freeBytes: Int?
    /// Bytes of uploads in memory, and those of them that the disk does not have; nil: none are.
    var memory: (bytes: Int, owed: Int)?
    var openConnections = 0
    var openUploads = 0
    var connectionLimit = 0
}

extension Metrics {
    /// Counts of a file server.
    init(_ counters: FileServerCounters, _ state: FileServerState) {
        self.init(
            Self.work(counters) + Self.damage(counters) + Self.traffic(counters)
                + Self.gauges(state))
    }

    private static func values<Key: Sendable>(
        _ name: String, _ counts: KeyValuePairs<Key, Int>
    ) -> [(labels: [LogEvent.Field], value: Int)] {
        counts.map { ([LogEvent.Field(name, "\($0.key)")], $0.value) }
    }

    private static func work(_ counters: FileServerCounters) -> [Metric] {
        let classes = counters.answers
        return [
            Metric(
                "natsbridge.server.requests", .counter, help: "Requests, by what they ask for.",
                values: values(
                    "kind",
                    [
                        "upload": counters.uploads, "download": counters.downloads,
                        "inspection": counters.inspections, "deletion": counters.deletions,
                        "health": counters.healthChecks, "other": counters.others,
                        "malformed": counters.malformed,
                    ])),
            Metric(
                "natsbridge.server.answers", .counter, help: "Answers, by their status.",
                values: values(
                    "status",
                    [
                        "2xx": classes[2] ?? 0, "3xx": classes[3] ?? 0, "4xx": classes[4] ?? 0,
                        "5xx": classes[5] ?? 0,
                    ])),
            Metric(
                "natsbridge.server.files.stored", .counter, counters.filesStored,
                help: "Files that were stored completely."),
            Metric(
                "natsbridge.server.refusals", .counter,
                help: "Uploads that were refused, by what was used up or wrong.",
                values: ["folder", "path", "upload", "address", "disk", "busy", "digest"].map {
                    ([LogEvent.Field("reason", $0)], counters.refusals[$0] ?? 0)
                }),
        ]
    }

    private static func damage(_ counters: FileServerCounters) -> [Metric] {
        [
            Metric(
                "natsbridge.server.files.damaged", .counter, counters.filesDamaged,
                help: "Files that were found damaged, and set aside."),
            Metric(
                "natsbridge.server.reads.failed", .counter, counters.unreadableReads,
                help: "Times that the disk failed to give the data of a file."),
            Metric(
                "natsbridge.server.writes.failed", .counter, counters.failedWrites,
                help: "Times that a file in memory could not be written to the disk."),
            Metric(
                "natsbridge.server.files.scrubbed", .counter, counters.filesScrubbed,
                help: "Files that the scrub has read through."),
            Metric(
                "natsbridge.server.scrubbed", .counter, unit: .bytes, counters.bytesScrubbed,
                help: "Bytes that the scrub has read."),
        ]
    }

    private static func traffic(_ counters: FileServerCounters) -> [Metric] {
        [
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
                help: "Connections that got 503, or nothing, since there were too many."),
        ]
    }

    private static func gauges(_ state: FileServerState) -> [Metric] {
        let free = state.freeBytes.map {
            [
                Metric(
                    "natsbridge.server.disk.free", .gauge, unit: .bytes, $0,
                    help: "Bytes that the disk of the store has left.")
            ]
        }
        let stored = state.files.map {
            [
                Metric("natsbridge.server.files", .gauge, $0, help: "Files that are stored."),
                Metric(
                    "natsbridge.server.stored", .gauge, unit: .bytes, state.storedBytes ?? 0,
                    help: "Bytes of the files that are stored."),
            ]
        }
        let memory = state.memory.map {
            [
                Metric(
                    "natsbridge.server.memory.used", .gauge, unit: .bytes, $0.bytes,
                    help: "Bytes of uploads that are in memory."),
                Metric(
                    "natsbridge.server.memory.unwritten", .gauge, unit: .bytes, $0.owed,
                    help: "Bytes of answered uploads that the disk does not have yet."),
            ]
        }
        return [
            Metric(
                "natsbridge.server.connections.open", .gauge, state.openConnections,
                help: "Connections that are open."),
            Metric(
                "natsbridge.server.connections.limit", .gauge, state.connectionLimit,
                help: "Connections that there may be, by the options and the descriptors."),
            Metric(
                "natsbridge.server.uploads.open", .gauge, state.openUploads,
                help: "Uploads that are under way."),
        ] + (stored ?? []) + (free ?? []) + (memory ?? [])
    }
}
