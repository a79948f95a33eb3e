internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct AtomicBatchTests {
    private static func run(
        _ body: @escaping @Sendable (JetStream) async throws -> Void
    ) async throws {
        var options = JetStreamOptions()
        options.publishRetries = 1
        options.publishRetryWait = .milliseconds(1)
        try await JetStreamStage.run(options: options) { jetStream in
            guard try await JetStreamStage.level(jetStream) >= 2 else { return }
            var stream = StreamConfiguration(name: "S", subjects: ["s.>"])
            stream.allowsAtomicPublish = true
            try await jetStream.createStream(stream)
            try await body(jetStream)
        }
    }

    private static func requests(_ count: Int) -> [PublishRequest] {
        (0..<count).map { PublishRequest("\($0)", to: "s.a") }
    }

    private static func stored(_ jetStream: JetStream) async throws -> UInt64 {
        try await jetStream.streamInfo("S").state.messages
    }

    @Test(arguments: [1, 2, 3, 1000]) func allMessagesAreStoredTogether(count: Int) async throws {
        try await Self.run { jetStream in
            try await jetStream.publish("before", to: "s.b")
            let ack = try await jetStream.publishAtomically(Self.requests(count))
            #expect(
                ack == AtomicBatchAck(stream: "S", sequences: 2...UInt64(count + 1)))
            for (index, sequence) in zip(0..., ack.sequences) where index % 97 == 0 {
                let message = try await jetStream.message(sequence, in: "S")
                #expect(String(repairing: message.payload) == "\(index)")
            }
            let stored = try await Self.stored(jetStream)
            #expect(stored == UInt64(count + 1))
        }
    }

    /// What the stream says against one message is what is told, and nothing is stored.
    @Test(arguments: [0, 1, 5, 9]) func oneRefusalIsThatOfAll(position: Int) async throws {
        try await Self.run { jetStream in
            try await jetStream.publish("before", to: "s.b")
            var requests = Self.requests(10)
            requests[position] = PublishRequest("x", to: "s.b")
            requests[position].options.expectedLastSubjectSequence = 7
            let error = await #expect(throws: JetStreamError.self) {
                try await jetStream.publishAtomically(requests)
            }
            #expect(error?.code == .conditionFailed)
            #expect(error?.outcome == .denied)
            let stored = try await Self.stored(jetStream)
            #expect(stored == 1)
            requests[position].options.expectedLastSubjectSequence = 1
            let ack = try await jetStream.publishAtomically(requests)
            #expect(ack.sequences == 2...11)
        }
    }

    @Test func moreThanTheServerTakesIsRefused() async throws {
        try await Self.run { jetStream in
            let error = await #expect(throws: JetStreamError.self) {
                try await jetStream.publishAtomically(Self.requests(1001))
            }
            #expect(error?.code == .refused)
            #expect(error?.apiError?.errorCode == 10199)
            #expect(error?.outcome == .denied)
            let stored = try await Self.stored(jetStream)
            #expect(stored == 0)
        }
    }

    @Test func aStreamThatTakesNoBatchesSaysSo() async throws {
        try await Self.run { jetStream in
            try await jetStream.createStream(
                StreamConfiguration(name: "PLAIN", subjects: ["p"]))
            for count in [1, 3] {
                let requests = (0..<count).map { _ in PublishRequest("x", to: "p") }
                let error = await #expect(throws: JetStreamError.self) {
                    try await jetStream.publishAtomically(requests)
                }
                #expect(error?.apiError?.errorCode == 10174)
                #expect(error?.outcome == .denied)
            }
            let plain = try await jetStream.streamInfo("PLAIN")
            #expect(plain.state.messages == 0)
        }
    }

    @Test(arguments: [1, 3]) func nobodyThereIsTold(count: Int) async throws {
        try await Self.run { jetStream in
            let requests = (0..<count).map { _ in PublishRequest("x", to: "nowhere") }
            let error = await #expect(throws: JetStreamError.self) {
                try await jetStream.publishAtomically(requests)
            }
            #expect(error?.code == .noStream)
            #expect(error?.outcome == .denied)
        }
    }

    @Test func whatCannotBeSentEndsTheBatch() async throws {
        try await Self.run { jetStream in
            let large = PublishRequest(Bytes([UInt8](repeating: 0, count: 2 << 20)), to: "s.a")
            for position in [0, 2, 4] {
                var requests = Self.requests(5)
                requests[position] = large
                let error = await #expect(throws: JetStreamError.self) {
                    try await jetStream.publishAtomically(requests)
                }
                #expect(error?.code == .tooLarge)
                #expect(error?.outcome == .lost)
            }
            let none = await #expect(throws: JetStreamError.self) {
                try await jetStream.publishAtomically([])
            }
            #expect(none?.code == .invalidArgument)
            let stored = try await Self.stored(jetStream)
            #expect(stored == 0)
        }
    }

    /// A responder that is no stream, or a server that knows no batches, answers each message.
    @Test func anAnswerToASingleMessageIsNoWordOnTheBatch() async throws {
        try await Self.run { jetStream in
            let client = jetStream.client
            let subscription = try client.subscribe(to: "other")
            try await client.flush()
            let answering = Task {
                for try await message in subscription {
                    try client.respond(to: message, with: #"{"stream":"OLD","seq":5}"#)
                }
            }
            let error = await #expect(throws: JetStreamError.self) {
                try await jetStream.publishAtomically([
                    PublishRequest("x", to: "other"), PublishRequest("y", to: "other"),
                ])
            }
            #expect(error?.code == .serverTooOld)
            #expect(error?.outcome == .unknown)
            answering.cancel()
        }
    }
}
