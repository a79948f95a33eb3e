internal import BridgeBytes

/// A field and its column while rows are turned into columns.
///
/// The type is given by a schema, or settled by the first value; nulls before it are counted. A
/// column that never sees a value has type `null`.
final class RowColumn {
    let name: String
    /// Names from the row down to this column, for error messages.
    let path: String
    private let given: Field?
    private var sink: (any RowSink)?
    private var leadingNulls = 0
    /// The type of value that came last, if nothing but its own conformance encodes it. Most
    /// columns see one type, which then need not be asked for its other conformances again.
    var plainType: ObjectIdentifier?
    private var isNullable = false

    /// A column whose type the values settle.
    init(name: String, path: String, isNullable: Bool = false) {
        self.name = name
        self.path = path
        self.isNullable = isNullable
        given = nil
    }

    /// A column of a given field.
    /// - Throws: `unsupportedType` when rows cannot be turned into columns of the type.
    init(_ field: Field, path: String) throws(ArrowError) {
        name = field.name
        self.path = path
        given = field
        sink = try Self.sink(of: field.type, path: path)
    }

    var count: Int { sink?.count ?? leadingNulls }

    /// The type, once it is settled.
    var settledType: DataType? { sink?.type }

    /// The field as it stands now.
    var field: Field {
        given ?? Field(name, sink?.type ?? .null, isNullable: isNullable || sink == nil)
    }

    /// Whether the key is optional, though it may have a value in every row.
    func markNullable() { isNullable = true }

    func appendNull() throws(ArrowError) {
        if let given, !given.isNullable {
            throw fail("a null, or no value, in a field without nulls")
        }
        isNullable = true
        appendFiller()
    }

    /// A null of a value whose type is known.
    func appendNull(of type: DataType) throws(ArrowError) {
        try settle(as: type)
        try appendNull()
    }

    /// Settles the type, if no value has done so.
    func settle(as type: DataType) throws(ArrowError) {
        _ = try settle { () throws(ArrowError) in try Self.sink(of: type, path: path) }
    }

    /// Whether the type, or that of a part, was not settled by any value.
    var isUnsettled: Bool {
        switch sink {
        case nil: true
        case let record as RecordSink: record.columns.contains { $0.isUnsettled }
        case let list as ListSink: list.items.isUnsettled
        default: false
        }
    }

    /// Settles what no value has settled, as another column of the same rows has it.
    func settle(like other: RowColumn) throws(ArrowError) {
        switch (sink, other.sink) {
        case (nil, let known?): try settle(as: known.type)
        case (let record as RecordSink, let known as RecordSink):
            for column in record.columns {
                guard let same = known.columns.first(where: { $0.name == column.name }) else {
                    continue
                }
                try column.settle(like: same)
            }
        case (let list as ListSink, let known as ListSink):
            try list.items.settle(like: known.items)
        default: break
        }
    }

    /// A null below a null, where the field's own rule does not matter.
    func appendFiller() {
        guard let sink else {
            leadingNulls += 1
            return
        }
        sink.appendNull()
    }

    /// - Parameter type: What the value's column becomes when the type is not settled yet.
    func append(_ value: ArrowScalar, _ type: DataType) throws(ArrowError) {
        let sink = try settle { () throws(ArrowError) in try Self.sink(of: type, path: path) }
        guard sink.append(value) else {
            throw fail("\(value.name) does not fit a column of \(sink.type)")
        }
    }

    /// The list sink of the column; nil when it holds bytes, which may come as a list of them.
    func list() throws(ArrowError) -> ListSink? {
        let sink = try settle {
            ListSink(items: RowColumn(name: "item", path: path + "[]", isNullable: true))
        }
        if let sink = sink as? ListSink { return sink }
        guard sink is TextSink, sink.type == .binary || sink.type == .largeBinary else {
            throw fail("a list does not fit a column of \(sink.type)")
        }
        return nil
    }

    func record() throws(ArrowError) -> RecordSink {
        let sink = try settle { () throws(ArrowError) in try RecordSink(path: path) }
        guard let sink = sink as? RecordSink else {
            throw fail("a structure does not fit a column of \(sink.type)")
        }
        return sink
    }

    /// The sink of a map and its pairs; nil when the column is not one of maps.
    func map() throws(ArrowError) -> (maps: ListSink, pairs: RecordSink)? {
        let sink = try settle { () throws(ArrowError) in try Self.mapSink(path: path) }
        guard case .map = sink.type, let sink = sink as? ListSink else { return nil }
        return (sink, try sink.items.record())
    }

    func fail(_ message: String) -> ArrowError {
        ArrowError(.invalidRow, stage: .row, field: path, message)
    }

    func finish() throws(ArrowError) -> Column {
        guard let sink else { return Column(nulls: leadingNulls) }
        do throws(ArrowError) { return try sink.finish() } catch {
            var error = error
            if error.field == nil { error.field = path }
            throw error
        }
    }

    private func settle(
        _ make: () throws(ArrowError) -> any RowSink
    ) throws(ArrowError) -> any RowSink {
        if let sink { return sink }
        let new = try make()
        for _ in 0..<leadingNulls { new.appendNull() }
        sink = new
        return new
    }
}
