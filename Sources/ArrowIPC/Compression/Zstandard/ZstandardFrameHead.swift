internal import BridgeBytes

/// What the head of a Zstandard frame says (RFC 8878, section 3.1.1.1).
struct ZstandardFrameHead {
    /// Furthest distance of a match; of a frame in a single segment, its size.
    let window: Int
    /// Number of bytes that the frame holds, where it says so.
    let contentSize: UInt64?
    let hasChecksum: Bool
    /// Most bytes of a block, compressed or not.
    let blockLimit: Int

    /// Largest window that is accepted: what the format asks every decoder to support (section
    /// 3.1.1.1.2 says 8 MiB at the least). Frames that ask for more hold content that looks back
    /// further than this; the format allows up to 2^41.
    static let maxWindow = 8 << 20
    private static let maxBlock = 128 << 10

    /// Reads the head after the magic number and moves the position past it.
    /// - Parameter limit: Most bytes that the frame may hold.
    init(
        _ input: Span<UInt8>, at position: inout Int, limit: Int
    ) throws(ArrowError) {
        let start = position
        let flags = UInt8(try Self.number(input, &position, 1))
        guard flags & 0x08 == 0 else { throw .corrupt("a reserved bit is set", at: start) }
        let isSingleSegment = flags & 0x20 != 0
        hasChecksum = flags & 0x04 != 0
        let descriptor = isSingleSegment ? nil : try Self.number(input, &position, 1)
        let dictionary = try Self.number(input, &position, [0, 1, 2, 4][Int(flags & 3)])
        guard dictionary == 0 else {
            throw .init(
                .unsupportedFeature, stage: .compression, offset: start,
                "the frame wants dictionary \(dictionary)")
        }
        let sizePlace = position
        let sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][Int(flags >> 6)]
        let size = try Self.number(input, &position, sizeBytes)
        contentSize = sizeBytes == 0 ? nil : sizeBytes == 2 ? size + 256 : size
        if let contentSize, contentSize > UInt64(limit) { throw .overLimit(limit, at: sizePlace) }
        // The content size of a single segment was held to the limit right above.
        window = descriptor.map(Self.window) ?? Int(contentSize ?? 0)
        guard isSingleSegment || window <= Self.maxWindow else {
            throw .init(
                .limitExceeded, stage: .compression, offset: start,
                "the frame wants a window of \(window) bytes, over the limit of \(Self.maxWindow)")
        }
        blockLimit = min(window, Self.maxBlock)
    }

    /// A power of two from 1 KiB on and up to seven eighths more.
    private static func window(_ descriptor: UInt64) -> Int {
        let base = 1 << (10 + Int(descriptor >> 3))
        return base + base / 8 * Int(descriptor & 7)
    }

    private static func number(
        _ input: Span<UInt8>, _ position: inout Int, _ size: Int
    ) throws(ArrowError) -> UInt64 {
        guard size <= input.count - position else {
            throw .truncated("the input ends in a frame's head", at: input.count)
        }
        var number: UInt64 = 0
        for index in 0..<size { number |= UInt64(input[position + index]) << (8 * index) }
        position += size
        return number
    }
}
