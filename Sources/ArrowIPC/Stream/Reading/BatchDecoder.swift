internal import BridgeBytes

/// Makes the columns of a record batch out of a verified head and a body.
///
/// ## Theory of operation
/// A batch head lists, for all fields in pre-order, a node (length, null count) per field and
/// the buffers (offset, length in the body) of each. The decoder walks the schema with one cursor
/// over the nodes and one over the buffers. Each (offset, length) is checked against the body,
/// each length against the rows it must hold, before a view is made of it; the body itself is
/// not read, unless it is compressed: then each buffer that is used is inflated. Buffers may be
/// longer than needed (padding), and empty where they would hold nothing: validity without nulls,
/// anything without rows.
struct BatchDecoder {
    /// What a message with columns comes with.
    struct Message {
        /// The `RecordBatch` table.
        let head: FlatTable
        let body: Bytes
        let version: Int16
        /// Whether the numbers of the body are in big-endian order; those of the head never are.
        let isBigEndian: Bool
        /// Where the message lies in the input, for error messages.
        let base: Int
    }

    let message: Message
    let limits: ArrowLimits
    let dictionaries: DictionaryTable
    private let nodes: (count: Int, start: Int)
    private let buffers: (count: Int, start: Int)
    private let variadicCounts: (count: Int, start: Int)
    private var nextNode = 0
    private var nextBuffer = 0
    private var nextVariadicCount = 0
    private var evidence = RowEvidence()
    /// How the body is compressed, if it is.
    private var compression: BodyCompression?
    /// What compressed buffers of the stream became, with those of this message.
    private(set) var budget: InflationBudget

    init(
        _ message: Message, dictionaries: DictionaryTable, limits: ArrowLimits,
        budget: InflationBudget
    ) throws(ArrowError) {
        self.message = message
        self.limits = limits
        self.dictionaries = dictionaries
        self.budget = budget
        nodes = message.head.vector(1) ?? (0, 0)
        buffers = message.head.vector(2) ?? (0, 0)
        variadicCounts = message.head.vector(4) ?? (0, 0)
        if let table = message.head.table(3) {
            compression = try BodyCompression(table, limits: limits, base: message.base)
        }
    }

    /// Whether the buffers of the body are compressed.
    var isCompressed: Bool { compression != nil }

    /// Number of rows.
    private func rows() throws(ArrowError) -> Int {
        let rows = message.head.scalar(0, default: Int64(0))
        guard rows >= 0 else { throw fail("", "the number of rows is negative") }
        return Int(rows)
    }

    /// The selected columns of a batch. Of the others only the counts are walked over; their
    /// buffers are not looked at.
    mutating func batch(
        _ projection: Projection, metadata: Metadata?
    ) throws(ArrowError) -> RecordBatch {
        let rows = try rows()
        var decoded: [Column?] = []
        decoded.reserveCapacity(projection.fields.count)
        for (position, field) in projection.fields.enumerated() {
            if projection.takes(position) {
                decoded.append(try column(field, rows: rows))
            } else {
                try skip(field, path: field.name)
                decoded.append(nil)
            }
        }
        let columns = projection.arranged(decoded)
        if columns.isEmpty { evidence.claim(rows, path: "") }
        try checkEvidence()
        return RecordBatch(
            schema: projection.schema, columns: columns, count: rows, metadata: metadata)
    }

    /// The values of a dictionary.
    mutating func dictionary(_ type: DataType) throws(ArrowError) -> Column {
        let values = try column(Field("dictionary", type), rows: rows())
        try checkEvidence()
        return values
    }

    private mutating func column(_ field: Field, rows: Int) throws(ArrowError) -> Column {
        let column = try column(field, path: field.name)
        guard column.count == rows else {
            throw fail(
                field.name, "the column has \(column.count) values and the batch \(rows) rows")
        }
        return column
    }

    func fail(_ path: String, _ what: String) -> ArrowError {
        ArrowError(.invalidBatch, stage: .batch, offset: message.base, field: path, what)
    }

    /// Notes values that no buffer holds, however many.
    mutating func claim(_ count: Int, path: String) { evidence.claim(count, path: path) }

    /// Notes values that a buffer holds.
    mutating func prove(_ count: Int) { evidence.prove(count) }

    private func checkEvidence() throws(ArrowError) {
        guard let claim = evidence.unproven, claim.count > limits.maxRowsWithoutData else { return }
        throw ArrowError(
            .limitExceeded, stage: .batch, offset: message.base, field: claim.path,
            "\(claim.count) rows without data are over the limit of \(limits.maxRowsWithoutData)")
    }

    /// The next node: number of values and number of nulls, which is -1 when the writer did not
    /// count them.
    mutating func node(_ path: String) throws(ArrowError) -> (count: Int, nulls: Int) {
        guard nextNode < nodes.count else { throw fail(path, "the batch has too few nodes") }
        let position = nodes.start + 16 * nextNode
        nextNode += 1
        let span = message.head.bytes.span
        guard let count = span.littleEndian(Int64.self, at: position),
            let nulls = span.littleEndian(Int64.self, at: position + 8),
            count >= 0, nulls >= -1, nulls <= count
        else { throw fail(path, "the counts of a node are impossible") }
        return (Int(count), Int(nulls))
    }

    /// Passes over the next buffers, of so many values, by their lengths alone.
    mutating func skipBuffers(
        _ number: Int, of count: Int, _ path: String
    ) throws(ArrowError) {
        guard number <= buffers.count - nextBuffer else {
            throw fail(path, "the batch has too few buffers")
        }
        let head = message.head.bytes
        let span = head.span
        for index in nextBuffer..<nextBuffer + number {
            let length = span.littleEndian(Int64.self, at: buffers.start + 16 * index + 8) ?? 0
            let most = compression == nil ? 1 : limits.maxInflationRatio
            guard length >= 0, length <= message.body.count else { continue }
            // A bit per value is the least that a buffer can hold.
            let (bytes, isPlenty) = Int(length).multipliedReportingOverflow(by: most)
            if isPlenty || count / 8 <= bytes, length > 0 { evidence.prove(count) }
        }
        nextBuffer += number
    }

    /// The content of the next buffer.
    mutating func buffer(_ path: String) throws(ArrowError) -> Bytes {
        let buffer = try storedBuffer(path)
        do throws(ArrowError) {
            return try compression?.inflate(buffer, &budget) ?? buffer
        } catch {
            var error = error
            error.message += " (byte \(error.offset ?? 0) of a buffer)"
            error.offset = message.base
            error.field = path
            throw error
        }
    }

    /// Passes over the next buffer, and takes from the budget what it says that it holds.
    mutating func claimBuffer(_ path: String) throws(ArrowError) {
        let buffer = try storedBuffer(path)
        _ = try compression?.claim(buffer, &budget)
    }

    /// The next buffer as it lies in the body, checked to lie inside it.
    mutating func storedBuffer(_ path: String) throws(ArrowError) -> Bytes {
        guard nextBuffer < buffers.count else { throw fail(path, "the batch has too few buffers") }
        let position = buffers.start + 16 * nextBuffer
        nextBuffer += 1
        let span = message.head.bytes.span
        guard let offset = span.littleEndian(Int64.self, at: position),
            let length = span.littleEndian(Int64.self, at: position + 8),
            offset >= 0, length >= 0, length <= message.body.count,
            offset <= message.body.count - Int(length)
        else { throw fail(path, "a buffer lies outside the body of \(message.body.count) bytes") }
        return message.body[Int(offset)..<Int(offset + length)]
    }

    /// The next buffer, which must hold `count` values of `width` bytes; cut to that size.
    mutating func buffer(
        _ path: String, of count: Int, width: Int, alignment: Int
    ) throws(ArrowError) -> Bytes {
        let bytes = try buffer(path)
        let (size, overflow) = count.multipliedReportingOverflow(by: width)
        guard !overflow, size <= bytes.count else {
            throw fail(path, "a buffer of \(bytes.count) bytes is too short for \(count) values")
        }
        return bytes[0..<size].aligned(to: alignment)
    }

    /// How many data buffers the next column of views has.
    mutating func variadicCount(_ path: String) throws(ArrowError) -> Int {
        let position = variadicCounts.start + 8 * nextVariadicCount
        guard nextVariadicCount < variadicCounts.count,
            let count = message.head.bytes.span.littleEndian(Int64.self, at: position),
            count >= 0, count <= buffers.count
        else { throw fail(path, "the number of data buffers is missing or impossible") }
        nextVariadicCount += 1
        return Int(count)
    }
}
