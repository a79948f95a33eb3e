package import BridgeBytes

/// Inflates Zstandard frames.
///
/// ## Theory of operation
/// An input is a list of frames, some of them skippable. A frame is a head, blocks up to the one
/// that is marked as the last, and a checksum of the content if the head said so. A block is
/// stored, one byte repeated, or compressed; then it has a section of literals and one of
/// sequences, which say how the literals and matches of earlier output follow each other. All
/// output of a frame lies in one buffer, which is the window. Tables and recent offsets live as
/// long as their frame. (RFC 8878, section 3.) Dictionaries, reserved bits and windows over
/// `ZstandardFrameHead.maxWindow` are refused. The decoder is whole for what remains: nothing
/// that the RFC describes is left out.
package struct ZstandardFrameDecoder: ~Copyable {
    private static let magic: UInt32 = 0xFD2F_B528

    private var frames: FrameReading
    private var literals = ZstandardLiterals()
    private var sequences = ZstandardSequences()

    private init(limit: Int) { frames = FrameReading(limit: limit) }

    /// Most output bytes that a compressed byte can make: a block of one repeated byte takes
    /// four bytes and makes 128 KiB.
    package static let maxRatio = 32 << 10

    /// Inflates all frames of the input.
    /// - Parameter limit: Most bytes that the output may have, counted while it is made.
    /// - Throws: `invalidCompression`, `truncated`, `unsupportedFeature`, and `limitExceeded`
    ///   when there is more output than that, or a head says so, or the window is too large.
    ///   Offsets count from the start of the input; of what is wrong inside a compressed block,
    ///   the block's offset is given.
    package static func decompress(
        _ input: Span<UInt8>, limit: Int
    ) throws(ArrowError) -> Bytes {
        var decoder = ZstandardFrameDecoder(limit: limit)
        while try decoder.frames.hasFrame(input) { try decoder.frame(input) }
        return decoder.frames.output.finish()
    }

    private mutating func frame(_ input: Span<UInt8>) throws(ArrowError) {
        let start = frames.position
        guard let magic = try frames.magic(input) else { return }
        guard magic == Self.magic else {
            throw .corrupt("no Zstandard frame begins here", at: start)
        }
        let head = try ZstandardFrameHead(
            input, at: &frames.position, limit: frames.output.limit - frames.output.count)
        let content = frames.beginContent()
        literals.reset()
        sequences.reset()
        while try block(input, head) {}
        try frames.checkSize(from: content, told: head.contentSize, frame: start)
        guard head.hasChecksum else { return }
        var digest = XXH64()
        digest.update(frames.output.span(from: content))
        try frames.checkContent(input, digest: UInt32(truncatingIfNeeded: digest.finalize()))
    }

    /// Takes a block; false when it was the last one (section 3.1.1.2).
    private mutating func block(
        _ input: Span<UInt8>, _ head: ZstandardFrameHead
    ) throws(ArrowError) -> Bool {
        let start = frames.position
        guard input.count - start >= 3 else {
            throw .truncated("the input ends in a frame", at: input.count)
        }
        let word = Int(input[start]) | Int(input[start + 1]) << 8 | Int(input[start + 2]) << 16
        frames.position += 3
        let size = word >> 3
        let kind = word >> 1 & 3
        let data = input.extracting(
            try frames.block(
                input, size: size, stored: kind == 1 ? 1 : size, limit: head.blockLimit,
                at: start))
        frames.output.beginBlock(ofAtMost: head.blockLimit)
        let fits: Bool
        switch kind {
        case 0: fits = frames.output.append(data, at: 0, count: size)
        case 1: fits = frames.output.append(repeating: data[0], count: size)
        case 2: fits = try inflate(data, head, at: start)
        default: throw .corrupt("a block of the reserved kind", at: start)
        }
        guard fits else { throw frames.tooLong(start) }
        return word & 1 == 0
    }

    /// Inflates a compressed block; false when it makes too much.
    private mutating func inflate(
        _ block: Span<UInt8>, _ head: ZstandardFrameHead, at start: Int
    ) throws(ArrowError) -> Bool {
        do throws(ZstandardFault) {
            try Self.inflate(block, head, &literals, &sequences, into: &frames.output)
            return true
        } catch {
            if error.isOverLimit { return false }
            throw .corrupt("\(error.what)", at: start)
        }
    }

    private static func inflate(
        _ block: Span<UInt8>, _ head: ZstandardFrameHead, _ literals: inout ZstandardLiterals,
        _ sequences: inout ZstandardSequences, into output: inout CodecBuffer
    ) throws(ZstandardFault) {
        var place = 0
        let stored = try literals.read(block, at: &place, limit: head.blockLimit)
        let rest = block.extracting(place..<block.count)
        let count = literals.count
        if let stored {
            // With what follows them, so that they can be copied in steps.
            let source = ZstandardSequences.Literals(
                block.extracting(stored.lowerBound..<block.count), count: count)
            try sequences.run(rest, literals: source, window: head.window, into: &output)
        } else {
            let source = ZstandardSequences.Literals(literals.span, count: count)
            try sequences.run(rest, literals: source, window: head.window, into: &output)
        }
    }
}
