import BridgeBytes
import NATSCore
import NATSWire
import TestKit
import Testing

/// Servers of a cluster are restarted, stopped, killed, sent away and cut off, one after the
/// other and in an order that the run's seed decides, while clients publish, ask and answer.
///
/// The pass line: every request is answered, with retries; every message that is reported as
/// sent was received; nothing is reported as lost; nothing is damaged, mixed up or out of order.
/// Only while a client moves away from a server that will stop may a message come twice, or
/// overtake another one: the client is subscribed at both servers for a moment
/// (`ClientCore+Moving.swift`). One that is reported as unknown may come late, or never.
///
/// `NATSBRIDGE_CHAOS_SECONDS` sets how long it goes on; each fault is played at least once.
@Suite(.needsNATSServer) struct ChaosTests {
    private static let length = Duration.seconds(
        Environment.value("NATSBRIDGE_CHAOS_SECONDS").flatMap { Int($0) } ?? 10)
    /// How long the rest may take beyond that.
    private static let allowance = Duration.seconds(180)

    private struct Load: Sendable {
        let flows: [ChaosFlow]
        let askers: [ChaosAsker]
        let clients: [NATSClient]

        /// Waits until the flows have settled so many messages more.
        func progress(_ count: Int) async throws {
            let goal = settled + count
            try await within("\(count) messages more") {
                while settled < goal {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
        }

        private var settled: Int { flows.reduce(0) { $0 + $1.settled } }
    }

    @Test func `five faults lose nothing that was confirmed and no request`() async throws {
        try await ChaosStage.run { stage in
            try await within("the chaos run", limit: Self.length + Self.allowance) {
                try await Self.run(stage)
            }
        }
    }

    private static func run(_ stage: ChaosStage) async throws {
        var clients: [NATSClient] = []
        for _ in 0..<7 { clients.append(try await stage.connect()) }
        let load = Load(
            flows: try (0..<3).map { try ChaosFlow(clients[$0], id: $0) },
            askers: (3..<5).map { ChaosAsker(clients[$0], id: $0) }, clients: clients)
        let services = try (5..<7).map { try ChaosService.run(clients[$0]) }
        for client in clients { try await client.flush() }
        let stop = ChaosSwitch()
        try await withThrowingTaskGroup { group in
            for flow in load.flows {
                group.addTask { try await flow.publish(until: stop) }
                group.addTask { try await flow.receive() }
            }
            for asker in load.askers { group.addTask { try await asker.run(until: stop) } }
            try await faults(stage, load)
            stop.turnOn()
            try await group.waitForAll()
        }
        report(stage, load)
        for client in clients { await client.close() }
        for service in services { try await service.value }
    }

    /// Plays all faults in a drawn order, round after round, until the time is over.
    private static func faults(_ stage: ChaosStage, _ load: Load) async throws {
        var generator = SeededGenerator("chaos faults")
        let end = ContinuousClock.now + length
        repeat {
            for fault in ChaosFault.allCases.shuffled(using: &generator) {
                // A node that somebody uses.
                let ports = Set(load.clients.compactMap { $0.serverInfo?.port })
                let used = stage.cluster.nodes.indices.filter {
                    ports.contains(stage.cluster.nodes[$0].port)
                }
                let index = used.randomElement(using: &generator) ?? 0
                let pause = Int.random(in: 20...400, using: &generator)
                try await load.progress(pause)
                let play = {
                    try await stage.play(
                        fault, on: index, clients: load.clients, pause: pause,
                        progress: load.progress)
                }
                if fault == .lameDuck {
                    try await ChaosFlow.moving(load.flows, play)
                } else {
                    try await play()
                }
            }
        } while ContinuousClock.now < end
    }

    private static func report(_ stage: ChaosStage, _ load: Load) {
        let books = load.flows.map(\.snapshot)
        let tallies = load.askers.map(\.snapshot)
        func sum(_ value: (ChaosFlow.Book) -> Int) -> Int { books.reduce(0) { $0 + value($1) } }
        let counts = PublishOutcome.allCases.map { outcome in
            "\(outcome) \(sum { $0.count(outcome) })"
        }
        let faults = ChaosFault.allCases.map { "\($0) \(stage.played[$0] ?? 0)" }
        let asked = tallies.reduce(0) { $0 + $1.asked }
        let retries = tallies.reduce(0) { $0 + $1.retries }
        let reconnects = load.clients.reduce(0) { $0 + $1.statistics.reconnects }
        print("chaos: faults: \(faults.joined(separator: ", "))")
        print("chaos: published \(sum { $0.outcomes.count }): \(counts.joined(separator: ", "))")
        print(
            "chaos: received \(sum { $0.received.count }), twice \(sum { $0.repeated }), "
                + "late \(sum { $0.disordered.count }), missing \(sum { $0.missing.count })")
        print("chaos: requests \(asked), retries \(retries), reconnects \(reconnects)")
        for (book, flow) in zip(books, load.flows) {
            #expect(book.missing == [], "\(flow.client.statistics)")
            #expect(book.strayRepeats == [])
            #expect(book.count(.lost) == 0)
            #expect(book.damaged == 0)
            #expect(book.strayDisorder == [])
            #expect(book.outcomes.count > 100)
        }
        for tally in tallies {
            #expect(tally.asked == tally.answered && tally.wrong == 0 && tally.asked > 10)
        }
        #expect(ChaosFault.allCases.allSatisfy { (stage.played[$0] ?? 0) > 0 })
    }
}
