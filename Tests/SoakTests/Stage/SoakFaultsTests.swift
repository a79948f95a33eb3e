import TestKit
import Testing

/// The schedule of faults: a seed stands for it, and nothing is left out.
@Suite struct SoakFaultsTests {
    private func faults(_ seed: UInt64, _ kinds: [SoakFault.Kind], _ count: Int) -> [SoakFault] {
        Array(SoakSchedule(kinds, SeededGenerator(seed: seed)).prefix(count))
    }

    @Test func `the same seed draws the same faults, and another one others`() {
        let kinds = SoakFault.Kind.ofNATS
        #expect(faults(7, kinds, 40) == faults(7, kinds, 40))
        #expect(faults(7, kinds, 40) != faults(8, kinds, 40))
    }

    @Test(arguments: [SoakFault.Kind.ofNATS, SoakFault.Kind.ofStore])
    func `each kind is played once a round, in orders that differ`(_ kinds: [SoakFault.Kind]) {
        let drawn = faults(1, kinds, 5 * kinds.count).map(\.kind)
        let rounds = (0..<5).map { Array(drawn[$0 * kinds.count..<($0 + 1) * kinds.count]) }
        for round in rounds { #expect(Set(round) == Set(kinds)) }
        #expect(Set(rounds).count > 1)
    }

    @Test func `each kind is on one of the two tracks`() {
        let kinds = SoakFault.Kind.ofNATS + SoakFault.Kind.ofStore
        #expect(Set(kinds) == Set(SoakFault.Kind.allCases))
        #expect(kinds.count == SoakFault.Kind.allCases.count)
    }

    @Test func `what is drawn keeps to its bounds and reaches both sides, ways and all nodes`() {
        let drawn = faults(3, SoakFault.Kind.ofNATS, 400)
        for fault in drawn {
            #expect(SoakFault.cutRange.contains(fault.cut))
            #expect(fault.length >= .milliseconds(SoakFault.lengthRange.lowerBound))
            #expect(fault.length <= .milliseconds(SoakFault.lengthRange.upperBound))
            #expect(fault.pauseBefore <= .milliseconds(SoakFault.pauseRange.upperBound))
        }
        #expect(Set(drawn.map(\.side)) == Set(SoakFault.Side.allCases))
        #expect(Set(drawn.map(\.direction)) == Set(FlowDirection.allCases))
        #expect(Set(drawn.map(\.node)) == Set(0..<SoakFault.nodeCount))
        for ending in SoakFault.endings { #expect(drawn.contains { $0.ending == ending }) }
    }

    @Test func `no kinds are no faults`() {
        #expect(faults(1, [], 3) == [])
    }
}
