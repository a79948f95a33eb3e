internal import BridgeBytes

/// Reads a schema from a verified message head.
///
/// Slots are those of `Schema.fbs`. The verifier bounded the depth and the number of tables, so
/// the recursion over fields ends.
struct SchemaDecoder {
    /// Where the message lies in the input, for error messages.
    let base: Int
    let limits: ArrowLimits
    private var fieldsLeft: Int

    /// The schema, and whether the bodies of the stream are in big-endian order.
    static func decode(
        _ table: FlatTable, base: Int, limits: ArrowLimits
    ) throws(ArrowError) -> (schema: Schema, isBigEndian: Bool) {
        let endianness = table.scalar(0, default: Int16(0))
        guard endianness == 0 || endianness == 1 else {
            throw ArrowError(
                .invalidSchema, stage: .schema, offset: base,
                "there is no byte order of number \(endianness)")
        }
        var decoder = SchemaDecoder(base: base, limits: limits, fieldsLeft: limits.maxFields)
        let fields = try decoder.fields(table.tables(1), path: "", depth: 0)
        let metadata = Metadata(decoding: table, slot: 2)
        return (Schema(fields, metadata: metadata), endianness == 1)
    }

    func fail(
        _ path: String, _ message: String, code: ErrorCode = .invalidSchema
    ) -> ArrowError {
        ArrowError(code, stage: .schema, offset: base, field: path, message)
    }

    private mutating func fields(
        _ tables: [FlatTable], path: String, depth: Int
    ) throws(ArrowError) -> [Field] {
        guard depth < limits.maxNesting || tables.isEmpty else {
            throw fail(path, "fields are nested too deeply", code: .limitExceeded)
        }
        var fields: [Field] = []
        for table in tables { fields.append(try field(table, path: path, depth: depth)) }
        return fields
    }

    private mutating func field(
        _ table: FlatTable, path: String, depth: Int
    ) throws(ArrowError) -> Field {
        fieldsLeft -= 1
        guard fieldsLeft >= 0 else {
            throw fail(path, "there are more than \(limits.maxFields) fields", code: .limitExceeded)
        }
        let name = try text(table.string(0), of: path) ?? ""
        let path = path.isEmpty ? name : "\(path).\(name)"
        let children = try fields(table.tables(5), path: path, depth: depth + 1)
        var type = try type(of: table, children: children, path: path)
        if let encoding = table.table(4) {
            type = try dictionary(encoding, value: type, path: path)
        }
        return Field(
            name, type, isNullable: table.scalar(1, default: UInt8(0)) != 0,
            metadata: Metadata(decoding: table, slot: 6))
    }

    func text(_ bytes: Bytes?, of path: String) throws(ArrowError) -> String? {
        guard let bytes else { return nil }
        guard let text = String(validating: bytes) else {
            throw fail(path, "a name is not valid UTF-8", code: .invalidUTF8)
        }
        return text
    }

    private func dictionary(
        _ table: FlatTable, value: DataType, path: String
    ) throws(ArrowError) -> DataType {
        var index = DataType.int32
        if let integer = table.table(1) {
            index = try self.integer(integer, path: path)
            guard index.fixedWidth <= 8 else { throw fail(path, "indices of 128 bits") }
        }
        if case .dictionary = value { throw fail(path, "a dictionary of a dictionary") }
        let isOrdered = table.scalar(2, default: UInt8(0)) != 0
        let id = table.scalar(0, default: Int64(0))
        return .dictionary(index: index, value: value, isOrdered: isOrdered, id: id)
    }
}
