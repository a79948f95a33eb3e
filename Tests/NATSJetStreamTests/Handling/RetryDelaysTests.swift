internal import NATSJetStream
internal import Testing

@Suite struct RetryDelaysTests {
    @Test func `waits double up to the longest, however often a message comes`() {
        let delays = RetryDelays(first: .seconds(1), longest: .seconds(10), backoff: [])
        let waits = (1...6).map { delays.delay(after: UInt64($0)) }
        #expect(waits == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
        #expect(delays.delay(after: .max) == .seconds(10))
        #expect(delays.delay(after: 0) == .seconds(1))
    }

    @Test func `the consumer's own waits count instead, and the last one repeats`() {
        let delays = RetryDelays(
            first: .seconds(1), longest: .seconds(10), backoff: [.seconds(3), .seconds(60)])
        #expect((1...3).map { delays.delay(after: $0) } == [3, 60, 60].map { .seconds($0) })
    }

    @Test func `no wait, and one that no clock counts, are what they are`() {
        let none = RetryDelays(first: .zero, longest: .seconds(10), backoff: [])
        #expect(none.delay(after: 50) == .zero)
        let huge = Duration(secondsComponent: .max, attosecondsComponent: 0)
        #expect(RetryDelays(first: huge, longest: huge, backoff: []).delay(after: 9) == huge)
    }
}
