public import BridgeBytes

/// How a table becomes a stream or a file: the exact number of bytes, and where each of them lies.
///
/// ## Theory of operation
/// Planning writes the message heads, which are small, into one buffer, and notes the columns'
/// buffers where they are. Nothing of the columns is read but the bits that count nulls, the
/// first and last offset, and dictionaries that differ between batches. Runs of heads, padding and
/// very small buffers are joined, so that the list of segments stays short for vectored writes.
public struct StreamPlan: Sendable {
    /// Size of the stream in bytes.
    public let count: Int
    private let pieces: [Bytes]

    init(count: Int, heads: Bytes, parts: [MessageLayout.Part]) {
        self.count = count
        pieces = parts.map { part in
            switch part {
            case .head(let range): heads[range]
            case .column(let bytes): bytes
            }
        }
    }

    /// Plans one after the other.
    init(joining plans: [StreamPlan]) {
        count = plans.reduce(0) { $0 + $1.count }
        pieces = plans.flatMap(\.pieces)
    }

    /// The stream as a list of pieces: the columns' own memory, and the heads between them.
    /// Nothing of a column is copied; write them in order, by vector.
    public var segments: Segments { Segments(pieces, byteCount: count) }

    /// The stream in one piece of exactly its size. Complexity: one copy of all bytes.
    public func joined() -> Bytes { segments.joined() }
}

extension Table {
    /// Plans the table's stream, of which the size is known then, without reading the columns.
    /// - Throws: `ArrowError` with `invalidData` when the columns came from a stream with forged
    ///   offsets or indices.
    public func ipcStreamPlan(
        options: WriteOptions = .portable
    ) throws(ArrowError) -> StreamPlan {
        var batches = batches
        let schema = try DictionaryIDs.distinct(schema, &batches)
        if options.joinsDictionaries { try DictionaryUnion.join(&batches) }
        var encoder = StreamEncoder(schema, options: options)
        var layout = MessageLayout()
        encoder.begin(&layout)
        for batch in batches { try encoder.append(batch, to: &layout) }
        layout.appendEnd()
        return layout.finish()
    }

    /// The table as an Arrow IPC stream in the columns' own memory; see `StreamPlan.segments`.
    /// - Throws: as `ipcStreamPlan(options:)`.
    public func ipcStreamSegments(
        options: WriteOptions = .portable
    ) throws(ArrowError) -> Segments { try ipcStreamPlan(options: options).segments }

    /// The table as an Arrow IPC stream in one piece. Complexity: one copy of all bytes.
    /// - Throws: as `ipcStreamPlan(options:)`.
    public func ipcStream(options: WriteOptions = .portable) throws(ArrowError) -> Bytes {
        try ipcStreamPlan(options: options).joined()
    }
}

extension RecordBatch {
    /// The batch as an Arrow IPC stream in one piece. Complexity: one copy of all bytes.
    /// - Throws: as `Table.ipcStreamPlan(options:)`.
    public func ipcStream(options: WriteOptions = .portable) throws(ArrowError) -> Bytes {
        try Table(self).ipcStream(options: options)
    }
}
