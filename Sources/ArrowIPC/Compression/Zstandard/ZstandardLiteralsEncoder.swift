internal import BridgeBytes

/// Writes the literals of a block: as they are, as one byte that repeats, or by a Huffman code.
///
/// A code is described by a weight for each symbol up to the last one, which is possible for
/// symbols up to 128; what has others is mostly numbers, which the code would not make much
/// smaller. (RFC 8878, section 3.1.1.3.1 and 4.2.1.)
enum ZstandardLiteralsEncoder {
    private static let maxBits = 11
    /// Fewer literals than this do not pay for the description of a code.
    private static let fewest = 64
    /// Up to this many literals are one stream, more are four.
    private static let singleStream = 256

    static func append(_ literals: Span<UInt8>, to output: inout ByteWriter) {
        if literals.count >= fewest, let code = code(for: literals) {
            let start = output.count
            if appendCoded(literals, code, to: &output),
                output.count - start < literals.count - literals.count / 32
            {
                return
            }
            output.truncate(to: start)
        }
        appendHead(kind: 0, literals.count, to: &output)
        output.append(literals)
    }

    private static func appendHead(kind: Int, _ count: Int, to output: inout ByteWriter) {
        switch count {
        case ..<32: output.append(UInt8(count << 3 | kind))
        case ..<4096:
            output.append(littleEndian: UInt16(truncatingIfNeeded: count << 4 | 1 << 2 | kind))
        default:
            let head = count << 4 | 3 << 2 | kind
            output.append(littleEndian: UInt16(truncatingIfNeeded: head))
            output.append(UInt8(truncatingIfNeeded: head >> 16))
        }
    }

    /// The bits of each symbol's code; nil when the literals have no code that can be described.
    private static func code(for literals: Span<UInt8>) -> [UInt8]? {
        var counts = [Int](repeating: 0, count: 256)
        for index in literals.indices { counts[Int(literals[index])] += 1 }
        guard let last = counts.lastIndex(where: { $0 > 0 }), last <= 128,
            counts.count(where: { $0 > 0 }) > 1
        else { return nil }
        counts.removeLast(255 - last)
        while true {
            let lengths = HuffmanLengths.lengths(of: counts)
            if lengths.allSatisfy({ $0 <= maxBits }) { return lengths }
            // Flatter shares give shorter codes.
            counts = counts.map { $0 == 0 ? 0 : $0 / 2 + 1 }
        }
    }

    private static func appendCoded(
        _ literals: Span<UInt8>, _ lengths: [UInt8], to output: inout ByteWriter
    ) -> Bool {
        let codes = HuffmanLengths.codes(of: lengths)
        var content = ByteWriter(capacity: literals.count)
        appendWeights(lengths, to: &content)
        let isSingle = literals.count < singleStream
        if isSingle {
            appendStream(literals, lengths, codes, to: &content)
        } else {
            let part = (literals.count + 3) / 4
            let jump = content.count
            content.append(repeating: 0, count: 6)
            for index in 0..<4 {
                let start = content.count
                let range = index * part..<min((index + 1) * part, literals.count)
                appendStream(literals.extracting(range), lengths, codes, to: &content)
                guard index < 3 else { continue }
                content.patch(
                    littleEndian: UInt16(truncatingIfNeeded: content.count - start),
                    at: jump + 2 * index)
            }
        }
        guard content.count < literals.count else { return false }
        appendHead(literals.count, content.count, isSingle, to: &output)
        output.append(content.span)
        return true
    }

    private static func appendHead(
        _ count: Int, _ size: Int, _ isSingle: Bool, to output: inout ByteWriter
    ) {
        let kind = UInt64(2)
        let (count, size) = (UInt64(count), UInt64(size))
        let (head, bytes): (UInt64, Int) =
            switch count {
            case ..<1024: (kind | (isSingle ? 0 : 1) << 2 | count << 4 | size << 14, 3)
            case ..<16_384: (kind | 2 << 2 | count << 4 | size << 18, 4)
            default: (kind | 3 << 2 | count << 4 | size << 22, 5)
            }
        for index in 0..<bytes { output.append(UInt8(truncatingIfNeeded: head >> (8 * index))) }
    }

    /// The weights of all symbols but the last, two in a byte.
    private static func appendWeights(_ lengths: [UInt8], to output: inout ByteWriter) {
        let longest = lengths.max() ?? 0
        let weights = lengths.dropLast().map { $0 == 0 ? 0 : longest + 1 - $0 }
        output.append(UInt8(127 + weights.count))
        for index in stride(from: 0, to: weights.count, by: 2) {
            let low = index + 1 < weights.count ? weights[index + 1] : 0
            output.append(weights[index] << 4 | low)
        }
    }

    /// Literals from the last to the first, as they are read from the end.
    private static func appendStream(
        _ literals: Span<UInt8>, _ lengths: [UInt8], _ codes: [UInt16], to output: inout ByteWriter
    ) {
        var bits = ForwardBitWriter()
        for index in literals.indices.reversed() {
            let symbol = Int(literals[index])
            bits.append(Int(codes[symbol]), count: Int(lengths[symbol]))
        }
        bits.finish(into: &output)
    }
}

/// The lengths and the bits of Huffman codes.
enum HuffmanLengths {
    /// The number of bits of each symbol's code, 0 for symbols that do not occur; at least two do.
    static func lengths(of counts: [Int]) -> [UInt8] {
        // Nodes in rising order: leaves first, then what is joined, which comes in rising order
        // as well, so that the two lightest are always at one of two places.
        let leaves = counts.indices.filter { counts[$0] > 0 }.sorted { counts[$0] < counts[$1] }
        var weights = leaves.map { counts[$0] }
        var parents = [Int](repeating: 0, count: 2 * leaves.count - 1)
        var (leaf, joined) = (0, leaves.count)
        func lightest() -> Int {
            let takesLeaf =
                leaf < leaves.count
                && (joined >= weights.count || weights[leaf] <= weights[joined])
            defer { if takesLeaf { leaf += 1 } else { joined += 1 } }
            return takesLeaf ? leaf : joined
        }
        while weights.count < 2 * leaves.count - 1 {
            let (first, second) = (lightest(), lightest())
            parents[first] = weights.count
            parents[second] = weights.count
            weights.append(weights[first] + weights[second])
        }
        var depths = [UInt8](repeating: 0, count: weights.count)
        for node in (0..<weights.count - 1).reversed() { depths[node] = depths[parents[node]] + 1 }
        var lengths = [UInt8](repeating: 0, count: counts.count)
        for (node, symbol) in leaves.enumerated() { lengths[symbol] = depths[node] }
        return lengths
    }

    /// The bits of each code: those of full length come first, in the order of the symbols.
    static func codes(of lengths: [UInt8]) -> [UInt16] {
        let longest = Int(lengths.max() ?? 0)
        var codes = [UInt16](repeating: 0, count: lengths.count)
        var next = 0
        for length in stride(from: longest, through: 1, by: -1) {
            for symbol in lengths.indices where Int(lengths[symbol]) == length {
                codes[symbol] = UInt16(truncatingIfNeeded: next >> (longest - length))
                next += 1 << (longest - length)
            }
        }
        return codes
    }
}
