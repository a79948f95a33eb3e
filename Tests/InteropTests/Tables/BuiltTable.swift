import ArrowIPC
import BridgeBytes

/// A table of three rows as a program builds it.
enum BuiltTable {
    /// One column of each kind that has a builder, with nulls and without.
    static func make() throws -> Table {
        let points = try Column(structure: [
            (Field("x", .float64), Column([1, nil, 3] as [Double?])),
            (Field("label", .utf8), Column(["a", "", nil])),
        ])
        return try Table([
            "int8": Column([-128, nil, 127] as [Int8?]),
            "int16": Column([-32_768, 0, 32_767] as [Int16]),
            "int32": Column([nil, nil, 1] as [Int32?]),
            "int64": Column([.min, 0, .max] as [Int64]),
            "uint8": Column([0, nil, 255] as [UInt8?]),
            "uint16": Column([0, 1, 65_535] as [UInt16]),
            "uint32": Column([0, 1, .max] as [UInt32]),
            "uint64": Column([0, nil, .max] as [UInt64?]),
            "float32": Column([1.5, -0.0, .infinity] as [Float]),
            "float64": Column([.nan, nil, 0.1] as [Double?]),
            "bool": Column([true, nil, false]),
            "text": Column(["Grüße", nil, ""]),
            "data": Column([Bytes([0, 255]), nil, Bytes()]),
            "day": try Column([-1, 0, 20_000] as [Int32]).viewed(as: .date32),
            "moment": try Column([0, nil, 1_773_385_370_443] as [Int64?])
                .viewed(as: .timestamp(.millisecond, zone: "UTC")),
            "list": try Column(lists: [2, nil, 1], of: Column([1, nil, 3] as [Int32?])),
            "points": points,
        ])
    }
}
