internal import BridgeBytes

/// The sequences of a block: how many literals to take, how far to go back, how much to copy.
///
/// ## Theory of operation
/// The section says how many sequences there are and how each of its three codes (literal
/// lengths, offsets, match lengths) is described: by the format itself, as one symbol, by a table
/// that follows, or as in the block before. Then comes one bit stream, read backward, in which
/// the three codes' states take turns. The three last offsets are remembered across the blocks
/// of a frame, since data with rows of one width repeats them. (RFC 8878, sections 3.1.1.3.2 and
/// 3.1.1.5.)
struct ZstandardSequences: ~Copyable {
    private var literalLengths = FSETable()
    private var offsets = FSETable()
    private var matchLengths = FSETable()
    /// Whether there are tables of an earlier block of the frame that may be used again.
    private var hasTables = false
    private var recent = RecentOffsets()

    /// The literals of a block: the first `count` of some bytes, which are there to be copied in
    /// steps.
    struct Literals: ~Escapable {
        let bytes: Span<UInt8>
        let count: Int

        @_lifetime(copy bytes)
        init(_ bytes: Span<UInt8>, count: Int) {
            precondition(count <= bytes.count)
            self.bytes = bytes
            self.count = count
        }
    }

    /// Forgets everything, as a new frame begins.
    mutating func reset() {
        hasTables = false
        recent = RecentOffsets()
    }

    /// Reads a section, which is the rest of a block, and carries it out.
    /// - Parameter window: Furthest distance of a match.
    mutating func run(
        _ input: Span<UInt8>, literals: borrowing Literals, window: Int,
        into output: inout CodecBuffer
    ) throws(ZstandardFault) {
        var position = 0
        let count = try Self.count(input, &position)
        guard count > 0 else {
            guard position == input.count else {
                throw ZstandardFault("bytes follow a section without sequences")
            }
            return try Self.append(literals, from: 0, to: &output)
        }
        try readTables(input, &position)
        let bits = try BackwardBitReader(input.extracting(position..<input.count))
        var recent = recent
        let used = try Self.execute(
            count, bits, self, &recent, literals: literals, window: window, into: &output)
        self.recent = recent
        try Self.append(literals, from: used, to: &output)
    }

    private static func append(
        _ literals: borrowing Literals, from start: Int, to output: inout CodecBuffer
    ) throws(ZstandardFault) {
        guard output.append(literals.bytes, at: start, count: literals.count - start) else {
            throw .overLimit
        }
    }

    /// The number of sequences, in one to three bytes.
    private static func count(
        _ input: Span<UInt8>, _ position: inout Int
    ) throws(ZstandardFault) -> Int {
        let fault = ZstandardFault("a section of sequences is cut off")
        guard input.count > 0 else { throw fault }
        let first = Int(input[0])
        position = first < 128 ? 1 : first < 255 ? 2 : 3
        guard position <= input.count else { throw fault }
        switch position {
        case 1: return first
        case 2: return (first - 128) << 8 + Int(input[1])
        default: return Int(input[1]) + Int(input[2]) << 8 + 0x7F00
        }
    }

    private mutating func readTables(
        _ input: Span<UInt8>, _ position: inout Int
    ) throws(ZstandardFault) {
        guard position < input.count else {
            throw ZstandardFault("a section of sequences is cut off")
        }
        let modes = input[position]
        position += 1
        guard modes & 3 == 0 else { throw ZstandardFault("reserved bits are set") }
        try Self.read(
            modes >> 6, input, &position, .literalLength, .usualLiteralLengths,
            hasTables,
            into: &literalLengths)
        try Self.read(
            modes >> 4 & 3, input, &position, .offset, .usualOffsets, hasTables,
            into: &offsets)
        try Self.read(
            modes >> 2 & 3, input, &position, .matchLength, .usualMatchLengths,
            hasTables,
            into: &matchLengths)
        hasTables = true
    }

    /// Makes one table, in the way that its mode says.
    private static func read(
        _ mode: UInt8, _ input: Span<UInt8>, _ position: inout Int, _ meaning: FSETable.Meaning,
        _ usual: FSEDistribution, _ hasTables: Bool, into table: inout FSETable
    ) throws(ZstandardFault) {
        switch mode {
        case 0: table.fill(usual, of: meaning)
        case 1:
            guard position < input.count else {
                throw ZstandardFault("a section of sequences is cut off")
            }
            try table.fill(symbol: Int(input[position]), of: meaning)
            position += 1
        case 2:
            let distribution = try FSEDistribution(
                reading: input, at: &position, maxLog: meaning.maxLog,
                maxSymbol: meaning.bases.count - 1)
            table.fill(distribution, of: meaning)
        default:
            guard hasTables else { throw ZstandardFault("there is no table to repeat") }
        }
    }

    /// Carries the sequences out. Returns how many literals they took.
    ///
    /// The order of the bits: the offset's extra bits, the match's, the literals'; then, but
    /// after the last sequence, the next states of literals, match and offset. These are at most
    /// 31 + 16 + 16 + 26 bits, so a second refill is needed where the extra bits are many.
    ///
    /// Sound, with the memory of the output in hand: tables have `capacity` states, to which the
    /// mask holds every number; a sequence is written after its literals were compared with those
    /// that are left, both lengths with the block's end, and the distance with what was made.
    /// Copying overshoots by fewer bytes than the output's slack, and reads literals beyond its
    /// own where the bytes go on for a step.
    private static func execute(
        _ count: Int, _ stream: consuming BackwardBitReader, _ tables: borrowing Self,
        _ recent: inout RecentOffsets, literals: borrowing Literals, window: Int,
        into output: inout CodecBuffer
    ) throws(ZstandardFault) -> Int {
        let mask = FSETable.capacity - 1
        let literalStates = tables.literalLengths.states
        let offsetStates = tables.offsets.states
        let matchStates = tables.matchLengths.states
        let source = unsafe literals.bytes.bytes
        let (lastStep, literalsEnd) = (source.byteCount - 16, literals.count)
        let memory = unsafe output.memory
        let (floor, blockEnd) = (output.floor, output.blockEnd)
        var (bits, offsetsInUse) = (stream, recent)
        var (taken, filled) = (0, output.count)
        var literalState = bits.read(tables.literalLengths.log)
        var offsetState = bits.read(tables.offsets.log)
        var matchState = bits.read(tables.matchLengths.log)
        var left = count
        while true {
            bits.refill()
            let literal = unsafe literalStates[unchecked: literalState & mask]
            let match = unsafe matchStates[unchecked: matchState & mask]
            let offset = unsafe offsetStates[unchecked: offsetState & mask]
            let value = Int(offset.base) &+ bits.read(Int(offset.extraBits))
            let length = Int(match.base) &+ bits.read(Int(match.extraBits))
            if offset.extraBits &+ match.extraBits &+ literal.extraBits > 31 { bits.refill() }
            let literalCount = Int(literal.base) &+ bits.read(Int(literal.extraBits))
            let distance = offsetsInUse.distance(value, afterLiterals: literalCount > 0)
            guard literalCount <= literalsEnd &- taken else {
                throw ZstandardFault("there are too few literals")
            }
            guard literalCount &+ length <= blockEnd &- filled else { throw .overLimit }
            unsafe copy(source, taken, literalCount, lastStep, to: memory + filled)
            taken &+= literalCount
            filled &+= literalCount
            guard distance > 0, distance <= window, distance <= filled &- floor else {
                throw ZstandardFault("a match begins before the data")
            }
            unsafe CodecSteps.match(memory + filled, distance: distance, count: length)
            filled &+= length
            left &-= 1
            if left == 0 { break }
            literalState = Int(literal.nextState) &+ bits.read(Int(literal.stateBits))
            matchState = Int(match.nextState) &+ bits.read(Int(match.stateBits))
            offsetState = Int(offset.nextState) &+ bits.read(Int(offset.stateBits))
        }
        bits.refill()
        guard bits.isAtEnd else { throw ZstandardFault("the sequences have another size") }
        unsafe output.advance(to: filled)
        recent = offsetsInUse
        return taken
    }

    /// Copies literals, in steps of 16 where there are bytes for the last step.
    ///
    /// Sound where the source has `count` bytes from the position on, and the target 16 more.
    @inline(__always)
    @unsafe private static func copy(
        _ source: RawSpan, _ position: Int, _ count: Int, _ lastStep: Int,
        to target: UnsafeMutableRawPointer
    ) {
        guard position &+ count <= lastStep else {
            for index in 0..<count {
                let byte = unsafe source.unsafeLoad(
                    fromUncheckedByteOffset: position &+ index, as: UInt8.self)
                unsafe target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            }
            return
        }
        var done = 0
        repeat {
            let bytes = unsafe source.unsafeLoadUnaligned(
                fromUncheckedByteOffset: position &+ done, as: SIMD16<UInt8>.self)
            unsafe target.storeBytes(of: bytes, toByteOffset: done, as: SIMD16<UInt8>.self)
            done &+= 16
        } while done < count
    }
}

/// The three distances that were used last; a frame begins with 1, 4 and 8.
struct RecentOffsets {
    private var first = 1
    private var second = 4
    private var third = 8

    /// The distance that an offset value stands for: itself less three, or one of the three
    /// last, or, without literals, the first less one. Zero, which no match has, is refused by
    /// whoever copies.
    @inline(__always)
    mutating func distance(_ value: Int, afterLiterals: Bool) -> Int {
        if value > 3 {
            (first, second, third) = (value &- 3, first, second)
            return first
        }
        switch afterLiterals ? value : value &+ 1 {
        case 1: break
        case 2: (first, second) = (second, first)
        case 3: (first, second, third) = (third, first, second)
        default: (first, second, third) = (first &- 1, first, second)
        }
        return first
    }
}

extension FSEDistribution {
    /// The distributions of RFC 8878, section 3.1.1.3.2.2.
    static let usualLiteralLengths = FSEDistribution(
        log: 6,
        shares: [
            4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1,
            1, 1, 1, -1, -1, -1, -1,
        ])
    static let usualOffsets = FSEDistribution(
        log: 5,
        shares: [
            1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1,
            -1,
        ])
    static let usualMatchLengths = FSEDistribution(
        log: 6,
        shares: [
            1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
        ])
}
