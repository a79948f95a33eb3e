import BridgeBytes
import Testing

@Suite struct MetricsTests {
    private static func table() -> DurationTable {
        var table = DurationTable()
        table.record("send", nil, .milliseconds(5))
        table.record("send", nil, .milliseconds(6))
        table.record("send", .timeout, .seconds(11))
        return table
    }

    @Test func `the exposition is the text of OpenMetrics, and always the same`() {
        let metrics = Metrics([
            Metric(
                "messaging.client.sent.messages", .counter, help: "Messages \\ \"sent\".\n",
                values: [([LogEvent.Field("messaging.system", "a\"b\\c\nd")], 3)]),
            Metric("nats.client.sent", .counter, unit: .bytes, 120, help: "Bytes."),
            Metric("natsbridge.memory.held", .gauge, unit: .bytes, 7, help: "Held."),
        ])
        #expect(
            metrics.exposition == #"""
                # TYPE messaging_client_sent_messages counter
                # HELP messaging_client_sent_messages Messages \\ \"sent\".\n
                messaging_client_sent_messages_total{messaging_system="a\"b\\c\nd"} 3
                # TYPE nats_client_sent_bytes counter
                # UNIT nats_client_sent_bytes bytes
                # HELP nats_client_sent_bytes Bytes.
                nats_client_sent_bytes_total 120
                # TYPE natsbridge_memory_held_bytes gauge
                # UNIT natsbridge_memory_held_bytes bytes
                # HELP natsbridge_memory_held_bytes Held.
                natsbridge_memory_held_bytes 7
                # EOF

                """#)
        #expect(metrics["nats.client.sent"]?.samples.first?.value == 120)
        #expect(metrics["no.such"] == nil && metrics.count == 3)
    }

    @Test func `durations are told by operation, by ending and by bucket`() throws {
        let metric = Self.table().metric("messaging.client.operation.duration", help: "How long.")
        let lines = Metrics([metric]).exposition.split(separator: "\n").map(String.init)
        let name = "messaging_client_operation_duration_seconds"
        let sent = #"messaging_operation_name="send""#
        #expect(lines.first == "# TYPE \(name) histogram")
        // A value that equals a bound lies below it; buckets count what lies below them too.
        #expect(lines.contains("\(name)_bucket{\(sent),le=\"0.005\"} 1"))
        #expect(lines.contains("\(name)_bucket{\(sent),le=\"0.01\"} 2"))
        #expect(lines.contains("\(name)_bucket{\(sent),le=\"+Inf\"} 2"))
        #expect(lines.contains("\(name)_count{\(sent)} 2"))
        #expect(lines.contains("\(name)_sum{\(sent)} 0.011"))
        let failed = #"\#(sent),error_type="timeout""#
        #expect(lines.contains("\(name)_bucket{\(failed),le=\"10.0\"} 0"))
        #expect(lines.contains("\(name)_bucket{\(failed),le=\"+Inf\"} 1"))
        #expect(lines.contains("\(name)_sum{\(failed)} 11"))
    }

    @Test func `the same counts in another order have the same text`() {
        var other = DurationTable()
        other.record("send", .timeout, .seconds(11))
        other.record("send", nil, .milliseconds(6))
        other.record("send", nil, .milliseconds(5))
        #expect(other.metric("d", help: "") == Self.table().metric("d", help: ""))
    }

    @Test func `codes without number become one, and no duration is less than none`() {
        var table = DurationTable()
        for number in 0..<(DurationTable.maxSeries + 50) {
            table.record("send", ErrorCode(rawValue: "code_\(number)"), .seconds(-1))
        }
        let samples = table.metric("d", help: "").samples
        let counts = samples.filter { $0.name == "d_seconds_count" }
        #expect(counts.count == DurationTable.maxSeries + 1)
        let other = counts.first { $0.labels.last?.value == DurationTable.otherError }
        #expect(other?.value == 50)
        #expect(samples.allSatisfy { !$0.name.hasSuffix("_sum") || $0.value == 0 })
    }
}
