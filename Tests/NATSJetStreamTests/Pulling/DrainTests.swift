internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// What becomes of consumers when their client drains.
@Suite(.needsNATSServer) struct DrainTests {
    /// A stream with messages 0, 1, … and a durable consumer of it with a long `ackWait`, so that
    /// nothing comes again but what is given back; the client that watches stays open.
    private func run(
        messages count: Int,
        _ body:
            @escaping @Sendable (
                _ worker: NATSClient, _ consumer: PullConsumer, _ watcher: PullConsumer
            ) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { server in
            let options = NATSClientOptions(servers: [server.url])
            try await within {
                let watcher = JetStream(client: try await NATSClient.connect(options))
                var stream = StreamConfiguration(name: "JOBS", subjects: ["jobs"])
                stream.storage = .memory
                try await watcher.createStream(stream)
                for index in 0..<count {
                    try await watcher.publish(Bytes(utf8: "\(index)"), to: "jobs")
                }
                var configuration = ConsumerConfiguration(durableName: "worker")
                configuration.ackWait = patience
                let watched = try await watcher.createConsumer(configuration, on: "JOBS")
                let worker = try await NATSClient.connect(options)
                let consumer = try await JetStream(client: worker).consumer("worker", on: "JOBS")
                do {
                    try await body(worker, consumer, watched)
                } catch {
                    await worker.close()
                    await watcher.client.close()
                    throw error
                }
                await worker.close()
                await watcher.client.close()
            }
        }
    }

    @Test func `what has come is handed out and acknowledged, then the loop ends`() async throws {
        try await run(messages: 20) { client, consumer, watcher in
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            let loop = Task {
                var seen = 0
                for try await message in consumer.messages(batch: 10) {
                    seen += 1
                    if seen == 1 { beginning.yield() }
                    try await message.ackConfirmed()
                }
                return seen
            }
            for await _ in begun { break }
            try await client.drain(timeout: patience)
            let seen = try await loop.value
            let info = try await watcher.info()
            // Every delivery was acknowledged: nothing is lost, nothing comes twice.
            #expect(info.ackPending == 0)
            #expect(Int(info.pending) == 20 - seen)
            #expect(info.redelivered == 0)
        }
    }

    @Test func `what cannot be handed out in time is given back at once`() async throws {
        try await run(messages: 5) { client, consumer, watcher in
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            let (freed, freeing) = AsyncStream.makeStream(of: Void.self)
            let loop = Task {
                var seen = 0
                for try await message in consumer.messages(batch: 5) {
                    seen += 1
                    beginning.yield()
                    for await _ in freed { break }
                    #expect(throws: JetStreamError.self) { try message.ack() }
                }
                return seen
            }
            for await _ in begun { break }
            while try await watcher.info().ackPending < 5 {}
            let error = await #expect(throws: NATSError.self) {
                try await client.drain(timeout: .seconds(1))
            }
            #expect(error?.code == .timeout && error?.stage == .drain)
            #expect(error?.detail.contains("5 of JetStream's") == true, "\(error?.detail ?? "")")
            freeing.yield()
            #expect(try await loop.value == 1)
            // Four come to somebody else although their `ackWait` is long; the one that is in
            // work does not.
            let others = try await watcher.fetch(4)
            #expect(others.map { String(repairing: $0.payload) } == ["1", "2", "3", "4"])
            #expect(others.allSatisfy { $0.metadata.deliveryCount == 2 })
        }
    }

    @Test func `a fetch in progress ends with what it has, and that can be acknowledged`()
        async throws
    {
        try await run(messages: 3) { client, consumer, watcher in
            let fetch = Task {
                let messages = try await consumer.fetch(10, expires: patience)
                for message in messages { try await message.ackConfirmed() }
                return messages.count
            }
            while try await watcher.info().ackPending < 3 {}
            try await client.drain(timeout: patience)
            #expect(try await fetch.value == 3)
            let info = try await watcher.info()
            #expect(info.ackPending == 0 && info.waiting == 0)
        }
    }

    @Test func `messages that somebody works on can be acknowledged after the loop`() async throws {
        try await run(messages: 2) { client, consumer, watcher in
            var messages = try await consumer.fetch(2)
            let drain = Task { try await client.drain(timeout: patience) }
            // The drain has begun when no consumer may begin any more.
            while (try? await consumer.fetch(1, expires: .zero)) != nil {}
            let code = await #expect(throws: JetStreamError.self) {
                _ = try await consumer.next()
            }?.code
            #expect(code == .closed)
            try messages.removeFirst().ack()
            // One that is dropped without a word can never be acknowledged: nobody waits for it.
            messages = []
            try await drain.value
            #expect(try await watcher.info().ackPending == 1)
        }
    }

    @Test func `a waiting loop ends without an error, a replay before its end with one`()
        async throws
    {
        try await run(messages: 1) { client, consumer, watcher in
            let jetStream = JetStream(client: client)
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            let loop = Task {
                for try await message in consumer.messages() {
                    try message.ack()
                    beginning.yield()
                }
            }
            let following = Task {
                let replay = try await jetStream.replay(
                    "JOBS", since: .seconds(600), follows: true)
                for try await _ in replay { beginning.yield() }
            }
            let (freed, freeing) = AsyncStream.makeStream(of: Void.self)
            let replaying = Task {
                var configuration = StreamConfiguration(name: "MANY", subjects: ["many"])
                configuration.storage = .memory
                try await jetStream.createStream(configuration)
                _ = try await jetStream.publishAll(
                    (0..<1000).map { _ in PublishRequest(Bytes(), to: "many") })
                var seen = 0
                for try await _ in try await jetStream.replay("MANY", since: .seconds(600)) {
                    seen += 1
                    guard seen == 1 else { continue }
                    beginning.yield()
                    for await _ in freed { break }
                }
            }
            var count = 0
            for await _ in begun {
                count += 1
                if count == 3 { break }
            }
            let drain = Task { try await client.drain(timeout: patience) }
            while (try? await consumer.fetch(1, expires: .zero)) != nil {}
            freeing.yield()
            try await drain.value
            try await loop.value
            try await following.value
            let error = await #expect(throws: JetStreamError.self) { try await replaying.value }
            #expect(error?.code == .closed)
            #expect(try await watcher.info().ackPending == 0)
        }
    }

    @Test func `sessions and messages that are gone leave nothing in the client`() async throws {
        try await run(messages: 3) { client, consumer, _ in
            for _ in 0..<3 { try await consumer.next()?.ack() }
            for _ in 0..<20 {
                #expect(try await consumer.next(expires: .zero) == nil)
            }
            var iterator: JetStreamMessages.Iterator? = consumer.messages().makeAsyncIterator()
            iterator = nil
            #expect(iterator == nil)
            #expect(client.drainParticipantCount == 0)
        }
    }
}
