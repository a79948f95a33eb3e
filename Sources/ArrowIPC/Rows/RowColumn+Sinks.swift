internal import BridgeBytes

extension RowColumn {
    /// The sink of a type.
    /// - Throws: `unsupportedType`.
    static func sink(of type: DataType, path: String) throws(ArrowError) -> any RowSink {
        switch type {
        case .null: return NullSink()
        case .bool: return BoolSink()
        case .int8: return NumberSink<Int8>(integers: type)
        case .int16: return NumberSink<Int16>(integers: type)
        case .uint8: return NumberSink<UInt8>(integers: type)
        case .uint16: return NumberSink<UInt16>(integers: type)
        case .uint32: return NumberSink<UInt32>(integers: type)
        case .uint64: return NumberSink<UInt64>(integers: type)
        case .float16: return NumberSink<Float16>(floats: type)
        case .float32: return NumberSink<Float>(floats: type)
        case .float64: return NumberSink<Double>(floats: type)
        case .utf8, .largeUTF8, .binary, .largeBinary: return TextSink(type)
        case .list(let item), .largeList(let item):
            return ListSink(items: try RowColumn(item, path: path + "[]"), type: type)
        case .map(let entries, _):
            return ListSink(items: try RowColumn(entries, path: path), type: type)
        case .structure(let fields): return try RecordSink(path: path, fields: fields)
        case .listView(let item), .largeListView(let item), .fixedSizeList(let item, _):
            return ListSink(items: try RowColumn(item, path: path + "[]"), type: type)
        case .utf8View, .binaryView: return ViewSink(type)
        case .dictionary(let index, let value, _, _):
            return DictionarySink(
                type, indices: try sink(of: index, path: path),
                values: try sink(of: value, path: path))
        case .runEndEncoded(let ends, let values):
            return RunSink(
                type, ends: try sink(of: ends.type, path: path),
                values: try sink(of: values.type, path: path))
        case .union(let mode, let fields, let codes):
            var members: [any RowSink] = []
            for field in fields { members.append(try sink(of: field.type, path: path)) }
            return UnionSink(type, mode, codes: codes, members: members)
        default: break
        }
        if let sink = FixedWidthSink.make(type) { return sink }
        if Int32.represents(type) { return NumberSink<Int32>(integers: type) }
        if Int64.represents(type) { return NumberSink<Int64>(integers: type) }
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
