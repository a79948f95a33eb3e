internal import BridgeBytes

/// Names from a row down to a value, for error messages, and what the rows may still take; made
/// only where values nest.
final class RowPath {
    private let parent: RowPath?
    private let key: (any CodingKey)?
    private let budget: RowBudget

    /// The path of the rows of some columns.
    init(_ columns: [Column]) {
        parent = nil
        key = nil
        budget = RowBudget(columns)
    }

    init(_ parent: RowPath, _ key: any CodingKey) {
        self.parent = parent
        self.key = key
        budget = parent.budget
    }

    var keys: [any CodingKey] { (parent?.keys ?? []) + (key.map { [$0] } ?? []) }

    /// The type that was decoded last, if nothing but its own conformance decodes it.
    var plainType: ObjectIdentifier? {
        get { budget.plainType }
        set { budget.plainType = newValue }
    }

    /// Takes the items of a list.
    func take(_ count: Int) throws(ArrowError) { try budget.take(count) }
}

/// What all paths of a call share: its budget, and what it has learned of types.
private final class RowBudget {
    private var budget: ValueBudget
    var plainType: ObjectIdentifier?

    init(_ columns: [Column]) { budget = ValueBudget(columns) }

    func take(_ count: Int) throws(ArrowError) { try budget.take(count) }
}

/// Where one value lies: a row of a column, past dictionaries, runs and unions.
struct RowPlace {
    let column: Column
    let position: Int
    /// The columns of the structure, if it is one and its view was made before.
    private let known: RecordView?
    private let parent: RowPath
    private let key: any CodingKey

    /// - Throws: `invalidData` when an index, a run end or a code points outside.
    init(
        _ column: Column, _ position: Int, _ parent: RowPath, _ key: any CodingKey,
        view: RecordView? = nil
    ) throws(ArrowError) {
        var (column, position) = (column, position)
        known = view
        self.parent = parent
        self.key = key
        resolving: while true {
            switch column.type.layout {
            case .dictionary where column.isNull(at: position): break resolving
            case .dictionary, .runs, .union:
                (column, position) = try column.resolved(at: position)
            default: break resolving
            }
        }
        self.column = column
        self.position = position
    }

    var path: RowPath { RowPath(parent, key) }
    var codingPath: [any CodingKey] { parent.keys + [key] }
    var isNull: Bool { column.isNull(at: position) }

    func fail(_ message: String) -> ArrowError {
        ArrowError(.invalidRow, stage: .row, field: codingPath.text, message)
    }

    private func mismatch(_ wanted: String) -> ArrowError {
        fail(isNull ? "a null where \(wanted) is wanted" : "\(column.type) is no \(wanted)")
    }

    func bool() throws(ArrowError) -> Bool {
        guard !isNull, case .bits(let bits) = column.storage else { throw mismatch("boolean") }
        return bits[position]
    }

    func integer<T: FixedWidthInteger>(_: T.Type) throws(ArrowError) -> T {
        guard !isNull else { throw mismatch("\(T.self)") }
        let exact: T?
        switch column.type {
        case .int8: exact = T(exactly: try number(Int8.self))
        case .int16: exact = T(exactly: try number(Int16.self))
        case .uint8: exact = T(exactly: try number(UInt8.self))
        case .uint16: exact = T(exactly: try number(UInt16.self))
        case .uint32: exact = T(exactly: try number(UInt32.self))
        case .uint64: exact = T(exactly: try number(UInt64.self))
        case _ where Int32.represents(column.type): exact = T(exactly: try number(Int32.self))
        case _ where Int64.represents(column.type): exact = T(exactly: try number(Int64.self))
        default: throw mismatch("\(T.self)")
        }
        guard let exact else { throw fail("the number does not fit \(T.self)") }
        return exact
    }

    /// The number at the place, which is of that type and not null.
    private func number<T: ArrowPrimitive>(_: T.Type) throws(ArrowError) -> T {
        try column.span(as: T.self)[position]
    }

    func float<T: BinaryFloatingPoint>(_: T.Type) throws(ArrowError) -> T {
        guard !isNull else { throw mismatch("\(T.self)") }
        switch column.type {
        case .float16: return T(try number(Float16.self))
        case .float32: return T(try number(Float.self))
        case .float64:
            let number = try number(Double.self)
            if number.isNaN { return .nan }
            guard let exact = T(exactly: number) else {
                throw fail("the number does not fit \(T.self)")
            }
            return exact
        default: break
        }
        guard let exact = T(exactly: try integer(Int64.self)) else {
            throw fail("the number does not fit \(T.self)")
        }
        return exact
    }

    func text() throws(ArrowError) -> String {
        let text: String?
        switch column.type {
        case .utf8, .largeUTF8, .utf8View: text = try column.text(at: position)
        case .decimal, .int128, .uint128: text = try column.decimalText(at: position)
        default: throw mismatch("text")
        }
        guard let text else { throw mismatch("text") }
        return text
    }

    func bytes() throws(ArrowError) -> Bytes {
        switch column.type {
        case .binary, .largeBinary, .binaryView, .fixedSizeBinary:
            if let bytes = try column.bytes(at: position) { return bytes }
        default: break
        }
        throw mismatch("bytes")
    }

    func moment() throws(ArrowError) -> Timestamp {
        let count: Int64? =
            switch column.type {
            case .date32 where !isNull: Int64(try number(Int32.self))
            case .timestamp where !isNull, .date64 where !isNull: try number(Int64.self)
            default: nil
            }
        guard let moment = count.flatMap({ Timestamp(count: $0, of: column.type) }) else {
            throw mismatch("moment")
        }
        return moment
    }

    /// The value apart from how the column holds it; nil for nulls and for what has parts.
    func scalar() throws(ArrowError) -> ArrowScalar? {
        guard !isNull else { return nil }
        switch column.type {
        case .bool: return .bool(try bool())
        case .float16, .float32, .float64: return .float(try float(Double.self))
        case .utf8, .largeUTF8, .utf8View: return .text(try text())
        case .binary, .largeBinary, .binaryView, .fixedSizeBinary: return .bytes(try bytes())
        case .timestamp, .date32, .date64: return .moment(try moment())
        case .uint8, .uint16, .uint32, .uint64: return .unsigned(try integer(UInt64.self))
        case .decimal, .int128, .uint128: return .text(try text())
        case .duration, .time32, .time64:
            return Duration(count: try integer(Int64.self), of: column.type).map { .duration($0) }
        case .interval(let unit): return .interval(try interval(unit))
        default: break
        }
        guard case .fixedWidth = column.type.layout, case .values = column.storage,
            Int32.represents(column.type) || Int64.represents(column.type)
                || column.type == .int8 || column.type == .int16
        else { return nil }
        return .integer(try integer(Int64.self))
    }

    private func interval(_ unit: IntervalUnit) throws(ArrowError) -> CalendarInterval {
        guard let bytes = try column.bytes(at: position) else { throw mismatch("interval") }
        let first = bytes.span.littleEndian(Int32.self, at: 0) ?? 0
        let second = bytes.span.littleEndian(Int32.self, at: 4) ?? 0
        return switch unit {
        case .yearMonth: CalendarInterval(months: first)
        case .dayTime: CalendarInterval(days: first, nanoseconds: Int64(second) * 1_000_000)
        case .monthDayNano:
            CalendarInterval(
                months: first, days: second,
                nanoseconds: bytes.span.littleEndian(Int64.self, at: 8) ?? 0)
        }
    }

    /// The number itself of a value that counts time; nil for any other.
    func elapsedNumber() throws(ArrowError) -> ArrowScalar? {
        switch column.type {
        case .duration, .time32, .time64: .integer(try integer(Int64.self))
        default: nil
        }
    }

    func isPlain(_ type: ObjectIdentifier) -> Bool { parent.plainType == type }

    func notePlain(_ type: ObjectIdentifier) { parent.plainType = type }

    /// The columns of the structure at the place.
    func record() throws(ArrowError) -> RecordView {
        guard !isNull, case .structure(let fields) = column.type else {
            throw mismatch("structure")
        }
        return known ?? RecordView(fields, column.children)
    }

    /// The items of the list at the place.
    func items() throws(ArrowError) -> Column {
        switch column.type.layout {
        case .list, .fixedList, .listViews:
            if let items = try column.list(at: position) {
                try parent.take(items.count)
                return items
            }
        default: break
        }
        throw mismatch("list")
    }
}
