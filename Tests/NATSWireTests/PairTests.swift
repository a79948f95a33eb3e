internal import NATSWire
internal import TestKit
internal import Testing

/// Whole lives of connections in virtual time; see `Pair`.
@Suite struct PairTests {
    private static let hour = Duration.seconds(3600)

    @Test("A quiet day on one connection: the client asks, the server asks, nobody is lost")
    func aQuietDay() {
        let pair = Pair(servers: ["a"], name: "a quiet day")
        pair.run(until: Self.hour * 24)
        #expect(pair.isConnected && pair.connections == 1 && pair.losses.isEmpty)
        // Each minute of silence is one question; the server's, every two minutes, break it.
        #expect((700...1440).contains(pair.pings))
        #expect(pair.complaints.isEmpty)
    }

    @Test("A frozen connection is noticed in time, and replaced")
    func frozen() {
        let pair = Pair(servers: ["a", "b"], name: "frozen")
        pair.run(until: .seconds(300))
        #expect(pair.isConnected)
        pair.freeze()
        pair.run(until: .seconds(600))
        #expect(pair.losses.map(\.reason) == [.stale])
        // Two questions without an answer, after a minute of silence each, and one minute more.
        #expect(pair.losses[0].time <= .seconds(300 + 181))
        #expect(pair.isConnected && pair.connections == 2)
    }

    @Test("A server that is away is asked with growing waits, each with its jitter")
    func waits() {
        let pair = Pair(servers: ["a"], name: "waits")
        pair.run(until: .seconds(10))
        pair.down = ["a"]
        pair.close()
        pair.run(until: .seconds(70))
        let times = pair.attempts.dropFirst().map(\.time)
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        var wait = Duration.milliseconds(500)
        for gap in gaps {
            #expect(gap >= wait && gap <= wait + .milliseconds(100))
            wait = min(wait * 2, .seconds(4))
        }
        #expect(gaps.count > 15)
        pair.down = []
        pair.run(until: .seconds(80))
        #expect(pair.isConnected)
    }

    @Test("The same refusal twice ends the search at that server, and so the client")
    func refusals() {
        let pair = Pair(servers: ["a"], name: "refusals")
        pair.run(until: .seconds(1))
        for second in 2..<5 {
            pair.say("-ERR 'User Authentication Expired'\r\n")
            pair.run(until: .seconds(second))
        }
        // The first time it may try again; a successful connection forgets the refusal.
        #expect(pair.gaveUp == nil && pair.connections == 4)
        pair.refuses = true
        pair.close()
        pair.run(until: .seconds(30))
        #expect(pair.gaveUp == .refused)
        #expect(pair.attempts.count == 6)
    }

    /// Property: whatever happens to the network and the servers, every flush gets one answer or
    /// one failure and never both, no server has to complain, a frozen connection is given up in
    /// bounded time, and once everything works again the client is connected within seconds.
    @Test("A day of faults", arguments: 0..<8)
    func faults(_ run: Int) {
        let name = "a day of faults \(run)"
        var random = SeededGenerator(name + " faults")
        let pair = Pair(servers: ["a", "b", "c"], name: name)
        var now = Duration.zero
        while now < Self.hour * 24 {
            now += .seconds(Int.random(in: 1...1800, using: &random))
            pair.run(until: now)
            for _ in 0..<Int.random(in: 0...3, using: &random) { pair.flush() }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: pair.close()
            case 1: pair.freeze()
            case 2: pair.say("-ERR 'Stale Connection'\r\n")
            case 3: pair.down = ["a", "b", "c"]
            case 4: pair.down = [["a", "b", "c"].randomElement(using: &random) ?? "a"]
            default: pair.down = []
            }
        }
        pair.down = []
        // Three minutes for a connection that was frozen just now, and the longest wait.
        pair.run(until: now + .seconds(181 + 10))
        #expect(pair.isConnected)
        pair.flush()
        pair.run(until: now + .seconds(200))
        let unsettled = pair.flushes.filter { $0.value.answered + $0.value.failed != 1 }
        #expect(unsettled.isEmpty)
        #expect(pair.flushes.values.contains { $0.answered == 1 })
        #expect(pair.complaints.isEmpty && pair.gaveUp == nil)
        #expect(pair.losses.count > 20)
    }
}
