internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSWire
internal import TestKit
internal import Testing

/// Connections that are cut in the middle of pulls: what was asked for over the old connection is
/// asked for again at once, and not when a heartbeat is missed.
@Suite(.needsNATSServer) struct PullFaultTests {
    /// More cuts than heartbeats would fit into the test's patience.
    private static let cuts = 20

    private static func run(
        _ body: @escaping @Sendable (JetStream, JetStream, FaultProxy) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { server in
            let url = server.url
            try await within {
                let proxy = try FaultProxy(to: server.port, host: server.host)
                var options = NATSClientOptions(servers: [proxy.url])
                options.reconnectWait = .milliseconds(1)
                options.reconnectJitter = .zero
                let reader = try await NATSClient.connect(options)
                let writer = try await NATSClient.connect(NATSClientOptions(servers: [url]))
                try await writer.jetStream.createStream(
                    StreamConfiguration(name: "S", subjects: ["s"]))
                try await body(reader.jetStream, writer.jetStream, proxy)
                await reader.close()
                await writer.close()
            }
        }
    }

    /// Acknowledges what the server may have sent once more meanwhile, and then answers no more.
    private static func acknowledge(_ message: JetStreamMessage) async throws {
        do throws(JetStreamError) { try await message.ackConfirmed() } catch {
            guard error.code == .timeout else { throw error }
        }
    }

    @Test(arguments: [1, 100]) func aLoopGoesOnAtOnce(batch: Int) async throws {
        try await Self.run { reader, writer, proxy in
            var durable = ConsumerConfiguration(durableName: "c")
            // What the server sent into the old connection comes again soon.
            durable.ackWait = .seconds(1)
            let consumer = try await reader.createConsumer(durable, on: "S")
            var messages = consumer.messages(batch: batch).makeAsyncIterator()
            for number in 0..<Self.cuts {
                try await writer.publish("\(number)", to: "s")
                var message = try #require(try await messages.next())
                // Where a second is short, what is acknowledged by now has been sent once more.
                while message.metadata.deliveryCount > 1,
                    message.metadata.streamSequence <= number
                {
                    try await Self.acknowledge(message)
                    message = try #require(try await messages.next())
                }
                #expect(message.text == "\(number)")
                try await Self.acknowledge(message)
                proxy.end(.reset)
            }
        }
    }

    @Test func anOrderedLoopGoesOnAtOnce() async throws {
        try await Self.run { reader, writer, proxy in
            var messages = reader.orderedMessages(in: "S").makeAsyncIterator()
            for number in 0..<Self.cuts {
                try await writer.publish("\(number)", to: "s")
                #expect(try await messages.next()?.text == "\(number)")
                proxy.end(.reset)
            }
        }
    }

    /// Each change that the bucket keeps is told, in order, whatever was cut meanwhile.
    @Test func aWatchTellsAllThatItsBucketKeeps() async throws {
        try await Self.run { reader, writer, proxy in
            var settings = KeyValueConfiguration(bucket: "B")
            settings.history = 64
            let bucket = try await writer.createKeyValue(settings)
            let watched = try await reader.keyValue("B")
            var changes = try watched.watch().makeAsyncIterator()
            #expect(try await changes.next() != nil)
            for number in 0..<60 {
                try await bucket.put("\(number)", for: "k")
                if number % 6 == 5 { proxy.end(.reset) }
            }
            for number in 0..<60 {
                #expect(try await changes.next()?.entry?.text == "\(number)")
            }
        }
    }
}
