public import BridgeBytes

/// Writes an Arrow IPC file (`.arrow`, Feather V2) batch by batch, when the table is not all there
/// at once:
///
///     var writer = FileWriter(schema: schema)
///     try await sink(writer.begin().segments)
///     for try await batch in batches { try await sink(writer.append(batch).segments) }
///     try await sink(writer.finish().segments)
///
/// Each call gives the next part of the file, as a plan: its size, the columns' own memory by
/// segments, or joined. Kept are the dictionaries and, for the footer, where each message lies.
///
/// A file cannot replace a dictionary. One that grew is continued by a delta; another one under the
/// same id is put behind it, by a delta as well, and the indices of its batches are written anew.
/// `Table.ipcFilePlan(metadata:options:)` knows all batches, and joins them beforehand.
public struct FileWriter: Sendable {
    /// The fields of every batch.
    public let schema: Schema
    private let metadata: Metadata?
    private var encoder: StreamEncoder
    private var blocks: [MessageLayout.Block] = []
    private var position = 0

    /// A writer at the start of a file.
    /// - Parameter metadata: Custom metadata of the footer, beside that of the schema.
    public init(
        schema: Schema, metadata: Metadata? = nil, options: WriteOptions = .portable
    ) {
        self.schema = schema
        self.metadata = metadata
        encoder = StreamEncoder(schema, options: options, isFile: true)
    }

    /// The beginning of the file: its magic and the schema.
    public mutating func begin() -> StreamPlan {
        var layout = MessageLayout(origin: position)
        layout.appendMagic()
        encoder.begin(&layout)
        return advance(layout)
    }

    /// The next batch, with the dictionaries that it needs.
    /// - Throws: `ArrowError` with `typeMismatch` when the batch has other fields; `invalidBatch`
    ///   when two of its columns have one dictionary id and other values; `limitExceeded` when the
    ///   type of the indices cannot number all values of a dictionary; `unsupportedFeature` for a
    ///   dictionary inside another one that would have to be replaced; `invalidData` when the
    ///   columns came from a stream with forged offsets.
    public mutating func append(_ batch: RecordBatch) throws(ArrowError) -> StreamPlan {
        guard batch.schema.fields == schema.fields else {
            throw ArrowError(
                .typeMismatch, stage: .write, "the batch has other fields than the file")
        }
        var layout = MessageLayout(origin: position)
        try encoder.append(batch, to: &layout)
        return advance(layout)
    }

    /// The end of the file: a mark of the end, for readers of streams, and the footer.
    public mutating func finish() -> StreamPlan {
        var layout = MessageLayout(origin: position)
        layout.appendEnd()
        layout.append(footer: footer())
        return advance(layout)
    }

    private mutating func advance(_ layout: consuming MessageLayout) -> StreamPlan {
        blocks += layout.blocks
        let plan = layout.finish()
        position += plan.count
        return plan
    }

    private func footer() -> Bytes {
        var builder = FlatBuilder()
        let parts = builder.table(
            builder.root,
            [
                .short(SchemaEncoder.version), .reference, .reference, .reference,
                metadata == nil ? .absent : .reference,
            ])
        SchemaEncoder.write(encoder.schema, at: parts[0], to: &builder)
        builder.blocks(parts[1], blocks.filter { $0.kind == .dictionaryBatch })
        builder.blocks(parts[2], blocks.filter { $0.kind == .recordBatch })
        if let metadata, let last = parts.last {
            SchemaEncoder.write(metadata, at: last, to: &builder)
        }
        return builder.finish()
    }
}

extension Table {
    /// Plans the table's file, of which the size is known then, without reading the columns.
    /// - Parameter metadata: Custom metadata of the footer, beside that of the schema.
    /// - Throws: `ArrowError`, as `FileWriter.append(_:)`.
    public func ipcFilePlan(
        metadata: Metadata? = nil, options: WriteOptions = .portable
    ) throws(ArrowError) -> StreamPlan {
        var batches = batches
        let schema = try DictionaryIDs.distinct(schema, &batches)
        if options.joinsDictionaries { try DictionaryUnion.join(&batches) }
        var writer = FileWriter(schema: schema, metadata: metadata, options: options)
        var plans = [writer.begin()]
        for batch in batches { plans.append(try writer.append(batch)) }
        plans.append(writer.finish())
        return StreamPlan(joining: plans)
    }

    /// The table as an Arrow IPC file in the columns' own memory; see `StreamPlan.segments`.
    /// - Throws: as `ipcFilePlan(metadata:options:)`.
    public func ipcFileSegments(
        metadata: Metadata? = nil, options: WriteOptions = .portable
    ) throws(ArrowError) -> Segments {
        try ipcFilePlan(metadata: metadata, options: options).segments
    }

    /// The table as an Arrow IPC file in one piece. Complexity: one copy of all bytes.
    /// - Throws: as `ipcFilePlan(metadata:options:)`.
    public func ipcFile(
        metadata: Metadata? = nil, options: WriteOptions = .portable
    ) throws(ArrowError) -> Bytes {
        try ipcFilePlan(metadata: metadata, options: options).joined()
    }
}

extension AsyncSequence where Element == RecordBatch {
    /// Writes the batches as one file to a sink, each as it comes; see `FileWriter`.
    ///
    /// The sequence and the sink decide what cancelling the task does.
    /// - Parameters:
    ///   - schema: The fields of all batches.
    ///   - metadata: Custom metadata of the footer.
    ///   - options: How the file is written.
    ///   - sink: Takes the next segments of the file, in order; returns when it has room.
    /// - Throws: `ArrowError`, as `FileWriter.append(_:)`, and what the sequence and the sink
    ///   throw.
    public func writeArrowFile(
        schema: Schema, metadata: Metadata? = nil, options: WriteOptions = .portable,
        to sink: (Segments) async throws -> Void
    ) async throws {
        var writer = FileWriter(schema: schema, metadata: metadata, options: options)
        try await sink(writer.begin().segments)
        for try await batch in self { try await sink(writer.append(batch).segments) }
        try await sink(writer.finish().segments)
    }
}
