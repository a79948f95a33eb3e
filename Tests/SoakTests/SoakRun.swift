import BridgeBytes
import Foundation
import NATSBridge
import NATSCore
import Synchronization
import TestKit

/// One run: senders and receivers at work while faults are played, then a time without faults in
/// which everything must come back, then the evidence.
struct SoakRun: Sendable {
    /// How long all may take to come back.
    private static let recovery = Duration.seconds(90)
    /// Successes of each process that count as having come back.
    private static let enough = 3
    /// Most memory that a process of the program may have resident, in kilobytes.
    private static let programBudget = 192 << 10
    /// The same of the test process, which holds both sides and all records.
    private static let testBudget = 768 << 10

    private let stage: SoakStage
    private let book = SoakBook()
    private let still = SoakSwitch()
    private let stopped = SoakSwitch()
    private let sendPeak = SoakPeak()
    private let receivePeak = SoakPeak()
    private let lanes: [SoakLane]
    private let loops: [SoakLoop]
    private let service: SoakLoop
    private let answers = SoakLoop("answers", of: [])
    private let sender: Bridge
    private let receivers: [Bridge]

    init(on stage: SoakStage) async throws {
        self.stage = stage
        sender = try await stage.bridge(.senders)
        var receivers: [Bridge] = []
        for _ in 0..<3 { receivers.append(try await stage.bridge(.receivers)) }
        self.receivers = receivers
        lanes = [
            try .core("a", sender), try .core("b", sender), try .jetStream("j", sender),
            try .request("r", sender, answers: answers),
            try .command("c", .core, stage, sendPeak),
            try .command("k", .jetStream, stage, sendPeak),
        ]
        let published = Set(lanes.filter { $0.way != .request }.map(\.process))
        loops = ["wide", "narrow", "command"].map { SoakLoop($0, of: published) }
        service = SoakLoop("service", of: Set(lanes.map(\.process)).subtracting(published))
    }

    /// Plays faults for so long, waits until all has come back, and returns what is known.
    /// - Parameter isAlone: Whether the test process does nothing else.
    func evidence(after length: Duration, isAlone: Bool) async throws -> SoakEvidence {
        var evidence = SoakEvidence()
        evidence.unrecovered = try await withThrowingTaskGroup(of: Void.self) { group in
            receive(in: &group)
            try await untilListening()
            async let sending: Void = send()
            try await playFaults(for: length)
            let unrecovered = await recover(from: stage.clock.now)
            try await sending
            let late = await finish()
            group.cancelAll()
            while try await group.next() != nil {}
            return unrecovered + late
        }
        for bridge in receivers + [sender] { await bridge.close() }
        evidence.sends = book.all
        evidence.logs = (loops + [service, answers]).map(\.snapshot)
        evidence.kills = stage.kills
        evidence.lostObjects = stage.store.lostObjects
        try await stage.witness.testify(stage.store, into: &evidence)
        evidence.memory = memory(isAlone)
        return evidence
    }

    // MARK: - Work

    private func receive(in group: inout ThrowingTaskGroup<Void, any Error>) {
        let narrow = SubscriptionLimits(maxMessages: 8, maxBytes: 1 << 20, policy: .dropOldest)
        group.addTask {
            try await loops[0].receive(receivers[0], on: "soak.>", standingStill: still)
        }
        group.addTask {
            try await loops[1].receive(
                receivers[1], on: "soak.>", limits: narrow, standingStill: still)
        }
        group.addTask {
            try await loops[2].command(stage, on: "soak.>", standingStill: still, receivePeak)
        }
        group.addTask {
            try await service.serve(receivers[2], on: "ask.>", standingStill: still)
        }
    }

    /// Waits until each loop's subscription stands: until then it is handed nothing and told
    /// nothing.
    private func untilListening() async throws {
        for (loop, bridge) in zip([loops[0], loops[1], service], receivers) {
            let isThere = await Pace.until(Self.recovery) { loop.isSubscribed }
            guard isThere else { throw FixtureError("a receiver does not listen") }
            try await bridge.client.flush()
        }
        let isThere = await Pace.until(Self.recovery) { loops[2].isSubscribed }
        guard isThere else { throw FixtureError("the command does not listen") }
    }

    private func send() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in lanes {
                group.addTask { try await lane.run(until: stopped, book, stage.clock) }
            }
            try await group.waitForAll()
        }
    }

    private func playFaults(for length: Duration) async throws {
        let end = stage.clock.now + length
        let tracks = [("NATS", SoakFault.Kind.ofNATS), ("store", SoakFault.Kind.ofStore)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (name, kinds) in tracks {
                let schedule = SoakSchedule(kinds, SeededGenerator("soak faults of \(name)"))
                group.addTask {
                    for fault in schedule {
                        guard stage.clock.now < end else { return }
                        try await stage.play(fault, standingStill: still)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    // MARK: - Coming back

    /// Waits until each process has sent again and each loop was handed of it; then stops sending.
    private func recover(from time: Duration) async -> [String] {
        let missing = Mutex<[String]>([])
        let hasRecovered = await Pace.until(Self.recovery) {
            let now = unrecovered(since: time)
            missing.withLock { $0 = now }
            return now.isEmpty
        }
        stopped.turnOn()
        return hasRecovered ? [] : missing.withLock { $0 }
    }

    private func unrecovered(since time: Duration) -> [String] {
        lanes.flatMap { lane -> [String] in
            let sent = book.sent(by: lane.process, since: time)
            guard sent.count >= Self.enough, let first = sent.first else {
                return ["process \(lane.process)"]
            }
            return behind(lane.process, first.number)
        }
    }

    /// Waits until each loop has got to the end of each process, and was told of everything before:
    /// Waits until each loop has got to the end of each process, and was told of all before it: a
    /// message whose link did not answer may be overtaken, and is handed out when its download has
    /// come to an end. What is still missing when the time is over is for the oracle to judge.
    private func finish() async -> [String] {
        let missing = Mutex<[String]>([])
        let isDone = await Pace.until(Self.recovery) {
            let now = lanes.flatMap { lane -> [String] in
                guard let last = book.sent(by: lane.process).last else { return [] }
                return behind(lane.process, last.number)
            }
            missing.withLock { $0 = now }
            return now.isEmpty
        }
        guard isDone else { return missing.withLock { $0 } }
        _ = await Pace.until(Self.recovery) { overtaken().isEmpty }
        return []
    }

    /// What was sent and some loop has heard nothing of.
    private func overtaken() -> [SoakTag] {
        var evidence = SoakEvidence()
        evidence.sends = book.all
        evidence.kills = stage.kills
        let inDoubt = Set(SoakOracle.inDoubt(evidence))
        return (loops + [service]).flatMap { loop -> [SoakTag] in
            let log = loop.snapshot
            let order = SoakOrder(log)
            return evidence.sends.filter { send in
                send.outcome == .sent && log.processes.contains(send.tag.process)
                    && !inDoubt.contains(send.tag) && !order.knows(send.tag)
                    && !order.isCovered(send.tag, isLate: false)
            }.map(\.tag)
        }
    }

    /// The loops that should know of a process's messages from a number on, and do not.
    private func behind(_ process: String, _ number: Int) -> [String] {
        (loops + [service]).compactMap { loop in
            let log = loop.snapshot
            guard log.processes.contains(process), !loop.knows(process, from: number) else {
                return nil
            }
            return "loop \(log.name) of process \(process)"
        }
    }

    // MARK: - Evidence

    private func memory(_ isAlone: Bool) -> [SoakMemory] {
        var memory = [
            SoakMemory(
                process: "natsbridge serve", kilobytes: stage.store.residentPeak,
                budget: Self.programBudget),
            SoakMemory(
                process: "natsbridge send", kilobytes: sendPeak.value,
                budget: Self.programBudget),
            SoakMemory(
                process: "natsbridge receive", kilobytes: receivePeak.value,
                budget: Self.programBudget),
        ]
        if isAlone {
            memory.append(
                SoakMemory(
                    process: "the test", kilobytes: SoakProgram.residentPeak(of: getpid()),
                    budget: Self.testBudget))
        }
        return memory
    }
}
