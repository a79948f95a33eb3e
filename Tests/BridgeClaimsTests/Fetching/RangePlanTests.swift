import BridgeClaims
import TestKit
import Testing

/// How a payload is shared out among requests.
@Suite struct RangePlanTests {
    @Test func `each byte is taken once, from the start on`() {
        var plan = RangePlan(size: 25, pieceSize: 10)
        #expect(plan.take() == 0..<10 && plan.take() == 10..<20 && plan.take() == 20..<25)
        #expect(plan.take() == nil && !plan.isWhole && plan.beginning == 0)
        plan.arrived(10..<20)
        #expect(plan.beginning == 0 && plan.held == 10)
        plan.arrived(0..<10)
        #expect(plan.beginning == 20)
        plan.arrived(20..<25)
        #expect(plan.isWhole && plan.beginning == 25)
    }

    @Test func `what has failed is taken before what is new, the first of it first`() {
        var plan = RangePlan(size: 40, pieceSize: 10)
        for _ in 0..<3 { _ = plan.take() }
        plan.failed(10..<20)
        plan.failed(0..<10)
        plan.arrived(20..<30)
        #expect(plan.beginning == 0)
        #expect(plan.take() == 0..<10 && plan.take() == 10..<20 && plan.take() == 30..<40)
        #expect(plan.take() == nil)
    }

    @Test func `progress counts what is under way, and nothing twice`() {
        var plan = RangePlan(size: 20, pieceSize: 10)
        let (first, second) = (plan.take(), plan.take())
        #expect(first == 0..<10 && second == 10..<20)
        #expect(plan.progressed(0..<10, 4) == 4)
        #expect(plan.progressed(10..<20, 5) == 9)
        plan.arrived(0..<10)
        // A late word of a piece that has arrived changes nothing.
        #expect(plan.progressed(0..<10, 10) == 15)
        plan.failed(10..<20)
        #expect(plan.progressed(10..<20, 5) == 10)
    }

    /// A model of several connections that fail at random: what is whole has each byte once.
    @Test(arguments: 0..<50) func `whatever fails, it becomes whole`(round: Int) {
        var generator = SeededGenerator(seed: UInt64(round))
        let size = Int.random(in: 0...500, using: &generator)
        var plan = RangePlan(size: size, pieceSize: Int.random(in: 1...60, using: &generator))
        var counts = [Int](repeating: 0, count: size)
        var underway: [Range<Int>] = []
        while !plan.isWhole {
            if underway.count < 4, let range = plan.take() { underway.append(range) }
            guard let range = underway.randomElement(using: &generator) else { continue }
            guard Bool.random(using: &generator) else { continue }
            underway.removeAll { $0 == range }
            if Int.random(in: 0..<3, using: &generator) == 0 {
                plan.failed(range)
            } else {
                plan.arrived(range)
                for index in range { counts[index] += 1 }
            }
            #expect(counts.prefix(plan.beginning).allSatisfy { $0 == 1 })
        }
        #expect(counts.allSatisfy { $0 == 1 } && plan.take() == nil && underway.isEmpty)
    }
}
