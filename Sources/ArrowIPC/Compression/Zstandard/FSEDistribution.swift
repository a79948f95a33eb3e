internal import BridgeBytes

/// How often each symbol of a finite state code occurs, out of a power of two.
struct FSEDistribution {
    /// The power of two, as its logarithm ("accuracy log").
    let log: Int
    /// The share of each symbol; -1 stands for "less than one", which takes one state.
    let shares: [Int16]

    init(log: Int, shares: [Int16]) {
        self.log = log
        self.shares = shares
    }

    /// Reads a table description (RFC 8878, section 4.1.1) and moves the position past it.
    ///
    /// Each share is coded in as few bits as the rest allows: with `rest` states left it lies in
    /// 0...rest+1 (shifted by one for -1), and the lowest of these values, which then need not
    /// all bits, save one. After a share of zero come two bits, each time telling how many more
    /// zeros follow, where 3 means "and look again".
    init(
        reading input: Span<UInt8>, at position: inout Int, maxLog: Int, maxSymbol: Int
    ) throws(ZstandardFault) {
        var bits = ForwardBits(input, from: position)
        log = 5 + bits.read(4)
        guard log <= maxLog else { throw ZstandardFault("a code table is too large") }
        var rest = 1 << log
        var shares: [Int16] = []
        while rest > 0 {
            guard shares.count <= maxSymbol else {
                throw ZstandardFault("a code table has too many symbols")
            }
            let share = Self.share(&bits, rest: rest)
            shares.append(Int16(share))
            rest -= share < 0 ? 1 : share
            guard share == 0 else { continue }
            var zeros = 3
            while zeros == 3 {
                zeros = bits.read(2)
                guard shares.count + zeros <= maxSymbol + 1 else {
                    throw ZstandardFault("a code table has too many symbols")
                }
                shares += [Int16](repeating: 0, count: zeros)
            }
        }
        // Zeros past the end are read as such, so a description that goes on after the input
        // comes to an end too, and is refused here.
        guard let end = bits.end else { throw ZstandardFault("a code table is cut off") }
        self.shares = shares
        position = end
    }

    private static func share(_ bits: inout ForwardBits, rest: Int) -> Int {
        let most = rest + 1
        let width = Int.bitWidth - most.leadingZeroBitCount
        let short = (1 << width) - 1 - most
        let low = bits.peek(width - 1)
        if low < short {
            bits.skip(width - 1)
            return low - 1
        }
        let value = bits.read(width)
        return (value >= 1 << (width - 1) ? value - short : value) - 1
    }
}

/// Bits from the least significant of the first byte on, for descriptions, which are short.
private struct ForwardBits: ~Escapable {
    private let input: Span<UInt8>
    private var position: Int

    @_lifetime(copy input)
    init(_ input: Span<UInt8>, from start: Int) {
        self.input = input
        position = 8 * start
    }

    /// The next bits (at most 16), not taken; past the end they are zero.
    func peek(_ count: Int) -> Int {
        var word = 0
        let first = position >> 3
        for index in 0..<3 where first + index < input.count {
            word |= Int(input[first + index]) << (8 * index)
        }
        return word >> (position & 7) & (1 << count - 1)
    }

    @_lifetime(self: copy self)
    mutating func skip(_ count: Int) { position += count }

    @_lifetime(self: copy self)
    mutating func read(_ count: Int) -> Int {
        let value = peek(count)
        position += count
        return value
    }

    /// The byte after the last one that was begun; nil when that lies past the end.
    var end: Int? {
        let end = (position + 7) >> 3
        return end <= input.count ? end : nil
    }
}
