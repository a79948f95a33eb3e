internal import BridgeBytes

/// What each column of a table holds: how many values and nulls, the least, the greatest, and how
/// many different ones. Takes the batches one after the other, and keeps of them a few texts.
package struct TableDescription {
    private let schema: Schema
    private var columns: [ColumnSummary]

    package init(_ schema: Schema) {
        self.schema = schema
        columns = schema.fields.map { _ in ColumnSummary() }
    }

    /// Takes the next batch into account. Complexity: O(values).
    /// - Throws: `ArrowError` with `invalidData` or `invalidUTF8`, with the name of the column.
    package mutating func add(_ batch: RecordBatch) throws(ArrowError) {
        for (index, column) in batch.columns.enumerated() {
            do throws(ArrowError) { try columns[index].add(column) } catch {
                var error = error
                error.field = schema.fields[index].name
                throw error
            }
        }
    }

    /// A table of a row for each column.
    package func table() throws(ArrowError) -> Table {
        try Table([
            "column": Column(schema.fields.map(\.name)),
            "type": Column(schema.fields.map(\.typeText)),
            "count": Column(columns.map(\.count)), "nulls": Column(columns.map(\.nulls)),
            "distinct": Column(columns.map(\.distinctText)),
            "min": Column(columns.map { $0.least?.text }),
            "max": Column(columns.map { $0.greatest?.text }),
        ])
    }
}

/// What is known of the values of one column.
private struct ColumnSummary {
    /// A value that was met, as text that does not keep its batch.
    struct Extreme {
        let key: ValueKey
        let text: String
    }

    private(set) var count = 0
    private(set) var nulls = 0
    private(set) var least: Extreme?
    private(set) var greatest: Extreme?
    private var hashes: Set<Int> = []
    private var hasKeys = true

    /// Different values beyond this many are not told apart.
    private static let mostDistinct = 10_000
    private static let textWidth = 40

    /// The number of different values; nil for types whose values have no order here.
    var distinctText: String? {
        guard hasKeys else { return nil }
        return hashes.count > Self.mostDistinct ? "> \(Self.mostDistinct)" : "\(hashes.count)"
    }

    mutating func add(_ column: Column) throws(ArrowError) {
        count += column.count
        var low: (key: ValueKey, row: Int)?
        var high: (key: ValueKey, row: Int)?
        for row in 0..<column.count {
            guard let (values, position) = try column.value(at: row) else {
                nulls += 1
                continue
            }
            guard hasKeys else { continue }
            guard let key = try ValueKey(values, position) else {
                hasKeys = false
                continue
            }
            if hashes.count <= Self.mostDistinct { hashes.insert(key.hashValue) }
            guard !key.isNaN else { continue }
            if low.map({ key < $0.key }) ?? true { low = (key, row) }
            if high.map({ $0.key < key }) ?? true { high = (key, row) }
        }
        if let low, least.map({ low.key < $0.key }) ?? true {
            least = Self.extreme(low.key, column, low.row)
        }
        if let high, greatest.map({ $0.key < high.key }) ?? true {
            greatest = Self.extreme(high.key, column, high.row)
        }
    }

    private static func extreme(_ key: ValueKey, _ column: Column, _ row: Int) -> Extreme {
        Extreme(key: key.detached, text: CellText.of(column, row, limit: textWidth).text)
    }
}

extension Column {
    /// The column and position where a value lies, past dictionaries and runs; nil when it is null.
    fileprivate func value(at row: Int) throws(ArrowError) -> (Column, Int)? {
        var (column, position) = (self, row)
        while true {
            if column.isNull(at: position) { return nil }
            switch column.type.layout {
            case .dictionary, .runs: (column, position) = try column.resolved(at: position)
            default: return (column, position)
            }
        }
    }
}

/// A value that can be compared with others of its column.
private enum ValueKey: Hashable {
    case integer(Int64)
    case unsigned(UInt64)
    case float(Double)
    /// Text and binary, which are ordered byte by byte.
    case bytes(Bytes)
    /// The integer of a decimal: the most significant byte first, and without a sign.
    case decimal([UInt8])

    /// Nil for values without an order, such as lists.
    init?(_ column: Column, _ position: Int) throws(ArrowError) {
        switch column.type {
        case .bool: self = .unsigned(try column.bits()[position] ? 1 : 0)
        case .int8: self = .integer(Int64(try column.number(Int8.self, at: position) ?? 0))
        case .int16: self = .integer(Int64(try column.number(Int16.self, at: position) ?? 0))
        case .uint8: self = .unsigned(UInt64(try column.number(UInt8.self, at: position) ?? 0))
        case .uint16: self = .unsigned(UInt64(try column.number(UInt16.self, at: position) ?? 0))
        case .uint32: self = .unsigned(UInt64(try column.number(UInt32.self, at: position) ?? 0))
        case .uint64: self = .unsigned(try column.number(UInt64.self, at: position) ?? 0)
        case .float16: self = .float(Double(try column.number(Float16.self, at: position) ?? 0))
        case .float32: self = .float(Double(try column.number(Float.self, at: position) ?? 0))
        case .float64: self = .float(try column.number(Double.self, at: position) ?? 0)
        case .utf8, .largeUTF8, .utf8View, .binary, .largeBinary, .binaryView, .fixedSizeBinary:
            self = .bytes(try column.bytes(at: position) ?? Bytes())
        case .decimal, .int128, .uint128:
            var bytes = [UInt8](try column.bytes(at: position) ?? Bytes())
            bytes.reverse()
            if !bytes.isEmpty, column.type != .uint128 { bytes[0] ^= 0x80 }
            self = .decimal(bytes)
        case let type where Int32.represents(type):
            self = .integer(Int64(try column.number(Int32.self, at: position) ?? 0))
        case let type where Int64.represents(type):
            self = .integer(try column.number(Int64.self, at: position) ?? 0)
        default: return nil
        }
    }

    var isNaN: Bool { if case .float(let value) = self { value.isNaN } else { false } }

    /// The same value without the memory of its batch.
    var detached: ValueKey {
        if case .bytes(let bytes) = self { .bytes(bytes.copied()) } else { self }
    }

    static func < (left: ValueKey, right: ValueKey) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right
        case (.unsigned(let left), .unsigned(let right)): left < right
        case (.float(let left), .float(let right)): left < right
        case (.bytes(let left), .bytes(let right)): left.lexicographicallyPrecedes(right)
        case (.decimal(let left), .decimal(let right)): left.lexicographicallyPrecedes(right)
        default: false
        }
    }
}
