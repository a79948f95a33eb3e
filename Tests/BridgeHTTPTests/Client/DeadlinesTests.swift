import BridgeHTTP
import Synchronization
import TestKit
import Testing

@Suite struct DeadlinesTests {
    private let start = ContinuousClock.now

    @Test("What is due comes once, the earliest first; what was removed does not come")
    func order() {
        var table = DeadlineTable()
        let late = table.add(start + .seconds(3))
        let removed = table.add(start + .seconds(1))
        let early = table.add(start + .seconds(2))
        let never = table.add(start + .seconds(1_000_000_000))
        let removals = [table.remove(removed), table.remove(removed)]
        #expect(removals == [true, false])
        let due = [1, 3, 3].map { table.takeDue(start + .seconds($0)) }
        #expect(due == [[], [early, late], []])
        #expect(table.count == 1)
        table.remove(never)
        #expect(table.nextLook(start) == nil)
    }

    @Test("No sleep is longer than the longest nap, and none passes the earliest time")
    func naps() {
        var table = DeadlineTable()
        _ = table.add(start + .seconds(1000))
        #expect(table.nextLook(start) == start + DeadlineTable.longestNap)
        _ = table.add(start + .milliseconds(5))
        #expect(table.nextLook(start) == start + .milliseconds(5))
    }

    @Test("Calls come at their time, and leave nothing behind", .patient)
    func calls() async throws {
        let deadlines = Deadlines()
        let (stream, source) = AsyncStream<Int>.makeStream()
        let now = ContinuousClock.now
        let dropped = deadlines.add(now + .milliseconds(1)) { source.yield(0) }
        deadlines.drop(dropped)
        _ = deadlines.add(now + .milliseconds(20)) { source.yield(2) }
        _ = deadlines.add(now - .seconds(5)) { source.yield(1) }
        let order = try await within {
            var order: [Int] = []
            for await number in stream {
                order.append(number)
                if order.count == 2 { break }
            }
            return order
        }
        #expect(order == [1, 2])
        #expect(ContinuousClock.now >= now + .milliseconds(20))
        #expect(deadlines.count == 0)
    }

    @Test(
        "Any span can be added to a clock's time",
        arguments: [
            Duration.zero, .seconds(-5), .seconds(Int64.min), .seconds(Int64.max),
            .seconds(Int64.max) * 18, .nanoseconds(1),
        ])
    func spans(span: Duration) {
        #expect(ContinuousClock.now + span.upToCentury > start - .seconds(1))
        #expect(span.upToCentury >= .zero)
    }
}
