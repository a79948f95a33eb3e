internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// What happens to consumers when the server goes away and comes back.
@Suite(.needsNATSServer) struct RestartTests {
    private static let count = 1000

    /// A stream in files with a thousand messages, on a server that the body may restart.
    private func run(
        _ body: @escaping @Sendable (NATSServerFixture, JetStream) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { server in
            try await within {
                var options = NATSClientOptions(servers: [server.url])
                options.reconnectWait = .milliseconds(50)
                let client = try await NATSClient.connect(options)
                let jetStream = JetStream(client: client)
                try await jetStream.createStream(
                    StreamConfiguration(name: "NUMBERS", subjects: ["numbers"]))
                let requests = (0..<Self.count).map {
                    PublishRequest(Bytes(utf8: "\($0)"), to: "numbers")
                }
                for result in try await jetStream.publishAll(requests) { _ = try result.get() }
                try await body(server, jetStream)
                await client.close()
            }
        }
    }

    @Test func aReplayGoesOnInOrderAndWithoutGaps() async throws {
        try await run { server, jetStream in
            let replay = try await jetStream.replay("NUMBERS", since: .seconds(600))
            var seen: [String] = []
            for try await message in replay {
                seen.append(String(repairing: message.payload))
                if seen.count == 20 { try await server.restart() }
            }
            #expect(seen == (0..<Self.count).map(String.init))
        }
    }

    @Test func aDurableConsumerLosesNothing() async throws {
        try await run { server, jetStream in
            var configuration = ConsumerConfiguration(durableName: "worker")
            configuration.ackWait = .seconds(1)
            let consumer = try await jetStream.createConsumer(configuration, on: "NUMBERS")
            var seen: Set<String> = []
            for try await message in consumer.messages(batch: 20, expires: .seconds(1)) {
                let isNew = seen.insert(String(repairing: message.payload)).inserted
                try message.ack()
                if isNew && seen.count == 50 { try await server.restart() }
                if seen.count == Self.count { break }
            }
            #expect(seen.count == Self.count)
        }
    }
}
