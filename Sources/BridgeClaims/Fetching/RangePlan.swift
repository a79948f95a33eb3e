/// Shares a payload of known size out among several requests at a time.
///
/// ## Theory of operation
/// ```
/// take ──▶ a piece that nobody fetches ──▶ arrived
///   ▲                                  ──▶ failed: the next to be taken
///   └─────────────────────────────────────┘
/// ```
/// Pieces are taken from the start on, so that what is held is a beginning without holes but for
/// those that are under way. When several ways do not help, one goes on behind that beginning.
package struct RangePlan: Sendable, Equatable {
    package let size: Int
    package let pieceSize: Int
    /// Pieces that were never taken begin here.
    private var next = 0
    private var failed: [Range<Int>] = []
    private var underway: [Int: Int] = [:]
    /// Bytes that have arrived.
    package private(set) var held = 0

    /// - Parameter pieceSize: More than none.
    package init(size: Int, pieceSize: Int) {
        precondition(size >= 0 && pieceSize > 0, "pieces have a size")
        (self.size, self.pieceSize) = (size, pieceSize)
    }

    /// Whether everything has arrived.
    package var isWhole: Bool { held == size }

    /// Bytes from the start on that have all arrived. Meant for when nothing is under way.
    package var beginning: Int {
        (failed.map(\.lowerBound) + underway.keys).min() ?? next
    }

    /// The next piece to fetch; nil when none is left to take.
    package mutating func take() -> Range<Int>? {
        if let index = failed.indices.min(by: { failed[$0].lowerBound < failed[$1].lowerBound }) {
            let range = failed.remove(at: index)
            underway[range.lowerBound] = 0
            return range
        }
        guard next < size else { return nil }
        let range = next..<min(size, next + pieceSize)
        next = range.upperBound
        underway[range.lowerBound] = 0
        return range
    }

    /// So many bytes of a piece are here.
    /// - Returns: Bytes that are here of all pieces.
    package mutating func progressed(_ range: Range<Int>, _ count: Int) -> Int {
        if underway[range.lowerBound] != nil { underway[range.lowerBound] = count }
        return underway.values.reduce(held, +)
    }

    package mutating func arrived(_ range: Range<Int>) {
        precondition(underway.removeValue(forKey: range.lowerBound) != nil, "it was not taken")
        held += range.count
    }

    package mutating func failed(_ range: Range<Int>) {
        precondition(underway.removeValue(forKey: range.lowerBound) != nil, "it was not taken")
        failed.append(range)
    }
}
