public import BridgeBytes

/// Reads an Arrow IPC stream, one batch at a time, out of bytes in memory or in a mapped file.
///
/// The batches are views of the bytes: nothing is copied, and the pages of the columns are not
/// touched. Accepted are metadata V4 and V5, with and without the continuation mark, an absent
/// or short end mark, bytes after it, dictionaries that are replaced or added to, and the file
/// format (read in its stream order). Big-endian bodies are read too, with a copy that swaps them.
/// Tensors are refused by a typed error. `StreamDecoder` reads what is not all there yet.
public struct StreamReader: Sendable {
    /// The fields of every batch.
    public let schema: Schema
    private let bytes: Bytes
    private let framer: MessageFramer
    private var position = 0
    private var isAtEnd = false
    private var machine: StreamMachine

    /// Reads the schema.
    /// - Parameters:
    ///   - bytes: A stream or a file, whole.
    ///   - columns: Which columns the batches have; the others are not touched.
    ///   - limits: What a stream may claim.
    /// - Throws: `ArrowError` of stage `framing` or `schema`, with the position in the input;
    ///   `columnNotFound`.
    public init(
        _ bytes: Bytes, columns: ColumnSelection = .all, limits: ArrowLimits = .default
    ) throws(ArrowError) {
        self.bytes = bytes
        framer = MessageFramer(limits: limits)
        machine = StreamMachine(limits: limits, columns: columns)
        let framer = framer
        if let (base, message) = try Self.message(bytes, &position, framer) {
            _ = try machine.messageReceived(
                message, body: Self.body(message, base, bytes), base: base)
        }
        guard !bytes.isEmpty else { throw ForeignFormat.error("an empty input") }
        guard let schema = machine.schema else {
            throw ArrowError(
                .truncated, stage: .framing, offset: position, "the stream has no schema")
        }
        self.schema = schema
    }

    /// The next batch; nil at the end of the stream.
    /// - Throws: `ArrowError` with the position of the message: `truncated`, `invalidFraming`,
    ///   `invalidFlatbuffer`, `unexpectedMessage`, `invalidBatch`, `invalidCompression`,
    ///   `unsupportedFeature` or `limitExceeded`. After an error there is no more.
    public mutating func next() throws(ArrowError) -> RecordBatch? {
        guard !isAtEnd else { return nil }
        isAtEnd = true
        while let (base, message) = try Self.message(bytes, &position, framer) {
            let body = Self.body(message, base, bytes)
            if let batch = try machine.messageReceived(message, body: body, base: base) {
                isAtEnd = false
                return batch
            }
        }
        return nil
    }

    private static func body(
        _ message: MessageFramer.Message, _ base: Int, _ bytes: Bytes
    ) -> Bytes {
        bytes[base + message.body.lowerBound..<base + message.body.upperBound]
    }

    /// The next message and its position; nil at the end of the stream.
    private static func message(
        _ bytes: Bytes, _ position: inout Int, _ framer: MessageFramer
    ) throws(ArrowError) -> (base: Int, message: MessageFramer.Message)? {
        while true {
            let base = position
            let needed: Int
            switch try framer.next(bytes[base...], base: base) {
            case .fileMagic(let size):
                position += size
                continue
            case .end(let size):
                position += size
                return nil
            case .needMore(let count):
                if base == bytes.count { return nil }
                needed = count
            case .message(let message):
                needed = message.body.upperBound
                if needed <= bytes.count - base {
                    position += needed
                    return (base, message)
                }
            }
            throw ArrowError.truncated(
                at: bytes.count, message: base, needs: needed, has: bytes.count - base)
        }
    }
}

extension ArrowError {
    /// The input ended inside a message.
    static func truncated(at end: Int, message base: Int, needs: Int, has: Int) -> ArrowError {
        ArrowError(
            .truncated, stage: .framing, offset: end,
            "the input ends inside the message at byte \(base), which needs \(needs)"
                + " bytes and has \(has)")
    }
}

extension Schema {
    /// Reads only the schema of an Arrow IPC stream or file, whatever its types.
    /// - Throws: `ArrowError` of the stage `framing` or `schema`, such as `notArrow`, `truncated`,
    ///   `invalidFraming`, `invalidFlatbuffer` or `invalidSchema`.
    public init(ipcStream bytes: Bytes, limits: ArrowLimits = .default) throws(ArrowError) {
        self = try StreamReader(bytes, limits: limits).schema
    }
}
