import BridgeBytes
import BridgeJSON
import NATSBridge
import NATSCore
import Synchronization
import TestKit
import Testing

/// What an envelope says of its broker is for people (failures.md H5).
@Suite(.needsNATSServer) struct BrokerAddressTests {
    @Test func `the broker that a message names is told, and nobody calls it`() async throws {
        let calls = Mutex(0)
        let broker = try ScriptedServer { _, _ in calls.withLock { $0 += 1 } }
        let url = "nats://127.0.0.1:\(broker.port)"
        try await ReceiverBench.run { bench in
            var iterator = try await bench.messages().results.makeAsyncIterator()
            let envelope: JSONValue = .object([
                "correlation_id": "flow", "msg_id": "m", "sender_id": "s", "send_to": "in",
                "reply_to": "answers", "broker_url": .string(url),
                "payloads": .array([ReceiverBench.Part.text("hello").json]),
            ])
            try bench.bridge.client.publish(envelope.encoded(), to: "in")
            let received = try #require(try await iterator.next()).get()
            #expect(received.envelope.brokerURL == url)
            // Its answer goes over the connection that stands, too.
            try await bench.bridge.reply(["note": "done"], to: received)
            try await bench.bridge.client.flush()
        }
        #expect(calls.withLock { $0 } == 0)
    }
}
