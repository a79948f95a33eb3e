internal import BridgeBytes

/// The ids of dictionaries: they link a field to its values within one stream, so columns that come
/// from different streams may well have the same id for different values.
enum DictionaryIDs {
    /// The schema and the batches with ids that are distinct where the dictionaries are. Nothing
    /// changes unless two columns of a batch use one id for different values.
    static func distinct(
        _ schema: Schema, _ batches: inout [RecordBatch]
    ) throws(ArrowError) -> Schema {
        guard batches.contains(where: hasConflict) else { return schema }
        var next: Int64 = 0
        let fields = schema.fields.map { renumbered($0, &next) }
        let schema = Schema(fields, metadata: schema.metadata)
        var chunks = RetypedChunks()
        for index in batches.indices {
            chunks.beginBatch()
            batches[index] = batches[index].retyped(schema, &chunks)
        }
        return schema
    }

    private static func hasConflict(_ batch: RecordBatch) -> Bool {
        var seen: [Int64: [DictionaryChunk]] = [:]
        var hasConflict = false
        for column in batch.columns {
            column.visitDictionaries { id, chunks in
                if let other = seen[id], !other.elementsEqual(chunks, by: ===) {
                    hasConflict = true
                }
                seen[id] = chunks
            }
        }
        return hasConflict
    }

    /// The field with an id of its own for every dictionary in it, in the order of the schema.
    private static func renumbered(_ field: Field, _ next: inout Int64) -> Field {
        var field = field
        field.type = renumbered(field.type, &next)
        return field
    }

    private static func renumbered(_ type: DataType, _ next: inout Int64) -> DataType {
        guard case .dictionary(let index, let value, let isOrdered, _) = type else {
            return type.mapChildren { renumbered($0, &next) }
        }
        let id = next
        next += 1
        return .dictionary(
            index: index, value: renumbered(value, &next), isOrdered: isOrdered, id: id)
    }
}

extension Column {
    /// Calls `body` for every dictionary in the column, also for those inside dictionaries.
    func visitDictionaries(_ body: (_ id: Int64, _ chunks: [DictionaryChunk]) -> Void) {
        if case .indices(_, let chunks) = storage, case .dictionary(_, _, _, let id) = type {
            body(id, chunks)
            for chunk in chunks { chunk.values.visitDictionaries(body) }
        }
        for child in children { child.visitDictionaries(body) }
    }
}
