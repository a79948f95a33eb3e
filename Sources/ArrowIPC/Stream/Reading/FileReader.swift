public import BridgeBytes

/// Reads a file of the Arrow IPC file format (`.arrow`, Feather V2) by its footer: any batch, in
/// any order, without touching the others.
///
///     let file = try FileReader(Bytes(mappingFile: "readings.arrow"))
///     let last = try file.batch(at: file.batchCount - 1)
///
/// Opening reads the footer and the dictionaries, whose columns are views like those of the
/// batches; it does not depend on the size of the file. The order of the batches is the footer's,
/// whatever the order in which they lie in the file.
///
/// A file without a valid footer is refused: where it was cut its rows would be missing in silence.
/// `Table.salvage(ipcFile:columns:limits:)` reads what can be had of one.
public struct FileReader: Sendable {
    /// The fields of every batch.
    public let schema: Schema
    /// Custom metadata of the footer, beside that of the schema; nil when there is none.
    public let metadata: Metadata?
    private let bytes: Bytes
    private let framer: MessageFramer
    private let footer: FileFooter
    private var machine: StreamMachine

    /// Opens a file.
    /// - Parameters:
    ///   - bytes: The file, whole; mapped as a rule: `Bytes(mappingFile:)`.
    ///   - columns: Which columns the batches have; the others are not touched.
    ///   - limits: What a file may claim.
    /// - Throws: `ArrowError`: `invalidFooter` when the file has no footer, or its footer names
    ///   what is not there; `notArrow`; else as `StreamReader`, with the position in the file.
    public init(
        _ bytes: Bytes, columns: ColumnSelection = .all, limits: ArrowLimits = .default
    ) throws(ArrowError) {
        self.bytes = bytes
        framer = MessageFramer(limits: limits)
        footer = try FileFooter(bytes, limits: limits)
        guard let head = footer.table.table(1) else {
            throw FileFooter.fail(footer.start, "the footer has no schema")
        }
        machine = StreamMachine(limits: limits, columns: columns)
        try machine.schemaReceived(head, base: footer.start)
        guard let schema = machine.schema else {
            throw FileFooter.fail(footer.start, "the footer has no schema")
        }
        self.schema = schema
        metadata = Metadata(decoding: footer.table, slot: 4)
        try readDictionaries()
    }

    /// Number of batches.
    public var batchCount: Int { footer.batchCount }

    /// A batch by its place in the footer's order. Traps when it is outside `0..<batchCount`.
    ///
    /// Of the other batches no page is touched. Complexity: O(columns), and O(bytes) for compressed
    /// bodies.
    /// - Throws: `ArrowError` with the position of the message, as `StreamReader.next()`.
    public func batch(at index: Int) throws(ArrowError) -> RecordBatch {
        // A copy, so that no batch counts for the budget of another.
        var machine = machine
        return try batch(at: index, &machine)
    }

    /// The next batch of a reader that reads all of them, under one budget.
    mutating func takeBatch(at index: Int) throws(ArrowError) -> RecordBatch {
        try batch(at: index, &machine)
    }

    /// As `takeBatch`, of a batch that need not be decoded in its turn.
    mutating func announceBatch(at index: Int) throws(ArrowError) -> StreamMachine.Announced {
        let (message, body, base) = try batchMessage(at: index)
        guard let batch = try machine.messageAnnounced(message, body: body, base: base)
        else { throw FileFooter.fail(base, "a batch of the footer is none") }
        return batch
    }

    private func batch(
        at index: Int, _ machine: inout StreamMachine
    ) throws(ArrowError) -> RecordBatch {
        let (message, body, base) = try batchMessage(at: index)
        guard let batch = try machine.messageReceived(message, body: body, base: base)
        else { throw FileFooter.fail(base, "a batch of the footer is none") }
        return batch
    }

    private func batchMessage(
        at index: Int
    ) throws(ArrowError) -> (MessageFramer.Message, body: Bytes, base: Int) {
        precondition(index >= 0 && index < batchCount, "position outside the batches of the file")
        let block = try footer.batch(index)
        let (message, body) = try message(block, .recordBatch)
        return (message, body, block.offset)
    }

    /// The message of a block, and its body. The body begins where the footer says that the head
    /// ends; how long it is the head knows.
    private func message(
        _ block: FileFooter.Block, _ kind: MessageKind
    ) throws(ArrowError) -> (MessageFramer.Message, Bytes) {
        let base = block.offset
        let start = base + block.headLength
        guard case .message(let message) = try framer.next(bytes[base..<start], base: base) else {
            throw FileFooter.fail(base, "the footer names a message that is none")
        }
        guard message.kind == kind.rawValue else {
            throw FileFooter.fail(base, "the footer names a message of another kind")
        }
        guard message.body.count <= block.bodyLength else {
            throw FileFooter.fail(base, "a message is longer than the footer says")
        }
        return (message, bytes[start..<start + message.body.count])
    }

    /// A dictionary message that waits for its turn.
    private struct Waiting {
        let id: Int64
        let isDelta: Bool
        let base: Int
        let message: MessageFramer.Message
        let body: Bytes
    }

    /// Reads all dictionaries: those first that are inside others, and of each its values before
    /// what was added to them. In a file they may lie in any order, also behind the batches.
    private mutating func readDictionaries() throws(ArrowError) {
        guard let table = machine.dictionaries else { return }
        var waiting: [Waiting] = []
        var known: Set<Int64> = []
        for index in 0..<footer.dictionaryCount {
            let block = try footer.dictionary(index)
            let (message, body) = try message(block, .dictionaryBatch)
            guard let head = message.head.table(2) else {
                throw FileFooter.fail(block.offset, "a dictionary of the file has no values")
            }
            let id = head.scalar(0, default: Int64(0))
            let isDelta = head.scalar(2, default: UInt8(0)) != 0
            guard isDelta || known.insert(id).inserted else {
                throw FileFooter.fail(block.offset, "the file has dictionary \(id) twice")
            }
            waiting.append(
                Waiting(
                    id: id, isDelta: isDelta, base: block.offset, message: message, body: body))
        }
        waiting = waiting.filter { !$0.isDelta } + waiting.filter(\.isDelta)
        while !waiting.isEmpty {
            let open = Set(waiting.map(\.id))
            let ready = Set(open.filter { table.ids(inside: $0).isDisjoint(with: open) })
            guard !ready.isEmpty else {
                throw FileFooter.fail(waiting[0].base, "dictionaries of the file need each other")
            }
            for next in waiting where ready.contains(next.id) {
                _ = try machine.messageReceived(next.message, body: next.body, base: next.base)
            }
            waiting.removeAll { ready.contains($0.id) }
        }
    }
}

extension Table {
    /// Opens a file of the Arrow IPC file format with all its batches, in the footer's order; see
    /// `FileReader`, which opens one batch at a time.
    /// - Throws: `ArrowError`, as `FileReader`.
    public init(
        ipcFile bytes: Bytes, columns: ColumnSelection = .all, limits: ArrowLimits = .default
    ) throws(ArrowError) {
        self = try FileReader(bytes, columns: columns, limits: limits).table()
    }
}

extension FileReader {
    /// All batches. Complexity: O(batches × columns); no value is copied.
    /// - Throws: `ArrowError`, as `batch(at:)`.
    public func table() throws(ArrowError) -> Table {
        var reader = self
        var batches: [RecordBatch] = []
        for index in 0..<batchCount { batches.append(try reader.takeBatch(at: index)) }
        return Table(unchecked: schema, batches)
    }
}
