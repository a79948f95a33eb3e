internal import BridgeBytes

extension Column {
    /// The values as a collection of Swift values: numbers, `Bool`, `String`, `Bytes`, `Timestamp`,
    /// optionals of these where the column has nulls, and arrays where it has lists. Dictionaries
    /// and runs are read through.
    ///
    ///     let names = Array(try column.values(as: String?.self))
    ///
    /// Number types must be the column's own (`Int` is `Int64`); nothing is converted.
    /// - Throws: `ArrowError` with `typeMismatch` when the column holds no such values, or has
    ///   nulls and the type has none; `invalidData` when offsets or indices point outside the data.
    /// - Complexity: O(1) for numbers without nulls, else O(n) once.
    public func values<T: ArrowValue>(as type: T.Type = T.self) throws(ArrowError) -> ColumnValues<
        T
    > {
        try ColumnValues([self])
    }

    /// The numbers of the column in place, for loops at the speed of memory:
    ///
    ///     let ids = try column.span(as: Int64.self)
    ///     for index in ids.indices { sum &+= ids[index] }
    ///
    /// Where a value is null the number is arbitrary; ask `validity`. A span lives as long as the
    /// column, so the column stands in a constant of its own. Complexity: O(1).
    /// - Throws: `ArrowError` with `typeMismatch` when the column does not hold such numbers.
    @_lifetime(borrow self)
    public func span<T: ArrowPrimitive>(as type: T.Type = T.self) throws(ArrowError) -> Span<T> {
        guard T.represents(self.type), case .values(let bytes) = storage else {
            throw mismatch("\(T.self)")
        }
        let start = unsafe bytes.withUnsafeBytes { $0.baseAddress }
        guard let start = unsafe start, count > 0 else { return Span() }
        // Sound: `storage` holds `count` values of this width at an aligned address (checked when
        // the column was made), and `self`, on which the span depends, keeps their memory.
        let typed = unsafe start.assumingMemoryBound(to: T.self)
        let span = unsafe Span(_unsafeStart: typed, count: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// The bits of a column of `bool`. Where a value is null the bit is arbitrary.
    /// Complexity: O(1).
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values.
    public func bits() throws(ArrowError) -> Bitmap {
        guard case .bits(let bits) = storage else { throw mismatch("Bool") }
        return bits
    }

    /// What is said when values are asked for that the column does not hold.
    func mismatch(_ wanted: String) -> ArrowError {
        let hint = type.swiftName.map { ": it holds \($0)" } ?? ""
        return ArrowError(
            .typeMismatch, stage: .column, "a column of \(type) holds no \(wanted)\(hint)")
    }
}

extension DataType {
    /// The Swift type of the values, for messages; nil where there is none or several.
    fileprivate var swiftName: String? {
        switch self {
        case .bool: "Bool"
        case .int8: "Int8"
        case .int16: "Int16"
        case .int32, .time32, .interval(.yearMonth): "Int32"
        case .int64, .time64, .duration: "Int64"
        case .uint8: "UInt8"
        case .uint16: "UInt16"
        case .uint32: "UInt32"
        case .uint64: "UInt64"
        case .float16: "Float16"
        case .float32: "Float"
        case .float64: "Double"
        case .utf8, .largeUTF8, .utf8View: "String"
        case .binary, .largeBinary, .binaryView, .fixedSizeBinary: "Bytes"
        case .timestamp, .date64: "Timestamp or Int64"
        case .date32: "Timestamp or Int32"
        case .list(let item), .largeList(let item), .fixedSizeList(let item, _):
            item.type.swiftName.map { "[\($0)]" }
        case .dictionary(_, let value, _, _): value.swiftName
        case .runEndEncoded(_, let values): values.type.swiftName
        default: nil
        }
    }
}
