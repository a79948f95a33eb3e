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
    /// The sixteen magic numbers of frames that hold no data, in both formats.
    static let skippableMagics: ClosedRange<UInt32> = 0x184D_2A50...0x184D_2A5F

    /// What a frame's head says.
    private struct Head {
        var blockSize = 0
        var blocksAreIndependent = false
        var hasBlockChecksums = false
        var hasContentChecksum = false
        var contentSize: UInt64?
    }

    private var output: CodecBuffer
    private var position = 0

    private init(limit: Int) { output = CodecBuffer(limit: limit) }

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
        guard input.count > 0 else { throw .truncated("there is no frame", at: 0) }
        while decoder.position < input.count { try decoder.frame(input) }
        return decoder.output.finish()
    }

    private mutating func frame(_ input: Span<UInt8>) throws(ArrowError) {
        let start = position
        let magic = try word(input)
        switch magic {
        case Self.magic: break
        case Self.skippableMagics: return try skip(input)
        case Self.legacyMagic:
            throw .init(
                .unsupportedFeature, stage: .compression, offset: start,
                "a frame of the legacy format, which is not read")
        default: throw .corrupt("no LZ4 frame begins here", at: start)
        }
        let head = try head(input, from: start)
        let contentStart = output.count
        output.setFloor(contentStart)
        while try block(input, head) {}
        let content = UInt64(output.count - contentStart)
        if let size = head.contentSize, size != content {
            throw .corrupt(
                "the frame says that it holds \(size) bytes and holds \(content)", at: start)
        }
        if head.hasContentChecksum {
            let place = position
            guard try word(input) == XXH32.hash(output.span(from: contentStart)) else {
                throw .corrupt("the checksum of the content does not match", at: place)
            }
        }
    }

    private mutating func skip(_ input: Span<UInt8>) throws(ArrowError) {
        let size = Int(try word(input))
        guard size <= input.count - position else {
            throw .truncated("a skippable frame goes on after the input", at: input.count)
        }
        position += size
    }

    /// The head after the magic number: flags, block size, content size, checksum.
    private mutating func head(
        _ input: Span<UInt8>, from start: Int
    ) throws(ArrowError) -> Head {
        let first = position
        guard let flags = input.littleEndian(UInt16.self, at: position) else {
            throw .truncated("the input ends in a frame's head", at: input.count)
        }
        position += 2
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
            guard let size = input.littleEndian(UInt64.self, at: position) else {
                throw .truncated("the input ends in a frame's head", at: input.count)
            }
            guard size <= UInt64(output.limit - output.count) else {
                throw .overLimit(output.limit, at: position)
            }
            head.contentSize = size
            position += 8
        }
        guard position < input.count else {
            throw .truncated("the input ends in a frame's head", at: input.count)
        }
        let checksum = XXH32.hash(input.extracting(first..<position)) >> 8
        guard input[position] == UInt8(truncatingIfNeeded: checksum) else {
            throw .corrupt("the checksum of the frame's head does not match", at: position)
        }
        position += 1
        return head
    }

    /// Takes a block; false at the mark that ends the blocks.
    private mutating func block(_ input: Span<UInt8>, _ head: Head) throws(ArrowError) -> Bool {
        let start = position
        let word = try word(input)
        guard word != 0 else { return false }
        let size = Int(word & 0x7FFF_FFFF)
        guard size <= head.blockSize else {
            throw .corrupt("a block of \(size) bytes is over the frame's block size", at: start)
        }
        guard size <= input.count - position else {
            throw .truncated("the input ends in a block", at: input.count)
        }
        let data = input.extracting(position..<position + size)
        let dataStart = position
        position += size
        if head.hasBlockChecksums {
            let place = position
            guard try self.word(input) == XXH32.hash(data) else {
                throw .corrupt("the checksum of a block does not match", at: place)
            }
        }
        output.beginBlock(ofAtMost: head.blockSize)
        if head.blocksAreIndependent { output.setFloor(output.count) }
        if word & 0x8000_0000 != 0 {
            guard output.append(data, at: 0, count: size) else { throw tooLong(dataStart) }
        } else {
            try inflate(data, at: dataStart)
        }
        return true
    }

    private mutating func inflate(_ block: Span<UInt8>, at start: Int) throws(ArrowError) {
        do throws(LZ4BlockDecoder.Refusal) {
            try LZ4BlockDecoder.decode(block, into: &output)
        } catch {
            switch error {
            case .truncated:
                throw .corrupt("a block ends inside a sequence", at: start + block.count)
            case .badDistance(let offset):
                throw .corrupt("a match begins before the data", at: start + offset)
            case .tooLong(let offset): throw tooLong(start + offset)
            }
        }
    }

    private func tooLong(_ place: Int) -> ArrowError {
        output.isAtLimit
            ? .overLimit(output.limit, at: place)
            : .corrupt("a block inflates to more than the frame's block size", at: place)
    }

    private mutating func word(_ input: Span<UInt8>) throws(ArrowError) -> UInt32 {
        guard let word = input.littleEndian(UInt32.self, at: position) else {
            throw .truncated("the input ends in a frame", at: input.count)
        }
        position += 4
        return word
    }
}

extension ArrowError {
    /// Compressed data that contradicts its format.
    static func corrupt(_ what: String, at offset: Int) -> ArrowError {
        ArrowError(.invalidCompression, stage: .compression, offset: offset, what)
    }

    /// Compressed data that ends too early.
    static func truncated(_ what: String, at offset: Int) -> ArrowError {
        ArrowError(.truncated, stage: .compression, offset: offset, what)
    }

    /// Compressed data that would inflate to more than is allowed.
    static func overLimit(_ limit: Int, at offset: Int) -> ArrowError {
        ArrowError(
            .limitExceeded, stage: .compression, offset: offset,
            "the data inflates to more than \(limit) bytes")
    }
}
