import BridgeSockets
import TestKit
import Testing

@Suite struct DeliveryQueueTests {
    private static func queue(
        _ overflow: DeliveryOverflow, count: Int, weight: Int
    ) -> DeliveryQueue<Int> {
        DeliveryQueue(
            limits: DeliveryLimits(maxCount: count, maxWeight: weight, overflow: overflow)
        ) { $0 % 10 }
    }

    private static func weight(_ elements: some Sequence<Int>) -> Int {
        elements.reduce(0) { $0 + $1 % 10 }
    }

    /// All that waits: elements as they are, a gap of n elements as -n.
    private static func drained(_ queue: inout DeliveryQueue<Int>) -> [Int] {
        var all: [Int] = []
        while let item = queue.take() {
            switch item {
            case .elements(let elements, _): all += elements
            case .gap(let gap): all.append(-gap.count)
            }
        }
        return all
    }

    @Test func `the oldest make room, and the gap stands before what follows`() {
        var queue = Self.queue(.dropOldest, count: 3, weight: 100)
        #expect(queue.add([11, 12], weight: 3).displaced.count == 0)
        let addition = queue.add([13, 14], weight: 7)
        #expect(addition.displaced == DeliveryGap(count: 1, weight: 1))
        #expect(addition.kept == DeliveryGap(count: 2, weight: 7))
        #expect(Self.drained(&queue) == [-1, 12, 13, 14])
        #expect(queue.isEmpty && queue.count == 0 && queue.weight == 0)
    }

    @Test func `a batch larger than the limit loses its own beginning`() {
        var queue = Self.queue(.dropOldest, count: 2, weight: 100)
        _ = queue.add([11], weight: 1)
        let addition = queue.add([12, 13, 14, 15], weight: 14)
        #expect(addition.displaced == DeliveryGap(count: 1, weight: 1))
        #expect(addition.refused == DeliveryGap(count: 2, weight: 5))
        #expect(Self.drained(&queue) == [-3, 14, 15])
    }

    @Test func `the newest are dropped, and the gap is told when nothing waits before it`() {
        var queue = Self.queue(.dropNewest, count: 2, weight: 100)
        #expect(queue.add([11, 12, 13], weight: 6).refused == DeliveryGap(count: 1, weight: 3))
        #expect(queue.add([14], weight: 4).refused.count == 1)
        #expect(Self.drained(&queue) == [11, 12, -2])
        _ = queue.add([15], weight: 5)
        #expect(Self.drained(&queue) == [15])
    }

    @Test func `a gap at the end moves before what is kept next`() {
        var queue = Self.queue(.dropNewest, count: 2, weight: 100)
        _ = queue.add([11, 12, 13], weight: 6)
        guard case .elements([11, 12], weight: 3) = queue.take() else {
            Issue.record("not the first batch")
            return
        }
        _ = queue.add([14], weight: 4)
        #expect(Self.drained(&queue) == [-1, 14])
    }

    @Test func `one element always fits, whatever its weight`() {
        for overflow in [DeliveryOverflow.dropOldest, .dropNewest, .fail] {
            var queue = Self.queue(overflow, count: 5, weight: 1)
            _ = queue.add([19], weight: 9)
            #expect(Self.drained(&queue) == [19], "\(overflow)")
        }
    }

    @Test func `an open gap stands where it was added, and joins one that is counted`() {
        var queue = Self.queue(.dropNewest, count: 2, weight: 100)
        queue.addOpenGap()
        queue.addOpenGap()
        _ = queue.add([11, 12, 13], weight: 6)
        queue.addOpenGap()
        guard case .gap(DeliveryGap(isOpen: true)) = queue.take(),
            case .elements([11, 12], weight: 3) = queue.take(),
            case .gap(DeliveryGap(count: 1, weight: 3, isOpen: true)) = queue.take()
        else {
            Issue.record("not in this order")
            return
        }
        #expect(queue.isEmpty && Self.drained(&queue) == [])
    }

    @Test func `what is put back comes first, and makes room as the oldest`() {
        var queue = Self.queue(.dropOldest, count: 3, weight: 100)
        _ = queue.add([11, 12, 13], weight: 6)
        _ = queue.take()
        queue.addOpenGap()
        queue.putBack([12, 13], weight: 5)
        queue.putBack([], weight: 0)
        #expect(queue.count == 2 && queue.weight == 5)
        #expect(queue.add([14, 15], weight: 9).displaced == DeliveryGap(count: 1, weight: 2))
        guard case .gap(DeliveryGap(count: 1, weight: 2)) = queue.take(),
            case .elements([13], weight: 3) = queue.take(),
            case .gap(DeliveryGap(isOpen: true)) = queue.take(),
            case .elements([14, 15], weight: 9) = queue.take()
        else {
            Issue.record("not in this order")
            return
        }
        #expect(queue.isEmpty && queue.count == 0 && queue.weight == 0)
    }

    @Test(arguments: [DeliveryOverflow.pause, .dropOldest, .dropNewest, .fail])
    func `nothing is lost without a trace`(overflow: DeliveryOverflow) {
        var generator = SeededGenerator("delivery queue \(overflow)")
        for _ in 0..<200 {
            let limits = (
                Int.random(in: 1...9, using: &generator), Int.random(in: 1...40, using: &generator)
            )
            var queue = Self.queue(overflow, count: limits.0, weight: limits.1)
            var next = 1
            var (seen, told) = (0, [Int]())
            func look(_ queue: inout DeliveryQueue<Int>, all: Bool) {
                repeat {
                    guard let item = queue.take() else { return }
                    switch item {
                    case .elements(let elements, let weight):
                        // The numbers go up by one, but for the gap before them.
                        #expect(elements.first == seen + 1 && weight == Self.weight(elements))
                        seen = elements.last ?? seen
                        told += elements
                    case .gap(let gap):
                        #expect(gap.weight == Self.weight(seen + 1...seen + gap.count))
                        seen += gap.count
                    }
                } while all
            }
            for _ in 0..<30 {
                if Bool.random(using: &generator) {
                    let batch = Array(next..<next + Int.random(in: 1...6, using: &generator))
                    let addition = queue.add(batch, weight: Self.weight(batch))
                    #expect(addition.kept.count + addition.refused.count == batch.count)
                    next += batch.count
                    if overflow != .pause {
                        #expect(queue.count <= max(1, limits.0))
                        #expect(queue.weight <= limits.1 || queue.count == 1)
                    }
                } else {
                    look(&queue, all: false)
                }
            }
            look(&queue, all: true)
            #expect(seen == next - 1, "\(generator)")
            #expect(queue.isEmpty && queue.count == 0 && queue.weight == 0)
        }
    }
}
