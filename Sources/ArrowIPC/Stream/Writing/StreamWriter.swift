public import BridgeBytes

/// Writes an Arrow IPC stream batch by batch, when the table is not all there at once:
///
///     var writer = StreamWriter(schema: schema)
///     try await sink(writer.begin().segments)
///     for try await batch in batches { try await sink(writer.append(batch).segments) }
///     try await sink(writer.finish().segments)
///
/// Each call gives the next part of the stream, as a plan: its size, the columns' own memory by
/// segments, or joined. Nothing is kept but the dictionaries sent last.
///
/// A dictionary is sent before the first batch that uses it. What later batches need cannot be
/// known then: when theirs grew it is continued by a delta, and when it is another one, that one
/// replaces it. `Table.ipcStreamPlan(options:)` knows all batches, and joins them beforehand.
public struct StreamWriter: Sendable {
    /// The fields of every batch.
    public let schema: Schema
    private var encoder: StreamEncoder

    /// A writer at the start of a stream.
    public init(schema: Schema, options: WriteOptions = .portable) {
        self.schema = schema
        encoder = StreamEncoder(schema, options: options)
    }

    /// The beginning of the stream: the schema.
    public func begin() -> StreamPlan {
        var layout = MessageLayout()
        encoder.begin(&layout)
        return layout.finish()
    }

    /// The next batch, with the dictionaries that it needs.
    /// - Throws: `ArrowError` with `typeMismatch` when the batch has other fields; `invalidBatch`
    ///   when two of its columns have one dictionary id and other values; `invalidData` when the
    ///   columns came from a stream with forged offsets.
    public mutating func append(_ batch: RecordBatch) throws(ArrowError) -> StreamPlan {
        guard batch.schema.fields == schema.fields else {
            throw ArrowError(
                .typeMismatch, stage: .write, "the batch has other fields than the stream")
        }
        var layout = MessageLayout()
        try encoder.append(batch, to: &layout)
        return layout.finish()
    }

    /// The end of the stream: the mark of it.
    public func finish() -> StreamPlan {
        var layout = MessageLayout()
        layout.appendEnd()
        return layout.finish()
    }
}

extension AsyncSequence where Element == RecordBatch {
    /// Writes the batches as one stream to a sink, each as it comes. Memory holds one batch and
    /// the dictionaries; the next batch is asked for when the sink has returned.
    ///
    /// The sequence and the sink decide what cancelling the task does.
    /// - Parameters:
    ///   - schema: The fields of all batches.
    ///   - options: How the stream is written.
    ///   - sink: Takes the next segments of the stream, in order; returns when it has room.
    /// - Throws: `ArrowError`, as `StreamWriter.append(_:)`, and what the sequence and the sink
    ///   throw.
    public func writeArrowStream(
        schema: Schema, options: WriteOptions = .portable,
        to sink: (Segments) async throws -> Void
    ) async throws {
        var writer = StreamWriter(schema: schema, options: options)
        try await sink(writer.begin().segments)
        for try await batch in self { try await sink(writer.append(batch).segments) }
        try await sink(writer.finish().segments)
    }
}
