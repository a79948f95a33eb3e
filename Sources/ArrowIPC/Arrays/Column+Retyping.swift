internal import BridgeBytes

/// What dictionary values became under other types, so that what was one dictionary stays one, and
/// is sent once. Remembered are those of this batch and of the one before.
struct RetypedChunks: Sendable {
    /// The old chunk is held, so that its identity is not given to another one meanwhile.
    private typealias Known = [ObjectIdentifier: (old: DictionaryChunk, new: DictionaryChunk)]
    private var current: Known = [:]
    private var previous: Known = [:]

    mutating func beginBatch() {
        previous = current
        current = [:]
    }

    subscript(chunk: DictionaryChunk) -> DictionaryChunk? {
        mutating get {
            let identity = ObjectIdentifier(chunk)
            if let known = current[identity] ?? previous[identity] {
                current[identity] = known
                return known.new
            }
            return nil
        }
        set { current[ObjectIdentifier(chunk)] = newValue.map { (chunk, $0) } }
    }
}

/// The same values under a type that differs in dictionary ids, or has wider offsets.
extension Column {
    /// - Parameter type: A type of the same shape.
    func retyped(
        as type: DataType, _ chunks: inout RetypedChunks
    ) -> Column {
        guard type != self.type else { return self }
        var storage = storage
        switch storage {
        case .indices(let indices, let old):
            guard case .dictionary(_, let value, _, _) = type else { break }
            storage = .indices(
                indices, chunks: old.map { Self.retyped($0, as: value, &chunks) })
        case .offsets(let offsets, let data) where type.alignment > self.type.alignment:
            storage = .offsets(Self.widened(offsets), data: data)
        default: break
        }
        let children = zip(type.children, children).map { field, child in
            child.retyped(as: field.type, &chunks)
        }
        return Column(type, count: count, validity: validity, storage: storage, children: children)
    }

    private static func retyped(
        _ chunk: DictionaryChunk, as type: DataType,
        _ chunks: inout RetypedChunks
    ) -> DictionaryChunk {
        guard chunk.values.type != type else { return chunk }
        if let known = chunks[chunk] { return known }
        let values = chunk.values.retyped(as: type, &chunks)
        let new = DictionaryChunk(values, start: chunk.start)
        chunks[chunk] = new
        return new
    }

    /// Offsets of 32 bits as offsets of 64.
    private static func widened(_ offsets: Bytes) -> Bytes {
        var writer = ByteWriter(capacity: 2 * offsets.count)
        let span = offsets.span
        for position in stride(from: 0, to: span.count, by: 4) {
            writer.append(
                littleEndian: Int64(span.littleEndian(Int32.self, at: position) ?? 0))
        }
        return writer.finish()
    }
}

extension RecordBatch {
    /// The same rows under a schema of the same shape.
    func retyped(
        _ schema: Schema, _ chunks: inout RetypedChunks
    ) -> RecordBatch {
        var columns: [Column] = []
        for (field, column) in zip(schema.fields, self.columns) {
            columns.append(column.retyped(as: field.type, &chunks))
        }
        return RecordBatch(schema: schema, columns: columns, count: count, metadata: metadata)
    }
}

extension Schema {
    /// The same fields with offsets of 64 bits, at every depth.
    var large: Schema {
        Schema(fields.map(\.large), metadata: metadata)
    }
}

extension Field {
    fileprivate var large: Field {
        Field(name, type.large, isNullable: isNullable, metadata: metadata)
    }
}

extension DataType {
    fileprivate var large: DataType {
        switch self {
        case .utf8: .largeUTF8
        case .binary: .largeBinary
        case .list(let item): .largeList(item.large)
        case .dictionary(let index, let value, let isOrdered, let id):
            .dictionary(index: index, value: value.large, isOrdered: isOrdered, id: id)
        default: mapChildren { $0.large }
        }
    }

    /// The type with every child field replaced; a dictionary's value type is not a child.
    func mapChildren(_ transform: (Field) -> Field) -> DataType {
        switch self {
        case .list(let item): .list(transform(item))
        case .largeList(let item): .largeList(transform(item))
        case .listView(let item): .listView(transform(item))
        case .largeListView(let item): .largeListView(transform(item))
        case .fixedSizeList(let item, let count): .fixedSizeList(transform(item), count: count)
        case .structure(let fields): .structure(fields.map(transform))
        case .map(let entries, let keysSorted):
            .map(entries: transform(entries), keysSorted: keysSorted)
        case .union(let mode, let fields, let codes):
            .union(mode, fields: fields.map(transform), typeCodes: codes)
        case .runEndEncoded(let ends, let values):
            .runEndEncoded(runEnds: ends, values: transform(values))
        default: self
        }
    }
}
