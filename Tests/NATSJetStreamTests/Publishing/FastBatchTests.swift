internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct FastBatchTests {
    private static func run(
        _ body: @escaping @Sendable (JetStream) async throws -> Void
    ) async throws {
        var options = JetStreamOptions()
        options.publishRetries = 1
        options.publishRetryWait = .milliseconds(1)
        try await JetStreamStage.run(options: options) { jetStream in
            guard try await JetStreamStage.level(jetStream) >= 4 else { return }
            var stream = StreamConfiguration(name: "F", subjects: ["f.>"])
            stream.allowsBatchedPublish = true
            try await jetStream.createStream(stream)
            try await body(jetStream)
        }
    }

    private static func requests(_ count: Int) -> [PublishRequest] {
        (0..<count).map { PublishRequest("\($0)", to: "f.a") }
    }

    private static func stored(_ jetStream: JetStream) async throws -> [String?] {
        var options = OrderedReadOptions()
        options.follows = false
        var texts: [String?] = []
        for try await message in jetStream.orderedMessages(in: "F", options: options) {
            texts.append(message.text)
        }
        return texts
    }

    @Test(arguments: [0, 1, 2, 3, 100, 201, 5000])
    func allMessagesAreStoredInOrder(count: Int) async throws {
        try await Self.run { jetStream in
            let ack = try await jetStream.publishFast(Self.requests(count))
            #expect(ack.isWhole && ack.failure == nil)
            #expect(ack.sent == count && ack.reached == count)
            #expect(ack.lastSequence == (count > 0 ? UInt64(count) : nil))
            #expect(ack.stream == (count > 0 ? "F" : ""))
            #expect(try await Self.stored(jetStream) == (0..<count).map { "\($0)" })
        }
    }

    @Test(arguments: [(1, 1), (1, 3), (7, 2), (65535, 1)])
    func anyFlowWorks(flow: Int, outstanding: Int) async throws {
        try await Self.run { jetStream in
            var options = FastBatchOptions()
            (options.flow, options.outstanding) = (flow, outstanding)
            let ack = try await jetStream.publishFast(Self.requests(50), options: options)
            #expect(ack.isWhole)
            #expect(try await Self.stored(jetStream).count == 50)
        }
    }

    /// Many at a time: the stream slows each of them down, and each is whole and in order.
    @Test func manyBatchesShareAStream() async throws {
        try await Self.run { jetStream in
            let acks = try await withThrowingTaskGroup(of: FastBatchAck.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        try await jetStream.publishFast(
                            (0..<500).map { PublishRequest("\(writer)-\($0)", to: "f.w") })
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(acks.count == 8 && acks.allSatisfy(\.isWhole))
            let stored = try await Self.stored(jetStream)
            for writer in 0..<8 {
                let own = stored.compactMap(\.self).filter { $0.hasPrefix("\(writer)-") }
                #expect(own == (0..<500).map { "\(writer)-\($0)" })
            }
        }
    }

    @Test(arguments: [0, 1, 50, 299]) func aRefusalEndsTheBatchThere(position: Int) async throws {
        try await Self.run { jetStream in
            var requests = Self.requests(300)
            requests[position].options.expectedLastSequence = 9999
            let ack = try await jetStream.publishFast(requests)
            #expect(!ack.isWhole)
            #expect(ack.failure?.code == .conditionFailed)
            #expect(ack.failure?.outcome == .denied)
            #expect(ack.reached == position && ack.refusals.keys.sorted() == [position])
            #expect(try await Self.stored(jetStream).count == position)
        }
    }

    @Test func aBatchWithGapsGoesOnBehindARefusal() async throws {
        try await Self.run { jetStream in
            var requests = Self.requests(300)
            for position in [7, 150] { requests[position].options.expectedLastSequence = 9999 }
            var options = FastBatchOptions()
            options.allowsGaps = true
            let ack = try await jetStream.publishFast(requests, options: options)
            #expect(ack.failure == nil && !ack.isWhole && ack.reached == 300)
            #expect(ack.refusals.keys.sorted() == [7, 150])
            #expect(ack.refusals[7]?.code == .conditionFailed)
            #expect(try await Self.stored(jetStream).count == 298)
        }
    }

    @Test func messagesOneByOneAreTakenUntilTheEnd() async throws {
        try await Self.run { jetStream in
            var batch = try jetStream.fastBatch()
            for number in 0..<250 { try await batch.add("\(number)", to: "f.a") }
            #expect(batch.reached > 0)
            try batch.ping()
            let ack = await batch.commit()
            #expect(ack.isWhole && ack.sent == 250)
            let code = await JetStreamStage.code { try await batch.add("late", to: "f.a") }
            #expect(code == .closed)
            #expect(try await Self.stored(jetStream).count == 250)
        }
    }

    @Test func repeatedMessagesAreStoredOnce() async throws {
        try await Self.run { jetStream in
            let requests = (0..<100).map { number in
                PublishRequest(
                    "\(number)", to: "f.a",
                    options: PublishOptions(messageID: HeaderValue(number)))
            }
            for _ in 0..<2 {
                let ack = try await jetStream.publishFast(requests)
                #expect(ack.isWhole)
            }
            #expect(try await Self.stored(jetStream).count == 100)
        }
    }

    /// The stream's number stands, and what cannot be sent is not counted.
    @Test(arguments: [0, 3]) func whatCannotBeSentEndsTheBatch(position: Int) async throws {
        try await Self.run { jetStream in
            var requests = Self.requests(5)
            requests[position] = PublishRequest(
                Bytes([UInt8](repeating: 0, count: 2 << 20)), to: "f.a")
            let ack = try await jetStream.publishFast(requests)
            #expect(ack.failure?.code == .tooLarge && ack.failure?.outcome == .lost)
            #expect(ack.sent == position && ack.reached == position)
            #expect(try await Self.stored(jetStream).count == position)
        }
    }

    @Test func whereNoStreamIsOrNoneThatTakesBatches() async throws {
        try await Self.run { jetStream in
            try await jetStream.createStream(StreamConfiguration(name: "N", subjects: ["n"]))
            let refused = try await jetStream.publishFast([PublishRequest("x", to: "n")])
            #expect(refused.failure?.apiError?.errorCode == 10205)
            #expect(refused.failure?.outcome == .denied && refused.reached == 0)
            let nobody = try await jetStream.publishFast([PublishRequest("x", to: "nowhere")])
            #expect(nobody.failure?.code == .noStream)
            #expect(nobody.failure?.outcome == .denied && nobody.reached == 0)
            // In the middle: what came before is told.
            var requests = Self.requests(4)
            requests[2].subject = "nowhere"
            let broken = try await jetStream.publishFast(requests)
            #expect(broken.failure?.code == .noStream && broken.reached == 2)
            #expect(try await Self.stored(jetStream) == ["0", "1"])
        }
    }

    @Test func settingsThatMakeNoSenseAreRefused() async throws {
        try await Self.run { jetStream in
            for (flow, outstanding) in [(0, 2), (65536, 2), (-1, 2), (100, 0), (100, 4)] {
                var options = FastBatchOptions()
                (options.flow, options.outstanding) = (flow, outstanding)
                let wrong = options
                let code = await JetStreamStage.code { _ = try jetStream.fastBatch(wrong) }
                #expect(code == .invalidArgument)
            }
        }
    }

    /// Adds messages until the batch ends; returns why it did.
    static func add(_ numbers: Range<Int>, to batch: inout FastBatch) async -> JetStreamError? {
        do throws(JetStreamError) {
            for number in numbers { try await batch.add("\(number)", to: "f.a") }
        } catch {
            return error
        }
        return nil
    }

    /// A stream that goes in the middle leaves no loop behind, and what it had is told.
    @Test func aStreamThatGoesEndsTheBatch() async throws {
        try await Self.run { jetStream in
            var batch = try jetStream.fastBatch()
            for number in 0..<250 { try await batch.add("\(number)", to: "f.a") }
            try await jetStream.deleteStream("F")
            let error = await Self.add(0..<1000, to: &batch)
            // Either the stream forgot the batch on its way out, or nobody is there any more.
            let hasForgotten = error?.apiError?.errorCode == JetStreamAPIError.unknownBatch
            #expect(hasForgotten || error?.code == .noStream, "\(error as Any)")
            let ack = await batch.commit()
            #expect(ack.failure == error && ack.reached >= 100)
        }
    }
}
