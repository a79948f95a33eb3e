internal import NATSJetStream
internal import TestKit
internal import Testing

@Suite struct NumberedRingTests {
    /// Beside a dictionary; some stay for so long that the ring passes them.
    @Test func itKeepsWhatADictionaryKeeps() {
        var generator = SeededGenerator("NumberedRing")
        var (ring, model) = (NumberedRing<Int>(), [Int: Int]())
        for turn in 0..<20_000 {
            let number = Int.random(in: -1...ring.next, using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case ..<4:
                let next = ring.append(turn)
                #expect(next == model[next].map { _ in -1 } ?? next)
                model[next] = turn
            case ..<7:
                // The newest, so that old ones stay behind.
                let newest = model.keys.max() ?? 0
                let taken = ring.remove(newest)
                let expected = model.removeValue(forKey: newest)
                #expect(taken == expected)
            case 7:
                let taken = ring.remove(number)
                let expected = model.removeValue(forKey: number)
                #expect(taken == expected)
            case 8:
                let isKept = ring.change(number) { $0 += 1 } != nil
                #expect(isKept == (model[number] != nil))
                model[number]? += 1
            default: #expect(ring[number] == model[number])
            }
            #expect(ring.count == model.count)
        }
        #expect(ring.numbers { $0 % 2 == 0 } == model.filter { $0.value % 2 == 0 }.keys.sorted())
    }

    /// Numbers a multiple of any ring's size away are other numbers.
    @Test func numbersOfOtherTurnsAreNotTaken() {
        var ring = NumberedRing<Int>()
        let number = ring.append(7)
        for shift in 6..<62 {
            let taken = ring.remove(number + 1 << shift)
            #expect(taken == nil)
        }
        #expect(ring[number] == 7)
    }
}
