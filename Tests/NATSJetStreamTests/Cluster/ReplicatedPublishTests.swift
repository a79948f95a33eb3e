internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// Publishing into three replicas while leaders step down and one is killed: nothing that was
/// acknowledged is lost, nothing is stored twice, and what one process sent one after the other
/// stands in that order.
@Suite(.needsNATSServer) struct ReplicatedPublishTests {
    enum Way: String, CaseIterable, Sendable {
        case oneByOne, all, publisher, atomically, fast
    }

    @Test(arguments: Way.allCases) func nothingAcknowledgedIsLost(way: Way) async throws {
        try await ReplicatedStage.run { stage in
            let jetStream = try await stage.connect()
            try await stage.makeStream(jetStream) {
                $0.allowsAtomicPublish = way == .atomically
                $0.allowsBatchedPublish = way == .fast
            }
            let ledger = StoredLedger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for process in 0..<2 {
                    let own = try await stage.connect()
                    group.addTask {
                        var counter = 0
                        while !stage.hasPlayedAll {
                            counter = try await Self.send(
                                process, from: counter, way, own, ledger)
                        }
                        await own.client.close()
                    }
                }
                try await stage.playFaults(on: "S", jetStream) { try await ledger.grows(by: 100) }
                try await group.waitForAll()
            }
            let stored = try await stage.eventually("the whole stream") {
                // A read from a replica that lags ends where that one takes the end to be.
                let end = ContinuousClock.now + .seconds(30)
                while true {
                    let texts = try await Self.texts(jetStream)
                    let isWhole = ledger.acknowledged.isSubset(of: texts)
                    guard !isWhole, ContinuousClock.now < end else { return texts }
                    await Pace.pause(.milliseconds(100))
                }
            }
            #expect(ledger.acknowledged.subtracting(stored).isEmpty)
            #expect(Set(stored).count == stored.count)
            guard way == .oneByOne || way == .atomically else { return }
            for process in 0..<2 {
                let own = stored.filter { $0.hasPrefix("\(process)-") }
                let counters = own.compactMap { Int($0.dropFirst(2)) }
                #expect(counters == counters.sorted(), "process \(process)")
            }
            await jetStream.client.close()
        }
    }

    private static func requests(_ process: Int, _ range: Range<Int>) -> [PublishRequest] {
        range.map { counter in
            let text = "\(process)-\(counter)"
            var options = PublishOptions()
            options.messageID = try? HeaderValue(text)
            return PublishRequest(text, to: process == 0 ? "s.a" : "s.b", options: options)
        }
    }

    /// Sends some messages until all are acknowledged; returns the counter of the next.
    private static func send(
        _ process: Int, from counter: Int, _ way: Way, _ jetStream: JetStream,
        _ ledger: StoredLedger
    ) async throws -> Int {
        let range = counter..<counter + (way == .oneByOne ? 1 : 50)
        var open = requests(process, range)
        while !open.isEmpty {
            let done = await attempt(open, way, jetStream)
            for index in done { ledger.stored(String(repairing: open[index].payload)) }
            open = open.enumerated().filter { !done.contains($0.offset) }.map(\.element)
            if !open.isEmpty { await Pace.pause(.milliseconds(10)) }
        }
        return range.upperBound
    }

    /// Which of the messages are acknowledged.
    private static func attempt(
        _ open: [PublishRequest], _ way: Way, _ jetStream: JetStream
    ) async -> Set<Int> {
        switch way {
        case .oneByOne:
            let request = open[0]
            let ack = try? await jetStream.publish(
                request.payload, to: request.subject, options: request.options)
            return ack == nil ? [] : [0]
        case .all:
            guard let results = try? await jetStream.publishAll(open, maxOutstanding: 20) else {
                return []
            }
            return Set(results.indices.filter { (try? results[$0].get()) != nil })
        case .publisher: return await publishOneAfterTheOther(open, jetStream)
        case .atomically:
            do throws(JetStreamError) {
                try await jetStream.publishAtomically(open)
                return Set(open.indices)
            } catch {
                // All or none: that it holds one of them already says that it holds all.
                return error.apiError?.errorCode == 10201 ? Set(open.indices) : []
            }
        case .fast:
            guard let ack = try? await jetStream.publishFast(open) else { return [] }
            return Set(0..<ack.reached)
        }
    }

    private static func publishOneAfterTheOther(
        _ open: [PublishRequest], _ jetStream: JetStream
    ) async -> Set<Int> {
        guard let publisher = try? jetStream.publisher(maxOutstanding: 20) else { return [] }
        var tickets: [PublishTicket] = []
        for request in open {
            let ticket = try? await publisher.publish(
                request.payload, to: request.subject, options: request.options)
            guard let ticket else { break }
            tickets.append(ticket)
        }
        var done: Set<Int> = []
        for (index, ticket) in tickets.enumerated() where (try? await ticket.ack()) != nil {
            done.insert(index)
        }
        return done
    }

    private static func texts(_ jetStream: JetStream) async throws -> [String] {
        var options = OrderedReadOptions()
        options.follows = false
        var texts: [String] = []
        for try await message in jetStream.orderedMessages(in: "S", options: options) {
            texts.append(message.text ?? "")
        }
        return texts
    }
}
