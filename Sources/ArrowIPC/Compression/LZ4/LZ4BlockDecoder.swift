internal import BridgeBytes

/// Inflates one LZ4 block.
///
/// ## Theory of operation
/// A block is a list of sequences: a token of two lengths of four bits, the literals, a distance
/// of two bytes, and the match. A length of 15 goes on in further bytes, up to the first that is
/// not 255. The block ends after literals, so its last sequence has no match. (LZ4 Block Format
/// Description, "Compressed block format".) The end conditions that the format asks of encoders,
/// such as five literals at the end, are not asked of the input, as reference decoders do not.
///
/// Most sequences lie far from both ends of their block. These are carried out by a loop
/// (`runFast`) that compares with the ends once a sequence, copies more than it was asked for,
/// and refuses nothing: what it cannot do it leaves as it is, and the careful steps in `decode`,
/// which alone know why a block is refused, do that sequence again.
enum LZ4BlockDecoder {
    /// Why a block was refused. Positions count from the start of the block.
    enum Refusal: Error {
        case truncated
        /// The match at this position begins before the start of the data.
        case badDistance(Int)
        /// The literals or the match at this position make more than the block may have.
        case tooLong(Int)
    }

    /// Appends the block's content.
    static func decode(
        _ block: Span<UInt8>, into output: inout CodecBuffer
    ) throws(Refusal) {
        var position = 0
        let end = block.count
        while true {
            runFast(block, &position, into: &output)
            guard position < end else { throw .truncated }
            let start = position
            let token = Int(block[position])
            position &+= 1
            var literals = token &>> 4
            if literals == 15 { literals += try longLength(block, &position) }
            guard literals <= end - position else { throw .truncated }
            guard output.append(block, at: position, count: literals) else {
                throw .tooLong(start)
            }
            position &+= literals
            if position == end { return }
            guard let word = block.littleEndian(UInt16.self, at: position) else {
                throw .truncated
            }
            position &+= 2
            var length = token & 15
            if length == 15 { length += try longLength(block, &position) }
            guard output.appendMatch(distance: Int(word), count: length &+ 4) else {
                let fits = length + 4 <= output.room
                throw fits ? .badDistance(start) : .tooLong(start)
            }
        }
    }

    /// The rest of a length, which is at most 255 times the bytes that say it.
    private static func longLength(
        _ block: Span<UInt8>, _ position: inout Int
    ) throws(Refusal) -> Int {
        var length = 0
        while position < block.count {
            let byte = Int(block[position])
            position &+= 1
            length += byte
            if byte != 255 { return length }
        }
        throw .truncated
    }

    /// Input that a sequence of the fast loop has: its token, a step of 16 over its literals, or
    /// 14 literals and the distance.
    private static let inputMargin = 17
    /// Output that it has in its block: 14 literals and a match of 18 bytes.
    private static let outputMargin = 32

    /// Carries out the sequences from a position on, up to the first that lies near an end, goes
    /// back too far, or is cut off. That one, with which the position is left, is still there:
    /// the margin of the input keeps the block's last literals away from the loop.
    private static func runFast(
        _ block: Span<UInt8>, _ position: inout Int, into output: inout CodecBuffer
    ) {
        let start = position
        let (floor, blockEnd) = (output.floor, output.blockEnd)
        // Sound: `runFast` below holds its reads to the block and to `floor` up, its writes to
        // 32 bytes, the slack, after the end of the block.
        position = unsafe block.withUnsafeBytes { input in
            guard let base = input.baseAddress else { return start }
            var next = start
            unsafe output.extend { memory, count in
                var place = unsafe FastPlace(
                    input: base, inputEnd: input.count, next: start,
                    memory: memory, floor: floor, blockEnd: blockEnd, count: count)
                unsafe place.run()
                next = unsafe place.next
                return unsafe place.count
            }
            return next
        }
    }

    /// The state of the fast loop.
    @unsafe private struct FastPlace {
        let input: UnsafeRawPointer
        let inputEnd: Int
        var next: Int
        let memory: UnsafeMutableRawPointer
        let floor: Int
        let blockEnd: Int
        var count: Int

        /// Sound, with `0 <= next`, `floor <= count` and slack after `blockEnd`, because
        /// - the loop's condition leaves 17 bytes of input and 32 of output: a token and 16 bytes
        ///   of literals, or up to 14 and a distance, are in the input; up to 14 bytes of literals
        ///   and 18 of a match, in the block; the steps of a short match end at most
        ///   14 + 32 bytes after `count`, which is 14 after the block;
        /// - long literals are taken where both margins still hold after them;
        /// - a match is copied after its distance was compared with the floor, a long one after
        ///   its end was compared with the block's; it overshoots by 15 bytes.
        @inline(__always)
        mutating func run() {
            let lastInput = unsafe inputEnd &- inputMargin
            let lastOutput = unsafe blockEnd &- outputMargin
            var position = unsafe next
            var filled = unsafe count
            while position <= lastInput, filled <= lastOutput {
                unsafe (next, count) = (position, filled)
                let token = unsafe Int(input.load(fromByteOffset: position, as: UInt8.self))
                position &+= 1
                var literals = token &>> 4
                if literals < 15 {
                    unsafe CodecSteps.step16(memory + filled, input + position)
                } else {
                    guard let more = unsafe self.length(&position, upTo: lastInput) else { return }
                    literals = more
                    guard literals <= lastInput &- position, literals <= lastOutput &- filled
                    else { return }
                    unsafe CodecSteps.literals(
                        memory + filled, input + position, count: literals)
                }
                position &+= literals
                filled &+= literals
                let distance = unsafe Int(
                    UInt16(
                        littleEndian: input.loadUnaligned(
                            fromByteOffset: position, as: UInt16.self)))
                position &+= 2
                guard distance > 0, unsafe distance <= filled &- floor else { return }
                let nibble = token & 15
                if nibble < 15 {
                    unsafe CodecSteps.shortMatch(memory + filled, distance: distance)
                    filled &+= nibble &+ 4
                } else {
                    guard let more = unsafe length(&position, upTo: inputEnd) else { return }
                    guard unsafe more &+ 4 <= blockEnd &- filled else { return }
                    unsafe CodecSteps.match(
                        memory + filled, distance: distance, count: more &+ 4)
                    filled &+= more &+ 4
                }
            }
            unsafe (next, count) = (position, filled)
        }

        /// A length of 15 with the bytes that prolong it; nil when they go on to the limit, which
        /// is at most the end of the input: so the reads are sound.
        @inline(__always)
        private func length(_ position: inout Int, upTo limit: Int) -> Int? {
            var length = 15
            while position < limit {
                let byte = unsafe Int(input.load(fromByteOffset: position, as: UInt8.self))
                position &+= 1
                length &+= byte
                if byte != 255 { return length }
            }
            return nil
        }
    }
}
