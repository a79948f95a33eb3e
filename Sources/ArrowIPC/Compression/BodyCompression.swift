internal import BridgeBytes

/// How the buffers of a message's body are compressed, and how much they may inflate to.
///
/// ## Theory of operation
/// Each buffer of a compressed body is compressed by itself: eight bytes with the length before
/// compression, least significant first, then a frame of the codec; or the length -1 and then the
/// bytes as they are; an empty buffer is nothing at all. ("Compression" in the Arrow columnar
/// format.) A buffer is inflated when its column is built, so that columns which are not asked
/// for cost nothing. The length is a claim: it is held to the limits before memory is taken, and
/// it is the limit of the decoder, so that the output is exactly that or the message is refused.
/// What a message takes from the budget of its stream is known from the claims alone, before
/// anything is inflated: so later messages can be inflated at the same time.
struct BodyCompression {
    /// The codecs of the format, by their numbers.
    enum Codec: UInt8 {
        case lz4Frame = 0
        case zstandard = 1

        /// Most bytes that one compressed byte can make.
        var maxRatio: Int {
            switch self {
            case .lz4Frame: LZ4FrameDecoder.maxRatio
            case .zstandard: ZstandardFrameDecoder.maxRatio
            }
        }
    }

    let codec: Codec
    private let limits: ArrowLimits
    /// Bytes that buffers of this message were inflated to.
    private var inflated = 0

    /// Reads the `BodyCompression` table of a batch head.
    init(_ table: FlatTable, limits: ArrowLimits, base: Int) throws(ArrowError) {
        let number = table.scalar(0, default: UInt8(0))
        let method = table.scalar(1, default: UInt8(0))
        // Method 0, the only one, compresses each buffer by itself.
        guard let codec = Codec(rawValue: number), method == 0 else {
            throw ArrowError(
                .unsupportedFeature, stage: .batch, offset: base,
                "the body is compressed with codec \(number) by method \(method), which this"
                    + " reader does not know")
        }
        self.codec = codec
        self.limits = limits
    }

    /// A buffer whose claim was held to the limits.
    enum Claim {
        /// Bytes as they are.
        case stored(Bytes)
        case compressed(Bytes, count: Int)
    }

    /// What a buffer says that it holds, taken from the budget. Errors have the offset in the
    /// buffer.
    mutating func claim(
        _ buffer: Bytes, _ budget: inout InflationBudget
    ) throws(ArrowError) -> Claim {
        guard !buffer.isEmpty else { return .stored(buffer) }
        guard let length = buffer.span.littleEndian(Int64.self, at: 0) else {
            throw .truncated("a compressed buffer has no length", at: buffer.count)
        }
        let frame = buffer[8...]
        guard length != -1 else { return .stored(frame) }
        guard length >= 0 else {
            throw .corrupt("a compressed buffer has the length \(length)", at: 0)
        }
        let count = Int(length)
        guard count / codec.maxRatio <= frame.count else {
            throw .corrupt(
                "\(frame.count) bytes cannot inflate to \(count), as the buffer says", at: 0)
        }
        guard count <= limits.maxInflatedLength - inflated else {
            throw .overLimit(limits.maxInflatedLength, at: 0)
        }
        inflated += count
        try budget.spend(count, for: buffer.count, limits)
        return count == 0 && frame.isEmpty ? .stored(frame) : .compressed(frame, count: count)
    }

    /// The content of a buffer. Errors have the offset in the buffer.
    mutating func inflate(
        _ buffer: Bytes, _ budget: inout InflationBudget
    ) throws(ArrowError) -> Bytes {
        let (frame, count): (Bytes, Int)
        switch try claim(buffer, &budget) {
        case .stored(let bytes): return bytes
        case .compressed(let bytes, let claimed): (frame, count) = (bytes, claimed)
        }
        let content =
            switch codec {
            case .lz4Frame: try LZ4FrameDecoder.decompress(frame.span, limit: count)
            case .zstandard: try ZstandardFrameDecoder.decompress(frame.span, limit: count)
            }
        guard content.count == count else {
            throw .corrupt(
                "the buffer says that it inflates to \(count) bytes and makes \(content.count)",
                at: 0)
        }
        return content
    }
}

/// What the compressed buffers of a whole stream were, and what they became.
///
/// A small stream that becomes a large table is suspicious, but zeros do that honestly: so some
/// inflating is free, and what goes beyond it must be in proportion to what was sent.
struct InflationBudget: Sendable {
    private var compressed = 0
    private var inflated = 0

    /// Notes a buffer before it is inflated.
    mutating func spend(
        _ length: Int, for buffer: Int, _ limits: ArrowLimits
    ) throws(ArrowError) {
        // A message's share was held to its own limit, so that neither sum overflows in practice;
        // where one would, that is a limit too.
        let (sum, isTooMuch) = inflated.addingReportingOverflow(length)
        compressed = compressed.addingReportingOverflow(buffer).partialValue
        let (fair, isPlenty) = compressed.multipliedReportingOverflow(by: limits.maxInflationRatio)
        guard !isTooMuch, isPlenty || sum <= max(fair, limits.inflationAllowance) else {
            throw ArrowError(
                .limitExceeded, stage: .compression, offset: 0,
                "\(compressed) compressed bytes of the stream inflate to \(sum), more than"
                    + " \(limits.maxInflationRatio) times as many")
        }
        inflated = sum
    }
}
