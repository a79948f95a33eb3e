import BridgeBytes
import NATSBridge
import NATSCore
import NATSWire
import TestKit
import Testing

@Suite(.needsNATSServer) struct BridgeMetricsTests {
    private static func value(
        _ metrics: Metrics, _ name: String, _ ending: String = "",
        _ labels: String...
    ) -> Double? {
        metrics[name]?.samples.first { sample in
            sample.name.hasSuffix(ending)
                && labels.allSatisfy { label in sample.labels.contains { $0.value == label } }
        }?.value
    }

    @Test func `a bridge tells what went each way, and how it ended`() async throws {
        try await BridgeTests.run(threshold: 1000) { bridge, _ in
            let messages = bridge.messages(on: "counted")
            try await bridge.send("small", to: "counted")
            try await bridge.send(.bytes(Bytes([UInt8](repeating: 1, count: 2000))), to: "counted")
            try bridge.client.publish("no envelope", to: "counted")
            var encoding = SendOptions()
            encoding.mode = .none
            try await bridge.send("only encoded", to: "counted", options: encoding)
            try await bridge.send("last", to: "counted")
            var count = 0
            for try await _ in messages {
                count += 1
                if count == 3 { break }
            }
            await #expect(throws: BridgeError.self) {
                try await bridge.request("?", to: "nobody", timeout: .zero)
            }
            let counted = bridge.statistics.description
            #expect(counted.hasPrefix("sent 3, uploads 1, bytes uploaded 2000"))
            #expect(bridge.description.hasPrefix("Bridge \(bridge.senderID) over NATSClient("))
            let metrics = bridge.metrics
            let operations = "messaging.client.operation.duration"
            #expect(Self.value(metrics, operations, "_count", "send") == 4)
            #expect(Self.value(metrics, operations, "_count", "upload") == 1)
            #expect(Self.value(metrics, operations, "_count", "download") == 1)
            #expect(
                Self.value(metrics, operations, "_count", "request", "invalid_argument") == 1)
            #expect(Self.value(metrics, operations, "_count", "receive") == 3)
            #expect(Self.value(metrics, operations, "_count", "receive", "invalid_json") == 1)
            #expect(Self.value(metrics, "messaging.process.duration", "_count") == 3)
            let counts = [
                "natsbridge.messages.sent": 3, "natsbridge.messages.received": 3,
                "natsbridge.messages.unusable": 1, "natsbridge.uploads": 1,
                "natsbridge.uploaded": 2000, "natsbridge.downloads": 1,
                "natsbridge.downloaded": 2000, "natsbridge.losses": 0,
                "nats.client.connections": 1, "nats.client.reconnects": 0,
            ]
            for (name, count) in counts {
                #expect(Self.value(metrics, name) == Double(count), Comment(rawValue: name))
            }
            #expect(Self.value(metrics, "messaging.client.sent.messages", "", "nats") ?? 0 >= 4)
            // No metric is told twice.
            #expect(Set(metrics.map(\.exposedName)).count == metrics.count)
            #expect(metrics.exposition.hasSuffix("\n# EOF\n"))
        }
    }

    @Test func `one log has the connection and the flows, and what is thrown is no error`()
        async throws
    {
        try await NATSServerFixture.run { server in
            let log = LogCollector()
            var options = BridgeOptions(servers: [server.url])
            options.log = log.sink
            let bridge = try await Bridge.connect(options)
            let messages = bridge.messages(on: "told")
            var flow = SendOptions()
            flow.correlationID = "flow"
            try await bridge.send("x", to: "told", options: flow)
            try bridge.client.publish("no envelope", to: "told")
            try await bridge.send("last", to: "told")
            var count = 0
            for try await _ in messages {
                count += 1
                if count == 2 { break }
            }
            await #expect(throws: BridgeError.self) {
                try await bridge.request("?", to: "nobody", timeout: patience)
            }
            await bridge.close()
            // The client's events come by a task of their own.
            while log.events().last?.message != "closed" { await Task.yield() }

            let events = log.events()
            let connection = events.filter { $0.stage == "connection" }
            #expect(connection.map(\.message).suffix(2) == ["connected", "closed"])
            #expect(
                log.events(of: "flow").map(\.stage) == [
                    "serialize", "publish", "receive", "deserialize",
                ])
            let published = try #require(log.events(of: "flow").first { $0.stage == "publish" })
            #expect(
                Set(published.attributes.map(\.name)).isSuperset(of: [
                    "messaging.message.body.size", "messaging.message.envelope.size",
                    "messaging.message.id", "messaging.destination.name",
                ]))
            // The request's failure was thrown; what the loop passed over was not.
            let failures = events.filter { $0.message.hasPrefix("failed") }
            #expect(failures.map(\.level) == [.warning, .debug])
            #expect(events.allSatisfy { $0.level <= .warning })
        }
    }
}
