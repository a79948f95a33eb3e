import BridgeBytes
import NATSBridge
import Testing

@Suite struct TraceTests {
    private func line(_ correlationID: String, _ fields: [TraceEvent.Field] = []) -> String {
        TraceEvent(
            timestamp: Timestamp(milliseconds: 1_773_385_370_443), correlationID: correlationID,
            stage: "receive", message: "received message", fields: fields
        ).description
    }

    @Test func `a line has the form of all peers`() {
        #expect(
            line("abc", [TraceEvent.Field("size", "5")])
                == "[2026-03-13T07:02:50.443Z] [Correlation: abc] received message size=5")
    }

    @Test func `an id from a peer can neither break the line nor fill the log`() {
        let forged = line("x] ok\r\n[2026] [Correlation: y")
        #expect(!forged.contains("\n") && !forged.contains("\r"))
        #expect(forged.filter { $0 == "]" }.count == 2)
        #expect(line(String(repeating: "a", count: 10_000)).count < 400)
    }

    @Test func `the collector is bounded and counts what it drops`() {
        let collector = TraceCollector(capacity: 2)
        for id in ["a", "b", "a"] {
            collector.record(
                TraceEvent(
                    timestamp: Timestamp(seconds: 0), correlationID: id, stage: "s", message: "m"))
        }
        #expect(collector.events().count == 2 && collector.droppedCount == 1)
        #expect(collector.events(of: "a").count == 1)
    }

    @Test func `attributes have the names of OpenTelemetry, and empty ones are left out`() {
        let event = TraceEvent(
            timestamp: Timestamp(seconds: 0), level: .error, correlationID: "flow",
            stage: "publish", message: "failed: timeout",
            fields: [
                TraceEvent.Field("subject", "a.b"), TraceEvent.Field("bytes", "7"),
                TraceEvent.Field("code", "timeout"), TraceEvent.Field("attempt", "2"),
                TraceEvent.Field("detail", ""),
            ])
        #expect(
            event.attributes.map { "\($0.name)=\($0.value)" } == [
                "messaging.system=nats", "messaging.operation.name=publish",
                "messaging.operation.type=send", "messaging.message.conversation_id=flow",
                "messaging.destination.name=a.b", "messaging.message.envelope.size=7",
                "error.type=timeout", "natsbridge.attempt=2",
            ])
        // The names of swift-log, which an adapter turns into its levels by their names.
        #expect(
            TraceEvent.Level.allCases.map(\.rawValue) == [
                "trace", "debug", "info", "notice", "warning", "error", "critical",
            ])
    }
}
