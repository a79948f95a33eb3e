/// The types in the words of the format, with their parameters and children:
/// `timestamp[ms, tz=UTC]`, `list<item: int32>`, `struct<x: float64 not null, y: utf8>`.
extension DataType: CustomStringConvertible {
    public var description: String { text(depth: 0) }

    /// Deeper types are shown as an ellipsis, and of many children only the first ones.
    private static let deepest = 6
    private static let mostChildren = 12

    private func text(depth: Int) -> String {
        switch self {
        case .decimal(let width, let precision, let scale):
            return "decimal\(width.rawValue)(\(precision), \(scale))"
        case .fixedSizeBinary(let width): return "fixed_size_binary[\(width)]"
        case .timestamp(let unit, let zone?): return "timestamp[\(unit.abbreviation), tz=\(zone)]"
        case .fixedSizeList(let item, let count):
            return "fixed_size_list<\(Self.text(item, depth))>[\(count)]"
        case .map(let entries, _):
            let pair = entries.type.children.map { $0.type.text(depth: depth + 1) }
            return depth < Self.deepest ? "map<\(pair.joined(separator: ", "))>" : "map<…>"
        case .dictionary(let index, let value, let isOrdered, _):
            let order = isOrdered ? ", ordered" : ""
            return "dictionary<values=\(value.text(depth: depth + 1)), indices=\(index)\(order)>"
        case .union(_, let fields, let codes):
            let parts = zip(fields, codes).map { "\(Self.text($0, depth))=\($1)" }
            return "\(name)<\(Self.joined(parts))>"
        default:
            guard !children.isEmpty || name == "struct" else { return name }
            let shown = children.prefix(Self.mostChildren + 1)
            return "\(name)<\(Self.joined(shown.map { Self.text($0, depth) }))>"
        }
    }

    private static func joined(_ parts: [String]) -> String {
        let rest = parts.count > mostChildren ? ["…"] : []
        return (parts.prefix(mostChildren) + rest).joined(separator: ", ")
    }

    private static func text(_ field: Field, _ depth: Int) -> String {
        guard depth < deepest else { return "…" }
        let null = field.isNullable ? "" : " not null"
        return "\(field.name): \(field.type.text(depth: depth + 1))\(null)"
    }

    /// The name of the type in the words of the format, with its parameters but without its
    /// children: `list`, `struct`, `timestamp[ms,UTC]`, as the JSON form of tables has it.
    package var name: String {
        switch self {
        case .decimal(let width, let precision, let scale):
            "decimal\(width.rawValue)(\(precision),\(scale))"
        case .fixedSizeBinary(let width): "fixed_size_binary(\(width))"
        case .time32(let unit): "time32[\(unit.abbreviation)]"
        case .time64(let unit): "time64[\(unit.abbreviation)]"
        case .timestamp(let unit, nil): "timestamp[\(unit.abbreviation)]"
        case .timestamp(let unit, let zone?): "timestamp[\(unit.abbreviation),\(zone)]"
        case .duration(let unit): "duration[\(unit.abbreviation)]"
        case .interval(.yearMonth): "interval[months]"
        case .interval(.dayTime): "interval[day_time]"
        case .interval(.monthDayNano): "interval[month_day_nano]"
        case .fixedSizeList(_, let count): "fixed_size_list(\(count))"
        default: plainName
        }
    }

    private var plainName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int8: "int8"
        case .int16: "int16"
        case .int32: "int32"
        case .int64: "int64"
        case .uint8: "uint8"
        case .uint16: "uint16"
        case .uint32: "uint32"
        case .uint64: "uint64"
        case .int128: "int128"
        case .uint128: "uint128"
        case .float16: "float16"
        case .float32: "float32"
        case .float64: "float64"
        case .utf8: "utf8"
        case .largeUTF8: "large_utf8"
        case .utf8View: "utf8_view"
        case .binary: "binary"
        case .largeBinary: "large_binary"
        case .binaryView: "binary_view"
        case .date32: "date32"
        case .date64: "date64"
        default: nestedName
        }
    }

    private var nestedName: String {
        switch self {
        case .list: "list"
        case .largeList: "large_list"
        case .listView: "list_view"
        case .largeListView: "large_list_view"
        case .structure: "struct"
        case .map: "map"
        case .union(.sparse, _, _): "sparse_union"
        case .union(.dense, _, _): "dense_union"
        case .runEndEncoded: "run_end_encoded"
        case .dictionary: "dictionary"
        default: "unknown"
        }
    }
}
