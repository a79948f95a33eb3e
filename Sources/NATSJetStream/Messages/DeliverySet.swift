// Theory of operation.
//
// A consumer numbers its deliveries, and those that are in somebody's hands lie close together. So
// 64 of them stand in one word, and the words in a ring whose places they are by division; hashing
// each would cost more than all the rest. The ring grows when half of it is in use, up to
// `greatest` words; a word that is passed by a later one (one of its deliveries is not spoken of
// for as long) moves to `passed`.

/// Numbers of deliveries of which nothing final was said.
package struct DeliverySet: Sendable {
    private struct Word: Sendable {
        /// Which 64 numbers it stands for.
        var turn: UInt64 = 0
        /// None: the place is free.
        var bits: UInt64 = 0
    }

    /// Words of a new ring, for a thousand deliveries.
    private static let least = 16
    private static let greatest = 1024

    private var ring: [Word] = []
    private var passed: [UInt64: UInt64] = [:]
    private var count = 0
    /// Words of the ring that are not free.
    private var used = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }
    /// Bytes of memory for all of it.
    package var memory: Int {
        ring.capacity * MemoryLayout<Word>.stride
            + passed.capacity * 2 * MemoryLayout<UInt64>.stride
    }

    private static func bit(_ number: UInt64) -> UInt64 { 1 << (number % 64) }

    private func index(_ turn: UInt64) -> Int {
        Int(truncatingIfNeeded: turn) & (ring.count - 1)
    }

    package mutating func insert(_ number: UInt64) {
        let bit = Self.bit(number)
        let index = place(of: number / 64)
        guard ring[index].bits & bit == 0 else { return }
        if ring[index].bits == 0 { used += 1 }
        ring[index].bits |= bit
        count += 1
    }

    /// Where the word of a turn stands, which is made if there is none.
    private mutating func place(of turn: UInt64) -> Int {
        if ring.isEmpty { ring = Array(repeating: Word(), count: Self.least) }
        while true {
            let index = index(turn)
            let word = ring[index]
            if word.bits != 0 {
                if word.turn == turn { return index }
                if used * 2 >= ring.count, ring.count < Self.greatest {
                    grow()
                    continue
                }
                passed[word.turn] = word.bits
                used -= 1
            }
            let bits = passed.isEmpty ? nil : passed.removeValue(forKey: turn)
            ring[index] = Word(turn: turn, bits: bits ?? 0)
            if bits != nil { used += 1 }
            return index
        }
    }

    private mutating func grow() {
        let words = ring
        ring = Array(repeating: Word(), count: words.count * 2)
        for word in words where word.bits != 0 { ring[index(word.turn)] = word }
    }

    /// Takes a number out. Returns whether it was there.
    package mutating func remove(_ number: UInt64) -> Bool {
        guard count > 0 else { return false }
        let (turn, bit) = (number / 64, Self.bit(number))
        let index = index(turn)
        if ring[index].bits != 0, ring[index].turn == turn {
            guard ring[index].bits & bit != 0 else { return false }
            ring[index].bits &= ~bit
            if ring[index].bits == 0 { used -= 1 }
        } else {
            guard !passed.isEmpty, let bits = passed[turn], bits & bit != 0 else { return false }
            passed[turn] = bits == bit ? nil : bits & ~bit
        }
        count -= 1
        return true
    }
}
