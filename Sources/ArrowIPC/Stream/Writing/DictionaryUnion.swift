internal import BridgeBytes

/// Joins the dictionaries that the batches of a table use under one id, so that a stream can send
/// each once, before the first batch.
///
/// ## Theory of operation
/// For each id the lists of chunks that batches use are gathered. When there is one list, of one
/// chunk, there is nothing to do; that is the usual case, and costs no look at any value. When
/// each list continues the shorter ones (a dictionary that grew), the longest is joined into one
/// chunk, and all indices stay as they are. Otherwise (a dictionary that was replaced) the values
/// are joined without repetition, and the indices of the batches are written anew.
///
/// Values are compared as bytes, so only flat types are joined: numbers, text, bytes. What is
/// nested, or has more values than the index can number, is left to deltas and replacement.
struct DictionaryUnion {
    /// The lists of one id, in the order in which they were met.
    private struct Use {
        var lists: [[DictionaryChunk]] = []
        /// Positions in `lists` by the last chunk, which mostly tells lists apart.
        var places: [ObjectIdentifier: [Int]] = [:]
        var index: DataType

        /// The position of a list, if it was met.
        func place(of chunks: [DictionaryChunk]) -> Int? {
            guard let last = chunks.last else { return nil }
            return places[ObjectIdentifier(last)]?
                .first { lists[$0].elementsEqual(chunks, by: ===) }
        }
    }

    /// What a list becomes: the joined chunk, and the new index of each old one, if they change.
    private struct Replacement {
        let chunk: DictionaryChunk
        let indices: [Int]?
    }

    private var uses: [Int64: Use] = [:]
    /// Whether a column of nulls came without the dictionary that it does not need.
    private var hasOmissions = false
    /// By id, in the order of `Use.lists`.
    private var replacements: [Int64: [Replacement]] = [:]

    /// Replaces the dictionaries of the batches where that is possible.
    /// - Throws: `invalidData` when an index that must be written anew is out of range.
    static func join(_ batches: inout [RecordBatch]) throws(ArrowError) {
        var union = DictionaryUnion()
        for batch in batches {
            for column in batch.columns { union.gather(column) }
        }
        for (id, use) in union.uses where use.lists.count > 1 || use.lists[0].count > 1 {
            union.replacements[id] = try union.joined(use)
        }
        guard !union.replacements.isEmpty || union.hasOmissions else { return }
        for index in batches.indices { batches[index] = try union.applied(to: batches[index]) }
    }

    private mutating func gather(_ column: Column) {
        if case .indices(_, let chunks) = column.storage,
            case .dictionary(let index, _, _, let id) = column.type
        {
            note(chunks, id: id, index)
        }
        for child in column.children { gather(child) }
    }

    private mutating func note(_ chunks: [DictionaryChunk], id: Int64, _ index: DataType) {
        guard let last = chunks.last else {
            hasOmissions = true
            return
        }
        if uses[id]?.place(of: chunks) == nil {
            let place = uses[id]?.lists.count ?? 0
            uses[id, default: Use(index: index)].lists.append(chunks)
            uses[id]?.places[ObjectIdentifier(last), default: []].append(place)
        }
        // Fields that share an id may differ in their index: the narrowest decides.
        if let known = uses[id]?.index, index.highestIndex < known.highestIndex {
            uses[id]?.index = index
        }
    }

    /// Most entries of the maps from old to new indices: a stream that both grows and replaces a
    /// dictionary many times would need the square of their number.
    private static let maxMapEntries = 1 << 24

    /// The joined values for each list; nil when they cannot be joined.
    private func joined(_ use: Use) throws(ArrowError) -> [Replacement]? {
        var values = JoinedValues(use.lists[0][0].values.type)
        guard values != nil else { return nil }
        let longest = use.lists.max { $0.count < $1.count } ?? []
        let grew = use.lists.allSatisfy { list in longest.starts(with: list, by: ===) }
        var maps: [[Int]?] = []
        if grew {
            for chunk in longest { try values?.append(chunk.values) }
            maps = use.lists.map { _ in nil }
        } else {
            var known: [ObjectIdentifier: [Int]] = [:]
            let entries = use.lists.reduce(0) { sum, list in
                list.reduce(sum) { $0 + $1.values.count }
            }
            guard entries <= Self.maxMapEntries else { return nil }
            for list in use.lists {
                var map: [Int] = []
                for chunk in list {
                    let identity = ObjectIdentifier(chunk)
                    if known[identity] == nil { known[identity] = try values?.merge(chunk.values) }
                    map += known[identity] ?? []
                }
                maps.append(map)
            }
        }
        guard let column = values?.finish(), column.count - 1 <= use.index.highestIndex else {
            return nil
        }
        let chunk = DictionaryChunk(column, start: 0)
        return maps.map { Replacement(chunk: chunk, indices: $0) }
    }

    private func applied(to batch: RecordBatch) throws(ArrowError) -> RecordBatch {
        var columns: [Column] = []
        for column in batch.columns { columns.append(try applied(to: column)) }
        return RecordBatch(
            schema: batch.schema, columns: columns, count: batch.count, metadata: batch.metadata)
    }

    private func applied(to column: Column) throws(ArrowError) -> Column {
        var storage = column.storage
        if case .indices(let indices, let chunks) = storage,
            case .dictionary(let index, _, _, let id) = column.type,
            let replacements = replacements[id], let use = uses[id],
            let list = use.place(of: chunks)
        {
            let replacement = replacements[list]
            var written = indices
            if let map = replacement.indices {
                written = try Self.rewritten(column, map, width: index.fixedWidth)
            }
            storage = .indices(written, chunks: [replacement.chunk])
        } else if case .indices(let indices, let chunks) = storage, chunks.isEmpty,
            case .dictionary(_, _, _, let id) = column.type
        {
            // Nothing but nulls: any dictionary will do, and that of the others is sent anyway.
            let others = replacements[id]?.first.map { [$0.chunk] } ?? uses[id]?.lists.first
            storage = .indices(indices, chunks: others ?? [])
        }
        var children: [Column] = []
        for child in column.children { children.append(try applied(to: child)) }
        return Column(
            column.type, count: column.count, validity: column.validity, storage: storage,
            children: children)
    }

    /// The indices of a column through a map. Under a null stands a zero.
    private static func rewritten(
        _ column: Column, _ map: [Int], width: Int
    ) throws(ArrowError) -> Bytes {
        var writer = ByteWriter(capacity: column.count * width)
        for position in 0..<column.count {
            var index = 0
            if !column.isNull(at: position) {
                let old = try column.dictionaryIndex(at: position)
                guard old < map.count else {
                    throw column.invalid(position, "the index is outside the dictionary")
                }
                index = map[old]
            }
            writer.append(index: index, width: width)
        }
        return writer.finish()
    }
}

extension ByteWriter {
    /// Appends the index of a dictionary, in so many bytes.
    mutating func append(index: Int, width: Int) {
        switch width {
        case 1: append(UInt8(truncatingIfNeeded: index))
        case 2: append(littleEndian: UInt16(truncatingIfNeeded: index))
        case 4: append(littleEndian: UInt32(truncatingIfNeeded: index))
        default: append(littleEndian: Int64(index))
        }
    }
}

extension DataType {
    /// The highest index that dictionary indices of this type can state.
    var highestIndex: Int {
        switch self {
        case .int8: Int(Int8.max)
        case .uint8: Int(UInt8.max)
        case .int16: Int(Int16.max)
        case .uint16: Int(UInt16.max)
        case .int32: Int(Int32.max)
        case .uint32: Int(UInt32.max)
        default: Int.max
        }
    }
}
