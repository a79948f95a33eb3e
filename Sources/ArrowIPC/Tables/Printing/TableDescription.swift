internal import BridgeBytes

/// What each column of a table holds: how many values and nulls, the least, the greatest, and how
/// many different ones. Takes the batches one after the other, and keeps of them a few texts.
///
/// The fields inside nested columns are described like columns, under their path: `points.item.x`
/// counts the numbers in all lists of all rows.
package struct TableDescription {
    private let schema: Schema
    private var columns: [FieldSummary]
    private var rows = 0
    private var batches = 0
    /// Bounds what shared values can make of a few bytes; nil where no column can share any.
    private var size: PrintedSize?

    package init(_ schema: Schema, limits: ArrowLimits = .default) {
        self.schema = schema
        columns = schema.fields.map { FieldSummary($0, path: $0.name) }
        let isShared = schema.fields.contains { $0.type.canShareValues }
        size = isShared ? PrintedSize(limits: limits) : nil
    }

    /// Takes the next batch into account. Complexity: O(values).
    /// - Throws: `ArrowError` with `invalidData` or `invalidUTF8`, with the name of the column;
    ///   `limitExceeded` when columns share their values too often.
    package mutating func add(_ batch: RecordBatch) throws(ArrowError) {
        try size?.add(batch)
        rows += batch.count
        batches += 1
        for (index, column) in batch.columns.enumerated() {
            do throws(ArrowError) {
                try columns[index].add(column)
            } catch {
                var error = error
                error.field = schema.fields[index].name
                throw error
            }
        }
    }

    /// A table of a row for each column and for each field inside one.
    package func table() throws(ArrowError) -> Table {
        var rows: [FieldSummary] = []
        for column in columns { column.collect(into: &rows) }
        return try Table([
            "column": Column(rows.map(\.path)), "type": Column(rows.map(\.typeText)),
            "count": Column(rows.map(\.values.count)), "nulls": Column(rows.map(\.values.nulls)),
            "distinct": Column(rows.map(\.values.distinctText)),
            "min": Column(rows.map { $0.values.least?.text }),
            "max": Column(rows.map { $0.values.greatest?.text }),
        ])
    }

    /// That table as lines for people, which end with the size of the described one.
    package func lines(_ format: TableFormat) throws(ArrowError) -> [String] {
        let look = TablePicture.Look(
            hasTypes: false, absent: "–", endAligned: ["distinct"], isPlain: true,
            columnsOfOther: schema.fields.count)
        let table = try table()
        var picture = TablePicture(table.schema, format, look: look)
        for batch in table.batches { picture.append(batch) }
        return picture.lines(count: rows, batches: batches)
    }
}

/// What is known of one field, and of the fields inside it.
private struct FieldSummary {
    let path: String
    let typeText: String
    private(set) var values: ValueSummary
    /// The fields of a structure, the item of a list, the members of a union.
    private(set) var parts: [FieldSummary]

    /// The depth is that of the schema, which is bounded.
    init(_ field: Field, path: String) {
        self.path = path
        typeText = field.typeText
        values = ValueSummary(extensionName: field.extensionType?.name)
        parts = Self.decoded(field.type).children.map { field in
            FieldSummary(field, path: "\(path).\(field.name)")
        }
    }

    /// The type of what dictionaries and runs stand for.
    private static func decoded(_ type: DataType) -> DataType {
        switch type {
        case .dictionary(_, let value, _, _): decoded(value)
        case .runEndEncoded(_, let values): decoded(values.type)
        default: type
        }
    }

    mutating func add(_ column: Column) throws(ArrowError) {
        for row in 0..<column.count { try add(column, row) }
        settle()
    }

    private mutating func add(_ column: Column, _ row: Int) throws(ArrowError) {
        guard let (column, position) = try column.value(at: row) else {
            values.addNull()
            return
        }
        guard !parts.isEmpty else {
            try values.add(column, position)
            return
        }
        values.addNested()
        switch column.type.layout {
        case .structure:
            for index in parts.indices { try parts[index].add(column.children[index], position) }
        case .union:
            let member = try column.unionChild(at: position)
            let (values, place) = try column.resolved(at: position)
            try parts[member].add(values, place)
        default:
            for item in try column.range(at: position) {
                try parts[0].add(column.children[0], item)
            }
        }
    }

    /// Lets go of the batch.
    private mutating func settle() {
        values.settle()
        for index in parts.indices { parts[index].settle() }
    }

    func collect(into rows: inout [FieldSummary]) {
        rows.append(self)
        for part in parts { part.collect(into: &rows) }
    }
}

extension DataType {
    /// Whether values of the type may lie in memory that others lie in, too.
    fileprivate var canShareValues: Bool {
        switch layout {
        case .null, .bits, .fixedWidth, .variable: false
        default: true
        }
    }
}

extension Column {
    /// The column and position where a value lies, past dictionaries and runs; nil when it is null.
    fileprivate func value(at row: Int) throws(ArrowError) -> (Column, Int)? {
        if isNull(at: row) { return nil }
        switch type.layout {
        case .dictionary, .runs:
            let (column, position) = try resolved(at: row)
            return try column.value(at: position)
        default: return (self, row)
        }
    }
}
