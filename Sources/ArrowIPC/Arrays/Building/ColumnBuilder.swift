internal import BridgeBytes

/// Builds columns of any type, one value at a time: single values, and lists, structures and maps
/// as their Swift counterparts.
///
///     var prices = try ColumnBuilder(.decimal(.bits128, precision: 10, scale: 2))
///     try prices.append(.text("12.50"))
///     prices.appendNull()
///     let column = try prices.finish()
///
/// What a type does not hold exactly is refused. Where speed is wanted and the values are numbers
/// or text, there are `NumberBuilder` and `TextBuilder`.
public struct ColumnBuilder: ~Copyable {
    private let field: Field
    private var column: RowColumn

    /// A builder of columns of a type.
    /// - Parameter field: Name and nullability matter for error messages and nulls only.
    /// - Throws: `ArrowError` with `invalidSchema` when two fields of a structure have one name.
    public init(_ field: Field) throws(ArrowError) {
        self.field = field
        column = try RowColumn(field, path: field.name)
    }

    /// A builder of columns of a type, nulls allowed.
    /// - Throws: `ArrowError` with `invalidSchema`, as for a field.
    public init(_ type: DataType) throws(ArrowError) { try self.init(Field("", type)) }

    /// Number of values since the last `finish`, nulls counted.
    public var count: Int { column.count }

    /// Appends a single value.
    /// - Throws: `ArrowError` with `invalidRow` when the type does not hold it exactly.
    public mutating func append(_ value: ArrowScalar) throws(ArrowError) {
        try column.append(value, field.type)
    }

    /// Appends any value: numbers, text, `Timestamp`, `Duration`, `CalendarInterval`, arrays for
    /// lists, structures, dictionaries for maps; nil is a null.
    /// - Throws: `ArrowError` with `invalidRow` when the type does not hold it exactly. The column
    ///   is of no use then where a nested value was begun.
    public mutating func append(_ value: (some Encodable)?) throws(ArrowError) {
        guard let value else { return try appendNull() }
        do { try column.append(value, codingPath: []) } catch {
            throw ArrowError(row: column.count, error)
        }
    }

    /// Appends a null.
    /// - Throws: `ArrowError` with `invalidRow` when the field rules nulls out.
    public mutating func appendNull() throws(ArrowError) { try column.appendNull() }

    /// The column of what was appended since the last time; the builder begins anew.
    /// - Throws: `ArrowError` with `limitExceeded` when the type cannot state the size.
    public mutating func finish() throws(ArrowError) -> Column {
        let full = column
        column = try RowColumn(field, path: field.name)
        return try full.finish()
    }
}

/// Builds batches of a schema, row by row:
///
///     var builder = try BatchBuilder(schema: schema)
///     for reading in readings {
///         try builder.append(reading)
///         if builder.count == 10_000 { try await send(builder.finish()) }
///     }
///     try await send(builder.finish())
public struct BatchBuilder: ~Copyable {
    /// The columns of every batch.
    public let schema: Schema
    private var root: RowColumn

    /// A builder of batches.
    /// - Throws: `ArrowError` with `invalidSchema` when two fields have one name.
    public init(schema: Schema) throws(ArrowError) {
        self.schema = schema
        root = try Self.root(schema)
    }

    private static func root(_ schema: Schema) throws(ArrowError) -> RowColumn {
        try RowColumn(Field("", .structure(schema.fields), isNullable: false), path: "")
    }

    /// Number of rows since the last `finish`.
    public var count: Int { root.count }

    /// Appends a row: a structure, or a dictionary by the names of the columns. Keys that are left
    /// out are nulls.
    /// - Throws: `ArrowError` with `invalidRow` when a value does not fit its column, with its
    ///   path. The rows since the last `finish` are of no use then.
    public mutating func append(_ row: some Encodable) throws(ArrowError) {
        do {
            let encoder = RowEncoder(root, codingPath: [])
            try row.encode(to: encoder)
            try encoder.close()
        } catch { throw ArrowError(row: count, error) }
    }

    /// The batch of the rows since the last time; the builder begins anew.
    /// - Throws: `ArrowError` with `limitExceeded` when a column needs a large type.
    public mutating func finish(metadata: Metadata? = nil) throws(ArrowError) -> RecordBatch {
        let full = root
        root = try Self.root(schema)
        let column = try full.finish()
        return RecordBatch(
            schema: schema, columns: column.children, count: column.count, metadata: metadata)
    }
}
