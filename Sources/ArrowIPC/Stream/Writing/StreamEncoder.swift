internal import BridgeBytes

/// Writes the messages of one stream in their order, and remembers which dictionaries were sent.
struct StreamEncoder: Sendable {
    /// The schema of the stream, after what the options make of it.
    private let schema: Schema
    private let options: WriteOptions
    private var sent: [Int64: [DictionaryChunk]] = [:]
    private var retyped = RetypedChunks()

    init(_ schema: Schema, options: WriteOptions) {
        self.schema = options.usesLargeTypes ? schema.large : schema
        self.options = options
    }

    /// The schema message.
    func begin(_ layout: inout MessageLayout) {
        layout.append(head: SchemaEncoder.encode(schema))
    }

    /// A batch, after the dictionaries that it needs and that were not sent yet.
    mutating func append(
        _ batch: RecordBatch, to layout: inout MessageLayout
    ) throws(ArrowError) {
        var batch = batch
        if options.usesLargeTypes {
            retyped.beginBatch()
            batch = batch.retyped(schema, &retyped)
        }
        var content = try BatchEncoder(batch, options: options)
        try send(content.dictionaries, to: &layout)
        content.compress()
        let message = MessageEncoder(
            count: batch.count, content: content, padding: MessageLayout.padded)
        layout.append(head: message.recordBatch(metadata: batch.metadata))
        layout.append(body: content.buffers)
    }

    /// Writes the dictionaries that are not the ones sent last: as deltas where they only grew.
    private mutating func send(
        _ dictionaries: [(id: Int64, chunks: [DictionaryChunk])], to layout: inout MessageLayout
    ) throws(ArrowError) {
        try checkIDs(dictionaries)
        for (id, chunks) in dictionaries {
            let known = sent[id] ?? []
            let grows =
                !known.isEmpty && known.count <= chunks.count
                && zip(known, chunks).allSatisfy { $0 === $1 }
            for index in (grows ? known.count : 0)..<chunks.count {
                var content = try BatchEncoder(chunks[index], options: options)
                try send(content.dictionaries, to: &layout)
                content.compress()
                let message = MessageEncoder(
                    count: chunks[index].values.count, content: content,
                    padding: MessageLayout.padded)
                layout.append(head: message.dictionary(id: id, isDelta: index > 0))
                layout.append(body: content.buffers)
            }
            sent[id] = chunks
        }
    }

    /// Two columns of a batch that share an id must share the values: a reader has one place for
    /// each id, so the later values would silently stand for the earlier ones.
    private func checkIDs(
        _ dictionaries: [(id: Int64, chunks: [DictionaryChunk])]
    ) throws(ArrowError) {
        var seen: [Int64: [DictionaryChunk]] = [:]
        for (id, chunks) in dictionaries {
            if let other = seen[id], !other.elementsEqual(chunks, by: ===) {
                throw ArrowError(
                    .invalidBatch, stage: .write,
                    "two columns of a batch have the dictionary id \(id) and other values")
            }
            seen[id] = chunks
        }
    }
}
