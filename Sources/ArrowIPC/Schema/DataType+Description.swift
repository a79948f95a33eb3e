/// The names of the types in the words of the format, such as `timestamp[ms,UTC]`; nested types
/// show only their own name (`list`, `struct`), and their children stand beside them.
extension DataType: CustomStringConvertible {
    public var description: String {
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
