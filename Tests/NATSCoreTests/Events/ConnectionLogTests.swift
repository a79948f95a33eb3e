import BridgeBytes
import NATSCore
import NATSWire
import Testing

@Suite struct ConnectionLogTests {
    private static let failure = NATSError(
        .disconnected, stage: .connect, server: "a:1", detail: "it went")

    @Test(
        arguments: [
            (.connecting(server: "a:1", after: .seconds(2)), "debug connecting a:1 2000"),
            (.connected(server: "a:1"), "debug connected a:1"),
            (.disconnected(failure), "warning disconnected a:1 disconnected it went"),
            (.connectionFailed(failure), "notice connection failed a:1 disconnected it went"),
            (
                .serversChanged(added: ["b:1", "c:1"], removed: []),
                "debug servers changed b:1,c:1 "
            ),
            (.lameDuck, "notice the server will stop"),
            (.moved(from: "a:1"), "notice moved to another server a:1"),
            (.suspended, "debug suspended"),
            (.slowConsumer(subscription: 3, .dropOldest), "warning slow consumer 3 dropOldest"),
            (.messagesDropped(subscription: 3), "warning messages dropped 3"),
            (.closed(nil), "debug closed"),
            (.closed(failure), "warning gave up a:1 disconnected it went"),
            // Waits come from the user, and may be anything.
            (
                .connecting(server: "a:1", after: .seconds(Int64.max)),
                "debug connecting a:1 9223372036854775807"
            ),
        ] as [(NATSEvent, String)])
    func `each event of a connection has its level and fields`(event: NATSEvent, text: String) {
        let log = LogEvent(event, at: Timestamp(seconds: 1))
        #expect(log.stage == "connection" && log.correlationID.isEmpty)
        let parts = ["\(log.level)", log.message] + log.fields.map(\.value)
        #expect(parts.joined(separator: " ") == text)
    }
}
