import HTTPWire
import Testing

@Suite struct ConnectionPaceTests {
    private let limits = ConnectionPace.Limits()

    @Test func `a head has thirty seconds in all, however it trickles`() {
        var pace = ConnectionPace(limits: limits, now: .zero)
        for second in 1..<30 { pace.moved(1, now: .seconds(second)) }
        pace.enter(.head, now: .seconds(29))
        #expect(pace.deadline == .seconds(30))
        #expect(!pace.isExpired(now: .milliseconds(29_999)))
        #expect(pace.isExpired(now: .seconds(30)))
    }

    @Test func `a kept connection waits longer for its next head`() {
        var pace = ConnectionPace(limits: limits, now: .zero)
        pace.enter(.idle, now: .seconds(5))
        #expect(pace.deadline == .seconds(80))
        pace.enter(.head, now: .seconds(70))
        #expect(pace.deadline == .seconds(100))
    }

    @Test func `a body may take for ever while it keeps its rate`() {
        var pace = ConnectionPace(limits: limits, now: .zero)
        pace.enter(.body, now: .zero)
        for second in 1...10_000 {
            pace.moved(600, now: .seconds(second))
            #expect(!pace.isExpired(now: .seconds(second)))
        }
        // The rate would allow a longer rest, silence does not.
        #expect(pace.deadline == .seconds(10_060))
    }

    @Test func `a body that is slower than the least rate ends after the grace`() {
        var pace = ConnectionPace(limits: limits, now: .zero)
        pace.enter(.body, now: .zero)
        var second = 0
        while !pace.isExpired(now: .seconds(second)), second < 1000 {
            second += 1
            pace.moved(100, now: .seconds(second))
        }
        #expect(second == 24)
    }

    @Test func `the server's own work has no deadline`() {
        var pace = ConnectionPace(limits: limits, now: .zero)
        pace.enter(.answering, now: .seconds(1))
        #expect(pace.deadline == nil && !pace.isExpired(now: .seconds(1_000_000)))
        pace.enter(.writing, now: .seconds(10))
        #expect(pace.deadline == .seconds(30))
        pace.enter(.lingering, now: .seconds(20))
        #expect(pace.deadline == .seconds(22))
    }
}
