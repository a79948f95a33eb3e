internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import Synchronization
internal import TestKit
internal import Testing

/// Consuming from three replicas while leaders step down and one is killed: each way sees all that
/// was acknowledged, and what is ordered sees it in order and once.
@Suite(.needsNATSServer) struct ReplicatedConsumeTests {
    enum Way: String, CaseIterable, Sendable {
        case loop, fetch, ordered, worker
    }

    /// What a consumer has seen.
    private final class Seen: Sendable {
        private let texts = Mutex<[String]>([])
        func add(_ text: String?) { texts.withLock { $0.append(text ?? "") } }
        var all: [String] { texts.withLock { $0 } }
        var count: Int { texts.withLock { Set($0).count } }
    }

    @Test(arguments: Way.allCases) func everythingComes(way: Way) async throws {
        try await ReplicatedStage.run { stage in
            let jetStream = try await stage.connect()
            try await stage.makeStream(jetStream)
            var durable = ConsumerConfiguration(durableName: "c")
            durable.ackWait = .seconds(5)
            let wanted = durable
            try await stage.eventually("a consumer") {
                try await jetStream.createConsumer(wanted, on: "S")
            }
            let (ledger, seen) = (StoredLedger(), Seen())
            let reader = try await stage.connect()
            let reading = Task { try await Self.read(way, reader, seen, stage) }
            let writing = Task { try await Self.write(stage, ledger) }
            try await stage.playFaults(on: "S", consumer: "c", jetStream) {
                try await ledger.grows(by: 50)
            }
            try await writing.value
            let hasAll = await Pace.until(patience) {
                ledger.acknowledged.isSubset(of: seen.all)
            }
            #expect(hasAll, "\(seen.count) of \(ledger.count)")
            reading.cancel()
            _ = try? await reading.value
            let all = seen.all
            // The others may get again, and late, what was on its way when a leader went.
            if way == .ordered {
                let counters = all.compactMap { Int($0.dropFirst(2)) }
                #expect(counters == Array(0..<all.count))
            }
            await reader.client.close()
            await jetStream.client.close()
        }
    }

    private static func write(_ stage: ReplicatedStage, _ ledger: StoredLedger) async throws {
        let jetStream = try await stage.connect()
        var counter = 0
        while !stage.hasPlayedAll {
            let text = "0-\(counter)"
            let options = PublishOptions(messageID: try HeaderValue(text))
            while (try? await jetStream.publish(text, to: "s.a", options: options)) == nil {
                try Task.checkCancellation()
                await Pace.pause(.milliseconds(10))
            }
            ledger.stored(text)
            counter += 1
        }
        await jetStream.client.close()
    }

    private static func read(
        _ way: Way, _ jetStream: JetStream, _ seen: Seen, _ stage: ReplicatedStage
    ) async throws {
        if way == .ordered {
            for try await message in jetStream.orderedMessages(in: "S") { seen.add(message.text) }
            return
        }
        let consumer = try await stage.eventually("the consumer") {
            try await jetStream.consumer("c", on: "S")
        }
        switch way {
        case .loop:
            for try await message in consumer.messages() {
                seen.add(message.text)
                try message.ack()
            }
        case .fetch:
            while !Task.isCancelled {
                guard let messages = try? await consumer.fetch(20, expires: .seconds(1)) else {
                    await Pace.pause(.milliseconds(10))
                    continue
                }
                for message in messages {
                    seen.add(message.text)
                    try? message.ack()
                }
            }
        default:
            try await consumer.work { message in seen.add(message.text) }
        }
    }
}
