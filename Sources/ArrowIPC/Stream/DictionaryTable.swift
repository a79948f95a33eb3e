internal import BridgeBytes

/// The dictionaries of a stream as they stand: by id, the chunks whose values follow each other.
///
/// A dictionary message replaces the chunks of its id, or, as a delta, adds one. Batches that
/// were read before keep the chunks of their time.
struct DictionaryTable: Sendable {
    private(set) var chunks: [Int64: [DictionaryChunk]] = [:]
    /// The type of the values of each id. Fields may share an id, and then also the type.
    let types: [Int64: DataType]

    init(_ schema: Schema, base: Int) throws(ArrowError) {
        var types: [Int64: DataType] = [:]
        try Self.collect(schema.fields, into: &types, base: base)
        self.types = types
    }

    private static func collect(
        _ fields: [Field], into types: inout [Int64: DataType], base: Int
    ) throws(ArrowError) {
        for field in fields {
            if case .dictionary(_, let value, _, let id) = field.type {
                if let other = types[id], other != value {
                    throw ArrowError(
                        .invalidSchema, stage: .schema, offset: base, field: field.name,
                        "dictionary \(id) has values of \(other) and of \(value)")
                }
                types[id] = value
            }
            try collect(field.type.children, into: &types, base: base)
        }
    }

    /// Takes the `DictionaryBatch` of a message.
    mutating func receive(
        _ table: FlatTable, body: Bytes, version: Int16, base: Int, limits: ArrowLimits
    ) throws(ArrowError) {
        let id = table.scalar(0, default: Int64(0))
        guard let type = types[id], let head = table.table(1) else {
            throw ArrowError(
                .invalidBatch, stage: .batch, offset: base,
                "no field has dictionary \(id), or it has no values")
        }
        let message = BatchDecoder.Message(head: head, body: body, version: version, base: base)
        var decoder = try BatchDecoder(message, dictionaries: self, limits: limits)
        let chunk = DictionaryChunk(try decoder.dictionary(type))
        let isDelta = table.scalar(2, default: UInt8(0)) != 0
        chunks[id] = isDelta ? (chunks[id] ?? []) + [chunk] : [chunk]
    }
}
