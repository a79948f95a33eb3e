internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct PublishResultsTests {
    /// More streams than are compared with, failures between them, and repeated messages.
    @Test func eachMessageHasItsOwnWord() async throws {
        var options = JetStreamOptions()
        options.publishRetries = 0
        try await JetStreamStage.run(options: options) { jetStream in
            let streams = 70
            for index in 0..<streams {
                let subject = try SubjectPattern("of.\(index)")
                try await jetStream.createStream(
                    StreamConfiguration(name: "S\(index)", subjects: [subject]))
            }
            var requests: [PublishRequest] = []
            for turn in 0..<3 {
                for index in 0..<streams {
                    requests.append(
                        try PublishRequest(
                            "x", to: Subject("of.\(index)"),
                            options: PublishOptions(messageID: HeaderValue("m\(min(turn, 1))"))))
                }
                requests.append(PublishRequest("nobody", to: "elsewhere"))
                requests.append(
                    PublishRequest(Bytes([UInt8](repeating: 0, count: 2 << 20)), to: "of.0"))
            }
            let results = try await jetStream.publishAll(requests, maxOutstanding: 16)
            #expect(results.count == requests.count)
            for (position, result) in results.enumerated() {
                let (turn, index) = position.quotientAndRemainder(dividingBy: streams + 2)
                switch (index, result) {
                case (streams, .failure(let error)):
                    #expect(error.code == .noStream)
                    #expect(error.outcome == .denied)
                case (streams + 1, .failure(let error)):
                    #expect(error.code == .tooLarge)
                    #expect(error.outcome == .lost)
                case (..<streams, .success(let ack)):
                    let number = UInt64(min(turn, 1) + 1)
                    #expect(
                        ack
                            == PublishAck(
                                stream: "S\(index)", sequence: number, isDuplicate: turn == 2))
                default: Issue.record("message \(position): \(result)")
                }
            }
            #expect(results.firstFailure?.code == .noStream)
            let stored = try await jetStream.publishAll([PublishRequest("y", to: "of.1")])
            #expect(stored.firstFailure == nil)
        }
    }

    @Test func aSequenceOfNothingHasNoResults() async throws {
        try await JetStreamStage.run { jetStream in
            let results = try await jetStream.publishAll([])
            #expect(results.isEmpty)
            #expect(results.firstFailure == nil)
        }
    }

    /// An outbox that holds a part of a group only.
    @Test func aGroupWaitsForRoom() async throws {
        try await NATSServerFixture.run { server in
            try await within {
                var options = NATSClientOptions(servers: [server.url])
                options.outboxCapacity = 2000
                let client = try await NATSClient.connect(options)
                let jetStream = JetStream(client: client)
                try await jetStream.createStream(StreamConfiguration(name: "S", subjects: ["s"]))
                let requests = (0..<500).map {
                    PublishRequest(Bytes([UInt8](repeating: UInt8($0 % 251), count: $0)), to: "s")
                }
                let results = try await jetStream.publishAll(requests, maxOutstanding: 100)
                #expect(try results.map { try $0.get().sequence } == (1...500).map { UInt64($0) })
                let consumer = try await jetStream.createConsumer(
                    ConsumerConfiguration(durableName: "c"), on: "S")
                let messages = try await consumer.fetch(500)
                #expect(messages.map(\.payload.count) == Array(0..<500))
                await client.close()
            }
        }
    }
}
