internal import BridgeBytes

/// The footer of a file: where the messages lie.
///
/// ```
/// file:    "ARROW1"  padding  messages, in any order, with gaps  footer  i32 its size  "ARROW1"
/// footer:  a flatbuffer: version, schema, blocks of dictionaries, blocks of batches, metadata
/// block:   i64 offset of a message, i32 length of its prefix and head, 4 bytes, i64 of its body
/// ```
/// What stands between the blocks is nobody's: writers pad as they like, and may leave out the
/// schema message in front and the mark of the end. Only the footer says which batches there are
/// and in which order.
/// Source: "IPC File Format" of the Arrow columnar format and `File.fbs`.
struct FileFooter: Sendable {
    /// Where one message lies.
    struct Block {
        let offset: Int
        /// Length of the prefix and the head, with their padding.
        let headLength: Int
        let bodyLength: Int
    }

    static let magic: [UInt8] = [0x41, 0x52, 0x52, 0x4F, 0x57, 0x31]
    static let blockSize = 24
    /// The size of the footer and the magic behind it.
    private static let trailerSize = 4 + 6

    let table: FlatTable
    /// Where the footer begins in the file; no message reaches beyond it.
    let start: Int
    private let dictionaries: (count: Int, start: Int)
    private let batches: (count: Int, start: Int)

    var dictionaryCount: Int { dictionaries.count }
    var batchCount: Int { batches.count }

    /// Whether the bytes begin as a file does, whatever they end with.
    static func begins(_ bytes: Bytes) -> Bool {
        bytes.count >= magic.count && Scan.equal(bytes[0..<magic.count].span, magic.span)
    }

    /// Finds and verifies the footer.
    /// - Throws: `invalidFooter` when the file does not end with one.
    init(_ bytes: Bytes, limits: ArrowLimits) throws(ArrowError) {
        guard Self.begins(bytes) else {
            if bytes.isEmpty { throw ForeignFormat.emptyInput }
            if let error = ForeignFormat.error(of: bytes) { throw error }
            throw Self.fail(0, "the input does not begin as an Arrow file")
        }
        let end = bytes.count - Self.trailerSize
        guard end >= Self.magic.count + 2,
            Scan.equal(bytes[(end + 4)...].span, Self.magic.span)
        else {
            throw Self.fail(
                bytes.count, "the file does not end with a footer: it was cut or never finished")
        }
        let size = Int(bytes.span.littleEndian(Int32.self, at: end) ?? 0)
        guard size > 0, size <= end - Self.magic.count else {
            throw Self.fail(end, "the footer cannot have \(size) bytes")
        }
        guard size <= limits.maxMetadataLength else {
            throw ArrowError(
                .limitExceeded, stage: .framing, offset: end,
                "a footer of \(size) bytes is over the limit of \(limits.maxMetadataLength)")
        }
        start = end - size
        table = try FlatVerifier.verify(
            bytes[start..<end], as: .footer, base: start, limits: limits)
        let version = table.scalar(0, default: Int16(0))
        guard version == 3 || version == 4 else {
            throw ArrowError(
                .unsupportedVersion, stage: .framing, offset: start,
                "the metadata version is number \(version); V4 and V5 are read")
        }
        dictionaries = table.vector(2) ?? (0, 0)
        batches = table.vector(3) ?? (0, 0)
        try checkSum(bytes.count)
    }

    /// How many times as large as the file its messages may be together: a footer may name a
    /// message more than once, and a few bytes must not stand for any number of rows.
    private static let mostRepetitions = 64

    private func checkSum(_ size: Int) throws(ArrowError) {
        var left = size.multipliedReportingOverflow(by: Self.mostRepetitions).partialValue
        for index in 0..<dictionaryCount + batchCount {
            let block =
                try index < dictionaryCount ? dictionary(index) : batch(index - dictionaryCount)
            left -= block.headLength + block.bodyLength
            guard left >= 0 else {
                throw ArrowError(
                    .limitExceeded, stage: .framing, offset: start,
                    "the footer names the same messages over and over")
            }
        }
    }

    func dictionary(_ index: Int) throws(ArrowError) -> Block {
        try block(dictionaries.start + Self.blockSize * index)
    }

    func batch(_ index: Int) throws(ArrowError) -> Block {
        try block(batches.start + Self.blockSize * index)
    }

    /// A block, checked to lie before the footer.
    private func block(_ position: Int) throws(ArrowError) -> Block {
        let span = table.bytes.span
        guard let offset = span.littleEndian(Int64.self, at: position),
            let head = span.littleEndian(Int32.self, at: position + 8),
            let body = span.littleEndian(Int64.self, at: position + 16),
            offset >= Self.magic.count, head > 0, body >= 0, offset <= start,
            Int(head) <= start - Int(offset), body <= start - Int(offset) - Int(head)
        else { throw Self.fail(start + position, "a block of the footer lies outside the file") }
        return Block(offset: Int(offset), headLength: Int(head), bodyLength: Int(body))
    }

    static func fail(_ offset: Int, _ message: String) -> ArrowError {
        ArrowError(.invalidFooter, stage: .framing, offset: offset, message)
    }
}
