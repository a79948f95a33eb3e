public import BridgeBytes

/// A schema and any number of batches of it.
public struct Table: Sendable {
    /// Names, types and metadata of the columns.
    public let schema: Schema
    /// The pieces, in order.
    public let batches: [RecordBatch]

    /// A table of batches that all have the schema.
    /// - Throws: `ArrowError` with `typeMismatch` when one has not.
    public init(schema: Schema, batches: [RecordBatch]) throws(ArrowError) {
        for (index, batch) in batches.enumerated()
        where batch.schema.fields != schema.fields {
            throw ArrowError(
                .typeMismatch, stage: .batch, "batch \(index) has other fields than the table")
        }
        self.schema = schema
        self.batches = batches
    }

    /// A table of batches that are known to have the schema.
    init(unchecked schema: Schema, _ batches: [RecordBatch]) {
        self.schema = schema
        self.batches = batches
    }

    /// A table of one batch.
    public init(_ batch: RecordBatch) {
        schema = batch.schema
        batches = [batch]
    }

    /// A table of one batch of named columns, all nullable.
    /// - Throws: `ArrowError` with `lengthMismatch` when their lengths differ.
    public init(_ columns: KeyValuePairs<String, Column>) throws(ArrowError) {
        self.init(try RecordBatch(columns))
    }

    /// Opens an Arrow IPC stream or file. The columns are views of the bytes; the time does not
    /// depend on their size. What they hold is checked when it is used, or by `validate(full:)`.
    /// - Parameters:
    ///   - bytes: A stream or a file, whole.
    ///   - columns: Which columns the table has; the others are not touched.
    ///   - limits: What a stream may claim.
    /// - Throws: `ArrowError`, as `StreamReader.next()`, with the position in the input;
    ///   `columnNotFound`.
    public init(
        ipcStream bytes: Bytes, columns: ColumnSelection = .all, limits: ArrowLimits = .default
    ) throws(ArrowError) {
        var reader = try StreamReader(bytes, columns: columns, limits: limits)
        var batches: [RecordBatch] = []
        while let batch = try reader.next() { batches.append(batch) }
        schema = reader.schema
        self.batches = batches
    }

    /// Number of rows. Complexity: O(batches).
    public var count: Int { batches.reduce(0) { $0 + $1.count } }

    /// Checks what opening does not look at; see `Column.validate(full:)`.
    /// - Throws: `ArrowError` with `invalidData`, `invalidUTF8`, with the name of the column.
    /// - Complexity: O(values).
    public func validate(full: Bool = false) throws(ArrowError) {
        var seen = ValidatedChunks()
        for batch in batches { try batch.validate(full: full, &seen) }
    }
}
