internal import BridgeBytes

/// The dictionaries of a stream as they stand: by id, the chunks whose values follow each other.
///
/// A dictionary message replaces the chunks of its id, or, as a delta, adds one. Batches that
/// were read before keep the chunks of their time.
struct DictionaryTable: Sendable {
    private(set) var chunks: [Int64: [DictionaryChunk]] = [:]
    /// The type of the values of each id. Fields may share an id, and then also the type.
    private let types: [Int64: DataType]
    /// The ids that the selected columns need; the messages of others are passed over.
    let needed: Set<Int64>

    init(_ projection: Projection, base: Int) throws(ArrowError) {
        var types: [Int64: DataType] = [:]
        try Self.collect(projection.fields, into: &types, base: base)
        self.types = types
        var selected: [Int64: DataType] = [:]
        try Self.collect(projection.schema.fields, into: &selected, base: base)
        needed = Set(selected.keys)
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

    /// The ids of the dictionaries inside the values of another one, which must be there first.
    func ids(inside id: Int64) -> Set<Int64> {
        var ids: Set<Int64> = []
        func visit(_ fields: [Field]) {
            for field in fields {
                if case .dictionary(_, _, _, let id) = field.type { ids.insert(id) }
                visit(field.type.children)
            }
        }
        visit(types[id]?.children ?? [])
        return ids
    }

    /// Takes the `DictionaryBatch` of a message.
    /// - Parameters:
    ///   - table: The head of the message.
    ///   - content: What the message comes with; its own head is in the table.
    ///   - budget: What compressed buffers may still become.
    mutating func receive(
        _ table: FlatTable, _ content: (FlatTable) -> BatchDecoder.Message, limits: ArrowLimits,
        budget: inout InflationBudget
    ) throws(ArrowError) {
        let id = table.scalar(0, default: Int64(0))
        guard let type = types[id], let head = table.table(1) else {
            throw ArrowError(
                .invalidBatch, stage: .batch, offset: content(table).base,
                "no field has dictionary \(id), or it has no values")
        }
        guard needed.contains(id) else { return }
        let message = content(head)
        var decoder = try BatchDecoder(
            message, dictionaries: self, limits: limits, budget: budget)
        let values = try decoder.dictionary(type)
        budget = decoder.budget
        guard table.scalar(2, default: UInt8(0)) != 0, let last = chunks[id]?.last else {
            chunks[id] = [DictionaryChunk(values, start: 0)]
            return
        }
        guard chunks[id, default: []].count < limits.maxDictionaryChunks else {
            throw ArrowError(
                .limitExceeded, stage: .batch, offset: message.base,
                "dictionary \(id) has more than \(limits.maxDictionaryChunks) pieces")
        }
        let (start, overflow) = last.start.addingReportingOverflow(last.values.count)
        guard !overflow else {
            throw ArrowError(
                .limitExceeded, stage: .batch, offset: message.base,
                "dictionary \(id) has an impossible number of values")
        }
        chunks[id, default: []].append(DictionaryChunk(values, start: start))
    }
}
