internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct PushConsumerTests {
    private static func consumer(
        _ jetStream: JetStream, _ change: (inout ConsumerConfiguration) -> Void = { _ in }
    ) async throws -> PushConsumer {
        try await jetStream.createOrUpdateStream(StreamConfiguration(name: "S", subjects: ["s.>"]))
        var configuration = ConsumerConfiguration(durableName: "pushed")
        configuration.deliverSubject = "deliver.here"
        change(&configuration)
        try await jetStream.createConsumer(configuration, on: "S")
        return try await jetStream.pushConsumer("pushed", on: "S")
    }

    private static func publish(_ jetStream: JetStream, _ range: Range<Int>) async throws {
        let requests = range.map { PublishRequest("\($0)", to: "s.a") }
        #expect(try await jetStream.publishAll(requests).firstFailure == nil)
    }

    @Test func whatIsDeliveredIsHandedOutAndAcknowledged() async throws {
        try await JetStreamStage.run { jetStream in
            let consumer = try await Self.consumer(jetStream)
            try await Self.publish(jetStream, 0..<10)
            var seen = 0
            for try await message in try consumer.messages() {
                #expect(message.text == "\(seen)")
                try await message.ackConfirmed()
                seen += 1
                if seen == 10 { break }
            }
            let info = try await jetStream.consumerInfo("pushed", on: "S")
            #expect(info.ackFloor == 10)
        }
    }

    /// The server holds back what is not asked for; it goes on only when it is answered, and no
    /// heartbeat comes that would ask again.
    @Test func flowControlIsAnswered() async throws {
        try await JetStreamStage.run { jetStream in
            let consumer = try await Self.consumer(jetStream) {
                $0.flowControl = true
                $0.idleHeartbeat = .seconds(600)
                $0.ackPolicy = .none
            }
            let large = Bytes([UInt8](repeating: 1, count: 100_000))
            let requests = (0..<300).map { _ in PublishRequest(large, to: "s.large") }
            #expect(try await jetStream.publishAll(requests, maxOutstanding: 8).firstFailure == nil)
            var seen: [UInt64] = []
            for try await message in try consumer.messages() {
                seen.append(message.metadata.streamSequence)
                if seen.count == 300 { break }
            }
            #expect(seen == (1...300).map { UInt64($0) })
        }
    }

    /// Whoever may publish to the deliver subject has no word of ours for the API.
    @Test func aForgedQuestionOfFlowControlIsNotAnswered() async throws {
        try await JetStreamStage.run { jetStream in
            let consumer = try await Self.consumer(jetStream) { $0.ackPolicy = .none }
            try await Self.publish(jetStream, 0..<1)
            let server = try #require(jetStream.client.serverInfo)
            let raw = try #require(ScriptedConnection(connectingTo: server.port, host: server.host))
            let head = "NATS/1.0 100 FlowControl Request\r\n\r\n"
            raw.send("CONNECT {\"headers\":true}\r\n")
            let loop = try consumer.messages()
            try await jetStream.client.flush()
            raw.send(
                "HPUB deliver.here $JS.API.STREAM.DELETE.S \(head.utf8.count)"
                    + " \(head.utf8.count)\r\n\(head)\r\nPING\r\n")
            while let line = raw.readLine(), line != "PONG" {}
            try await Self.publish(jetStream, 1..<2)
            var seen: [String?] = []
            for try await message in loop {
                seen.append(message.text)
                if seen.count == 2 { break }
            }
            #expect(seen == ["0", "1"])
            let info = try await jetStream.streamInfo("S")
            #expect(info.state.messages == 2)
        }
    }

    /// Somebody else who listens does not answer, so that the server stands still before we come:
    /// its heartbeat names the question that was lost.
    @Test func aQuestionThatWasLostIsAnsweredWhenAHeartbeatNamesIt() async throws {
        try await JetStreamStage.run { jetStream in
            let consumer = try await Self.consumer(jetStream) {
                $0.flowControl = true
                $0.idleHeartbeat = .milliseconds(200)
                $0.ackPolicy = .none
            }
            let deaf = try jetStream.client.subscribe(to: "deliver.here")
            let large = Bytes([UInt8](repeating: 1, count: 100_000))
            let requests = (0..<100).map { _ in PublishRequest(large, to: "s.large") }
            #expect(try await jetStream.publishAll(requests, maxOutstanding: 8).firstFailure == nil)
            var delivered: UInt64 = 0
            waiting: for try await message in deaf {
                guard message.hasHeaders, let headers = try? message.headers else {
                    delivered += 1
                    continue
                }
                if headers["Nats-Consumer-Stalled"] != nil { break waiting }
            }
            #expect(delivered < 100)
            var last: UInt64 = 0
            for try await message in try consumer.messages() {
                last = message.metadata.streamSequence
                if last == 100 { break }
            }
            #expect(last == 100)
        }
    }

    @Test func membersOfAGroupShareTheMessages() async throws {
        try await JetStreamStage.run { jetStream in
            let consumer = try await Self.consumer(jetStream) { $0.deliverGroup = "g" }
            let (one, two) = (try consumer.messages(), try consumer.messages())
            try await jetStream.client.flush()
            try await Self.publish(jetStream, 0..<100)
            let (taken, taking) = AsyncStream<(Int, UInt64)>.makeStream()
            let loops = [one, two].enumerated().map { index, loop in
                Task {
                    for try await message in loop {
                        taking.yield((index, message.metadata.streamSequence))
                        try message.ack()
                    }
                }
            }
            var numbers: [UInt64] = []
            var members: Set<Int> = []
            for await (member, number) in taken {
                numbers.append(number)
                members.insert(member)
                if numbers.count == 100 { break }
            }
            #expect(numbers.sorted() == (1...100).map { UInt64($0) })
            #expect(members == [0, 1])
            try await jetStream.client.drain()
            for loop in loops { try await loop.value }
        }
    }

    @Test func aConsumerThatGoesEndsItsLoop() async throws {
        try await JetStreamStage.run { jetStream in
            let consumer = try await Self.consumer(jetStream) {
                $0.idleHeartbeat = .milliseconds(100)
            }
            try await Self.publish(jetStream, 0..<1)
            var messages = try consumer.messages().makeAsyncIterator()
            #expect(try await messages.next()?.text == "0")
            try await jetStream.deleteConsumer("pushed", on: "S")
            let error = await #expect(throws: JetStreamError.self) { try await messages.next() }
            #expect(error?.code == .consumerDeleted)
        }
    }

    @Test func aPullConsumerIsNone() async throws {
        try await JetStreamStage.run { jetStream in
            try await jetStream.createStream(StreamConfiguration(name: "S", subjects: ["s.>"]))
            try await jetStream.createConsumer(ConsumerConfiguration(durableName: "c"), on: "S")
            let code = await JetStreamStage.code {
                _ = try await jetStream.pushConsumer("c", on: "S")
            }
            #expect(code == .invalidArgument)
        }
    }

    @Test func aDrainEndsTheLoopBehindWhatHasCome() async throws {
        try await JetStreamStage.run { jetStream in
            let consumer = try await Self.consumer(jetStream) { $0.ackPolicy = .none }
            try await Self.publish(jetStream, 0..<50)
            let loop = try consumer.messages()
            var messages = loop.makeAsyncIterator()
            #expect(try await messages.next()?.text == "0")
            async let drained: Void = jetStream.client.drain()
            var rest = 1
            while let message = try await messages.next() {
                #expect(message.text == "\(rest)")
                rest += 1
            }
            #expect(rest > 1)
            try await drained
        }
    }
}
