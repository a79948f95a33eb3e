internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// What JetStream does at a real server.
@Suite(.needsNATSServer) struct ServerTests {
    /// Runs a body with JetStream on a fresh server and client.
    private func run(
        config: String = "", options: JetStreamOptions = JetStreamOptions(),
        _ body: @escaping @Sendable (JetStream) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run(config: config) { server in
            let url = server.url
            try await within {
                let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
                do {
                    try await body(JetStream(client: client, options: options))
                } catch {
                    await client.close()
                    throw error
                }
                await client.close()
            }
        }
    }

    /// A consumer that the server keeps while a busy machine does something else: it would delete
    /// one that is not used for five seconds.
    private static let ephemeral = {
        var configuration = ConsumerConfiguration()
        configuration.inactiveThreshold = patience
        return configuration
    }()

    private static func orders(
        _ change: (inout StreamConfiguration) -> Void = { _ in }
    ) -> StreamConfiguration {
        var configuration = StreamConfiguration(name: "ORDERS", subjects: ["orders.>"])
        configuration.storage = .memory
        change(&configuration)
        return configuration
    }

    private static func text(_ message: JetStreamMessage) -> String {
        String(repairing: message.payload)
    }

    private static func code(
        _ body: () async throws -> Void
    ) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? JetStreamError)?.code
        }
    }

    @Test func streamsAreMadeReadChangedAndRemoved() async throws {
        try await run { jetStream in
            let configuration = Self.orders {
                $0.description = "all \"orders\""
                $0.maxAge = .seconds(600)
                $0.maxBytes = 1 << 20
                $0.maxMessages = 1000
                $0.maxMessageSize = 5000
                $0.maxMessagesPerSubject = 7
                $0.discard = .new
                $0.duplicateWindow = .seconds(60)
                $0.allowsDirectGet = true
                $0.metadata = ["team": "a", "area": "b"]
            }
            let made = try await jetStream.createStream(configuration)
            #expect(made.configuration.subjects == ["orders.>"])
            #expect(made.configuration.maxAge == .seconds(600))
            #expect(made.configuration.maxMessagesPerSubject == 7)
            #expect(made.configuration.metadata["team"] == "a")
            #expect(made.created != nil)
            let again = try await jetStream.createStream(configuration)
            #expect(again.configuration == made.configuration)
            var info = try await jetStream.streamInfo("ORDERS")
            #expect(info.serverTime != nil)
            #expect(info.state.messages == 0 && info.state.firstTime == nil)
            info.configuration.maxMessages = 2000
            let updated = try await jetStream.updateStream(info.configuration)
            #expect(updated.configuration.maxMessages == 2000)
            try await jetStream.deleteStream("ORDERS")
            let code = await Self.code { _ = try await jetStream.streamInfo("ORDERS") }
            #expect(code == .streamNotFound)
        }
    }

    @Test func anUpdateKeepsSettingsThatAreNotKnownHere() async throws {
        try await run { jetStream in
            let body = """
                {"name":"R","subjects":["r"],"storage":"memory","retention":"limits",
                "max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,"num_replicas":1,
                "republish":{"src":"r","dest":"copy"}}
                """
            _ = try await jetStream.client.request(
                Bytes(utf8: body), to: "$JS.API.STREAM.CREATE.R")
            var configuration = try await jetStream.streamInfo("R").configuration
            configuration.description = "changed"
            try await jetStream.updateStream(configuration)
            let answer = try await jetStream.client.request(Bytes(), to: "$JS.API.STREAM.INFO.R")
            let config = try JSONValue(parsing: answer.payload)["config"]
            #expect(config?["description"] == "changed")
            #expect(config?["republish"]?["dest"] == "copy")
        }
    }

    @Test func refusalsHaveTheirCodes() async throws {
        try await run { jetStream in
            try await jetStream.createStream(Self.orders { $0.maxMessageSize = 100 })
            let inUse = await Self.code {
                try await jetStream.createStream(Self.orders { $0.maxMessageSize = 200 })
            }
            #expect(inUse == .streamNameInUse)
            let badName = await Self.code { _ = try await jetStream.streamInfo("a.b") }
            #expect(badName == .invalidArgument)
            let tooLarge = await Self.code {
                try await jetStream.publish(
                    Bytes([UInt8](repeating: 1, count: 500)), to: "orders.a")
            }
            #expect(tooLarge == .tooLarge)
            let noConsumer = await Self.code { _ = try await jetStream.consumer("c", on: "ORDERS") }
            #expect(noConsumer == .consumerNotFound)
            let condition = await Self.code {
                var options = PublishOptions()
                options.expectedLastSequence = 99
                try await jetStream.publish(Bytes(), to: "orders.a", options: options)
            }
            #expect(condition == .conditionFailed)
        }
    }

    @Test func publishingIsAcknowledgedAndDuplicatesAreReported() async throws {
        try await run { jetStream in
            try await jetStream.createStream(Self.orders())
            let options = PublishOptions(messageID: "id-1")
            let first = try await jetStream.publish(
                Bytes(utf8: "a"), to: "orders.a", options: options)
            #expect(first == PublishAck(stream: "ORDERS", sequence: 1))
            let second = try await jetStream.publish(
                Bytes(utf8: "a"), to: "orders.a", options: options)
            #expect(second == PublishAck(stream: "ORDERS", sequence: 1, isDuplicate: true))
            let info = try await jetStream.streamInfo("ORDERS")
            #expect(info.state.messages == 1)
            let purged = try await jetStream.purgeStream("ORDERS", subject: "orders.*")
            #expect(purged == 1)
        }
    }

    @Test func nobodyListeningIsToldAfterTheRetries() async throws {
        var options = JetStreamOptions()
        options.publishRetryWait = .milliseconds(1)
        try await run(options: options) { jetStream in
            let code = await Self.code { try await jetStream.publish(Bytes(), to: "nowhere") }
            #expect(code == .noStream)
            let results = try await jetStream.publishAll(
                (0..<5).map { _ in PublishRequest(Bytes(), to: "nowhere") }, maxOutstanding: 2)
            #expect(results.count == 5)
            for result in results {
                #expect(throws: JetStreamError.self) { try result.get() }
            }
        }
    }

    @Test func manyMessagesGoOutInOrder() async throws {
        try await run { jetStream in
            try await jetStream.createStream(Self.orders())
            let requests = (0..<500).map {
                PublishRequest(Bytes(utf8: "\($0)"), to: "orders.n")
            }
            let results = try await jetStream.publishAll(requests, maxOutstanding: 64)
            #expect(try results.map { try $0.get().sequence } == (1...500).map { UInt64($0) })
            let consumer = try await jetStream.createConsumer(Self.ephemeral, on: "ORDERS")
            var seen: [String] = []
            for try await message in consumer.messages(batch: 50) {
                seen.append(Self.text(message))
                try message.ack()
                if seen.count == 500 { break }
            }
            #expect(seen == (0..<500).map(String.init))
        }
    }

    @Test func fetchingStopsAtTheEndOfTimeOrTheBatch() async throws {
        try await run { jetStream in
            try await jetStream.createStream(Self.orders())
            let consumer = try await jetStream.createConsumer(
                ConsumerConfiguration(durableName: "worker"), on: "ORDERS")
            #expect(consumer.name == "worker" && consumer.stream == "ORDERS")
            let none = try await consumer.next(expires: .milliseconds(50))
            #expect(none == nil)
            for index in 0..<5 {
                try await jetStream.publish(Bytes(utf8: "\(index)"), to: "orders.a")
            }
            let some = try await consumer.fetch(3)
            #expect(some.map(Self.text) == ["0", "1", "2"])
            #expect(some.map(\.metadata.streamSequence) == [1, 2, 3])
            // The server counts while it delivers: on a busy machine one less was seen.
            #expect((3...4).contains(some[0].metadata.pending))
            #expect(some[0].subject == "orders.a")
            for message in some { try await message.ackConfirmed() }
            let rest = try await consumer.fetch(10, expires: .seconds(1))
            #expect(rest.map(Self.text) == ["3", "4"])
            let info = try await consumer.info()
            #expect(info.ackPending == 2 && info.pending == 0)
            let same = try await jetStream.consumer("worker", on: "ORDERS")
            try await same.delete()
            let gone = await Self.code { _ = try await consumer.info() }
            #expect(gone == .consumerNotFound)
        }
    }

    @Test func refusedMessagesComeAgainAndTerminatedOnesDoNot() async throws {
        try await run { jetStream in
            try await jetStream.createStream(Self.orders())
            var configuration = Self.ephemeral
            configuration.maxDeliver = 5
            let consumer = try await jetStream.createConsumer(configuration, on: "ORDERS")
            try await jetStream.publish(Bytes(utf8: "x"), to: "orders.a")
            let first = try #require(try await consumer.next())
            #expect(first.metadata.deliveryCount == 1)
            try first.nak()
            let second = try #require(try await consumer.next())
            #expect(second.metadata.deliveryCount == 2)
            try second.nak(delay: .milliseconds(100))
            let third = try #require(try await consumer.next())
            #expect(third.metadata.deliveryCount == 3)
            try third.terminate(reason: "hopeless")
            let none = try await consumer.next(expires: .milliseconds(200))
            #expect(none == nil)
        }
    }

    @Test func workInProgressIsNotDeliveredToOthers() async throws {
        try await run { jetStream in
            try await jetStream.createStream(Self.orders())
            var configuration = Self.ephemeral
            configuration.ackWait = .seconds(1)
            let consumer = try await jetStream.createConsumer(configuration, on: "ORDERS")
            try await jetStream.publish(Bytes(utf8: "x"), to: "orders.a")
            let message = try #require(try await consumer.next())
            // What is said about the message can be heard by anybody.
            let said = try jetStream.client.subscribe(to: "$JS.ACK.ORDERS.>")
            try await jetStream.client.flush()
            try await message.keepingInProgress(every: .milliseconds(20)) {
                var count = 0
                for try await word in said {
                    #expect(String(validating: word.payload) == "+WPI")
                    count += 1
                    if count == 5 { break }
                }
            }
            // Nothing more is said, so the wait runs out and the message comes again.
            let again = try #require(try await consumer.next(expires: .seconds(20)))
            #expect(again.metadata.deliveryCount == 2)
            try await again.ackConfirmed()
        }
    }

    @Test func aDeletedConsumerEndsItsMessages() async throws {
        try await run { jetStream in
            try await jetStream.createStream(Self.orders())
            let consumer = try await jetStream.createConsumer(Self.ephemeral, on: "ORDERS")
            try await jetStream.publish(Bytes(utf8: "x"), to: "orders.a")
            var seen = 0
            let code = await Self.code {
                for try await message in consumer.messages(batch: 1) {
                    seen += 1
                    try await message.ackConfirmed()
                    try await consumer.delete()
                }
            }
            #expect(seen == 1)
            #expect(code == .consumerDeleted)
            let fetched = await Self.code { _ = try await consumer.next() }
            #expect(fetched == .consumerDeleted)
        }
    }

    @Test func filtersAndStartsAreKept() async throws {
        try await run { jetStream in
            try await jetStream.createStream(Self.orders())
            for name in ["a", "b", "c", "a"] {
                try await jetStream.publish(Bytes(utf8: name), to: Subject("orders." + name))
            }
            var one = Self.ephemeral
            one.filterSubjects = ["orders.a"]
            let filtered = try await jetStream.createConsumer(one, on: "ORDERS")
            #expect(filtered.cachedInfo.configuration.filterSubjects == ["orders.a"])
            #expect(try await filtered.fetch(2).map(Self.text) == ["a", "a"])
            var two = Self.ephemeral
            two.filterSubjects = ["orders.b", "orders.c"]
            let both = try await jetStream.createConsumer(two, on: "ORDERS")
            #expect(try await both.fetch(2).map(Self.text) == ["b", "c"])
            var late = Self.ephemeral
            late.deliverPolicy = .byStartSequence(3)
            let tail = try await jetStream.createConsumer(late, on: "ORDERS")
            #expect(try await tail.fetch(2).map(Self.text) == ["c", "a"])
            late.deliverPolicy = .last
            let newest = try await jetStream.createConsumer(late, on: "ORDERS")
            #expect(try await newest.next()?.metadata.streamSequence == 4)
        }
    }

    @Test func replayGivesWhatWasStoredAndEnds() async throws {
        try await run { jetStream in
            try await jetStream.createStream(Self.orders())
            let requests = (0..<300).map { PublishRequest(Bytes(utf8: "\($0)"), to: "orders.n") }
            _ = try await jetStream.publishAll(requests)
            let replay = try await jetStream.replay("ORDERS", since: .seconds(600))
            #expect(!replay.anchor.isCutShort && replay.anchor.lastSequence == 300)
            try await jetStream.publish(Bytes(utf8: "later"), to: "orders.n")
            var seen: [String] = []
            for try await message in replay { seen.append(Self.text(message)) }
            #expect(seen == (0..<300).map(String.init))
            let filtered = try await jetStream.replay(
                "ORDERS", since: .seconds(600), filters: ["orders.other"])
            for try await _ in filtered { Issue.record("a message that nobody asked for") }
            for span in [Duration.zero, .seconds(-3600)] {
                let none = try await jetStream.replay("ORDERS", since: span)
                #expect(none.anchor.start <= none.anchor.serverTime)
                for try await _ in none { Issue.record("a message from the future") }
            }
        }
    }

    @Test func replayFollowsIfAsked() async throws {
        try await run { jetStream in
            try await jetStream.createStream(Self.orders())
            try await jetStream.publish(Bytes(utf8: "old"), to: "orders.n")
            let replay = try await jetStream.replay("ORDERS", since: .seconds(60), follows: true)
            var seen: [String] = []
            for try await message in replay {
                seen.append(Self.text(message))
                if seen.count == 3 { break }
                try await jetStream.publish(Bytes(utf8: "new"), to: "orders.n")
            }
            #expect(seen == ["old", "new", "new"])
        }
    }

    @Test func withoutJetStreamThatIsSaid() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let url = server.url
            try await within {
                try await NATSClient.withClient(NATSClientOptions(servers: [url])) { client in
                    let code = await Self.code {
                        _ = try await JetStream(client: client).streamInfo("S")
                    }
                    #expect(code == .jetStreamDisabled)
                    let published = await Self.code {
                        try await JetStream(client: client).publish(Bytes(), to: "orders")
                    }
                    #expect(published == .jetStreamDisabled)
                    let all = try await JetStream(client: client).publishAll(
                        [PublishRequest(Bytes(), to: "orders")])
                    guard case .failure(let error) = all.first else {
                        Issue.record("it was stored")
                        return
                    }
                    #expect(error.code == .jetStreamDisabled && error.outcome == .denied)
                    #expect(error.place == "orders" && error.detail.contains("not enabled"))
                }
            }
        }
    }
}
