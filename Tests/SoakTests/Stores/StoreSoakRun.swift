import BridgeBytes
import NATSBridge
import NATSCore
import Synchronization
import TestKit

/// One run over the stores: payloads go through each while faults are played, then a time without
/// faults in which each must come back, then the evidence.
struct StoreSoakRun: Sendable {
    /// How long all may take to come back.
    private static let recovery = Duration.seconds(90)
    /// Successes of each store that count as having come back.
    private static let enough = 3

    private let stage: StoreStage
    private let book = SoakBook()
    private let still = SoakSwitch()
    private let stopped = SoakSwitch()
    private let lanes: [StoreLane]

    init(on stage: StoreStage) async throws {
        self.stage = stage
        var lanes: [StoreLane] = []
        for kind in StoreLane.Kind.allCases { lanes.append(try await StoreLane(kind, on: stage)) }
        self.lanes = lanes
    }

    /// Plays faults for so long, waits until all has come back, and returns what is known.
    func evidence(after length: Duration) async throws -> SoakEvidence {
        var evidence = SoakEvidence()
        evidence.unrecovered = try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in lanes {
                group.addTask {
                    try await lane.loop.receive(
                        lane.receiver, on: lane.subject, standingStill: still)
                }
            }
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
        evidence.sends = book.all
        evidence.logs = lanes.map(\.loop.snapshot)
        let urls = try await stage.witness.testify(stage, into: &evidence)
        evidence.unrecovered += try await expired(urls)
        for lane in lanes { await lane.close() }
        // They lie there still, and nobody is let in: that is what was asked for.
        evidence.lostObjects = Set(
            evidence.sightings.compactMap { tag, sighting in
                tag.process == StoreLane.Kind.expiring.rawValue ? sighting.object : nil
            })
        return evidence
    }

    private func untilListening() async throws {
        for lane in lanes {
            let isThere = await Pace.until(Self.recovery) { lane.loop.isSubscribed }
            guard isThere else { throw FixtureError("a receiver does not listen") }
            try await lane.receiver.client.flush()
        }
    }

    private func send() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in lanes {
                group.addTask { try await lane.lane.run(until: stopped, book, stage.clock) }
            }
            try await group.waitForAll()
        }
    }

    /// At least one round, however short the run is.
    private func playFaults(for length: Duration) async throws {
        let end = stage.clock.now + length
        var generator = SeededGenerator("soak faults of stores")
        repeat {
            for fault in StoreFault.round(using: &generator) { try await stage.play(fault) }
        } while stage.clock.now < end
    }

    // MARK: - Coming back

    /// Waits until each store has taken payloads again, by link too, and its receiver has them.
    private func recover(from time: Duration) async -> [String] {
        let missing = Mutex<[String]>([])
        let hasRecovered = await Pace.until(Self.recovery) {
            let now = lanes.flatMap { lane -> [String] in
                let sent = book.sent(by: lane.process, since: time)
                guard sent.count >= Self.enough, let first = sent.first else {
                    return ["store \(lane.kind)"]
                }
                return lane.loop.knows(lane.process, from: first.number)
                    ? [] : ["receiver of \(lane.kind)"]
            }
            missing.withLock { $0 = now }
            return now.isEmpty
        }
        stopped.turnOn()
        return hasRecovered ? [] : missing.withLock { $0 }
    }

    /// Waits until each receiver was told of all that was sent to it.
    private func finish() async -> [String] {
        let missing = Mutex<[String]>([])
        let isDone = await Pace.until(Self.recovery) {
            let now = lanes.filter { lane in
                let order = SoakOrder(lane.loop.snapshot)
                return book.sent(by: lane.process).contains { tag in
                    !order.knows(tag) && !order.isCovered(tag, isLate: false)
                }
            }
            missing.withLock { $0 = now.map { "receiver of \($0.kind)" } }
            return now.isEmpty
        }
        return isDone ? [] : missing.withLock { $0 }
    }

    // MARK: - Links that have expired

    /// Each payload with a short life must be told as expired. Returns what was told instead.
    private func expired(_ urls: [SoakTag: String]) async throws -> [String] {
        await Pace.pause(StoreLane.shortLife)
        var told: [String] = []
        for (tag, url) in urls.sorted(by: { $0.key < $1.key })
        where tag.process == StoreLane.Kind.expiring.rawValue {
            let code = try await stage.download(url, of: .expiring)
            if code != .payloadExpired {
                told.append("\(tag), which has expired: \(code?.rawValue ?? "it was given out")")
            }
        }
        return told
    }
}
