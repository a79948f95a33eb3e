internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// Zero, negative and enormous arguments: each has a meaning or a typed error, and none a trap.
@Suite(.needsNATSServer) struct ArgumentTests {
    private func run(
        _ body: @escaping @Sendable (JetStream) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { server in
            let url = server.url
            try await within {
                let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
                let jetStream = JetStream(client: client)
                var stream = StreamConfiguration(name: "S", subjects: ["s.>"])
                stream.storage = .memory
                do {
                    try await jetStream.createStream(stream)
                    try await body(jetStream)
                } catch {
                    await client.close()
                    throw error
                }
                await client.close()
            }
        }
    }

    private static func code(_ body: () async throws -> Void) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? JetStreamError)?.code
        }
    }

    private static let enormous: [Duration] = [
        .seconds(Int64.max), .nanoseconds(Int64.max), .seconds(1 << 34),
    ]

    private static let unacknowledged = {
        var configuration = ConsumerConfiguration(durableName: "c")
        configuration.ackPolicy = .none
        return configuration
    }()

    /// Arguments of `fetch` that no server takes.
    private static let fetches: [(max: Int, maxBytes: Int?, expires: Duration)] = [
        (0, nil, .seconds(1)), (-1, nil, .seconds(1)), (.min, nil, .seconds(1)),
        (1, 0, .seconds(1)), (1, -1, .seconds(1)), (1, .min, .seconds(1)),
        (1, nil, .nanoseconds(-1)), (1, nil, .seconds(-1)), (1, nil, .seconds(Int64.min)),
    ]

    @Test func `a pull refuses what no server takes`() async throws {
        try await run { jetStream in
            let consumer = try await jetStream.createConsumer(Self.unacknowledged, on: "S")
            for (max, maxBytes, expires) in Self.fetches {
                let code = await Self.code {
                    _ = try await consumer.fetch(max, maxBytes: maxBytes, expires: expires)
                }
                #expect(code == .invalidArgument)
            }
            let next = await Self.code { _ = try await consumer.next(expires: .seconds(-1)) }
            #expect(next == .invalidArgument)
        }
    }

    @Test func `a pull takes what is there now, and any longer wait`() async throws {
        try await run { jetStream in
            let consumer = try await jetStream.createConsumer(Self.unacknowledged, on: "S")
            let none = try await consumer.fetch(5, expires: .zero)
            #expect(none.isEmpty)
            let shortest = Duration(secondsComponent: 0, attosecondsComponent: 1)
            let nothing = try await consumer.next(expires: shortest)
            #expect(nothing == nil)
            for expires in Self.enormous {
                for _ in 0..<3 { try await jetStream.publish(Bytes(), to: "s.a") }
                let first = try await consumer.next(expires: expires)
                #expect(first != nil)
                let others = try await consumer.fetch(2, expires: expires)
                #expect(others.count == 2)
            }
            try await jetStream.publish(Bytes(), to: "s.a")
            let all = try await consumer.fetch(.max, maxBytes: .max, expires: .zero)
            #expect(all.count == 1)
        }
    }

    @Test func `a loop over messages takes any argument`() async throws {
        try await run { jetStream in
            let consumer = try await jetStream.createConsumer(
                ConsumerConfiguration(durableName: "c"), on: "S")
            let refused = [
                consumer.messages(batch: 0), consumer.messages(batch: .min),
                consumer.messages(maxBytes: 0), consumer.messages(maxBytes: -5),
                consumer.messages(expires: .zero), consumer.messages(expires: .seconds(-1)),
                consumer.messages(expires: .seconds(Int64.min)),
                consumer.messages(expires: .nanoseconds(1)),
            ]
            for messages in refused {
                let code = await Self.code { for try await _ in messages {} }
                #expect(code == .invalidArgument)
            }
            for expires in Self.enormous {
                try await jetStream.publish(Bytes(), to: "s.a")
                let messages = consumer.messages(
                    batch: expires == Self.enormous[0] ? 1 : 5, maxBytes: .max, expires: expires)
                for try await message in messages {
                    try await message.ackConfirmed(timeout: expires)
                    break
                }
            }
        }
    }

    @Test func `what is said of a message takes any argument`() async throws {
        try await run { jetStream in
            let consumer = try await jetStream.createConsumer(
                ConsumerConfiguration(durableName: "c"), on: "S")
            try await jetStream.publish(Bytes(), to: "s.a")
            for delay in [Duration.seconds(-1), .zero, .seconds(Int64.min)] {
                let message = try #require(try await consumer.next())
                try message.nak(delay: delay)
            }
            let message = try #require(try await consumer.next())
            for interval in Self.enormous + [.zero, .seconds(-1), .seconds(Int64.min)] {
                try await message.keepingInProgress(every: interval) {
                    try await jetStream.client.flush()
                }
            }
            let code = await Self.code { try await message.ackConfirmed(timeout: .seconds(-1)) }
            // No time at all may still be enough for the server.
            #expect(code == .timeout || code == nil)
            try await jetStream.publish(Bytes(), to: "s.a")
            let other = try #require(try await consumer.next())
            try other.nak(delay: .seconds(Int64.max))
            try await jetStream.client.flush()
            #expect(try await consumer.next(expires: .zero) == nil)
        }
    }

    @Test func `a replay takes any span`() async throws {
        try await run { jetStream in
            for index in 0..<3 { try await jetStream.publish(Bytes(), to: Subject("s.\(index)")) }
            for (span, count) in Self.enormous.map({ ($0, 3) }) + [
                (.zero, 0), (.seconds(-1), 0), (.seconds(Int64.min), 0),
            ] {
                var seen = 0
                for try await _ in try await jetStream.replay("S", since: span) { seen += 1 }
                #expect(seen == count, "\(span)")
            }
        }
    }

    @Test func `options of JetStream take any wait and number`() async throws {
        try await run { jetStream in
            for wait in Self.enormous {
                var options = JetStreamOptions()
                options.timeout = wait
                options.publishRetries = .min
                options.publishRetryWait = wait
                let other = JetStream(client: jetStream.client, options: options)
                let info = try await other.streamInfo("S")
                #expect(info.state.messages == 0)
                #expect(
                    await Self.code { try await other.publish(Bytes(), to: "no") } == .noStream)
            }
            var options = JetStreamOptions()
            options.timeout = .seconds(-1)
            let hasty = JetStream(client: jetStream.client, options: options)
            #expect(hasty.options.timeout == .zero)
        }
    }

    @Test func `purging before nothing removes nothing`() async throws {
        try await run { jetStream in
            for index in 0..<3 { try await jetStream.publish(Bytes(), to: Subject("s.\(index)")) }
            for sequence in [0, 1] as [UInt64] {
                #expect(try await jetStream.purgeStream("S", before: sequence) == 0)
                #expect(try await jetStream.purgeStream("S", subject: "s.*", before: sequence) == 0)
            }
            #expect(try await jetStream.purgeStream("S", keeping: .max) == 0)
            #expect(
                await Self.code { try await jetStream.purgeStream("N", before: 0) }
                    == .streamNotFound)
            #expect(try await jetStream.purgeStream("S", before: 3) == 2)
            #expect(try await jetStream.purgeStream("S", before: .max) == 1)
        }
    }

    @Test func `many publishes take any window`() async throws {
        try await run { jetStream in
            let requests = (0..<3).map { _ in PublishRequest(Bytes(), to: "s.a") }
            for window in [0, -1, Int.min] {
                let code = await Self.code {
                    _ = try await jetStream.publishAll(requests, maxOutstanding: window)
                }
                #expect(code == .invalidArgument)
            }
            let results = try await jetStream.publishAll(requests, maxOutstanding: .max)
            for result in results { _ = try result.get() }
        }
    }

    @Test func `a life that is none is refused`() async throws {
        try await run { jetStream in
            var stream = StreamConfiguration(name: "L", subjects: ["l"])
            stream.storage = .memory
            stream.allowsMessageTTL = true
            try await jetStream.createStream(stream)
            for life in Self.enormous + [.zero, .seconds(-1), .seconds(Int64.min)] {
                var options = PublishOptions()
                options.timeToLive = life
                let code = await Self.code {
                    try await jetStream.publish(Bytes(), to: "l", options: options)
                }
                #expect(code == .refused || code == nil && life > .zero, "\(life)")
            }
        }
    }

    private static let streams: [@Sendable (inout StreamConfiguration) -> Void] = [
        { $0.maxMessages = 0 }, { $0.maxMessages = -1 }, { $0.maxMessages = .min },
        { $0.maxMessagesPerSubject = 0 }, { $0.maxMessagesPerSubject = -1 },
        { $0.maxBytes = 0 }, { $0.maxBytes = .min }, { $0.maxMessageSize = 0 },
        { $0.maxMessageSize = -1 }, { $0.maxConsumers = 0 }, { $0.replicas = 0 },
        { $0.replicas = -1 }, { $0.maxAge = .zero }, { $0.maxAge = .seconds(-1) },
        { $0.maxAge = .seconds(Int64.min) }, { $0.duplicateWindow = .zero },
        { $0.duplicateWindow = .seconds(-1) },
    ]

    private static let consumers: [@Sendable (inout ConsumerConfiguration) -> Void] = [
        { $0.ackWait = .zero }, { $0.ackWait = .seconds(-1) }, { $0.maxDeliver = 0 },
        { $0.maxDeliver = .min }, { $0.backoff = [.seconds(1), .zero] },
        { $0.backoff = [.seconds(-1)] }, { $0.maxAckPending = 0 }, { $0.maxAckPending = -2 },
        { $0.inactiveThreshold = .zero }, { $0.inactiveThreshold = .seconds(Int64.min) },
        { $0.replicas = 0 }, { $0.replicas = -1 },
    ]

    @Test func `a setting that means something else to the server is refused`() async throws {
        try await run { jetStream in
            for change in Self.streams {
                var configuration = StreamConfiguration(name: "T", subjects: ["t"])
                change(&configuration)
                let create = await Self.code { try await jetStream.createStream(configuration) }
                let update = await Self.code { try await jetStream.updateStream(configuration) }
                #expect(create == .invalidArgument && update == .invalidArgument)
            }
            for change in Self.consumers {
                var configuration = ConsumerConfiguration(durableName: "c")
                change(&configuration)
                let create = await Self.code {
                    _ = try await jetStream.createConsumer(configuration, on: "S")
                }
                let update = await Self.code {
                    try await jetStream.updateConsumer(configuration, on: "S")
                }
                #expect(create == .invalidArgument && update == .invalidArgument)
            }
        }
    }

    @Test func `an enormous setting is kept, or refused by the server`() async throws {
        try await run { jetStream in
            var stream = StreamConfiguration(name: "T", subjects: ["t"])
            stream.storage = .memory
            (stream.maxMessages, stream.maxMessagesPerSubject) = (.max, .max)
            (stream.maxAge, stream.duplicateWindow) = (.seconds(Int64.max), .seconds(60))
            let info = try await jetStream.createStream(stream)
            #expect(info.configuration.maxMessages == .max)
            #expect(info.configuration.maxAge == .nanoseconds(Int64.max))
            stream.maxMessageSize = .max
            let size = await Self.code { try await jetStream.updateStream(stream) }
            #expect(size == .invalidArgument)
            stream.maxMessageSize = nil
            stream.replicas = .max
            #expect(await Self.code { try await jetStream.updateStream(stream) } == .refused)
            var consumer = ConsumerConfiguration(durableName: "c")
            (consumer.ackWait, consumer.maxDeliver) = (.seconds(Int64.max), .max)
            (consumer.maxAckPending, consumer.deliverPolicy) = (.max, .byStartSequence(.max))
            let made = try await jetStream.createConsumer(consumer, on: "T")
            #expect(made.cachedInfo.configuration.ackWait == .nanoseconds(Int64.max))
            #expect(made.cachedInfo.configuration.maxAckPending == .max)
            consumer.replicas = .max
            #expect(
                await Self.code { try await jetStream.updateConsumer(consumer, on: "T") }
                    == .refused)
            var soon = ConsumerConfiguration(durableName: "d")
            soon.deliverPolicy = .byStartTime(Timestamp(seconds: .max))
            let code = await Self.code { _ = try await jetStream.createConsumer(soon, on: "T") }
            #expect(code == nil || code == .refused)
        }
    }
}
