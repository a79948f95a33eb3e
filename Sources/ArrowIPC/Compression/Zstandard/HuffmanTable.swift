internal import BridgeBytes

/// The decoding table of Zstandard's Huffman code for literals.
///
/// ## Theory of operation
/// A code is described by a weight per symbol: 0 for a symbol that does not occur, otherwise the
/// code has `maxBits + 1 - weight` bits. The weight of the last symbol is not sent: it is what
/// makes the code complete. The table is indexed by the next eleven bits, the longest code that
/// the format allows, whatever the code's own longest; each entry is the symbol and the length
/// of its code. Codes are given out in the order of rising weights, then of symbols, so the
/// table is filled from its start. (RFC 8878, section 4.2.1.)
struct HuffmanTable: ~Copyable {
    private static let maxBits = 11
    /// The number of entries: one for each number of eleven bits.
    static let size = 1 << maxBits

    /// By the next eleven bits; all of them are filled once there is a code.
    private var memory = [UInt16](repeating: 0, count: HuffmanTable.size)
    /// Whether there is a code in the table.
    private(set) var isFilled = false

    /// Forgets the code, as a new frame begins without one.
    mutating func clear() { isFilled = false }

    /// The symbol, above, and the code length, in the lower eight bits, for the next eleven bits.
    var entries: Span<UInt16> {
        @_lifetime(borrow self)
        get { memory.span }
    }

    /// Reads the description of a code and moves the position past it.
    mutating func read(
        _ input: Span<UInt8>, at position: inout Int
    ) throws(ZstandardFault) {
        guard position < input.count else { throw ZstandardFault("a Huffman table is cut off") }
        let head = Int(input[position])
        position += 1
        var weights = [UInt8](repeating: 0, count: 256)
        let isDirect = head >= 128
        let size = isDirect ? (head - 126) / 2 : head
        guard size <= input.count - position else {
            throw ZstandardFault("a Huffman table is cut off")
        }
        let description = input.extracting(position..<position + size)
        position += size
        let count: Int
        if isDirect {
            count = head - 127
            for index in 0..<count {
                let pair = description[index / 2]
                weights[index] = index % 2 == 0 ? pair >> 4 : pair & 15
            }
        } else {
            count = try Self.readWeights(description, into: &weights)
        }
        try fill(&weights, count: count)
    }

    /// Reads weights that are themselves coded by finite states: two states take turns, until
    /// one would need bits that do not exist; then the other one's symbol is the last.
    private static func readWeights(
        _ input: Span<UInt8>, into weights: inout [UInt8]
    ) throws(ZstandardFault) -> Int {
        var position = 0
        let distribution = try FSEDistribution(
            reading: input, at: &position, maxLog: FSETable.Meaning.weight.maxLog, maxSymbol: 255)
        var table = FSETable()
        table.fill(distribution, of: .weight)
        var bits = try BackwardBitReader(input.extracting(position..<input.count))
        let states = table.states
        var current = bits.read(table.log)
        var other = bits.read(table.log)
        bits.refill()
        guard !bits.isOverrun else { throw ZstandardFault("a Huffman table is cut off") }
        var count = 0
        while true {
            // One weight is left to the last symbol, which is not sent.
            guard count < 254 else { throw ZstandardFault("a Huffman table is too long") }
            let state = states[current]
            weights[count] = UInt8(truncatingIfNeeded: state.base)
            count += 1
            let next = Int(state.nextState) + bits.read(Int(state.stateBits))
            bits.refill()
            if bits.isOverrun {
                weights[count] = UInt8(truncatingIfNeeded: states[other].base)
                return count + 1
            }
            (current, other) = (other, next)
        }
    }

    /// Adds the last weight to the `count` first ones, and makes the table.
    private mutating func fill(
        _ weights: inout [UInt8], count: Int
    ) throws(ZstandardFault) {
        var sum = 0
        for index in 0..<count where weights[index] > 0 {
            guard weights[index] <= Self.maxBits else {
                throw ZstandardFault("a Huffman code is too long")
            }
            sum += 1 << (Int(weights[index]) - 1)
        }
        guard sum > 0 else { throw ZstandardFault("a Huffman table is empty") }
        let bits = Int.bitWidth - sum.leadingZeroBitCount
        let rest = 1 << bits - sum
        guard bits <= Self.maxBits, rest & (rest - 1) == 0 else {
            throw ZstandardFault("a Huffman code is not complete")
        }
        weights[count] = UInt8(rest.trailingZeroBitCount + 1)
        var symbols = [Int](repeating: 0, count: 12)
        for index in 0...count { symbols[Int(weights[index])] += 1 }
        // A code of full length is there, since otherwise all could be shorter.
        guard symbols[1] >= 2 else { throw ZstandardFault("a Huffman code is too long") }
        fill(weights, count: count + 1, bits: bits, symbols: symbols)
    }

    private mutating func fill(
        _ weights: [UInt8], count: Int, bits: Int, symbols: [Int]
    ) {
        // Where the codes of each weight begin in the table of eleven bits.
        var starts = [Int](repeating: 0, count: 12)
        for weight in 2..<12 {
            starts[weight] =
                starts[weight - 1]
                + symbols[weight - 1] << (weight - 2 + Self.maxBits - bits)
        }
        for symbol in 0..<count where weights[symbol] > 0 {
            let weight = Int(weights[symbol])
            let entry = UInt16(symbol) << 8 | UInt16(bits + 1 - weight)
            let width = 1 << (weight - 1 + Self.maxBits - bits)
            let start = starts[weight]
            for index in start..<start + width { memory[index] = entry }
            starts[weight] = start + width
        }
        isFilled = true
    }
}
