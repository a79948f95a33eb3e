import BridgeBytes
import BridgeSockets
import Synchronization
import Testing

@Suite struct DeliveryTests {
    private enum Failure: Error, Equatable { case broken }

    private static func make(
        count: Int = 4, onResume: @escaping @Sendable () -> Void = {}
    ) -> Delivery<Int, Failure> {
        Delivery(limits: DeliveryLimits(maxCount: count, maxWeight: 1000), onResume: onResume)
    }

    @Test func `everything arrives in order, then the failure, once`() async {
        let delivery = Self.make(count: 1000)
        for value in 0..<50 { #expect(delivery.yield([value, -value], weight: 1)) }
        delivery.finish(.broken)
        var seen: [Int] = []
        loop: while true {
            switch await delivery.next() {
            case .batch(let batch): seen += batch
            case .failed(let failure):
                #expect(failure == .broken)
                break loop
            case .end, .cancelled, .gap, .timeout:
                Issue.record("the failure was lost")
                break loop
            }
        }
        #expect(seen == (0..<50).flatMap { [$0, -$0] })
        guard case .end = await delivery.next() else {
            Issue.record("the end comes after the failure")
            return
        }
    }

    @Test func `a waiting consumer is handed the batch`() async {
        let delivery = Self.make()
        async let event = delivery.next()
        while delivery.yield([1], weight: 1), delivery.backlog.count > 0 { await Task.yield() }
        guard case .batch(let batch) = await event else {
            Issue.record("no batch")
            return
        }
        #expect(batch == [1])
    }

    /// Which of the two it is depends on who comes first.
    @Test func `of two who wait at a time one gets nothing, and nobody traps`() async {
        let delivery = Self.make()
        let (told, telling) = AsyncStream.makeStream(of: Bool.self)
        for _ in 0..<2 {
            Task {
                if case .batch = await delivery.next() {
                    telling.yield(true)
                } else {
                    telling.yield(false)
                }
            }
        }
        var events = told.makeAsyncIterator()
        let first = await events.next()
        #expect(first == false)
        #expect(delivery.yield([1], weight: 1))
        let second = await events.next()
        #expect(second == true)
    }

    @Test func `the producer is paused, and told to resume when there is room`() async {
        let resumed = Atomic(0)
        let delivery = Self.make(count: 2) { resumed.add(1, ordering: .relaxed) }
        #expect(delivery.yield([1], weight: 1))
        #expect(!delivery.yield([2], weight: 1))
        _ = await delivery.next()
        #expect(resumed.load(ordering: .relaxed) == 1)
        _ = await delivery.next()
        #expect(resumed.load(ordering: .relaxed) == 1)
    }

    @Test func `cancelling the task ends its wait`() async {
        let delivery = Self.make()
        let task = Task { await delivery.next() }
        task.cancel()
        guard case .cancelled = await task.value else {
            Issue.record("not cancelled")
            return
        }
        #expect(delivery.isCancelled)
    }

    @Test func `a deadline ends its own wait and nothing else`() async {
        let delivery = Self.make(count: 1000)
        // One that has passed, and one that is near.
        for deadline in [ContinuousClock.now - .seconds(1), .now + .milliseconds(1)] {
            guard case .timeout = await delivery.next(until: deadline) else {
                Issue.record("the deadline had no effect")
                return
            }
        }
        #expect(delivery.yield([0], weight: 1) && !delivery.isCancelled)
        guard case .batch([0]) = await delivery.next(until: .now - .seconds(1)) else {
            Issue.record("what waits comes however late it is")
            return
        }
        let total = 20_000
        let producer = Task {
            for value in 1...total where value % 3 == 0 || value == total {
                _ = delivery.yield(Array(value - (value - 1) % 3...value), weight: 1)
                await Task.yield()
            }
            delivery.finish()
        }
        var next = 1
        loop: while true {
            switch await delivery.next(until: .now + .microseconds(next % 50)) {
            case .timeout: continue
            case .batch(let batch):
                for value in batch {
                    guard value == next else {
                        Issue.record("got \(value) instead of \(next)")
                        return
                    }
                    next += 1
                }
            case .end: break loop
            case .cancelled, .gap, .failed:
                Issue.record("nothing was cancelled or dropped, and nothing failed")
                return
            }
        }
        #expect(next == total + 1)
        await producer.value
    }

    @Test func `one producer and one consumer lose nothing under pressure`() async {
        let gate = AsyncStream<Void>.makeStream()
        let delivery = Self.make(count: 8) { gate.continuation.yield() }
        let total = 20_000
        let producer = Task {
            var signals = gate.stream.makeAsyncIterator()
            for value in 0..<total where !delivery.yield([value], weight: 1) {
                _ = await signals.next()
            }
            delivery.finish()
        }
        var expected = 0
        while case .batch(let batch) = await delivery.next() {
            for value in batch {
                guard value == expected else {
                    Issue.record("got \(value) instead of \(expected)")
                    return
                }
                expected += 1
            }
        }
        #expect(expected == total)
        await producer.value
    }

    @Test func `a gap is told between the batches, and totals count everything`() async {
        let delivery = Delivery<Int, Failure>(
            limits: DeliveryLimits(maxCount: 2, maxWeight: 100, overflow: .dropOldest)
        ) {}
        #expect(delivery.add([1, 2], weight: 2) == .accepted)
        #expect(delivery.add([3], weight: 1) == .beganDropping)
        guard case .gap(let gap) = await delivery.next() else {
            Issue.record("no gap")
            return
        }
        #expect(gap == DeliveryGap(count: 1, weight: 1))
        var seen: [Int] = []
        for _ in 0..<2 {
            if case .batch(let batch) = await delivery.next() { seen += batch }
        }
        #expect(seen == [2, 3])
        let totals = delivery.totals
        #expect(totals.taken.count == 2 && totals.dropped.count == 1)
    }

    @Test func `whoever waits for the end of consumption is told`() async {
        let delivery = Self.make()
        #expect(delivery.yield([1], weight: 1))
        delivery.finish()
        async let consumed: Void = delivery.consumption()
        _ = await delivery.next()
        guard case .end = await delivery.next() else {
            Issue.record("no end")
            return
        }
        await consumed
        let other = Self.make()
        #expect(other.yield([1], weight: 1))
        async let gone: Void = other.consumption()
        other.cancel()
        await gone
    }

    @Test func `the overflow failure comes after what waits`() async {
        let delivery = Delivery<Int, Failure>(
            limits: DeliveryLimits(maxCount: 1, maxWeight: 100, overflow: .fail),
            overflowFailure: .broken
        ) {}
        #expect(delivery.add([1, 2, 3], weight: 3) == .failed)
        guard case .batch([1]) = await delivery.next(), case .gap(let gap) = await delivery.next(),
            case .failed(.broken) = await delivery.next()
        else {
            Issue.record("not in this order")
            return
        }
        #expect(gap.count == 2)
    }
}
