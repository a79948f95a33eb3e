internal import BridgeBytes

/// Rows of `Codable` structures into columns, and back.
///
/// | Swift | column | | Swift | column |
/// |---|---|---|---|---|
/// | `Bool` | `bool` | | `String` | `utf8` |
/// | `Int`, `Int8`… `Int64` | `int64`, `int8`… | | `Bytes` | `binary` |
/// | `UInt`, `UInt8`… `UInt64` | `uint64`, `uint8`… | | `Timestamp` | `timestamp[ns,UTC]` |
/// | `Float`, `Double` | `float32`, `float64` | | arrays, sets | `list` |
/// | optionals | nulls | | dictionaries | `map` |
/// | enumerations with raw values | as these | | structures, classes | `struct` |
///
/// A type may have a form of its own (`ArrowScalarConvertible`): with NATSBridgeFoundation in the
/// program `Date` is `timestamp[us,UTC]`, `Data` is `binary` and `URL` is `utf8`. Other types
/// are whatever their `Codable` conformance makes of them: `UUID` is text. A schema may name
/// other types for the same values: narrower or wider numbers that hold them exactly, dates, times
/// and durations for integers, dates for moments at midnight, large types, and dictionaries of
/// text.
extension RecordBatch {
    /// A batch of rows, each a structure whose keys are the columns.
    /// - Parameters:
    ///   - rows: The rows, in order.
    ///   - schema: The columns to make. Without it the first value of each key settles its type,
    ///     and a key is nullable when it is optional or left out. Where no value does, since there
    ///     are no rows or only nulls, the type of the rows is asked: its `init(from:)` is given
    ///     made-up values. With rows, a column that this does not tell either has type `null`.
    ///   - metadata: What the batch says of itself.
    /// - Throws: `ArrowError` with `invalidRow` when a value does not fit its column, with its path
    ///   and, in the message, the number of the row, or when there are no rows and their type
    ///   cannot be asked (it is not `Decodable`, its keys depend on the value, it is inside itself,
    ///   or it refuses what is made up); `unsupportedType` for types of the schema that are not
    ///   made of rows; `limitExceeded` when a column needs a large type.
    /// - Complexity: O(values).
    public init<Rows: Sequence>(
        rows: Rows, schema: Schema? = nil, metadata: Metadata? = nil
    ) throws(ArrowError) where Rows.Element: Encodable {
        let root: RowColumn
        if let schema {
            root = try RowColumn(Field("", .structure(schema.fields), isNullable: false), path: "")
        } else {
            root = RowColumn(name: "", path: "")
        }
        var number = 0
        do {
            for row in rows {
                let encoder = RowEncoder(root, codingPath: [])
                try row.encode(to: encoder)
                try encoder.close()
                number += 1
            }
        } catch { throw ArrowError(row: number, error) }
        if schema == nil { try Self.settle(root, Rows.Element.self, count: number) }
        let record = try root.record()
        let column = try record.finish()
        guard column.validity == nil else {
            throw ArrowError(.invalidRow, stage: .row, "a row is null")
        }
        let found = schema ?? Schema(record.columns.map(\.field))
        self.init(
            schema: found, columns: column.children, count: column.count, metadata: metadata)
    }

    /// Settles what no row has settled.
    private static func settle<Row>(
        _ root: RowColumn, _ type: Row.Type, count: Int
    ) throws(ArrowError) {
        if count == 0 { return try RowProbe.settle(root, rows: type) }
        guard root.isUnsettled else { return }
        let probed = RowColumn(name: "", path: "")
        // With rows, what cannot be asked stays a column of nulls.
        guard (try? RowProbe.settle(probed, rows: type)) != nil else { return }
        try root.settle(like: probed)
    }

    /// The rows as values of a type, whose keys are the names of the columns. Columns that the type
    /// does not ask for are not read; a null, or no column, is nil.
    /// - Throws: `ArrowError` with `invalidRow` when a value does not fit, with its path and, in
    ///   the message, the number of the row; `invalidData` and `invalidUTF8` when the column's
    ///   content is forged; `limitExceeded` when values share their items without measure.
    /// - Complexity: O(values).
    public func rows<Row: Decodable>(as type: Row.Type) throws(ArrowError) -> [Row] {
        let view = RecordView(schema.fields, columns)
        let path = RowPath(columns)
        var rows: [Row] = []
        rows.reserveCapacity(count)
        do {
            for row in 0..<count { rows.append(try Row(from: RowDecoder(.row(view, row, path)))) }
        } catch { throw ArrowError(row: rows.count, error) }
        return rows
    }
}

extension Table {
    /// A table of one batch of rows; see `RecordBatch.init(rows:schema:metadata:)`.
    /// - Throws: `ArrowError`, as `RecordBatch.init(rows:schema:metadata:)`.
    public init<Rows: Sequence>(
        rows: Rows, schema: Schema? = nil
    ) throws(ArrowError) where Rows.Element: Encodable {
        self.init(try RecordBatch(rows: rows, schema: schema))
    }

    /// All rows as values of a type; see `RecordBatch.rows(as:)`.
    /// - Throws: `ArrowError`, as `RecordBatch.rows(as:)`; rows are counted through all batches.
    public func rows<Row: Decodable>(as type: Row.Type) throws(ArrowError) -> [Row] {
        var rows: [Row] = []
        rows.reserveCapacity(count)
        for batch in batches {
            do throws(ArrowError) { rows += try batch.rows(as: type) } catch {
                var error = error
                if batch.count != count {
                    error.message += " of the batch that begins at row \(rows.count)"
                }
                throw error
            }
        }
        return rows
    }
}

extension ArrowError {
    /// An error of a row, from wherever it comes: from here, from the standard library, or from
    /// the row's own code.
    init(row: Int, _ error: any Error) {
        switch error {
        case let error as ArrowError:
            self = error
            stage = .row
        case EncodingError.invalidValue(_, let context):
            self.init(
                .invalidRow, stage: .row, field: context.codingPath.text, context.debugDescription)
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
            self.init(
                .invalidRow, stage: .row, field: context.codingPath.text, context.debugDescription)
        default: self.init(.invalidRow, stage: .row, "\(error)")
        }
        message += ", in row \(row)"
    }
}
