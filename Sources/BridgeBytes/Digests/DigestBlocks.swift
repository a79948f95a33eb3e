/// The input of a digest that works on blocks of 64 bytes (MD5, SHA-256): what does not fill a
/// block waits for the next call, and the end is padded (RFC 1321, 3.1 and 3.2; FIPS 180-4, 5.1.1).
struct DigestBlocks: Sendable {
    /// The order of the bytes in which the number of bits ends the input.
    enum Order {
        case littleEndian
        case bigEndian
    }

    /// Bytes of a block.
    static let size = 64

    private var rest = InlineArray<64, UInt8>(repeating: 0)
    private var restCount = 0
    private var total: UInt64 = 0

    /// Takes the next bytes of the input.
    /// - Parameter compress: Gets whole blocks, one or more at a time.
    @inline(__always)
    mutating func take(
        _ span: Span<UInt8>, _ compress: (Span<UInt8>) -> Void
    ) {
        total &+= UInt64(span.count)
        var position = 0
        if restCount > 0 {
            while restCount < Self.size, position < span.count {
                keep(span[position])
                position += 1
            }
            guard restCount == Self.size else { return }
            compressRest(compress)
        }
        let whole = (span.count - position) / Self.size * Self.size
        if whole > 0 {
            compress(span.extracting(position..<position + whole))
            position += whole
        }
        while position < span.count {
            keep(span[position])
            position += 1
        }
    }

    /// Ends the input.
    @inline(__always)
    mutating func end(
        _ order: Order, _ compress: (Span<UInt8>) -> Void
    ) {
        let bits = total &* 8
        keep(0x80)
        if restCount > Self.size - 8 { pad(to: Self.size, compress) }
        pad(to: Self.size - 8, compress)
        for index in 0..<8 as Range<UInt64> {
            let shift = order == .littleEndian ? 8 * index : 56 - 8 * index
            keep(UInt8(truncatingIfNeeded: bits >> shift))
        }
        compressRest(compress)
    }

    private mutating func keep(_ byte: UInt8) {
        rest[restCount] = byte
        restCount += 1
    }

    /// Fills the block with zeros up to a place; a full one is given on.
    private mutating func pad(
        to count: Int, _ compress: (Span<UInt8>) -> Void
    ) {
        while restCount < count { keep(0) }
        if restCount == Self.size { compressRest(compress) }
    }

    private mutating func compressRest(_ compress: (Span<UInt8>) -> Void) {
        let block = rest
        restCount = 0
        compress(block.span)
    }
}
