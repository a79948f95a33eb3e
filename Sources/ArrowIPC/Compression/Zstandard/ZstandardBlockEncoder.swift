internal import BridgeBytes

/// Compresses the blocks of one Zstandard frame.
///
/// ## Theory of operation
/// A table remembers, by a hash of six bytes, where such bytes were seen last in the frame. Where
/// four bytes at least are the same and not too far away, a match is made as long as it goes, in
/// both directions; else the search moves on, by larger steps the longer it finds nothing, so that
/// noise costs little. What lies between matches are the literals, which are coded by Huffman's
/// code where that helps. The matches become sequences, coded with the distributions of the format
/// itself, which suit most data and need no description. (RFC 8878, section 3.1.1.3.)
struct ZstandardBlockEncoder: ~Copyable {
    struct Sequence {
        let literals: Int
        let match: Int
        let offset: Int
    }

    private static let shortestMatch = 4
    /// The last bytes of a block are literals, so that words can be read without a check.
    private static let tail = 8
    private static let tableLog = 15
    /// After this many misses, as a power of two, the step grows by one.
    private static let patience = 6

    /// Position plus one of the last place of each hash; 0 where there is none.
    private var table = [UInt32](repeating: 0, count: 1 << ZstandardBlockEncoder.tableLog)
    /// The distances used last, as the reader of the frame knows them.
    private var recent = RecentOffsets()
    /// The same after the block that was encoded last, which may yet be stored as it is.
    private var recentAfter = RecentOffsets()
    private var sequences: [Sequence] = []
    private var literals = ByteWriter(capacity: 0)

    /// Says that the block which was encoded last is written as such.
    mutating func accept() { recent = recentAfter }

    /// Appends the content of a compressed block.
    mutating func encode(
        _ input: Span<UInt8>, _ range: Range<Int>, into output: inout ByteWriter
    ) {
        recentAfter = recent
        findMatches(input, range)
        ZstandardLiteralsEncoder.append(literals.span, to: &output)
        ZstandardSequencesEncoder.append(sequences, to: &output)
    }

    private mutating func findMatches(_ input: Span<UInt8>, _ range: Range<Int>) {
        sequences.removeAll(keepingCapacity: true)
        literals.removeAll()
        // Taken out for the while: a span of a member holds the whole encoder.
        var places: [UInt32] = []
        swap(&places, &table)
        defer { swap(&places, &table) }
        var slots = places.mutableSpan
        var anchor = range.lowerBound
        var position = range.lowerBound
        var misses = 0
        let end = range.upperBound
        while position + Self.tail < end {
            let word = Self.word(input, position)
            let slot = Self.slot(word)
            let candidate = Int(slots[slot]) - 1
            slots[slot] = UInt32(truncatingIfNeeded: position + 1)
            guard candidate >= 0, position - candidate <= 1 << ZstandardFrameEncoder.windowLog,
                UInt32(truncatingIfNeeded: Self.word(input, candidate))
                    == UInt32(truncatingIfNeeded: word)
            else {
                position += 1 + misses >> Self.patience
                misses += 1
                continue
            }
            misses = 0
            var (start, source) = (position, candidate)
            while start > anchor, source > 0, input[start - 1] == input[source - 1] {
                start -= 1
                source -= 1
            }
            let matchEnd = Self.commonEnd(
                input, position + Self.shortestMatch, candidate + Self.shortestMatch, limit: end)
            literals.append(input.extracting(anchor..<start))
            let offset = recentAfter.value(of: start - source, afterLiterals: start > anchor)
            sequences.append(
                Sequence(literals: start - anchor, match: matchEnd - start, offset: offset))
            anchor = matchEnd
            position = matchEnd
        }
        literals.append(input.extracting(anchor..<end))
    }

    /// Where the bytes from `position` on cease to equal those from `source` on.
    private static func commonEnd(
        _ input: Span<UInt8>, _ position: Int, _ source: Int, limit: Int
    ) -> Int {
        var (position, source) = (position, source)
        while position <= limit - 8 {
            let difference = word(input, position) ^ word(input, source)
            if difference != 0 { return position + difference.trailingZeroBitCount / 8 }
            position += 8
            source += 8
        }
        while position < limit, input[position] == input[source] {
            position += 1
            source += 1
        }
        return position
    }

    /// Where the table has its entry for the first six bytes of a word.
    @inline(__always)
    private static func slot(_ word: UInt64) -> Int {
        Int(truncatingIfNeeded: (word << 16 &* 0x9E37_79B1_85EB_CA87) >> UInt64(64 - tableLog))
    }

    /// Eight bytes at a position that is at least eight bytes before the end.
    @inline(__always)
    private static func word(_ input: Span<UInt8>, _ position: Int) -> UInt64 {
        input.littleEndian(UInt64.self, at: position) ?? 0
    }
}

extension RecentOffsets {
    /// The value that stands for a distance, which is the last one from now on.
    mutating func value(of distance: Int, afterLiterals: Bool) -> Int {
        for value in 1...3 {
            var next = self
            if next.distance(value, afterLiterals: afterLiterals) == distance {
                self = next
                return value
            }
        }
        _ = self.distance(distance + 3, afterLiterals: afterLiterals)
        return distance + 3
    }
}
