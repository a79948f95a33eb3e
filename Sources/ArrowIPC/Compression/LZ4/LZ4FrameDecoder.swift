package import BridgeBytes

/// Inflates LZ4 frames.
///
/// ## Theory of operation
/// An input is a list of frames, some of them skippable. A frame has a head with the size of its
/// blocks and what else it holds, the blocks, each with its size, a mark of four zero bytes, and
/// a checksum of the content if the head said so. Output goes into one buffer, in which linked
/// blocks find their history; independent blocks may not look back over their own start. (LZ4
/// Frame Format Description 1.6.) Reserved bits, dictionaries and the legacy format, which has
/// neither sizes nor checksums, are refused.
package struct LZ4FrameDecoder: ~Copyable {
    static let magic: UInt32 = 0x184D_2204
    private static let legacyMagic: UInt32 = 0x184C_2102

    /// What a frame's head says.
    private struct Head {
        var blockSize = 0
        var blocksAreIndependent = false
        var hasBlockChecksums = false
        var hasContentChecksum = false
        var contentSize: UInt64?
    }

    private var frames: FrameReading

    private init(limit: Int) { frames = FrameReading(limit: limit) }

    /// Most output bytes that a compressed byte can make: one that prolongs a match by 255.
    package static let maxRatio = 255

    /// Inflates all frames of the input.
    /// - Parameter limit: Most bytes that the output may have, counted while it is made.
    /// - Throws: `invalidCompression`, `truncated`, `unsupportedFeature`, and `limitExceeded`
    ///   when there is more output than that, or a head says so. Offsets count from the start of
    ///   the input.
    package static func decompress(
        _ input: Span<UInt8>, limit: Int
    ) throws(ArrowError) -> Bytes {
        var decoder = LZ4FrameDecoder(limit: limit)
        while try decoder.frames.hasFrame(input) { try decoder.frame(input) }
        return decoder.frames.output.finish()
    }

    private mutating func frame(_ input: Span<UInt8>) throws(ArrowError) {
        let start = frames.position
        guard let magic = try frames.magic(input) else { return }
        switch magic {
        case Self.magic: break
        case Self.legacyMagic:
            throw .init(
                .unsupportedFeature, stage: .compression, offset: start,
                "a frame of the legacy format, which is not read")
        default: throw .corrupt("no LZ4 frame begins here", at: start)
        }
        let head = try head(input, from: start)
        let content = frames.beginContent()
        while try block(input, head) {}
        try frames.checkSize(from: content, told: head.contentSize, frame: start)
        guard head.hasContentChecksum else { return }
        let digest = XXH32.hash(frames.output.span(from: content))
        try frames.checkContent(input, digest: digest)
    }

    /// The head after the magic number: flags, block size, content size, checksum.
    private mutating func head(
        _ input: Span<UInt8>, from start: Int
    ) throws(ArrowError) -> Head {
        let first = frames.position
        guard let flags = input.littleEndian(UInt16.self, at: frames.position) else {
            throw .truncated("the input ends in a frame's head", at: input.count)
        }
        frames.position += 2
        guard flags & 0xC0 == 0x40 else {
            throw .corrupt("the frame's version is not 01", at: first)
        }
        guard flags & 0x8F02 == 0, flags >> 12 >= 4 else {
            throw .corrupt("reserved bits or a block size that does not exist", at: first)
        }
        guard flags & 1 == 0 else {
            throw .init(
                .unsupportedFeature, stage: .compression, offset: first,
                "the frame wants a dictionary")
        }
        var head = Head()
        head.blockSize = 1 << (8 + 2 * Int(flags >> 12))
        head.blocksAreIndependent = flags & 0x20 != 0
        head.hasBlockChecksums = flags & 0x10 != 0
        head.hasContentChecksum = flags & 0x04 != 0
        if flags & 0x08 != 0 {
            guard let size = input.littleEndian(UInt64.self, at: frames.position) else {
                throw .truncated("the input ends in a frame's head", at: input.count)
            }
            guard size <= UInt64(frames.output.limit - frames.output.count) else {
                throw .overLimit(frames.output.limit, at: frames.position)
            }
            head.contentSize = size
            frames.position += 8
        }
        guard frames.position < input.count else {
            throw .truncated("the input ends in a frame's head", at: input.count)
        }
        let checksum = XXH32.hash(input.extracting(first..<frames.position)) >> 8
        guard input[frames.position] == UInt8(truncatingIfNeeded: checksum) else {
            throw .corrupt("the checksum of the frame's head does not match", at: frames.position)
        }
        frames.position += 1
        return head
    }

    /// Takes a block; false at the mark that ends the blocks.
    private mutating func block(_ input: Span<UInt8>, _ head: Head) throws(ArrowError) -> Bool {
        let start = frames.position
        let word = try frames.word(input)
        guard word != 0 else { return false }
        let size = Int(word & 0x7FFF_FFFF)
        let place = try frames.block(
            input, size: size, stored: size, limit: head.blockSize, at: start)
        let data = input.extracting(place)
        if head.hasBlockChecksums {
            let place = frames.position
            guard try frames.word(input) == XXH32.hash(data) else {
                throw .corrupt("the checksum of a block does not match", at: place)
            }
        }
        frames.output.beginBlock(ofAtMost: head.blockSize)
        if head.blocksAreIndependent { frames.output.setFloor(frames.output.count) }
        if word & 0x8000_0000 != 0 {
            guard frames.output.append(data, at: 0, count: size) else {
                throw frames.tooLong(place.lowerBound)
            }
        } else {
            try inflate(data, at: place.lowerBound)
        }
        return true
    }

    private mutating func inflate(_ block: Span<UInt8>, at start: Int) throws(ArrowError) {
        do throws(LZ4BlockDecoder.Refusal) {
            try LZ4BlockDecoder.decode(block, into: &frames.output)
        } catch {
            switch error {
            case .truncated:
                throw .corrupt("a block ends inside a sequence", at: start + block.count)
            case .badDistance(let offset):
                throw .corrupt("a match begins before the data", at: start + offset)
            case .tooLong(let offset): throw frames.tooLong(start + offset)
            }
        }
    }
}
