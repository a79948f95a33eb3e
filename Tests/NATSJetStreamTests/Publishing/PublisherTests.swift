internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import Synchronization
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct PublisherTests {
    private static func makeStream(_ jetStream: JetStream) async throws {
        var stream = StreamConfiguration(name: "S", subjects: ["s.>"])
        stream.storage = .memory
        try await jetStream.createStream(stream)
    }

    @Test func `every message has its result, in the order in which they were sent`() async throws {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            let publisher = try jetStream.publisher(maxOutstanding: 32)
            var tickets: [PublishTicket] = []
            for number in 0..<2000 {
                tickets.append(try await publisher.publish("\(number)", to: "s.a"))
                #expect(publisher.outstanding <= 32)
            }
            try await publisher.finish()
            #expect(publisher.outstanding == 0)
            #expect(tickets.allSatisfy { $0.result != nil })
            var numbers: [UInt64] = []
            for ticket in tickets { numbers.append(try await ticket.ack().sequence) }
            #expect(numbers == (1...2000).map { UInt64($0) })
            #expect(try await jetStream.message(1500, in: "S").text == "1499")
        }
    }

    @Test func `many tasks share a publisher, and a repeated id is told`() async throws {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            let publisher = try jetStream.publisher(maxOutstanding: 4)
            let acks = try await withThrowingTaskGroup(of: PublishAck.self) { group in
                for number in 0..<100 {
                    let id = HeaderValue(number / 2)
                    group.addTask {
                        try await publisher.publish(
                            "v", to: "s.a", options: PublishOptions(messageID: id)
                        ).ack()
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let state = try await jetStream.streamInfo("S").state
            #expect(UInt64(acks.count { !$0.isDuplicate }) == state.messages)
            #expect(acks.contains { $0.isDuplicate })
        }
    }

    @Test func `what no stream takes, and what a stream refuses, has its own result`() async throws
    {
        var options = JetStreamOptions()
        options.publishRetryWait = .milliseconds(1)
        try await JetStreamStage.run(options: options) { jetStream in
            try await Self.makeStream(jetStream)
            let publisher = try jetStream.publisher()
            var wrong = PublishOptions()
            wrong.expectedLastSequence = 99
            let nowhere = try await publisher.publish("a", to: "nowhere")
            let refused = try await publisher.publish("b", to: "s.a", options: wrong)
            let stored = try await publisher.publish("c", to: "s.a")
            #expect(await JetStreamStage.code { _ = try await nowhere.ack() } == .noStream)
            #expect(await JetStreamStage.code { _ = try await refused.ack() } == .conditionFailed)
            #expect(try await stored.ack().sequence == 1)
            #expect("\(stored)" == "PublishTicket(number 1 of stream S)")
            let large = await JetStreamStage.code {
                try await publisher.publish([UInt8](repeating: 1, count: 2 << 20), to: "s.a")
            }
            #expect(large == .tooLarge)
            try await publisher.finish()
        }
    }

    /// A server that takes messages and answers none.
    private static func withSilentServer(
        _ options: JetStreamOptions = JetStreamOptions(),
        _ body: @escaping @Sendable (JetStream) async throws -> Void
    ) async throws {
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            connection.serveNATS()
        }
        let url = "nats://127.0.0.1:\(server.port)"
        try await within {
            let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
            try await body(JetStream(client: client, options: options))
            await client.close()
        }
    }

    @Test func `a full window holds up the next message until there is room`() async throws {
        var options = JetStreamOptions()
        options.timeout = .milliseconds(300)
        try await Self.withSilentServer(options) { jetStream in
            let publisher = try jetStream.publisher(maxOutstanding: 2)
            var tickets: [PublishTicket] = []
            for number in 0..<5 {
                tickets.append(try await publisher.publish("\(number)", to: "s"))
                #expect(publisher.outstanding <= 2)
            }
            for ticket in tickets {
                #expect(await JetStreamStage.code { _ = try await ticket.ack() } == .timeout)
            }
            guard case .failure(let error)? = tickets[0].result else { return }
            #expect(error.outcome == .unknown)
        }
    }

    @Test func `a cancelled wait for room, for an answer or for the end sends nothing more`()
        async throws
    {
        try await Self.withSilentServer { jetStream in
            let publisher = try jetStream.publisher(maxOutstanding: 1)
            let first = try await publisher.publish("a", to: "s")
            for wait in [
                { @Sendable in _ = try await publisher.publish("b", to: "s") },
                { @Sendable in _ = try await first.ack() },
                { @Sendable in try await publisher.finish() },
            ] as [@Sendable () async throws -> Void] {
                let task = Task { await JetStreamStage.code(wait) }
                task.cancel()
                #expect(await task.value == .cancelled)
            }
            #expect(publisher.outstanding == 1 && first.result == nil)
        }
    }

    /// A message of a publisher that nobody has any more.
    private static func ticketOfReleased(_ jetStream: JetStream) async throws -> PublishTicket {
        try await jetStream.publisher().publish("a", to: "s")
    }

    @Test func `a closed client, and a publisher that is released, settle what is outstanding`()
        async throws
    {
        try await Self.withSilentServer { jetStream in
            let ticket = try await Self.ticketOfReleased(jetStream)
            #expect(await JetStreamStage.code { _ = try await ticket.ack() } == .cancelled)
            let other = try jetStream.publisher()
            let lost = try await other.publish("a", to: "s")
            await jetStream.client.close()
            #expect(await JetStreamStage.code { _ = try await lost.ack() } == .closed)
            #expect(
                await JetStreamStage.code { try await other.publish("b", to: "s") } == .closed)
            let none = await JetStreamStage.code { _ = try jetStream.publisher(maxOutstanding: 0) }
            #expect(none == .invalidArgument)
        }
    }
}
