internal import BridgeBytes

extension RowColumn {
    /// The sink of a type.
    /// - Throws: `unsupportedType`.
    static func sink(of type: DataType, path: String) throws(ArrowError) -> any RowSink {
        switch type {
        case .null: return NullSink()
        case .bool: return BoolSink()
        case .int8: return IntegerSink<Int8>(type)
        case .int16: return IntegerSink<Int16>(type)
        case .uint8: return IntegerSink<UInt8>(type)
        case .uint16: return IntegerSink<UInt16>(type)
        case .uint32: return IntegerSink<UInt32>(type)
        case .uint64: return IntegerSink<UInt64>(type)
        case .float16: return FloatSink<Float16>(type)
        case .float32: return FloatSink<Float>(type)
        case .float64: return FloatSink<Double>(type)
        case .utf8, .largeUTF8, .binary, .largeBinary: return TextSink(type)
        case .list(let item), .largeList(let item):
            return ListSink(items: try RowColumn(item, path: path + "[]"), type: type)
        case .map(let entries, _):
            return ListSink(items: try RowColumn(entries, path: path), type: type)
        case .structure(let fields): return try RecordSink(path: path, fields: fields)
        case .dictionary(let index, let value, _, _) where value == .utf8 || value == .largeUTF8:
            return DictionarySink(
                type, indices: try sink(of: index, path: path), values: TextSink(value))
        default: break
        }
        if Int32.represents(type) { return IntegerSink<Int32>(type) }
        if Int64.represents(type) { return IntegerSink<Int64>(type) }
        throw ArrowError(
            .unsupportedType, stage: .row, field: path, "rows are not turned into \(type)")
    }

    /// A sink of maps whose keys and values settle their types themselves.
    static func mapSink(path: String) throws(ArrowError) -> ListSink {
        let entries = RowColumn(name: "entries", path: path)
        let pairs = try entries.record()
        _ = try pairs.column("key")
        try pairs.column("value").markNullable()
        return ListSink(items: entries, isMap: true)
    }
}
