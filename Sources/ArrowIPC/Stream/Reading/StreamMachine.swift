internal import BridgeBytes

/// Takes the messages of a stream in their order and gives the batches that they carry.
///
/// ## Theory of operation
/// ```
/// awaiting schema --schema--> reading --dictionary--> reading
///                             reading --batch-------> reading, gives a batch
/// ```
/// Everything else is an error: a batch before the schema, a second schema, tensors. Dictionaries
/// may come at any time after the schema; a batch uses those of its time. The machine neither
/// looks for messages nor knows where they come from: `StreamReader` cuts them out of bytes that
/// are there, `StreamDecoder` collects them from pieces, `FileReader` goes where a footer points.
/// Source: "IPC Streaming Format" of the Arrow columnar format.
struct StreamMachine: Sendable {
    let limits: ArrowLimits
    private let selection: ColumnSelection
    /// What the schema message settled; nil before it.
    private var settled: Settled?
    private var budget = InflationBudget()

    private struct Settled: Sendable {
        let projection: Projection
        let isBigEndian: Bool
        var dictionaries: DictionaryTable
    }

    init(limits: ArrowLimits, columns selection: ColumnSelection) {
        self.limits = limits
        self.selection = selection
    }

    /// The schema of the batches, with the selected columns only; nil before it came.
    var schema: Schema? { settled?.projection.schema }

    /// The dictionaries as they stand; nil before the schema came.
    var dictionaries: DictionaryTable? { settled?.dictionaries }

    /// A message was read.
    /// - Parameters:
    ///   - message: Its head.
    ///   - body: All of its body.
    ///   - base: Where it begins in the input, for error messages.
    /// - Returns: the batch, if it carries one.
    mutating func messageReceived(
        _ message: MessageFramer.Message, body: Bytes, base: Int
    ) throws(ArrowError) -> RecordBatch? {
        guard message.version == 3 || message.version == 4 else {
            throw ArrowError(
                .unsupportedVersion, stage: .framing, offset: base,
                "the metadata version is number \(message.version); V4 and V5 are read")
        }
        guard let head = message.head.table(2) else {
            throw Self.unexpected(message.kind, base: base)
        }
        switch (MessageKind(rawValue: message.kind), settled) {
        case (.schema, nil):
            try schemaReceived(head, base: base)
            return nil
        case (.dictionaryBatch, let settled?):
            let content = { (table: FlatTable) in
                BatchDecoder.Message(
                    head: table, body: body, version: message.version,
                    isBigEndian: settled.isBigEndian, base: base)
            }
            try self.settled?.dictionaries.receive(
                head, content, limits: limits, budget: &budget)
            return nil
        case (.recordBatch, let settled?):
            let content = BatchDecoder.Message(
                head: head, body: body, version: message.version,
                isBigEndian: settled.isBigEndian, base: base)
            var decoder = try BatchDecoder(
                content, dictionaries: settled.dictionaries, limits: limits, budget: budget)
            let metadata = Metadata(decoding: message.head, slot: 4)
            let batch = try decoder.batch(settled.projection, metadata: metadata)
            budget = decoder.budget
            return batch
        default: throw Self.unexpected(message.kind, base: base)
        }
    }

    /// The schema was read: from its message, or from the footer of a file.
    mutating func schemaReceived(_ head: FlatTable, base: Int) throws(ArrowError) {
        let (schema, isBigEndian) = try SchemaDecoder.decode(head, base: base, limits: limits)
        let projection = try Projection(schema, selection)
        settled = Settled(
            projection: projection, isBigEndian: isBigEndian,
            dictionaries: try DictionaryTable(projection, base: base))
    }

    private static func unexpected(_ kind: UInt8, base: Int) -> ArrowError {
        let name =
            switch MessageKind(rawValue: kind) {
            case .schema: "a second schema, or one without a table,"
            case .dictionaryBatch: "a dictionary"
            case .recordBatch: "a record batch"
            case .tensor, .sparseTensor: "a tensor"
            case nil: "a message of the unknown kind \(kind)"
            }
        return ArrowError(
            .unexpectedMessage, stage: .framing, offset: base, "\(name) is not expected here")
    }
}
