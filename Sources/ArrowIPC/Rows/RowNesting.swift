internal import BridgeBytes

/// Lists of every kind, and maps: the items of all of them in one column, and where each begins.
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

    /// How many items each list has, where the type says so.
    private var fixedCount: Int? {
        if case .fixedList(let count) = type.layout { count } else { nil }
    }

    func appendNull() {
        validity.appendNull(at: count)
        // Below a null of a fixed size there are items all the same.
        for _ in 0..<(fixedCount ?? 0) { items.appendFiller() }
        ends.append(items.count)
    }

    /// The items appended since the last end are one list.
    /// - Throws: `invalidRow` when they are not as many as the type says.
    func endList() throws(ArrowError) {
        let size = items.count - (ends.last ?? 0)
        if let fixedCount, size != fixedCount {
            throw items.fail("a list of \(size) items does not fit a column of \(type)")
        }
        ends.append(items.count)
    }

    func finish() throws(ArrowError) -> Column {
        let width =
            switch type.layout {
            case .list(let width), .listViews(let width): width
            default: 8
            }
        guard width == 8 || items.count <= Int32.max else {
            throw ArrowError(
                .limitExceeded, stage: .row,
                "a column of \(type) holds at most 2^31 items: name large_list in a schema")
        }
        let (type, count) = (type, count)
        let column = try items.finish()
        let bounds = [0] + ends
        let storage: Column.Storage =
            switch type.layout {
            case .fixedList: .none
            case .listViews:
                .listViews(
                    offsets: Self.numbers(bounds.dropLast(), width),
                    sizes: Self.numbers(zip(bounds, ends).map { $1 - $0 }, width))
            default:
                .offsets(count == 0 ? Bytes() : Self.numbers(bounds, width), data: Bytes())
            }
        let validity = validity.finish(count: count)
        ends = []
        self.validity = ValidityBuilder()
        return Column(type, count: count, validity: validity, storage: storage, children: [column])
    }

    private static func numbers(_ values: some Collection<Int>, _ width: Int) -> Bytes {
        var writer = ByteWriter(capacity: values.count * width)
        for value in values {
            if width == 8 {
                writer.append(littleEndian: Int64(value))
            } else {
                writer.append(littleEndian: Int32(truncatingIfNeeded: value))
            }
        }
        return writer.finish()
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
            let size = column.count
            if size == count {
                try column.appendNull()
                continue
            }
            guard size == count + 1 else {
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
