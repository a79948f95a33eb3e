internal import BridgeBytes

/// The literals of a block: as they are, one byte repeated, or Huffman coded by a table of this
/// or of an earlier block (RFC 8878, section 3.1.1.3.1).
struct ZstandardLiterals: ~Copyable {
    /// What the head of a section says.
    private struct Head {
        var kind: UInt8
        /// Number of literals.
        var count: Int
        /// Bytes of the section after the head.
        var size: Int
        var hasFourStreams = false
    }

    private var table = HuffmanTable()
    /// Grows to the largest number of literals of a block so far, and some bytes more, so that
    /// they can be copied in steps.
    private var memory: [UInt8] = []
    /// Number of literals of the block that was read last.
    private(set) var count = 0

    /// Forgets the table, as a new frame begins.
    mutating func reset() { table.clear() }

    /// The literals of the block that was read last, where they did not lie in the block itself,
    /// and the bytes behind them.
    var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.span }
    }

    /// Reads a section and moves the position past it.
    /// - Parameter limit: Most literals that the block may have.
    /// - Returns: where in the input the literals lie; nil when they were made, see `span`.
    mutating func read(
        _ input: Span<UInt8>, at position: inout Int, limit: Int
    ) throws(ZstandardFault) -> Range<Int>? {
        let head = try Self.head(input, &position)
        guard head.count <= limit else { throw ZstandardFault("there are too many literals") }
        guard head.size <= input.count - position else {
            throw ZstandardFault("a section of literals is cut off")
        }
        let place = position..<position + head.size
        position += head.size
        count = head.count
        if head.kind == 0 { return place }
        let data = input.extracting(place)
        if memory.count < count + CodecBuffer.slack {
            memory = [UInt8](repeating: 0, count: count + CodecBuffer.slack)
        }
        if head.kind == 1 {
            let byte = data[0]
            for index in 0..<count { memory[index] = byte }
            return nil
        }
        var start = 0
        if head.kind == 2 {
            try table.read(data, at: &start)
        } else if !table.isFilled {
            throw ZstandardFault("there is no Huffman table to use again")
        }
        try Self.decode(data.extracting(start..<data.count), head, table, into: &memory)
        return nil
    }

    private static func decode(
        _ streams: Span<UInt8>, _ head: Head, _ table: borrowing HuffmanTable,
        into memory: inout [UInt8]
    ) throws(ZstandardFault) {
        let entries = table.entries
        var output = memory.mutableSpan
        if head.hasFourStreams {
            try HuffmanDecoder.decodeFour(streams, entries, count: head.count, into: &output)
        } else {
            try HuffmanDecoder.decode(streams, entries, count: head.count, into: &output)
        }
    }

    /// Reads the head, of one to five bytes: two bits of kind, two that say how long the head
    /// is, then the sizes.
    private static func head(
        _ input: Span<UInt8>, _ position: inout Int
    ) throws(ZstandardFault) -> Head {
        guard position < input.count else {
            throw ZstandardFault("a section of literals is cut off")
        }
        let first = input[position]
        let kind = first & 3
        let format = Int(first >> 2 & 3)
        if kind < 2 {
            let size = format & 1 == 0 ? 1 : format == 1 ? 2 : 3
            let word = try number(input, &position, size)
            let count = word >> (size == 1 ? 3 : 4)
            return Head(kind: kind, count: count, size: kind == 0 ? count : 1)
        }
        let size = max(3, format + 2)
        let width = size * 4 - 2
        let word = try number(input, &position, size)
        return Head(
            kind: kind, count: word >> 4 & (1 << width - 1), size: word >> (4 + width),
            hasFourStreams: format != 0)
    }

    private static func number(
        _ input: Span<UInt8>, _ position: inout Int, _ size: Int
    ) throws(ZstandardFault) -> Int {
        guard size <= input.count - position else {
            throw ZstandardFault("a section of literals is cut off")
        }
        var number = 0
        for index in 0..<size { number |= Int(input[position + index]) << (8 * index) }
        position += size
        return number
    }
}
