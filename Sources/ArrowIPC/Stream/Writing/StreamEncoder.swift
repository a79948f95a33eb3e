internal import BridgeBytes

/// Writes the messages of one stream or file in their order, and remembers which dictionaries were
/// sent.
struct StreamEncoder: Sendable {
    /// The schema of the stream, after what the options make of it.
    let schema: Schema
    private let options: WriteOptions
    private var sent: [Int64: [DictionaryChunk]] = [:]
    /// The ids of which an empty dictionary was sent, since nothing but nulls referred to it.
    private var sentEmpty: Set<Int64> = []
    /// What keeps the dictionaries of a file growing; nil for streams, which may replace them.
    private var growing: GrowingDictionaries?
    private var retyped = RetypedChunks()

    init(_ schema: Schema, options: WriteOptions, isFile: Bool = false) {
        self.schema = options.usesLargeTypes ? schema.large : schema
        self.options = options
        growing = isFile ? GrowingDictionaries() : nil
    }

    /// The schema message.
    func begin(_ layout: inout MessageLayout) {
        layout.append(.schema, head: SchemaEncoder.encode(schema), body: [])
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
        if let grown = try growing?.applied(to: batch) { batch = grown }
        var content = try BatchEncoder(batch, options: options)
        try send(content.dictionaries, to: &layout)
        content.compress()
        let message = MessageEncoder(
            count: batch.count, content: content, padding: MessageLayout.padded)
        layout.append(
            .recordBatch, head: message.recordBatch(metadata: batch.metadata),
            body: content.buffers)
    }

    /// Writes the dictionaries that are not the ones sent last: as deltas where they only grew.
    private mutating func send(
        _ dictionaries: [BatchEncoder.Dictionary], to layout: inout MessageLayout
    ) throws(ArrowError) {
        try checkIDs(dictionaries)
        for (id, value, chunks) in dictionaries {
            guard !chunks.isEmpty else {
                // Some readers want every dictionary, also one that only nulls refer to.
                guard sent[id] == nil, sentEmpty.insert(id).inserted else { continue }
                let none = DictionaryChunk(Column(empty: value), start: 0)
                try send(none, id: id, isDelta: false, to: &layout)
                continue
            }
            let known = sent[id] ?? []
            let grows =
                !known.isEmpty && known.count <= chunks.count
                && zip(known, chunks).allSatisfy { $0 === $1 }
            guard grows || known.isEmpty || growing == nil else {
                throw ArrowError(
                    .unsupportedFeature, stage: .write,
                    "a file cannot replace a dictionary that is inside another one")
            }
            for index in (grows ? known.count : 0)..<chunks.count {
                let isDelta = index > 0 || sentEmpty.contains(id) && known.isEmpty
                try send(chunks[index], id: id, isDelta: isDelta, to: &layout)
            }
            sent[id] = chunks
        }
    }

    private mutating func send(
        _ chunk: DictionaryChunk, id: Int64, isDelta: Bool, to layout: inout MessageLayout
    ) throws(ArrowError) {
        var content = try BatchEncoder(chunk, options: options)
        try send(content.dictionaries, to: &layout)
        content.compress()
        let message = MessageEncoder(
            count: chunk.values.count, content: content, padding: MessageLayout.padded)
        layout.append(
            .dictionaryBatch, head: message.dictionary(id: id, isDelta: isDelta),
            body: content.buffers)
    }

    /// Two columns of a batch that share an id must share the values: a reader has one place for
    /// each id, so the later values would silently stand for the earlier ones.
    private func checkIDs(
        _ dictionaries: [BatchEncoder.Dictionary]
    ) throws(ArrowError) {
        var seen: [Int64: [DictionaryChunk]] = [:]
        for (id, _, chunks) in dictionaries {
            if let other = seen[id], !other.elementsEqual(chunks, by: ===) {
                throw ArrowError(
                    .invalidBatch, stage: .write,
                    "two columns of a batch have the dictionary id \(id) and other values")
            }
            seen[id] = chunks
        }
    }
}
