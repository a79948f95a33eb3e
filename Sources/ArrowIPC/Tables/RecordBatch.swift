internal import BridgeBytes

/// Columns of one length: a piece of a table as it travels in one message.
public struct RecordBatch: Sendable {
    /// Names, types and metadata of the columns.
    public let schema: Schema
    /// The columns, in the order of the schema.
    public let columns: [Column]
    /// Number of rows; a batch without columns has rows all the same.
    public let count: Int
    /// Custom metadata of this message; nil when it has none. Some peers drop it on reading.
    public var metadata: Metadata?

    init(schema: Schema, columns: [Column], count: Int, metadata: Metadata?) {
        self.schema = schema
        self.columns = columns
        self.count = count
        self.metadata = metadata
    }

    /// A batch of columns that fit a schema.
    /// - Throws: `ArrowError` with `lengthMismatch` when the number of columns or their lengths
    ///   differ, `typeMismatch` when a type does.
    public init(
        schema: Schema, columns: [Column], metadata: Metadata? = nil
    ) throws(ArrowError) {
        guard columns.count == schema.fields.count else {
            throw ArrowError(
                .lengthMismatch, stage: .batch,
                "\(columns.count) columns for \(schema.fields.count) fields")
        }
        let count = columns.first?.count ?? 0
        for (field, column) in zip(schema.fields, columns) {
            guard column.type == field.type else {
                throw ArrowError(
                    .typeMismatch, stage: .batch, field: field.name,
                    "the column has type \(column.type), the field \(field.type)")
            }
            guard column.count == count else {
                throw ArrowError(
                    .lengthMismatch, stage: .batch, field: field.name,
                    "the column has \(column.count) values, the first one \(count)")
            }
        }
        self.init(schema: schema, columns: columns, count: count, metadata: metadata)
    }

    /// A batch of named columns, all nullable:
    ///
    ///     try RecordBatch(["id": Column([1, 2, 3]), "name": Column(["a", nil, "c"])])
    ///
    /// - Throws: `ArrowError` with `lengthMismatch` when their lengths differ.
    public init(_ columns: KeyValuePairs<String, Column>) throws(ArrowError) {
        let schema = Schema(columns.map { Field($0.key, $0.value.type) })
        try self.init(schema: schema, columns: columns.map(\.value))
    }

    /// Some of the rows, without a copy of any value. Traps when the range is outside `0..<count`.
    public subscript(range: Range<Int>) -> RecordBatch {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the batch")
        return RecordBatch(
            schema: schema, columns: columns.map { $0[range] }, count: range.count,
            metadata: metadata)
    }

    /// Checks what opening does not look at; see `Column.validate(full:)`.
    /// - Throws: `ArrowError` with `invalidData`, `invalidUTF8`, with the name of the column.
    /// - Complexity: O(values).
    public func validate(full: Bool = false) throws(ArrowError) {
        var seen = ValidatedChunks()
        try validate(full: full, &seen)
    }

    func validate(full: Bool, _ seen: inout ValidatedChunks) throws(ArrowError) {
        for (field, column) in zip(schema.fields, columns) {
            do throws(ArrowError) { try column.validate(full: full, &seen) } catch {
                var error = error
                error.field = field.name
                throw error
            }
        }
    }
}
