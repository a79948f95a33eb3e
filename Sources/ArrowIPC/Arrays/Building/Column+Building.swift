public import BridgeBytes

extension Column {
    /// A column of numbers that a closure writes in place:
    ///
    ///     let ids = Column(capacity: rows, of: Int64.self) { output in
    ///         for row in 0..<rows { output.append(Int64(row)) }
    ///     }
    ///
    /// The column has as many values as were appended. Traps when `T` does not represent `type`.
    /// - Throws: What the closure throws.
    public init<T: ArrowPrimitive, E: Error>(
        capacity: Int, of _: T.Type, type: DataType = T.arrowType,
        initializing: (inout OutputSpan<T>) throws(E) -> Void
    ) throws(E) {
        precondition(T.represents(type), "a column of \(type) does not hold such numbers")
        let region = ByteRegion(capacity: capacity * MemoryLayout<T>.stride)
        // Sound: the memory is ours and aligned, and only what was initialised becomes visible.
        let buffer = unsafe UnsafeMutableBufferPointer(
            start: region.base.bindMemory(to: T.self, capacity: capacity), count: capacity)
        var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
        try initializing(&output)
        let count = unsafe output.finalize(for: buffer)
        self.init(
            type, count: count, validity: nil,
            storage: .values(Bytes(region, 0..<count * MemoryLayout<T>.stride)))
    }

    /// A column of numbers. Traps when they do not represent `type`.
    public init<T: ArrowPrimitive>(_ values: [T], type: DataType = T.arrowType) {
        precondition(T.represents(type), "a column of \(type) does not hold such numbers")
        let size = values.count * MemoryLayout<T>.stride
        let region = ByteRegion(capacity: size)
        // Sound: numbers are trivial, and the memory is ours and as large as the array's.
        unsafe values.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe region.base.copyMemory(from: start, byteCount: size)
        }
        self.init(
            type, count: values.count, validity: nil, storage: .values(Bytes(region, 0..<size)))
    }

    /// A column of optional numbers. Traps when they do not represent `type`.
    @inlinable public init<T: ArrowPrimitive>(_ values: [T?], type: DataType = T.arrowType) {
        var builder = NumberBuilder<T>(capacity: values.count, type: type)
        for value in values { builder.append(value) }
        self = builder.finish()
    }

    /// A column of booleans.
    public init(_ values: [Bool]) {
        var builder = BoolBuilder(capacity: values.count)
        for value in values { builder.append(value) }
        self = builder.finish()
    }

    /// A column of optional booleans.
    public init(_ values: [Bool?]) {
        var builder = BoolBuilder(capacity: values.count)
        for value in values { builder.append(value) }
        self = builder.finish()
    }

    /// A column of text, `utf8` or `large_utf8`.
    public init(_ values: [String], type: DataType = .utf8) {
        var builder = TextBuilder(capacity: values.count, type: type)
        for value in values { builder.append(value) }
        self = builder.finish()
    }

    /// A column of optional text, `utf8` or `large_utf8`.
    public init(_ values: [String?], type: DataType = .utf8) {
        var builder = TextBuilder(capacity: values.count, type: type)
        for value in values { builder.append(value) }
        self = builder.finish()
    }

    /// A column of bytes, `binary` or `large_binary`.
    public init(_ values: [Bytes], type: DataType = .binary) {
        self.init(values.map { $0 as Bytes? }, type: type)
    }

    /// A column of optional bytes, `binary` or `large_binary`.
    public init(_ values: [Bytes?], type: DataType = .binary) {
        var builder = TextBuilder(capacity: values.count, type: type)
        for value in values { builder.append(value) }
        self = builder.finish()
    }

    /// A column of values that have a form of their own in columns, such as `Timestamp`:
    ///
    ///     let taken = try Column([moment, nil], type: .timestamp(.millisecond, zone: "UTC"))
    ///
    /// - Throws: `ArrowError` with `invalidRow` when a value does not fit the type, with its
    ///   position; `unsupportedType` for types that are not made of single values.
    /// - Complexity: O(n).
    public init<T: ArrowScalarConvertible>(
        _ values: [T?], type: DataType = T.arrowType
    ) throws(ArrowError) {
        let sink = try RowColumn.sink(of: type, path: "")
        for (position, value) in values.enumerated() {
            guard let value else {
                sink.appendNull()
                continue
            }
            guard let scalar = value.arrowScalar(for: type), sink.append(scalar) else {
                throw ArrowError(
                    .invalidRow, stage: .column,
                    "value \(position), a \(T.self), does not fit a column of \(type)")
            }
        }
        self = try sink.finish()
    }

    /// A column of values that have a form of their own in columns, none of them null.
    /// - Throws: `ArrowError` with `invalidRow` or `unsupportedType`, as for optional values.
    public init<T: ArrowScalarConvertible>(
        _ values: [T], type: DataType = T.arrowType
    ) throws(ArrowError) {
        try self.init(values.map { $0 as T? }, type: type)
    }

    /// A column of nulls.
    public init(nulls count: Int) {
        precondition(count >= 0, "a column has no negative number of values")
        self.init(.null, count: count, validity: nil, storage: .none)
    }
}

extension Column {
    /// A column of lists.
    /// - Parameters:
    ///   - lengths: How many of the items each list takes; nil: null.
    ///   - items: The items of all lists, one list after the other.
    ///   - item: Name and nullability of the items; by default `item`, nullable.
    /// - Throws: `ArrowError` with `lengthMismatch` when the lengths are negative or do not add up
    ///   to the items.
    public init(
        lists lengths: [Int?], of items: Column, item: Field? = nil
    ) throws(ArrowError) {
        let field = item ?? Field("item", items.type)
        var offsets = NumberBuilder<Int32>(capacity: lengths.count + 1)
        var validity = ValidityBuilder()
        var end = 0
        offsets.append(0)
        for (position, length) in lengths.enumerated() {
            if length == nil { validity.appendNull(at: position) }
            let (sum, overflow) = end.addingReportingOverflow(length ?? 0)
            guard !overflow, sum >= end, sum <= items.count, sum <= Int32.max else {
                throw ArrowError(
                    .lengthMismatch, stage: .column,
                    "list \(position) does not fit the \(items.count) items")
            }
            end = sum
            offsets.append(Int32(truncatingIfNeeded: end))
        }
        guard end == items.count, field.type == items.type else {
            throw ArrowError(
                .lengthMismatch, stage: .column,
                "the lists take \(end) of \(items.count) items of \(items.type)")
        }
        var storage = offsets.finish().storage
        if case .values(let bytes) = storage {
            storage = .offsets(lengths.isEmpty ? Bytes() : bytes, data: Bytes())
        }
        self.init(
            .list(field), count: lengths.count, validity: validity.finish(count: lengths.count),
            storage: storage, children: [items])
    }

    /// A column of structures.
    /// - Parameters:
    ///   - fields: The columns of the structure, each with its field.
    ///   - validity: Whether each structure is there; nil when none is null.
    /// - Throws: `ArrowError` with `lengthMismatch`, `typeMismatch`, as for a batch.
    public init(
        structure fields: [(Field, Column)], validity: [Bool]? = nil
    ) throws(ArrowError) {
        let schema = Schema(fields.map(\.0))
        let batch = try RecordBatch(schema: schema, columns: fields.map(\.1))
        let count = fields.isEmpty ? validity?.count ?? 0 : batch.count
        guard validity == nil || validity?.count == count else {
            throw ArrowError(
                .lengthMismatch, stage: .column, "the validity does not have \(count) bits")
        }
        let bits = validity.map { valid in Bitmap(count: count) { valid[$0] } }
        self.init(
            .structure(schema.fields), count: count, validity: bits, storage: .none,
            children: batch.columns)
    }

    /// The same values under another type of the same layout, such as `timestamp[ms]` for `int64`
    /// or `fixed_size_binary` for `decimal128`.
    /// - Throws: `ArrowError` with `typeMismatch` when the values lie differently in memory.
    public func viewed(as type: DataType) throws(ArrowError) -> Column {
        switch type.layout {
        case .dictionary, .union, .runs: throw mismatch("\(type)")
        default: break
        }
        guard type.layout == self.type.layout, type.children.count == self.type.children.count,
            zip(type.children, children).allSatisfy({ $0.type == $1.type })
        else { throw mismatch("\(type)") }
        if case .values(let bytes) = storage {
            return Column(
                type, count: count, validity: validity,
                storage: .values(bytes.aligned(to: type.alignment)), children: children)
        }
        return Column(type, count: count, validity: validity, storage: storage, children: children)
    }
}
