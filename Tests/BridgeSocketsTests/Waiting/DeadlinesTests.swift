import BridgeSockets
import Synchronization
import TestKit
import Testing

@Suite struct DeadlinesTests {
    /// What callbacks have said.
    private final class Calls: Sendable {
        let numbers = Mutex<[Int]>([])

        func note(_ number: Int) { numbers.withLock { $0.append(number) } }

        /// Waits until so many were called.
        func first(_ count: Int) async -> [Int] {
            while numbers.withLock({ $0.count }) < count { await Task.yield() }
            return numbers.withLock { $0 }
        }
    }

    @Test func `each is called once, and none before its time`() async throws {
        let deadlines = Deadlines()
        let calls = Calls()
        let start = ContinuousClock.now
        for number in 0..<100 {
            let time = start + .microseconds(number * 37 % 100 * 50)
            _ = deadlines.add(at: time) {
                #expect(ContinuousClock.now >= time)
                calls.note(number)
            }
        }
        let called = try await within { await calls.first(100) }
        #expect(called.sorted() == Array(0..<100) && deadlines.count == 0)
    }

    @Test func `one that is taken back is not called`() async throws {
        let deadlines = Deadlines()
        let calls = Calls()
        let first = deadlines.add(at: .now + .seconds(3600)) { calls.note(1) }
        let second = deadlines.add(at: .now + .seconds(3600)) { calls.note(2) }
        #expect(deadlines.count == 2)
        deadlines.remove(first)
        deadlines.remove(first)
        #expect(deadlines.count == 1)
        // An earlier one that comes later does not wait for those.
        _ = deadlines.add(at: .now) { calls.note(3) }
        #expect(try await within { await calls.first(1) } == [3])
        #expect(deadlines.count == 1)
        deadlines.remove(second)
        #expect(deadlines.count == 0)
    }

    @Test func `many that are taken back do not hide those that stay`() async throws {
        let deadlines = Deadlines()
        let calls = Calls()
        var stay = 0
        for number in 0..<10_000 {
            // Most are far away and taken back; one of a hundred is near.
            if number % 100 == 0 {
                _ = deadlines.add(at: .now + .milliseconds(5)) { calls.note(number) }
                stay += 1
            }
            let id = deadlines.add(at: .now + .seconds(3600 + number * 7919 % 10_007)) {
                Issue.record("called")
            }
            deadlines.remove(id)
        }
        let count = stay
        let called = try await within { await calls.first(count) }
        #expect(called.sorted() == Array(stride(from: 0, to: 10_000, by: 100)))
        #expect(deadlines.count == 0)
    }
}
