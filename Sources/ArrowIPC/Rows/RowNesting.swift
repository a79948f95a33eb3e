internal import BridgeBytes

/// Lists and maps: the items of all of them in one column, and where each begins.
final class ListSink: RowSink {
    private let given: DataType?
    private let isMap: Bool
    let items: RowColumn
    private var ends: [Int] = []
    private var validity = ValidityBuilder()
    var count: Int { ends.count }

    /// - Parameter type: The type, where a schema gives it; else it follows from the items.
    init(items: RowColumn, type: DataType? = nil, isMap: Bool = false) {
        self.items = items
        self.isMap = isMap
        given = type
    }

    var type: DataType {
        given ?? (isMap ? .map(entries: items.field, keysSorted: false) : .list(items.field))
    }

    func appendNull() {
        validity.appendNull(at: count)
        ends.append(items.count)
    }

    /// The items appended since the last end are one list.
    func endList() { ends.append(items.count) }

    func finish() throws(ArrowError) -> Column {
        let isLarge = if case .largeList = type { true } else { false }
        guard isLarge || items.count <= Int32.max else {
            throw ArrowError(
                .limitExceeded, stage: .row,
                "a column of \(type) holds at most 2^31 items: name large_list in a schema")
        }
        let column = try items.finish()
        var offsets = ByteWriter(capacity: (count + 1) * 8)
        for end in [0] + ends {
            if isLarge {
                offsets.append(littleEndian: Int64(end))
            } else {
                offsets.append(littleEndian: Int32(truncatingIfNeeded: end))
            }
        }
        return Column(
            type, count: count, validity: validity.finish(count: count),
            storage: .offsets(count == 0 ? Bytes() : offsets.finish(), data: Bytes()),
            children: [column])
    }
}

/// Structures, and the rows themselves: a column for each key.
final class RecordSink: RowSink {
    private(set) var columns: [RowColumn] = []
    private var positions: [String: Int] = [:]
    private let isGiven: Bool
    private let path: String
    private var validity = ValidityBuilder()
    private(set) var count = 0
    /// Keys come in one order in most rows, so the next one is looked for here first.
    private var cursor = 0

    /// - Parameter fields: The fields of a given schema; nil to take the keys as they come.
    init(path: String, fields: [Field]? = nil) throws(ArrowError) {
        self.path = path
        isGiven = fields != nil
        for field in fields ?? [] {
            guard positions[field.name] == nil else {
                throw ArrowError(
                    .invalidSchema, stage: .row, field: path,
                    "two fields are called \"\(field.name)\", and rows know them by name")
            }
            positions[field.name] = columns.count
            columns.append(try RowColumn(field, path: Self.join(path, field.name)))
        }
    }

    static func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }

    var type: DataType { .structure(columns.map(\.field)) }

    /// The column of a key.
    func column(_ key: String) throws(ArrowError) -> RowColumn {
        if cursor < columns.count, columns[cursor].name == key {
            cursor += 1
            return columns[cursor - 1]
        }
        if let position = positions[key] {
            cursor = position + 1
            return columns[position]
        }
        let path = Self.join(path, key)
        guard !isGiven else {
            throw ArrowError(.invalidRow, stage: .row, field: path, "the schema has no such field")
        }
        let column = RowColumn(name: key, path: path)
        for _ in 0..<count { try column.appendNull() }
        positions[key] = columns.count
        columns.append(column)
        cursor = columns.count
        return column
    }

    /// The keys written since the last end are one structure; those left out are null.
    func endRecord() throws(ArrowError) {
        for column in columns {
            if column.count == count { try column.appendNull() }
            guard column.count == count + 1 else {
                throw ArrowError(
                    .invalidRow, stage: .row, field: column.path, "the key comes twice in a row")
            }
        }
        count += 1
        cursor = 0
    }

    func appendNull() {
        validity.appendNull(at: count)
        for column in columns { column.appendFiller() }
        count += 1
    }

    func finish() throws(ArrowError) -> Column {
        var finished: [Column] = []
        for column in columns { finished.append(try column.finish()) }
        return Column(
            type, count: count, validity: validity.finish(count: count), storage: .none,
            children: finished)
    }
}
