internal import NATSJetStream
internal import TestKit
internal import Testing

@Suite struct AckedSequencesTests {
    private static func filled(_ numbers: [UInt64], order: [Int]) -> AckedSequences {
        var sequences = AckedSequences()
        for _ in numbers { sequences.append() }
        for position in order where numbers[position] > 0 {
            sequences[position] = numbers[position]
        }
        return sequences
    }

    /// Where the first number lies, and how far apart they come: next to each other, at both ends
    /// of what a narrow block holds, and beyond.
    @Test(
        arguments: [1, 2, 32_767, 32_768, 32_769, 1 << 40, UInt64.max - 70_000],
        [0, 1, 100, 32_767, 32_768, 32_769, 65_535, 65_536, 70_000] as [UInt64])
    func `two numbers of any distance are kept`(first: UInt64, distance: UInt64) {
        for numbers in [[first, first + distance], [first + distance, first]] {
            let sequences = Self.filled(numbers, order: [0, 1])
            #expect([sequences[0], sequences[1]] == numbers)
        }
    }

    @Test func `what comes in any order, near and far, is what it was`() {
        var generator = SeededGenerator("acked sequences")
        for spread: UInt64 in [1, 50, 20_000, 1 << 50] {
            var last: UInt64 = 0
            let numbers = (0..<1000).map { _ -> UInt64 in
                last += UInt64.random(in: 1...spread, using: &generator)
                return Int.random(in: 0..<10, using: &generator) == 0 ? 0 : last
            }
            let order = numbers.indices.shuffled(using: &generator)
            let sequences = Self.filled(numbers, order: order)
            #expect(numbers.indices.map { sequences[$0] } == numbers, "spread \(spread)")
        }
    }

    @Test func `numbers that follow each other take two bytes each`() {
        let numbers = (1...100_000).map { UInt64($0) }
        let sequences = Self.filled(numbers, order: Array(numbers.indices))
        #expect(sequences.count == 100_000)
        #expect(sequences.memory < 260_000)
    }
}
