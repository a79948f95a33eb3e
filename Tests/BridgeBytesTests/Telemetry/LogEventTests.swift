import BridgeBytes
import Testing

/// Rows of failures.md: H4.
@Suite struct LogEventTests {
    private func line(_ correlationID: String, _ fields: [LogEvent.Field] = []) -> String {
        LogEvent(
            timestamp: Timestamp(milliseconds: 1_773_385_370_443), correlationID: correlationID,
            stage: "receive", message: "received message", fields: fields
        ).description
    }

    @Test func `a line has the form of all peers`() {
        #expect(
            line("abc", [LogEvent.Field("size", "5")])
                == "[2026-03-13T07:02:50.443Z] [Correlation: abc] received message size=5")
    }

    @Test func `an id from a peer can neither break the line nor fill the log`() {
        let forged = line("x] ok\r\n[2026] [Correlation: y")
        #expect(!forged.contains("\n") && !forged.contains("\r"))
        #expect(forged.filter { $0 == "]" }.count == 2)
        #expect(line(String(repeating: "a", count: 10_000)).count < 400)
    }

    @Test func `the collector is bounded and counts what it drops`() {
        let collector = LogCollector(capacity: 2)
        for id in ["a", "b", "a"] {
            collector.record(
                LogEvent(
                    timestamp: Timestamp(seconds: 0), correlationID: id, stage: "s", message: "m"))
        }
        #expect(collector.events().count == 2 && collector.droppedCount == 1)
        #expect(collector.events(of: "a").count == 1)
    }

    @Test func `attributes have the names of OpenTelemetry, and empty ones are left out`() {
        let event = LogEvent(
            timestamp: Timestamp(seconds: 0), level: .error, correlationID: "flow",
            stage: "publish", message: "failed: timeout",
            fields: [
                LogEvent.Field("subject", "a.b"), LogEvent.Field("bytes", "7"),
                LogEvent.Field("code", "timeout"), LogEvent.Field("attempt", "2"),
                LogEvent.Field("detail", ""),
            ])
        #expect(
            event.attributes.map { "\($0.name)=\($0.value)" } == [
                "messaging.system=nats", "messaging.operation.name=publish",
                "messaging.operation.type=send", "messaging.message.conversation_id=flow",
                "messaging.destination.name=a.b", "messaging.message.envelope.size=7",
                "error.type=timeout", "natsbridge.attempt=2",
            ])
    }

    @Test func `levels have the names and the order of swift-log`() {
        // An adapter turns them into its levels by their names.
        let levels = LogEvent.Level.allCases
        #expect(
            levels.map(\.rawValue) == [
                "trace", "debug", "info", "notice", "warning", "error", "critical",
            ])
        #expect(levels.shuffled().sorted() == levels)
    }

    @Test func `a sink gets what its level lets through`() {
        let collector = LogCollector()
        let sink = LogSink(from: .notice) { collector.record($0) }
        for level in LogEvent.Level.allCases {
            sink.record(
                LogEvent(
                    timestamp: Timestamp(seconds: 0), level: level, stage: "s", message: "m"))
        }
        #expect(
            collector.events().map(\.level) == [.notice, .warning, .error, .critical])
    }

    @Test func `an event of a connection has no flow in its line`() {
        let event = LogEvent(
            timestamp: Timestamp(seconds: 0), stage: "connection", message: "connected",
            fields: [LogEvent.Field("server", "a:1")])
        #expect(event.description == "[1970-01-01T00:00:00.000Z] connected server=a:1")
        #expect(event.attributes.last == LogEvent.Field("server.address", "a:1"))
    }
}
