internal import BridgeBytes

/// What the frames of LZ4 and Zstandard have in common: a position in the input, the output of all
/// frames, and words that are read from the one for the other.
///
/// Both formats are lists of frames that end with the input, some of them skippable, each with the
/// size of its content and a checksum of it where its head says so.
struct FrameReading: ~Copyable {
    /// The sixteen magic numbers of frames that hold no data, in both formats.
    private static let skippableMagics: ClosedRange<UInt32> = 0x184D_2A50...0x184D_2A5F

    var output: CodecBuffer
    var position = 0

    init(limit: Int) { output = CodecBuffer(limit: limit) }

    /// Whether another frame follows.
    /// - Throws: `truncated` when there is no input at all.
    func hasFrame(_ input: Span<UInt8>) throws(ArrowError) -> Bool {
        guard input.count > 0 else { throw .truncated("there is no frame", at: 0) }
        return position < input.count
    }

    /// The magic number of the next frame that holds data; nil where one that holds none was
    /// passed over.
    mutating func magic(_ input: Span<UInt8>) throws(ArrowError) -> UInt32? {
        let magic = try word(input)
        guard Self.skippableMagics.contains(magic) else { return magic }
        let size = Int(try word(input))
        guard size <= input.count - position else {
            throw .truncated("a skippable frame goes on after the input", at: input.count)
        }
        position += size
        return nil
    }

    /// Begins the content of a frame, which may not look back further.
    /// - Returns: Where the content begins in the output.
    mutating func beginContent() -> Int {
        output.setFloor(output.count)
        return output.count
    }

    /// Checks the content from `start` on against the size that the frame's head tells, if it does.
    func checkSize(from start: Int, told size: UInt64?, frame: Int) throws(ArrowError) {
        let content = UInt64(output.count - start)
        guard let size, size != content else { return }
        throw .corrupt(
            "the frame says that it holds \(size) bytes and holds \(content)", at: frame)
    }

    /// Checks the content against the word that follows.
    mutating func checkContent(_ input: Span<UInt8>, digest: UInt32) throws(ArrowError) {
        let place = position
        guard try word(input) == digest else {
            throw .corrupt("the checksum of the content does not match", at: place)
        }
    }

    mutating func word(_ input: Span<UInt8>) throws(ArrowError) -> UInt32 {
        guard let word = input.littleEndian(UInt32.self, at: position) else {
            throw .truncated("the input ends in a frame", at: input.count)
        }
        position += 4
        return word
    }

    /// Where the bytes of a block lie, and moves the position behind them.
    /// - Parameters:
    ///   - size: What the block says of its size.
    ///   - stored: How many bytes of it are in the input.
    mutating func block(
        _ input: Span<UInt8>, size: Int, stored: Int, limit: Int, at start: Int
    ) throws(ArrowError) -> Range<Int> {
        guard size <= limit else {
            throw .corrupt("a block of \(size) bytes is over the frame's block size", at: start)
        }
        guard stored <= input.count - position else {
            throw .truncated("the input ends in a block", at: input.count)
        }
        defer { position += stored }
        return position..<position + stored
    }

    /// Why a block makes too much.
    func tooLong(_ place: Int) -> ArrowError {
        output.isAtLimit
            ? .overLimit(output.limit, at: place)
            : .corrupt("a block inflates to more than the frame's block size", at: place)
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
