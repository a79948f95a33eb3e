internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// The byte limit of a pull against messages that fill it unevenly.
@Suite(.needsNATSServer) struct ByteLimitTests {
    private func run(
        _ sizes: [Int], _ body: @escaping @Sendable (PullConsumer) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { server in
            let url = server.url
            try await within {
                try await NATSClient.withClient(NATSClientOptions(servers: [url])) { client in
                    let jetStream = JetStream(client: client)
                    var stream = StreamConfiguration(name: "S", subjects: ["s"])
                    stream.storage = .memory
                    try await jetStream.createStream(stream)
                    for size in sizes {
                        let payload = Bytes([UInt8](repeating: 120, count: size))
                        try await jetStream.publish(payload, to: "s")
                    }
                    try await body(
                        try await jetStream.createConsumer(
                            ConsumerConfiguration(durableName: "c"), on: "S"))
                }
            }
        }
    }

    @Test func `every message that fits alone is delivered`() async throws {
        let sizes = (0..<20).map { 100 + $0 * 37 % 800 }
        try await run(sizes) { consumer in
            var seen: [Int] = []
            for try await message in consumer.messages(batch: 10, maxBytes: 1000) {
                try message.ack()
                seen.append(message.payload.count)
                if seen.count == sizes.count { break }
            }
            #expect(seen == sizes)
        }
    }

    @Test func `a fetch has what fits, and the next goes on`() async throws {
        try await run([300, 300, 300, 300]) { consumer in
            let first = try await consumer.fetch(10, maxBytes: 1000)
            let second = try await consumer.fetch(10, maxBytes: 1000, expires: .zero)
            #expect(first.count == 2 && second.count == 2)
            for message in first + second { try message.ack() }
        }
    }

    @Test func `a message that is larger alone is told`() async throws {
        try await run([2000]) { consumer in
            let fetch = await #expect(throws: JetStreamError.self) {
                _ = try await consumer.fetch(1, maxBytes: 1000)
            }
            #expect(fetch?.code == .tooLarge)
            let loop = await #expect(throws: JetStreamError.self) {
                for try await _ in consumer.messages(maxBytes: 1000) {}
            }
            #expect(loop?.code == .tooLarge)
        }
    }
}
