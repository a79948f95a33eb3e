internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// What the server makes of the options of pulls.
@Suite(.needsNATSServer) struct PullOptionsTests {
    private static func run(
        level: Int = 0, policy: ConsumerConfiguration.PriorityPolicy? = nil,
        _ body: @escaping @Sendable (JetStream, PullConsumer) async throws -> Void
    ) async throws {
        try await JetStreamStage.run { jetStream in
            guard try await JetStreamStage.level(jetStream) >= level else { return }
            var stream = StreamConfiguration(name: "JOBS", subjects: ["jobs"])
            stream.storage = .memory
            try await jetStream.createStream(stream)
            var configuration = ConsumerConfiguration(durableName: "worker")
            configuration.ackWait = patience
            if let policy {
                configuration.priorityGroups = ["g"]
                configuration.priorityPolicy = policy
                if policy == .pinnedClient { configuration.priorityTimeout = patience }
            }
            try await body(
                jetStream, try await jetStream.createConsumer(configuration, on: "JOBS"))
        }
    }

    private static func publish(_ count: Int, _ jetStream: JetStream) async throws {
        for number in 0..<count { try await jetStream.publish("\(number)", to: "jobs") }
    }

    private static var member: PullOptions {
        var options = PullOptions()
        options.group = PriorityGroup("g")
        return options
    }

    @Test func `it ends after so many messages, and takes no others`() async throws {
        try await Self.run { jetStream, consumer in
            try await Self.publish(10, jetStream)
            var options = PullOptions()
            (options.batch, options.maxMessages, options.refill) = (3, 7, 2)
            options.heartbeat = .seconds(1)
            var texts: [String?] = []
            for try await message in consumer.messages(options) {
                texts.append(message.text)
                try await message.ackConfirmed()
            }
            #expect(texts == (0..<7).map { "\($0)" })
            let info = try await consumer.info()
            #expect(info.pending == 3 && info.ackPending == 0)
        }
    }

    @Test func `a member that waits for many messages gets none while they are few`() async throws {
        try await Self.run(level: 1, policy: .overflow) { jetStream, consumer in
            var options = Self.member
            options.group?.minPending = 10
            let asked = options
            let first = Task {
                var iterator = consumer.messages(asked).makeAsyncIterator()
                return try await iterator.next()?.metadata
            }
            while try await consumer.info().waiting < 1 {}
            try await Self.publish(12, jetStream)
            let metadata = try #require(try await first.value)
            // The stream had ten by then; what it delivered first is still the first.
            #expect(metadata.streamSequence == 1 && metadata.pending >= 8)
        }
    }

    @Test func `one client is pinned until it is unpinned, and goes on then like others`()
        async throws
    {
        try await Self.run(level: 1, policy: .pinnedClient) { jetStream, consumer in
            var pinned = consumer.messages(Self.member).makeAsyncIterator()
            try await Self.publish(1, jetStream)
            let first = try #require(try await pinned.next())
            #expect(try first.headers["Nats-Pin-Id"] != nil)
            // Another one stands in line, and gets nothing.
            let other = Task {
                var iterator = consumer.messages(Self.member).makeAsyncIterator()
                return try await iterator.next()
            }
            try await Self.publish(1, jetStream)
            #expect(try await pinned.next()?.metadata.streamSequence == 2)
            other.cancel()
            _ = await other.result
            try await jetStream.unpinConsumer("worker", on: "JOBS", group: "g")
            try await Self.publish(1, jetStream)
            let next = try #require(try await pinned.next())
            #expect(next.metadata.streamSequence == 3)
            #expect(try next.headers["Nats-Pin-Id"] != first.headers["Nats-Pin-Id"])
        }
    }

    @Test func `the smaller priority is served first`() async throws {
        try await Self.run(level: 2, policy: .prioritized) { jetStream, consumer in
            func wait(_ priority: Int) -> Task<String?, any Error> {
                var options = Self.member
                options.group?.priority = priority
                options.maxMessages = 1
                let asked = options
                return Task {
                    var iterator = consumer.messages(asked).makeAsyncIterator()
                    return try await iterator.next()?.text
                }
            }
            let later = wait(5)
            while try await consumer.info().waiting < 1 {}
            let sooner = wait(1)
            while try await consumer.info().waiting < 2 {}
            try await Self.publish(1, jetStream)
            #expect(try await sooner.value == "0")
            later.cancel()
            _ = await later.result
        }
    }

    @Test func `a worker works for its group`() async throws {
        try await Self.run(level: 1, policy: .overflow) { jetStream, consumer in
            try await Self.publish(3, jetStream)
            let (all, done) = AsyncStream.makeStream(of: UInt64.self)
            var options = WorkOptions()
            options.group = PriorityGroup("g")
            let worker = consumer.worker(options) { done.yield($0.metadata.streamSequence) }
            async let work: Void = worker.run()
            var seen: Set<UInt64> = []
            for await number in all {
                seen.insert(number)
                if seen.count == 3 { break }
            }
            worker.stop()
            try await work
            #expect(seen == [1, 2, 3])
        }
    }

    @Test func `a heartbeat that no server takes is told`() async throws {
        try await Self.run { _, consumer in
            var options = PullOptions()
            options.heartbeat = .seconds(20)
            let asked = options
            let code = await JetStreamStage.code {
                for try await _ in consumer.messages(asked) {}
            }
            #expect(code == .invalidArgument)
        }
    }
}
