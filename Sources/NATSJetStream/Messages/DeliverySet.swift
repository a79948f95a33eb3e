// Theory of operation.
//
// A consumer numbers its deliveries, and those that are in somebody's hands lie close together. So
// 64 of them stand in one word, and words that are empty are forgotten: a set of a thousand takes
// some hundreds of bytes, and a delivery that is never spoken of keeps one word.

/// Numbers of deliveries of which nothing final was said.
package struct DeliverySet: Sendable, Equatable {
    private var words: [UInt64: UInt64] = [:]

    package init() {}

    package var isEmpty: Bool { words.isEmpty }

    package mutating func insert(_ number: UInt64) {
        words[number / 64, default: 0] |= 1 << (number % 64)
    }

    /// Takes a number out. Returns whether it was there.
    package mutating func remove(_ number: UInt64) -> Bool {
        guard let index = words.index(forKey: number / 64) else { return false }
        let bit: UInt64 = 1 << (number % 64)
        guard words.values[index] & bit != 0 else { return false }
        words.values[index] &= ~bit
        if words.values[index] == 0 { words.remove(at: index) }
        return true
    }
}
