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
}
