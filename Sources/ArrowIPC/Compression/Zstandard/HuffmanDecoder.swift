internal import BridgeBytes

/// Decodes Huffman coded literals, in one stream or in four that are decoded side by side.
///
/// The four streams make one quarter of the literals each, rounded up, the last one the rest
/// (RFC 8878, section 3.1.1.3.1.6). They do not depend on each other, so a processor that can do
/// several lookups at a time does.
enum HuffmanDecoder {
    /// Symbols of a stream between two refills: five times eleven bits are not more than 57.
    private static let round = 5

    /// Fills the first `count` bytes of the literals from one stream.
    static func decode(
        _ input: Span<UInt8>, _ table: Span<UInt16>, count: Int,
        into literals: inout MutableSpan<UInt8>
    ) throws(ZstandardFault) {
        precondition(table.count == HuffmanTable.size && count <= literals.count)
        var bits = try BackwardBitReader(input)
        finish(&bits, table, from: 0, to: count, into: &literals)
        guard bits.isAtEnd else { throw ZstandardFault("a stream of literals has another size") }
    }

    /// Fills the first `count` bytes of the literals from four streams behind a table of the
    /// sizes of three of them.
    static func decodeFour(
        _ input: Span<UInt8>, _ table: Span<UInt16>, count: Int,
        into literals: inout MutableSpan<UInt8>
    ) throws(ZstandardFault) {
        // Six literals are the fewest that four quarters, rounded up, can share.
        guard count >= 6, let first = input.littleEndian(UInt16.self, at: 0),
            let second = input.littleEndian(UInt16.self, at: 2),
            let third = input.littleEndian(UInt16.self, at: 4)
        else { throw ZstandardFault("four streams of literals do not fit") }
        let ends = (
            6 + Int(first), 6 + Int(first) + Int(second), 6 + Int(first) + Int(second) + Int(third)
        )
        guard ends.2 <= input.count else {
            throw ZstandardFault("four streams of literals do not fit")
        }
        var a = try BackwardBitReader(input.extracting(6..<ends.0))
        var b = try BackwardBitReader(input.extracting(ends.0..<ends.1))
        var c = try BackwardBitReader(input.extracting(ends.1..<ends.2))
        var d = try BackwardBitReader(input.extracting(ends.2..<input.count))
        precondition(table.count == HuffmanTable.size && count <= literals.count)
        let quarter = (count + 3) / 4
        let last = count - 3 * quarter
        var done = 0
        while a.isFarFromStart, b.isFarFromStart, c.isFarFromStart, d.isFarFromStart,
            done <= last - round
        {
            a.refill()
            b.refill()
            c.refill()
            d.refill()
            // Sound, without checks: `done + round <= last`, and three quarters and `last` are
            // the count, which was compared with the room.
            for index in done..<done &+ round {
                unsafe literals[unchecked: index] = symbol(&a, table)
                unsafe literals[unchecked: index &+ quarter] = symbol(&b, table)
                unsafe literals[unchecked: index &+ 2 &* quarter] = symbol(&c, table)
                unsafe literals[unchecked: index &+ 3 &* quarter] = symbol(&d, table)
            }
            done += round
        }
        finish(&a, table, from: done, to: quarter, into: &literals)
        finish(&b, table, from: quarter + done, to: 2 * quarter, into: &literals)
        finish(&c, table, from: 2 * quarter + done, to: 3 * quarter, into: &literals)
        finish(&d, table, from: 3 * quarter + done, to: count, into: &literals)
        guard a.isAtEnd, b.isAtEnd, c.isAtEnd, d.isAtEnd else {
            throw ZstandardFault("a stream of literals has another size")
        }
    }

    /// Decodes one stream from a position to an end, and leaves it refilled.
    private static func finish(
        _ bits: inout BackwardBitReader, _ table: Span<UInt16>, from start: Int,
        to end: Int, into literals: inout MutableSpan<UInt8>
    ) {
        var position = start
        while position < end {
            bits.refill()
            for index in position..<min(position + round, end) {
                literals[index] = symbol(&bits, table)
            }
            position += round
        }
        bits.refill()
    }

    /// Sound, without a check: a table has an entry for each number of eleven bits.
    @inline(__always)
    private static func symbol(
        _ bits: inout BackwardBitReader, _ table: Span<UInt16>
    ) -> UInt8 {
        let entry = unsafe table[unchecked: bits.eleven]
        bits.skip(Int(entry & 0xFF))
        return UInt8(truncatingIfNeeded: entry >> 8)
    }
}
