internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

/// A server that goes and does not come back, and a client that gives up: whatever waits for
/// messages ends with an error that has a code, and whatever is begun then does so at once.
@Suite(.needsNATSServer) struct GivenUpTests {
    /// How a client gives up, as the codes of what waits say it.
    private static let ends: Set<ErrorCode> = [.closed, .connectionFailed, .disconnected]

    /// What may wait for messages without end.
    private static let loops: [(String, @Sendable (JetStream) async throws -> Void)] = [
        ("messages", { for try await _ in try await consumer($0).messages() {} }),
        ("one at a time", { for try await _ in try await consumer($0).messages(batch: 1) {} }),
        (
            "fetch",
            { jetStream in
                let consumer = try await consumer(jetStream)
                while true { _ = try await consumer.fetch(10, expires: .seconds(2)) }
            }
        ),
        ("next", { _ = try await consumer($0).next(expires: patience) }),
        ("worker", { try await consumer($0).worker { _ in }.run() }),
        (
            "push",
            { jetStream in
                for try await _ in try await jetStream.pushConsumer("pushed", on: "S").messages() {}
            }
        ),
        ("ordered", { for try await _ in $0.orderedMessages(in: "S") {} }),
        (
            "replay",
            { jetStream in
                for try await _ in try await jetStream.replay(
                    "S", since: .seconds(600), follows: true)
                {}
            }
        ),
        ("watch", { for try await _ in try await $0.keyValue("K").watch() {} }),
        ("objects", { for try await _ in try await $0.objectStore("O").watch() {} }),
    ]

    private static func consumer(_ jetStream: JetStream) async throws -> PullConsumer {
        try await jetStream.consumer("c", on: "S")
    }

    private static func prepare(_ jetStream: JetStream) async throws {
        try await jetStream.createStream(StreamConfiguration(name: "S", subjects: ["s"]))
        try await jetStream.createConsumer(ConsumerConfiguration(durableName: "c"), on: "S")
        var pushed = ConsumerConfiguration(durableName: "pushed")
        pushed.deliverSubject = "pushed.here"
        try await jetStream.createConsumer(pushed, on: "S")
        try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "K"))
        try await jetStream.createObjectStore(ObjectStoreConfiguration(bucket: "O"))
    }

    /// Whether the server has all that the loops ask for.
    private static func areAllWaiting(_ jetStream: JetStream) async throws -> Bool {
        var consumers: [Int] = []
        for stream in ["S", "KV_K", "OBJ_O"] {
            consumers.append(try await jetStream.streamInfo(stream).state.consumerCount)
        }
        let isBound = try await jetStream.consumerInfo("pushed", on: "S").isBound
        // Five loops pull through one consumer; an ordered one and a replay have theirs.
        return try await jetStream.consumerInfo("c", on: "S").waiting >= 5 && isBound
            && consumers == [4, 1, 1]
    }

    @Test func `each loop ends with the client that has given up`() async throws {
        try await NATSServerFixture.run { server in
            let url = server.url
            try await within {
                var options = NATSClientOptions(servers: [url])
                (options.reconnectWait, options.reconnectJitter) = (.milliseconds(1), .zero)
                options.maxReconnectAttempts = 3
                let client = try await NATSClient.connect(options)
                let jetStream = client.jetStream
                try await Self.prepare(jetStream)
                let tasks = Self.loops.map { name, loop in
                    Task { await (name, JetStreamStage.code { try await loop(jetStream) }) }
                }
                let areWaiting = await Pace.until(patience) {
                    (try? await Self.areAllWaiting(jetStream)) == true
                }
                #expect(areWaiting)
                try await server.kill()
                for task in tasks {
                    let (name, code) = await task.value
                    #expect(code.map(Self.ends.contains) == true, "\(name): \(code as Any)")
                }
                for (name, loop) in Self.loops {
                    let code = await JetStreamStage.code { try await loop(jetStream) }
                    #expect(code.map(Self.ends.contains) == true, "\(name): \(code as Any)")
                }
            }
        }
    }

    /// What was on its way when the client gave up has an end as well, and is not called lost.
    @Test func `a message without an answer ends as unknown`() async throws {
        try await NATSServerFixture.run { server in
            let url = server.url
            try await within {
                var options = NATSClientOptions(servers: [url])
                (options.reconnectWait, options.reconnectJitter) = (.milliseconds(1), .zero)
                options.maxReconnectAttempts = 3
                let client = try await NATSClient.connect(options)
                // Somebody takes the messages, and answers none.
                let taken = try client.subscribe(to: "taken")
                let publisher = try client.jetStream.publisher()
                let ticket = try await publisher.publish("x", to: "taken")
                _ = try await taken.nextBatch()
                try await server.kill()
                do throws(JetStreamError) {
                    _ = try await ticket.ack()
                    Issue.record("nobody can have stored it")
                } catch {
                    #expect(Self.ends.contains(error.code) && error.outcome == .unknown, "\(error)")
                }
                let late = await JetStreamStage.code {
                    try await publisher.publish("y", to: "taken")
                }
                #expect(late == .closed)
            }
        }
    }
}
