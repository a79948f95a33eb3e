import ArrowIPC
import BridgeBytes

/// Tables for tests: every type that can be built from Swift values, with nulls and without.
enum Tables {
    static func wide() throws -> Table {
        let scalars: KeyValuePairs<String, Column> = [
            "bool": Column([true, false, nil, true, nil]),
            "int8": Column([Int8.min, nil, 0, 1, .max]),
            "int16": Column([Int16.min, nil, 0, 1, .max]),
            "int32": Column([Int32.min, nil, 0, 1, .max]),
            "int64": Column([Int64.min, nil, 0, 1, .max]),
            "uint8": Column([UInt8.min, nil, 0, 1, .max]),
            "uint16": Column([UInt16.min, nil, 0, 1, .max]),
            "uint32": Column([UInt32.min, nil, 0, 1, .max]),
            "uint64": Column([UInt64.min, nil, 0, 1, .max]),
            "float16": Column([Float16(1.5), nil, -0.0, .infinity, .leastNonzeroMagnitude]),
            "float32": Column([Float(1.1), nil, -0.0, .infinity, .leastNonzeroMagnitude]),
            "float64": Column([1.1, nil, -0.0, -.infinity, .leastNonzeroMagnitude]),
            "plain": Column([1, 2, 3, 4, 5]),
            "utf8": Column(["", nil, "Zürich", "日本", "🙂"]),
            "large": Column(["", nil, "Zürich", "日本", "🙂"], type: .largeUTF8),
            "binary": Column([Bytes([0, 255]), nil, Bytes(), Bytes([1]), Bytes([2, 3])]),
            "date32": Column([Int32(-1), nil, 0, 19_000, 2_932_896], type: .date32),
            "date64": Column([Int64(-86_400_000), nil, 0, 86_400_000, 0], type: .date64),
            "time": Column([Int64(1), nil, 0, 2, 3], type: .time64(.nanosecond)),
            "local": Column([Int64(-1), nil, 0, 1, 2], type: .timestamp(.microsecond, zone: nil)),
            "instant": Column([Int64(1), nil, 0, 2, 3], type: .timestamp(.second, zone: "UTC")),
            "null": Column(nulls: 5),
        ]
        let items = Column([1, nil, 3, 4, 5, 6] as [Int64?])
        let lists = try Column(lists: [2, 0, nil, 1, 3], of: items)
        let structure = try Column(
            structure: [
                (Field("a", .int64), Column([1, nil, 3, 4, 5] as [Int64?])),
                (Field("b", lists.type), lists),
            ], validity: [true, true, false, true, true])
        let fields = scalars.map { Field($0.key, $0.value.type) }
        let schema = Schema(
            fields + [
                Field("lists", lists.type, metadata: ["unit": "m"]),
                Field("structure", structure.type),
            ], metadata: ["source": "test", "empty": ""])
        let batch = try RecordBatch(
            schema: schema, columns: scalars.map(\.value) + [lists, structure],
            metadata: ["part": "1"])
        return try Table(schema: schema, batches: [batch, batch[1..<4], batch[5..<5], batch])
    }
}
