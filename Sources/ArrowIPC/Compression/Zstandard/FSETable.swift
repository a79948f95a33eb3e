internal import BridgeBytes

/// The decoding table of a finite state code: what each state stands for, and where it leads.
///
/// ## Theory of operation
/// A state is a number below `1 << log`. It gives a symbol, and says how many bits to read to
/// find the next state, which is a base plus these bits. A symbol whose share is large has many
/// states, so each of them needs few bits. The states of a symbol are strewn over the table by a
/// fixed stride; symbols of share -1 have one state each, at the table's end. (RFC 8878, section
/// 4.1.1.) Instead of the symbol a state holds what the symbol means: a base value and how many
/// extra bits to add to it.
struct FSETable: ~Copyable {
    /// The meaning of one state. Eight bytes, so that a lookup is one load.
    struct State: BitwiseCopyable {
        /// What the symbol stands for, before the extra bits are added.
        var base: UInt32 = 0
        var nextState: UInt16 = 0
        var extraBits: UInt8 = 0
        /// Bits to read and add to `nextState`.
        var stateBits: UInt8 = 0
    }

    /// What the symbols of a code stand for.
    struct Meaning: Sendable {
        let bases: [UInt32]
        let extraBits: [UInt8]
        let maxLog: Int

        /// Values that follow each other without a gap, the first one being `first`.
        init(from first: UInt32, extraBits: [UInt8], maxLog: Int) {
            var bases: [UInt32] = []
            var base = first
            for bits in extraBits {
                bases.append(base)
                base &+= 1 << UInt32(bits)
            }
            self.bases = bases
            self.extraBits = extraBits
            self.maxLog = maxLog
        }

        /// RFC 8878, section 3.1.1.3.2.1.1, table 16.
        static let literalLength = Meaning(
            from: 0,
            extraBits: [UInt8](repeating: 0, count: 16)
                + [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
            maxLog: 9)
        /// Section 3.1.1.3.2.1.1, table 17.
        static let matchLength = Meaning(
            from: 3,
            extraBits: [UInt8](repeating: 0, count: 32)
                + [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
            maxLog: 9)
        /// An offset code is the number of its extra bits, to which the bit above is added.
        static let offset = Meaning(from: 1, extraBits: Array(0...31), maxLog: 8)
        /// The weights of a Huffman code stand for themselves.
        static let weight = Meaning(
            from: 0, extraBits: [UInt8](repeating: 0, count: 256), maxLog: 6)
    }

    /// The size of the largest table of any code in the format, and so of the memory of each: a
    /// number that is masked by it needs no check.
    static let capacity = 512

    private(set) var log = 0
    // An array, and not an inline one, whose elements 6.3.1 reads through a copy of all.
    private var memory = [State](repeating: State(), count: FSETable.capacity)

    /// The states by their numbers, `capacity` of them; those after the table's own are of no
    /// meaning, and no table gives their numbers out.
    var states: Span<State> {
        @_lifetime(borrow self)
        get { memory.span }
    }

    /// Makes the table of one symbol, which needs no bits at all.
    mutating func fill(symbol: Int, of meaning: Meaning) throws(ZstandardFault) {
        guard symbol < meaning.bases.count else {
            throw ZstandardFault("a symbol does not exist")
        }
        log = 0
        memory[0] = State(
            base: meaning.bases[symbol], extraBits: meaning.extraBits[symbol])
    }

    /// Makes the table of a distribution, whose shares fill it exactly.
    mutating func fill(_ distribution: FSEDistribution, of meaning: Meaning) {
        let size = 1 << distribution.log
        precondition(size <= Self.capacity && distribution.shares.count <= meaning.bases.count)
        log = distribution.log
        var next = distribution.shares.map { UInt16($0 < 0 ? 1 : $0) }
        let symbols = Self.strewn(distribution.shares, over: size)
        for state in 0..<size {
            let symbol = Int(symbols[state])
            let number = Int(next[symbol])
            next[symbol] += 1
            let bits = log - (Int.bitWidth - 1 - number.leadingZeroBitCount)
            memory[state] = State(
                base: meaning.bases[symbol], nextState: UInt16(number << bits - size),
                extraBits: meaning.extraBits[symbol], stateBits: UInt8(bits))
        }
    }

    /// Gives each state its symbol. The stride is odd, so it meets every state once.
    private static func strewn(_ shares: [Int16], over size: Int) -> [UInt8] {
        var symbols = [UInt8](repeating: 0, count: size)
        var high = size
        for (symbol, share) in shares.enumerated() where share < 0 {
            high -= 1
            symbols[high] = UInt8(symbol)
        }
        let stride = size >> 1 + size >> 3 + 3
        var position = 0
        for (symbol, share) in shares.enumerated() where share > 0 {
            for _ in 0..<share {
                symbols[position] = UInt8(symbol)
                repeat { position = (position + stride) & (size - 1) } while position >= high
            }
        }
        return symbols
    }
}
