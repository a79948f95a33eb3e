public import BridgeBytes

/// Reads an Arrow IPC stream, one batch at a time, out of bytes in memory or in a mapped file.
///
/// The batches are views of the bytes: nothing is copied, and the pages of the columns are not
/// touched. Accepted are metadata V4 and V5, with and without the continuation mark, an absent
/// or short end mark, bytes after it, and dictionaries that are replaced or added to. A file of
/// the file format is read by its footer, as `FileReader` reads it, in the order that it states.
/// Big-endian bodies are read too, with a copy that swaps them. Tensors are refused by a typed
/// error. `StreamDecoder` reads what is not all there yet.
public struct StreamReader: Sendable {
    /// The fields of every batch.
    public let schema: Schema
    /// Custom metadata of a file's footer, beside that of the schema; nil when there is none, and
    /// for streams, which have no place for it.
    public let fileMetadata: Metadata?
    private var source: Source

    private enum Source: Sendable {
        case messages(StreamMessages)
        /// A file, and the place of its next batch.
        case file(FileReader, next: Int)
        /// After the end, or an error.
        case ended
    }

    /// Reads the schema.
    /// - Parameters:
    ///   - bytes: A stream or a file, whole.
    ///   - columns: Which columns the batches have; the others are not touched.
    ///   - limits: What a stream may claim.
    ///   - salvagesFiles: Whether the messages of a file are read as they lie in it, as those of a
    ///     stream, without its footer. For files that have none any more: rows may be missing.
    /// - Throws: `ArrowError` of stage `framing` or `schema`, with the position in the input;
    ///   `columnNotFound`; `invalidFooter` for a file without one.
    public init(
        _ bytes: Bytes, columns: ColumnSelection = .all, limits: ArrowLimits = .default,
        salvagesFiles: Bool = false
    ) throws(ArrowError) {
        guard !bytes.isEmpty else { throw ForeignFormat.emptyInput }
        if !salvagesFiles, FileFooter.begins(bytes) {
            let file = try FileReader(bytes, columns: columns, limits: limits)
            schema = file.schema
            fileMetadata = file.metadata
            source = .file(file, next: 0)
            return
        }
        let messages = try StreamMessages(bytes, columns: columns, limits: limits)
        schema = messages.schema
        fileMetadata = nil
        source = .messages(messages)
    }

    /// The next batch; nil at the end of the stream.
    /// - Throws: `ArrowError` with the position of the message: `truncated`, `invalidFraming`,
    ///   `invalidFlatbuffer`, `unexpectedMessage`, `invalidBatch`, `invalidCompression`,
    ///   `unsupportedFeature` or `limitExceeded`. After an error there is no more.
    public mutating func next() throws(ArrowError) -> RecordBatch? {
        let current = source
        source = .ended
        switch current {
        case .ended: return nil
        case .file(var file, let index):
            guard index < file.batchCount else { return nil }
            let batch = try file.takeBatch(at: index)
            source = .file(file, next: index + 1)
            return batch
        case .messages(var messages):
            guard let batch = try messages.next() else { return nil }
            source = .messages(messages)
            return batch
        }
    }
}

extension StreamReader {
    /// As `next()`, of a batch that need not be decoded in its turn.
    mutating func nextAnnounced() throws(ArrowError) -> StreamMachine.Announced? {
        let current = source
        source = .ended
        switch current {
        case .ended: return nil
        case .file(var file, let index):
            guard index < file.batchCount else { return nil }
            let batch = try file.announceBatch(at: index)
            source = .file(file, next: index + 1)
            return batch
        case .messages(var messages):
            guard let batch = try messages.nextAnnounced() else { return nil }
            source = .messages(messages)
            return batch
        }
    }
}

/// The messages of a stream that is all there, cut out one after the other.
struct StreamMessages: Sendable {
    let schema: Schema
    private let bytes: Bytes
    private let framer: MessageFramer
    private var position = 0
    private var machine: StreamMachine

    init(
        _ bytes: Bytes, columns: ColumnSelection, limits: ArrowLimits
    ) throws(ArrowError) {
        self.bytes = bytes
        // Zeros between messages are padding in a file and the end in a stream.
        let isFile = FileFooter.begins(bytes)
        framer = MessageFramer(limits: limits, salvagesFiles: isFile, passesZeros: isFile)
        machine = StreamMachine(limits: limits, columns: columns)
        let framer = framer
        if let (base, message) = try Self.message(bytes, &position, framer) {
            _ = try machine.messageReceived(
                message, body: Self.body(message, base, bytes), base: base)
        }
        guard let schema = machine.schema else {
            throw ArrowError(
                .truncated, stage: .framing, offset: position, "the stream has no schema")
        }
        self.schema = schema
    }

    /// The next batch; nil at the end of the stream.
    mutating func next() throws(ArrowError) -> RecordBatch? {
        while let (base, message) = try Self.message(bytes, &position, framer) {
            let body = Self.body(message, base, bytes)
            if let batch = try machine.messageReceived(message, body: body, base: base) {
                return batch
            }
        }
        return nil
    }

    /// As `next()`, of a batch that need not be decoded in its turn.
    mutating func nextAnnounced() throws(ArrowError) -> StreamMachine.Announced? {
        while let (base, message) = try Self.message(bytes, &position, framer) {
            let body = Self.body(message, base, bytes)
            if let batch = try machine.messageAnnounced(message, body: body, base: base) {
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
            case .padding(let size):
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
