import NATSCore
import NATSWire
import TestKit
import Testing

/// Whole lives of a client in virtual time; see `ClientPair`.
@Suite struct ClientPairTests {
    private static let hour = Duration.seconds(3600)

    @Test func `a quiet day on one connection: the client asks, the server asks, nobody is lost`() {
        let pair = ClientPair(seed: 1, servers: ["a"])
        pair.run(until: Self.hour * 24)
        #expect(pair.isConnected && pair.feeds == 1 && pair.losses.isEmpty)
        // Each minute of silence is one question; the server's, every two minutes, break it.
        #expect((700...1440).contains(pair.pings))
        #expect(pair.faults == [])
    }

    @Test func `a frozen connection is noticed in time, and replaced`() {
        let pair = ClientPair(seed: 2, servers: ["a", "b"])
        pair.run(until: .seconds(300))
        pair.freeze()
        pair.run(until: .seconds(600))
        #expect(pair.losses.map(\.reason) == [.stale])
        // Two questions without an answer, after a minute of silence each, and one minute more.
        #expect(pair.losses[0].time <= .seconds(300 + 181))
        #expect(pair.isConnected && pair.feeds == 2)
    }

    @Test func `a server that is away is asked with growing waits, each with its jitter`() {
        let pair = ClientPair(seed: 3, servers: ["a"])
        pair.run(until: .seconds(10))
        pair.stop("a")
        pair.run(until: .seconds(70))
        let times = pair.attempts.dropFirst().map(\.time)
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        // What an attempt itself takes.
        let attempt = PairNetwork.latency + .milliseconds(1)
        var wait = Duration.milliseconds(500)
        for gap in gaps {
            #expect(gap >= wait + attempt && gap <= wait + attempt + .milliseconds(100))
            wait = min(wait * 2, .seconds(4))
        }
        #expect(gaps.count > 12)
        pair.start("a")
        pair.run(until: .seconds(80))
        #expect(pair.isConnected)
    }

    @Test func `the same refusal twice ends the search at that server, and so the client`() {
        let pair = ClientPair(seed: 4, servers: ["a"])
        pair.run(until: .seconds(1))
        for second in 2..<5 {
            pair.say("-ERR 'User Authentication Expired'\r\n")
            pair.run(until: .seconds(second))
        }
        // The first time it may try again; a successful connection forgets the refusal.
        #expect(pair.ends == [] && pair.feeds == 4)
        pair.refusesCredentials = true
        pair.cut()
        pair.run(until: .seconds(30))
        #expect(pair.attempts.count == 6 && pair.isFinished)
        guard case .gaveUp(.refused, _)? = pair.ends.last else {
            Issue.record("ended as \(pair.ends)")
            return
        }
    }

    @Test func `a client moves from a server that will stop, and nothing is lost or doubled`() {
        let pair = ClientPair(seed: 5)
        pair.run(until: .seconds(1))
        pair.subscribe("s.1")
        for number in 0..<300 {
            pair.publish("p", size: number, .receipt)
            if number == 100 { pair.leave(pair.host ?? "") }
            pair.run(until: pair.now + .milliseconds(10))
        }
        pair.flush()
        pair.run(until: pair.now + .seconds(30))
        #expect(pair.moves == 1 && pair.losses.isEmpty && pair.faults == [])
        #expect((1...300).allSatisfy { pair.queue.ledger.outcome(of: $0) == .sent })
        #expect(pair.line.flatMap { pair.network.lines[$0]?.server.subscriptions } == [1: "s.1"])
    }

    @Test func `a server that is left and does not answer is given up in time`() {
        let pair = ClientPair(seed: 6)
        pair.run(until: .seconds(1))
        pair.leave(pair.host ?? "")
        pair.run(until: .seconds(1) + .milliseconds(25))
        pair.freeze()
        pair.publish("p", size: 9, .confirmed)
        pair.run(until: .seconds(20))
        #expect(pair.losses.map(\.reason) == [.stale] && pair.isConnected && pair.faults == [])
        #expect(pair.queue.ledger.outcome(of: 1) == .unknown)
    }

    @Test func `what is too large for the next server is lost, and its neighbours arrive`() {
        let pair = ClientPair(seed: 7, servers: ["a"])
        pair.run(until: .seconds(1))
        pair.stop("a")
        pair.run(until: .seconds(2))
        for size in [10, 3000, 20] { pair.publish("p", size: size, .receipt) }
        pair.flush()
        pair.change { $0.maxPayload = 2000 }
        pair.start("a")
        pair.run(until: .seconds(20))
        #expect((1...3).map { pair.queue.ledger.outcome(of: $0) } == [.sent, .lost, .sent])
        #expect(Array(pair.flushes.values) == [[.failed(.init(lost: 1))]] && pair.faults == [])
    }

    @Test func `a subscription that is too long for the server ends, and is not sent again`() throws
    {
        let pair = ClientPair(seed: 8)
        pair.rules.maxControlLine = 512
        pair.run(until: .seconds(1))
        pair.subscribe("short")
        pair.flush()
        pair.run(until: .seconds(2))
        try pair.subscribe(SubjectPattern(String(repeating: "a", count: 600)))
        pair.run(until: .seconds(30))
        #expect(pair.refusedSIDs == [2] && pair.feeds == 2 && pair.isConnected)
        #expect(pair.faults == [])
    }

    @Test func `a subject that is too long for the server loses its message alone`() throws {
        let pair = ClientPair(seed: 9)
        pair.rules.maxControlLine = 512
        pair.run(until: .seconds(1))
        try pair.subscribe(SubjectPattern(String(repeating: "a", count: 300)))
        pair.flush()
        pair.run(until: .seconds(2))
        let long = try Subject(String(repeating: "b", count: 600))
        pair.publish(long, size: 10, .receipt)
        pair.publish("p", size: 10, .confirmed)
        pair.run(until: .seconds(30))
        #expect(pair.refusedSIDs.isEmpty && pair.feeds == 2 && pair.isConnected)
        #expect(pair.queue.ledger.outcome(of: 1) != .sent)
        #expect(pair.faults == [])
    }

    @Test func `too many subscriptions: the last ones are refused, the others stay`() throws {
        let pair = ClientPair(seed: 10)
        pair.rules.maxSubscriptions = 3
        pair.run(until: .seconds(1))
        for number in 1...5 { try pair.subscribe(SubjectPattern("s.\(number)")) }
        pair.run(until: .seconds(5))
        #expect(pair.refusedSIDs == [4, 5])
        pair.cut()
        pair.run(until: .seconds(15))
        #expect(pair.refusedSIDs == [4, 5] && pair.isConnected && pair.faults == [])
    }

    @Test func `closing ends everything at any time`() {
        for seed in UInt64(0)..<50 {
            let pair = ClientPair(seed: seed)
            pair.run(until: .milliseconds(Int(seed) * 7))
            pair.publish("p", size: 10, .confirmed)
            pair.input { $0.closeRequested() }
            pair.run(until: .seconds(10))
            #expect(pair.isFinished && pair.ends == [.requested] && pair.faults == [])
            #expect(pair.wires.isEmpty && pair.receipts.values.allSatisfy { $0.count == 1 })
        }
    }

    // MARK: Any faults

    /// Seeds that found something once.
    private static let keptSeeds: [UInt64] = [
        618_995_794_351_280_414,  // a message that was taken out, told of too early
        6_575_936_107_628_473_107,  // the subscriptions of a connection that joined and was lost
        6_575_936_107_628_474_913,  // a message that was taken out, denied
        6_575_936_107_628_475_877,  // too many subscriptions, said while joining
    ]

    /// Property: see `ClientPair`; and once everything works again, the client is connected, its
    /// subscriptions are made, and nobody waits any more.
    @Test func `any faults in any order`() throws {
        let count =
            Environment.value("NATSBRIDGE_PAIR_SEEDS").flatMap { Int($0) } ?? 300
        let first = SeededGenerator.runSeed
        for seed in Self.keptSeeds + (0..<UInt64(count)).map({ first &+ $0 }) {
            let faults = try Self.faults(seed: seed)
            #expect(faults == [], "seed \(seed)")
        }
    }

    static func faults(seed: UInt64) throws -> [String] {
        var random = SeededGenerator(seed: seed &* 0x9E37_79B9_7F4A_7C15)
        let pair = ClientPair(seed: seed) {
            $0.asksForTarget = Bool.random(using: &random)
            $0.asksForDelay = Bool.random(using: &random)
        }
        let hosts = ["a", "b", "c"]
        for _ in 0..<Int.random(in: 10...60, using: &random) {
            try step(pair, &random, hosts)
            let wait = [1, 5, 30, 300, 3000].randomElement(using: &random) ?? 1
            pair.run(until: pair.now + .milliseconds(wait))
        }
        let closes = Int.random(in: 0..<5, using: &random) == 0
        if closes { pair.input { $0.closeRequested() } }
        pair.heal()
        if let host = pair.host { pair.restart(host) }
        pair.input { $0.resumed(now: pair.now) }
        // Three minutes for a connection that was frozen just now, and the longest wait.
        pair.run(until: pair.now + .seconds(200))
        let isEmpty = pair.messages.isEmpty
        if !closes {
            pair.flush()
            pair.publish("p", size: 5, .confirmed)
            pair.run(until: pair.now + .seconds(60))
            if !pair.isConnected { pair.fault("not connected in the end") }
            let made = pair.line.flatMap {
                pair.network.lines[$0]?.server.subscriptions.keys.sorted()
            }
            let wanted = pair.table.resubscriptions.map(\.sid)
            if made != wanted { pair.fault("subscribed to \(made ?? []), not \(wanted)") }
        } else if !pair.isFinished {
            pair.fault("not finished in the end")
        }
        if !isEmpty || !closes { pair.judge() }
        return pair.faults
    }

    private static func step(
        _ pair: ClientPair, _ random: inout SeededGenerator, _ hosts: [String]
    ) throws {
        let host = hosts.randomElement(using: &random) ?? "a"
        switch Int.random(in: 0..<30, using: &random) {
        case 0..<9:
            let subject: Subject = ["p", "q", "r"].randomElement(using: &random) ?? "p"
            let way = ClientPair.Way.allCases.randomElement(using: &random) ?? .plain
            let size = [5, 40, 400, 3000].randomElement(using: &random) ?? 5
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                pair.publish(subject, size: size, way)
            }
        case 9, 10: pair.flush()
        case 11:
            let asked = pair.messages.indices.filter { pair.messages[$0].way != .plain }
            if let index = asked.randomElement(using: &random) { pair.awaitReceipt(index + 1) }
        case 12, 13:
            let names = ["s.1", "s.2", "t", String(repeating: "l", count: 300)]
            try pair.subscribe(SubjectPattern(names.randomElement(using: &random) ?? "t"))
        case 14, 15, 16: pair.cut()
        case 17: pair.freeze()
        case 18: pair.stop(host)
        case 19, 20: pair.start(host)
        case 21: pair.leave(pair.host ?? host)
        case 22: pair.change { $0.maxPayload = $0.maxPayload > 2000 ? 2000 : 1 << 20 }
        case 23: pair.change { $0.denied.formSymmetricDifference(["q"]) }
        case 24: pair.change { $0.closed.formSymmetricDifference(["t"]) }
        case 25:
            // A server reads this limit when it starts.
            pair.rules.maxSubscriptions = pair.rules.maxSubscriptions > 2 ? 2 : .max
            for host in hosts { pair.stop(host) }
            for host in hosts { pair.start(host) }
        case 26: pair.change { $0.maxControlLine = $0.maxControlLine > 256 ? 256 : 4096 }
        case 27: pair.input { $0.suspended(now: pair.now) }
        case 28: pair.input { $0.resumed(now: pair.now) }
        default: pair.input { $0.reconnectRequested(now: pair.now) }
        }
    }
}
