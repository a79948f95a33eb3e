public import BridgeBytes

/// Reads an Arrow IPC stream, one batch at a time, out of bytes in memory or in a mapped file.
///
/// The batches are views of the bytes: nothing is copied, and the pages of the columns are not
/// touched. Accepted are metadata V4 and V5, with and without the continuation mark, an absent
/// or short end mark, bytes after it, dictionaries that are replaced or added to, and the file
/// format (read in its stream order). Refused by a typed error are big-endian streams,
/// compressed bodies and tensors.
public struct StreamReader: Sendable {
    /// The fields of every batch.
    public let schema: Schema
    private let bytes: Bytes
    private let framer: MessageFramer
    private var position: Int
    private var isAtEnd = false
    private var dictionaries: DictionaryTable

    /// Reads the schema.
    /// - Throws: `ArrowError` of stage `framing` or `schema`, with the position in the input.
    public init(_ bytes: Bytes, limits: ArrowLimits = .default) throws(ArrowError) {
        (schema, position) = try Self.schema(bytes, limits: limits)
        self.bytes = bytes
        framer = MessageFramer(limits: limits)
        dictionaries = try DictionaryTable(schema, base: 0)
    }

    /// The next batch; nil at the end of the stream.
    /// - Throws: `ArrowError` with the position of the message. After an error there is no more.
    public mutating func next() throws(ArrowError) -> RecordBatch? {
        guard !isAtEnd else { return nil }
        isAtEnd = true
        while let (base, content) = try Self.message(bytes, &position, framer) {
            let body = bytes[base + content.body.lowerBound..<base + content.body.upperBound]
            switch (MessageKind(rawValue: content.kind), content.head.table(2)) {
            case (.dictionaryBatch, let head?):
                try dictionaries.receive(
                    head, body: body, version: content.version, base: base, limits: framer.limits)
            case (.recordBatch, let head?):
                let message = BatchDecoder.Message(
                    head: head, body: body, version: content.version, base: base)
                var decoder = try BatchDecoder(
                    message, dictionaries: dictionaries, limits: framer.limits)
                let metadata = Metadata(decoding: content.head, slot: 4)
                let batch = try decoder.batch(schema, metadata: metadata)
                isAtEnd = false
                return batch
            default: throw Self.unexpected(content.kind, base: base)
            }
        }
        return nil
    }

    /// The next message and its position; nil at the end of the stream.
    private static func message(
        _ bytes: Bytes, _ position: inout Int, _ framer: MessageFramer
    ) throws(ArrowError) -> (base: Int, content: MessageFramer.Message)? {
        while true {
            let base = position
            switch try framer.next(bytes[base...], base: base) {
            case .fileMagic(let size): position += size
            case .end: return nil
            case .needMore(let needed):
                if base == bytes.count { return nil }
                throw ArrowError(
                    .truncated, stage: .framing, offset: bytes.count,
                    "the input ends inside the message at byte \(base), which needs \(needed)"
                        + " bytes and has \(bytes.count - base)")
            case .message(let message):
                guard message.version == 3 || message.version == 4 else {
                    throw ArrowError(
                        .unsupportedVersion, stage: .framing, offset: base,
                        "the metadata version is number \(message.version); V4 and V5 are read")
                }
                position += message.body.upperBound
                return (base, message)
            }
        }
    }

    private static func unexpected(_ kind: UInt8, base: Int) -> ArrowError {
        let name =
            switch MessageKind(rawValue: kind) {
            case .schema: "a second schema"
            case .dictionaryBatch: "a dictionary"
            case .recordBatch: "a record batch"
            case .tensor, .sparseTensor: "a tensor"
            case nil: "a message of the unknown kind \(kind)"
            }
        return ArrowError(
            .unexpectedMessage, stage: .framing, offset: base, "\(name) is not expected here")
    }

    /// Reads the schema only, also of streams whose types are not readable.
    static func schema(
        _ bytes: Bytes, limits: ArrowLimits
    ) throws(ArrowError) -> (Schema, end: Int) {
        var position = 0
        let framer = MessageFramer(limits: limits)
        guard let (base, content) = try message(bytes, &position, framer) else {
            throw ArrowError(
                .truncated, stage: .framing, offset: bytes.count, "the stream has no schema")
        }
        guard MessageKind(rawValue: content.kind) == .schema, let head = content.head.table(2)
        else { throw unexpected(content.kind, base: base) }
        let schema = try SchemaDecoder.decode(head, base: base, limits: limits)
        return (schema, position)
    }
}

extension Schema {
    /// Reads only the schema of an Arrow IPC stream or file, whatever its types.
    /// - Throws: `ArrowError` of stage `framing` or `schema`.
    public init(ipcStream bytes: Bytes, limits: ArrowLimits = .default) throws(ArrowError) {
        (self, _) = try StreamReader.schema(bytes, limits: limits)
    }
}
