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

    /// A batch whose message was read, and whose columns are still to be made.
    struct WaitingBatch: Sendable {
        private var decoder: BatchDecoder
        fileprivate let projection: Projection
        private let metadata: Metadata?

        fileprivate init(
            _ decoder: BatchDecoder, _ projection: Projection, metadata: Metadata?
        ) {
            self.decoder = decoder
            self.projection = projection
            self.metadata = metadata
        }

        /// See `BatchDecoder.budgetAfterwards(_:)`.
        fileprivate var budgetAfterwards: InflationBudget? {
            decoder.budgetAfterwards(projection)
        }

        /// The batch, and what is left of the budget.
        fileprivate func decodedWithBudget() throws(ArrowError) -> (RecordBatch, InflationBudget) {
            var decoder = decoder
            let batch = try decoder.batch(projection, metadata: metadata)
            return (batch, decoder.budget)
        }

        /// Makes the columns. It does not depend on batches that are decoded at the same time.
        func decoded() throws(ArrowError) -> RecordBatch { try decodedWithBudget().0 }
    }

    /// What became of a message that anybody may decode.
    enum Announced: Sendable {
        /// A batch whose decoding was no work, or had to be done in order.
        case decoded(RecordBatch)
        /// A batch that can be decoded at the same time as others.
        case waiting(WaitingBatch)
    }

    /// A message was read.
    /// - Parameters:
    ///   - message: Its head.
    ///   - body: All of its body.
    ///   - base: Where it begins in the input, for error messages.
    /// - Returns: the batch, if it carries one.
    mutating func messageReceived(
        _ message: MessageFramer.Message, body: Bytes, base: Int
    ) throws(ArrowError) -> RecordBatch? {
        guard let batch = try receive(message, body: body, base: base) else { return nil }
        return try decode(batch)
    }

    /// A message was read, whose batch, if it carries one, need not be decoded here. The batches
    /// that follow it are the same: what it takes from the budget is known already.
    mutating func messageAnnounced(
        _ message: MessageFramer.Message, body: Bytes, base: Int
    ) throws(ArrowError) -> Announced? {
        guard let batch = try receive(message, body: body, base: base) else { return nil }
        guard let budget = batch.budgetAfterwards else { return .decoded(try decode(batch)) }
        self.budget = budget
        return .waiting(batch)
    }

    private mutating func decode(_ waiting: WaitingBatch) throws(ArrowError) -> RecordBatch {
        let (batch, budget) = try waiting.decodedWithBudget()
        self.budget = budget
        return batch
    }

    private mutating func receive(
        _ message: MessageFramer.Message, body: Bytes, base: Int
    ) throws(ArrowError) -> WaitingBatch? {
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
            let decoder = try BatchDecoder(
                content, dictionaries: settled.dictionaries, limits: limits, budget: budget)
            return WaitingBatch(
                decoder, settled.projection, metadata: Metadata(decoding: message.head, slot: 4))
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
