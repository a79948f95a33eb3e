internal import BridgeBytes

/// Compresses LZ4 blocks, for speed rather than for size.
///
/// ## Theory of operation
/// A table remembers, by a hash of four bytes, where such bytes were seen last. Where the bytes
/// there are the same and not further away than 65,535, a match is made as long as it goes, in
/// both directions; else the search moves on, by larger steps the longer it finds nothing, so
/// that noise costs little. The format's end conditions are kept: the last five bytes are
/// literals, and the last match begins twelve bytes before the end or earlier. (LZ4 Block Format
/// Description, "End of block conditions".)
struct LZ4BlockEncoder {
    private static let shortestMatch = 4
    private static let longestDistance = 65_535
    /// The last bytes of a block, which are literals.
    private static let tail = 5
    /// How far from the end the last match begins.
    private static let lastMatch = 12
    private static let tableLog = 14
    /// After this many misses, as a power of two, the step grows by one.
    private static let patience = 6

    /// Position plus one of the last place of each hash; 0 where there is none.
    private var table: [UInt32] = []

    /// Appends a compressed block. False when the output has no room for it; what it then holds
    /// after its old end is of no meaning.
    mutating func encode(_ block: Span<UInt8>, into output: inout CodecBuffer) -> Bool {
        table = [UInt32](repeating: 0, count: 1 << Self.tableLog)
        var slots = table.mutableSpan
        var anchor = 0
        var position = 0
        var misses = 0
        let end = block.count
        while position <= end - Self.lastMatch - 1 {
            let word = Self.word(block, position)
            let slot = Self.slot(word)
            let candidate = Int(slots[slot]) - 1
            slots[slot] = UInt32(truncatingIfNeeded: position + 1)
            guard candidate >= 0, position - candidate <= Self.longestDistance,
                Self.word(block, candidate) == word
            else {
                position += 1 + misses >> Self.patience
                misses += 1
                continue
            }
            misses = 0
            var start = position
            var source = candidate
            while start > anchor, source > 0, block[start - 1] == block[source - 1] {
                start -= 1
                source -= 1
            }
            let matchEnd = Self.commonEnd(
                block, position + Self.shortestMatch, candidate + Self.shortestMatch,
                limit: end - Self.tail)
            let distance = start - source
            guard
                Self.append(
                    block, literals: anchor..<start, distance: distance, length: matchEnd - start,
                    to: &output)
            else { return false }
            anchor = matchEnd
            position = matchEnd
        }
        return Self.appendLiterals(block, anchor..<end, token: 0, to: &output)
    }

    /// Where the bytes from `position` on cease to equal those from `source` on.
    private static func commonEnd(
        _ block: Span<UInt8>, _ position: Int, _ source: Int, limit: Int
    ) -> Int {
        var position = position
        var source = source
        while position <= limit - 8 {
            let left = block.littleEndian(UInt64.self, at: position) ?? 0
            let right = block.littleEndian(UInt64.self, at: source) ?? 0
            if left != right { return position + (left ^ right).trailingZeroBitCount / 8 }
            position += 8
            source += 8
        }
        while position < limit, block[position] == block[source] {
            position += 1
            source += 1
        }
        return position
    }

    private static func append(
        _ block: Span<UInt8>, literals: Range<Int>, distance: Int, length: Int,
        to output: inout CodecBuffer
    ) -> Bool {
        let rest = length - shortestMatch
        guard appendLiterals(block, literals, token: UInt8(min(rest, 15)), to: &output),
            output.append(littleEndian: UInt16(truncatingIfNeeded: distance))
        else { return false }
        return rest < 15 || appendLong(rest - 15, to: &output)
    }

    private static func appendLiterals(
        _ block: Span<UInt8>, _ range: Range<Int>, token: UInt8, to output: inout CodecBuffer
    ) -> Bool {
        let short = UInt8(min(range.count, 15))
        guard output.append(short << 4 | token) else { return false }
        if range.count >= 15, !appendLong(range.count - 15, to: &output) { return false }
        return output.append(block, at: range.lowerBound, count: range.count)
    }

    /// The rest of a length: as many bytes of 255 as it holds, and what is left.
    private static func appendLong(_ length: Int, to output: inout CodecBuffer) -> Bool {
        output.append(repeating: 255, count: length / 255)
            && output.append(UInt8(length % 255))
    }

    /// Where the table has its entry for four bytes: the upper bits of a product.
    @inline(__always)
    private static func slot(_ word: UInt32) -> Int {
        Int(truncatingIfNeeded: (word &* 2_654_435_761) >> UInt32(32 - tableLog))
    }

    /// Four bytes at a position that is at least four bytes before the end.
    @inline(__always)
    private static func word(_ block: Span<UInt8>, _ position: Int) -> UInt32 {
        block.littleEndian(UInt32.self, at: position) ?? 0
    }
}
