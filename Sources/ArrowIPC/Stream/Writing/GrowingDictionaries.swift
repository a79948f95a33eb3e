internal import BridgeBytes

/// Dictionaries of a file, which may grow by deltas but not be replaced.
///
/// ## Theory of operation
/// For each id there is one list of chunks, the file's. A batch whose own list is a part of it, or
/// continues it, keeps its indices. The chunks of any other list are put behind the file's, and
/// the indices of the batch are written anew, moved by what stands before them. Where a list was
/// put is remembered, so that batches which share it have it put there once.
struct GrowingDictionaries: Sendable {
    /// The file's chunks of each id.
    private var known: [Int64: [DictionaryChunk]] = [:]
    /// Lists that were put behind others: by id and by their first chunk.
    private var moved: [Int64: [ObjectIdentifier: (list: [DictionaryChunk], by: Int)]] = [:]

    /// The batch with the file's dictionaries.
    /// - Throws: `limitExceeded` when the type of the indices cannot number all values;
    ///   `invalidData` when an index that is written anew is out of range.
    mutating func applied(to batch: RecordBatch) throws(ArrowError) -> RecordBatch {
        var columns: [Column] = []
        for (field, column) in zip(batch.schema.fields, batch.columns) {
            do throws(ArrowError) { columns.append(try applied(to: column)) } catch {
                var error = error
                error.field = field.name
                throw error
            }
        }
        return RecordBatch(
            schema: batch.schema, columns: columns, count: batch.count, metadata: batch.metadata)
    }

    private mutating func applied(to column: Column) throws(ArrowError) -> Column {
        var storage = column.storage
        if case .indices(let indices, let chunks) = storage,
            case .dictionary(let index, _, _, let id) = column.type
        {
            let shift = place(chunks, id: id)
            let written = shift == 0 ? indices : try Self.moved(column, by: shift, index)
            storage = .indices(written, chunks: known[id] ?? [])
        }
        var children: [Column] = []
        for child in column.children { children.append(try applied(to: child)) }
        return Column(
            column.type, count: column.count, validity: column.validity, storage: storage,
            children: children)
    }

    /// Puts a list of chunks into the file's. Returns where its first value is there.
    private mutating func place(_ chunks: [DictionaryChunk], id: Int64) -> Int {
        let file = known[id, default: []]
        guard let first = chunks.first, !file.isEmpty else {
            if file.isEmpty { known[id] = chunks }
            return 0
        }
        if chunks.starts(with: file, by: ===) {
            known[id] = chunks
            return 0
        }
        if file.starts(with: chunks, by: ===) { return 0 }
        let identity = ObjectIdentifier(first)
        if let place = moved[id]?[identity], place.list.starts(with: chunks, by: ===) {
            return place.by
        }
        let end = file.last.map { $0.start + $0.values.count } ?? 0
        known[id, default: []] += chunks.map { DictionaryChunk($0.values, start: end + $0.start) }
        moved[id, default: [:]][identity] = (chunks, end)
        return end
    }

    /// The indices of a column, each so much higher. Under a null stands a zero.
    private static func moved(
        _ column: Column, by shift: Int, _ index: DataType
    ) throws(ArrowError) -> Bytes {
        var writer = ByteWriter(capacity: column.count * index.fixedWidth)
        for position in 0..<column.count {
            var value = 0
            if !column.isNull(at: position) {
                let (sum, overflow) = try column.dictionaryIndex(at: position)
                    .addingReportingOverflow(shift)
                guard !overflow, sum <= index.highestIndex else {
                    throw ArrowError(
                        .limitExceeded, stage: .write,
                        "indices of \(index) cannot number the values of all dictionaries of the"
                            + " file together")
                }
                value = sum
            }
            writer.append(index: value, width: index.fixedWidth)
        }
        return writer.finish()
    }
}
