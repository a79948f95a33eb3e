internal import BridgeBytes
internal import Foundation
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct OrderedMessagesTests {
    private static func makeStream(_ jetStream: JetStream) async throws {
        try await jetStream.createStream(StreamConfiguration(name: "S", subjects: ["s.>"]))
        for number in 1...6 {
            let subject: Subject = number.isMultiple(of: 2) ? "s.even" : "s.odd"
            try await jetStream.publish("\(number)", to: subject)
        }
    }

    private static let starts: [(ConsumerConfiguration.DeliverPolicy, [String])] = [
        (.all, ["1", "2", "3", "4", "5", "6"]), (.last, ["6"]), (.new, []),
        (.byStartSequence(4), ["4", "5", "6"]), (.lastPerSubject, ["5", "6"]),
        (.byStartTime(Timestamp(seconds: 4_000_000_000)), []),
    ]

    @Test func `it starts where it is asked to, and ends with what was there`() async throws {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            for (start, expected) in Self.starts {
                var options = OrderedReadOptions()
                (options.start, options.follows) = (start, false)
                if start == .lastPerSubject { options.filters = ["s.>"] }
                var texts: [String] = []
                for try await message in jetStream.orderedMessages(in: "S", options: options) {
                    texts.append(message.text ?? "")
                }
                #expect(texts == expected, "\(start)")
            }
            var options = OrderedReadOptions()
            (options.filters, options.headersOnly, options.follows) = (["s.odd"], true, false)
            var sizes: [String?] = []
            for try await message in jetStream.orderedMessages(in: "S", options: options) {
                #expect(message.payload.count == 0)
                sizes.append(try message.headers["Nats-Msg-Size"])
            }
            #expect(sizes == ["1", "1", "1"])
            // The consumers go with their loops.
            let areGone = await Pace.until(patience) {
                (try? await jetStream.streamInfo("S"))?.state.consumerCount == 0
            }
            #expect(areGone)
        }
    }

    /// As of a cluster without a quorum: it takes every question.
    @Test(arguments: [true, false])
    func `a read that cannot begin fails when it has asked long enough`(follows: Bool)
        async throws
    {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            var settings = JetStreamOptions()
            settings.timeout = .milliseconds(50)
            settings.apiPrefix = "$DEAF.API"
            let deaf = try client.subscribe(to: "$DEAF.API.>")
            try await client.flush()
            let jetStream = JetStream(client: client, options: settings)
            var options = OrderedReadOptions()
            (options.follows, options.patience) = (follows, .milliseconds(500))
            var messages = jetStream.orderedMessages(in: "S", options: options)
                .makeAsyncIterator()
            let error = await #expect(throws: JetStreamError.self) { try await messages.next() }
            #expect(error?.code == .timeout)
            withExtendedLifetime(deaf) {}
            await client.close()
        }
    }

    /// The number from which on would be read is not there yet, and what comes was not read.
    @Test func `a stream that has gone back ends the read of it`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            let jetStream = client.jetStream
            try await Self.makeStream(jetStream)
            var messages = jetStream.orderedMessages(in: "S").makeAsyncIterator()
            for _ in 0..<2 { _ = try await messages.next() }
            // As one that is restored from a copy: made at the same time, with fewer messages.
            try await server.stop()
            let (store, copy) = (server.directory.file("store"), server.directory.file("copy"))
            try FileManager.default.copyItem(atPath: store, toPath: copy)
            try await server.restart()
            try await jetStream.publish("7", to: "s.odd")
            var texts: [String] = []
            while texts.last != "7", let message = try await messages.next() {
                texts.append(message.text ?? "")
            }
            #expect(texts == ["3", "4", "5", "6", "7"])
            try await server.kill()
            try FileManager.default.removeItem(atPath: store)
            try FileManager.default.moveItem(atPath: copy, toPath: store)
            try await server.restart()
            let error = await #expect(throws: JetStreamError.self) { try await messages.next() }
            #expect(error?.code == .streamNotFound)
            #expect(error?.detail.contains("gone back") == true)
            await client.close()
        }
    }

    @Test func `a consumer that is deleted is followed by another, and nothing is missing`()
        async throws
    {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            var messages = jetStream.orderedMessages(in: "S").makeAsyncIterator()
            var numbers: [UInt64] = []
            for _ in 0..<3 {
                numbers.append(try #require(try await messages.next()).metadata.streamSequence)
            }
            for name in try await jetStream.consumerNames(on: "S").all() {
                try await jetStream.deleteConsumer(name, on: "S")
            }
            try await jetStream.publish("7", to: "s.odd")
            for _ in 0..<4 {
                numbers.append(try #require(try await messages.next()).metadata.streamSequence)
            }
            #expect(numbers == [1, 2, 3, 4, 5, 6, 7])
        }
    }

    @Test func `a server that is killed and comes back loses nothing of it`() async throws {
        try await NATSServerFixture.run { server in
            let url = server.url
            try await within {
                var options = NATSClientOptions(servers: [url])
                (options.reconnectWait, options.maxReconnectAttempts) = (.milliseconds(50), nil)
                let client = try await NATSClient.connect(options)
                let jetStream = client.jetStream
                try await Self.makeStream(jetStream)
                var read = OrderedReadOptions()
                read.start = .new
                var messages = jetStream.orderedMessages(in: "S", options: read)
                    .makeAsyncIterator()
                guard case .caughtUp? = try await messages.nextEvent() else {
                    Issue.record("nothing is there that is new")
                    return
                }
                try await server.kill()
                try await server.restart()
                let isBack = await Pace.until(patience) {
                    (try? await jetStream.publish("7", to: "s.odd")) != nil
                }
                #expect(isBack)
                #expect(try await messages.next()?.text == "7")
                await client.close()
            }
        }
    }

    @Test func `a stream that is none, or goes, ends it`() async throws {
        try await JetStreamStage.run { jetStream in
            let none = await JetStreamStage.code {
                for try await _ in jetStream.orderedMessages(in: "NONE") {}
            }
            #expect(none == .streamNotFound)
            try await Self.makeStream(jetStream)
            let gone = await JetStreamStage.code {
                for try await message in jetStream.orderedMessages(in: "S")
                where message.metadata.streamSequence == 6 {
                    try await jetStream.deleteStream("S")
                }
            }
            #expect(gone == .streamNotFound)
        }
    }

    @Test func `a stream of the same name that was made anew is not read for the old one`()
        async throws
    {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            var ordered = jetStream.orderedMessages(in: "S").makeAsyncIterator()
            var replay = try await jetStream.replay("S", since: .seconds(600), follows: true)
                .makeAsyncIterator()
            for _ in 0..<6 {
                _ = try #require(try await ordered.next())
                _ = try #require(try await replay.next())
            }
            try await jetStream.deleteStream("S")
            try await Self.makeStream(jetStream)
            try await jetStream.publish("7", to: "s.odd")
            let inOrder = await JetStreamStage.code { _ = try await ordered.next() }
            #expect(inOrder == .streamNotFound)
            let replayed = await JetStreamStage.code { _ = try await replay.next() }
            #expect(replayed == .streamNotFound)
        }
    }

    @Test func `what is purged while it is read is not waited for`() async throws {
        try await JetStreamStage.run { jetStream in
            try await jetStream.createStream(StreamConfiguration(name: "S", subjects: ["s"]))
            let requests = (0..<2000).map { PublishRequest("\($0)", to: "s") }
            for result in try await jetStream.publishAll(requests) { _ = try result.get() }
            var options = OrderedReadOptions()
            options.follows = false
            var count = 0
            for try await _ in jetStream.orderedMessages(in: "S", options: options) {
                count += 1
                if count == 10 { try await jetStream.purgeStream("S") }
            }
            #expect(count >= 10 && count < 2000)
        }
    }
}
