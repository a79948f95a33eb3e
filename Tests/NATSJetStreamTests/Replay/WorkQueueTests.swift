internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// A work queue is its workers': what only reads is told what to do instead.
@Suite(.needsNATSServer) struct WorkQueueTests {
    @Test func readersAreRefusedAndToldWhatToDo() async throws {
        try await JetStreamStage.run { jetStream in
            var stream = StreamConfiguration(name: "W", subjects: ["w"])
            stream.retention = .workQueue
            stream.allowsDirectGet = true
            try await jetStream.createStream(stream)
            for number in 0..<5 { try await jetStream.publish("\(number)", to: "w") }
            // Also beside a worker that has the queue.
            for hasWorker in [false, true] {
                if hasWorker {
                    try await jetStream.createConsumer(
                        ConsumerConfiguration(durableName: "worker"), on: "W")
                }
                let replay = await #expect(throws: JetStreamError.self) {
                    try await jetStream.replay("W", since: .seconds(600))
                }
                let ordered = await #expect(throws: JetStreamError.self) {
                    for try await _ in jetStream.orderedMessages(in: "W") {}
                }
                for error in [replay, ordered] {
                    #expect(error?.code == .refused)
                    #expect(error?.detail.contains("storedMessages") == true)
                    #expect(error?.detail.contains("natsbridge stream get") == true)
                }
            }
            // What is told to do works, and takes nothing from the queue.
            guard try await JetStreamStage.level(jetStream) >= 1 else { return }
            var texts: [String?] = []
            for try await message in jetStream.storedMessages(in: "W") {
                texts.append(message.text)
            }
            #expect(texts == (0..<5).map { "\($0)" })
            let info = try await jetStream.streamInfo("W")
            #expect(info.state.messages == 5)
        }
    }
}
