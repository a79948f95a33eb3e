import BridgeSockets
import Testing

/// Gaps, shedding, and loops that are left, through the whole of a delivery.
@Suite struct DeliveryGapTests {
    private typealias Channel = Delivery<Int, Never>

    private static func make(
        count: Int = 4, _ overflow: DeliveryOverflow = .pause
    ) -> Channel {
        Delivery(
            limits: DeliveryLimits(maxCount: count, maxWeight: 1000, overflow: overflow),
            weigh: { $0 }, onResume: {})
    }

    private enum Seen: Equatable {
        case batch([Int])
        case gap(DeliveryGap)
        case other
    }

    private static func next(_ delivery: Channel) async -> Seen {
        switch await delivery.next() {
        case .batch(let batch): .batch(batch)
        case .gap(let gap): .gap(gap)
        case .end, .failed, .timeout, .cancelled: .other
        }
    }

    @Test func `an open gap comes between the batches, and at once to one that waits`() async {
        let delivery = Self.make()
        _ = delivery.yield([1], weight: 1)
        delivery.addOpenGap()
        _ = delivery.yield([2], weight: 2)
        #expect(await Self.next(delivery) == .batch([1]))
        #expect(await Self.next(delivery) == .gap(DeliveryGap(isOpen: true)))
        #expect(await Self.next(delivery) == .batch([2]))
        async let waiting = Self.next(delivery)
        await Task.yield()
        delivery.addOpenGap()
        #expect(await waiting == .gap(DeliveryGap(isOpen: true)))
        delivery.finish()
        delivery.addOpenGap()
        #expect(await Self.next(delivery) == .other)
    }

    @Test func `an open gap and dropped messages beside it are one gap`() async {
        let delivery = Self.make(count: 1, .dropNewest)
        #expect(delivery.add([1, 2], weight: 3) == .beganDropping)
        delivery.addOpenGap()
        #expect(await Self.next(delivery) == .batch([1]))
        #expect(
            await Self.next(delivery) == .gap(DeliveryGap(count: 1, weight: 2, isOpen: true)))
        #expect(delivery.totals.dropped == DeliveryGap(count: 1, weight: 2))
    }

    @Test func `shedding drops until half was taken away, then the producer pauses again`() async {
        let delivery = Self.make()
        #expect(!delivery.shed())
        for number in 1...3 { #expect(delivery.yield([number], weight: number)) }
        #expect(!delivery.yield([4], weight: 4) && delivery.isPaused)
        #expect(delivery.shed() && !delivery.isPaused)
        #expect(delivery.add([5], weight: 5) == .accepted)
        #expect(await Self.next(delivery) == .batch([1]))
        // There is room for one; the rest is dropped.
        #expect(delivery.add([6, 7], weight: 13) == .accepted)
        for number in 2...3 { #expect(await Self.next(delivery) == .batch([number])) }
        #expect(!delivery.yield([8, 9], weight: 17))
        #expect(await Self.next(delivery) == .batch([4]))
        #expect(await Self.next(delivery) == .gap(DeliveryGap(count: 1, weight: 5)))
        #expect(await Self.next(delivery) == .batch([6]))
        #expect(await Self.next(delivery) == .gap(DeliveryGap(count: 1, weight: 7)))
        #expect(await Self.next(delivery) == .batch([8, 9]))
        #expect(delivery.totals.taken.count == 7 && delivery.totals.dropped.count == 2)
    }

    /// A loop that takes one batch and leaves after so many of its elements.
    private static func loop(_ delivery: Channel, leavingAfter count: Int) async -> [Int] {
        let cursor = Channel.Cursor(delivery)
        guard case .batch(let batch) = await delivery.next() else { return [] }
        cursor.refill(batch)
        return (0..<count).compactMap { _ in cursor.next() }
    }

    @Test func `a loop that is left loses nothing`() async {
        let delivery = Self.make(count: 100)
        _ = delivery.yield([1, 2, 3], weight: 6)
        _ = delivery.yield([4], weight: 4)
        #expect(!delivery.wasLeft)
        #expect(await Self.loop(delivery, leavingAfter: 1) == [1])
        #expect(delivery.wasLeft)
        #expect(delivery.backlog == (3, 9))
        #expect(delivery.totals.taken == DeliveryGap(count: 1, weight: 1))
        #expect(await Self.loop(delivery, leavingAfter: 2) == [2, 3])
        #expect(await Self.loop(delivery, leavingAfter: 5) == [4])
        #expect(delivery.backlog == (0, 0))
        #expect(delivery.totals.taken == DeliveryGap(count: 4, weight: 10))
        await delivery.consumption()
    }

    @Test func `what a loop leaves behind is not consumed`() async {
        let delivery = Self.make(count: 100)
        _ = delivery.yield([1, 2], weight: 3)
        delivery.finish()
        async let consumed: Void = delivery.consumption()
        #expect(await Self.loop(delivery, leavingAfter: 1) == [1])
        #expect(delivery.backlog == (1, 2))
        #expect(await Self.next(delivery) == .batch([2]))
        await consumed
    }

    @Test func `a loop that comes is not one that has left`() {
        let delivery = Self.make()
        var first: Channel.Cursor? = Channel.Cursor(delivery)
        var second: Channel.Cursor? = Channel.Cursor(delivery)
        #expect(first != nil && second != nil && !delivery.wasLeft)
        first = nil
        #expect(!delivery.wasLeft)
        second = nil
        #expect(delivery.wasLeft)
        withExtendedLifetime(Channel.Cursor(delivery)) { #expect(!delivery.wasLeft) }
    }
}
