// Theory of operation.
//
// Messages that are published one behind the other get numbers that lie close together, also where
// others publish into the stream meanwhile. So the numbers of a block of messages are kept as
// distances from the block's base, two bytes each. The base lies half of the range below the first
// number that comes, since answers come in any order. A block in which a number is further away, as
// where several streams answer, is made wide: eight bytes each.

/// The numbers in their streams of acknowledged messages, by position; zero while there is none.
package struct AckedSequences: Sendable {
    /// Messages of a block.
    private static let blockSize = 256
    /// How far below the first number the base lies.
    private static let half: UInt64 = 1 << 15

    private struct Block: Sendable {
        /// Set by the first number.
        var base: UInt64?
        /// Distances from the base; zero: no number. None in a wide block.
        var distances: [UInt16]
        /// Numbers; empty in a narrow block.
        var numbers: [UInt64] = []

        init() { distances = Array(repeating: 0, count: AckedSequences.blockSize) }

        func number(_ place: Int) -> UInt64 {
            guard numbers.isEmpty else { return numbers[place] }
            let distance = distances[place]
            return distance == 0 ? 0 : (base ?? 0) &+ UInt64(distance)
        }

        mutating func set(_ place: Int, _ number: UInt64) {
            if numbers.isEmpty {
                let base = base ?? (number > AckedSequences.half ? number - AckedSequences.half : 0)
                self.base = base
                if number > base, number - base <= UInt64(UInt16.max) {
                    distances[place] = UInt16(truncatingIfNeeded: number - base)
                    return
                }
                numbers = distances.indices.map(self.number)
                distances = []
            }
            numbers[place] = number
        }
    }

    /// The number of messages.
    package private(set) var count = 0
    private var blocks: [Block] = []

    package init() {}

    /// Bytes of memory for the numbers.
    package var memory: Int {
        blocks.reduce(blocks.capacity * MemoryLayout<Block>.stride) { sum, block in
            sum + block.distances.count * MemoryLayout<UInt16>.stride
                + block.numbers.count * MemoryLayout<UInt64>.stride
        }
    }

    /// Adds a message that has no number yet.
    package mutating func append() {
        if count % Self.blockSize == 0 { blocks.append(Block()) }
        count += 1
    }

    /// The number of a message; setting zero is of no use.
    package subscript(position: Int) -> UInt64 {
        get { blocks[position / Self.blockSize].number(position % Self.blockSize) }
        set { blocks[position / Self.blockSize].set(position % Self.blockSize, newValue) }
    }
}
