public import BridgeBytes

/// How a table becomes a stream: the exact number of bytes, and where each of them lies.
///
/// ## Theory of operation
/// Planning writes the message heads, which are small, into one buffer, and notes the columns'
/// buffers where they are. Nothing of the columns is read but the bits that count nulls and the
/// first and last offset. Runs of heads, padding and very small buffers are joined, so that the
/// list of segments stays short for vectored writes.
///
/// The stream follows the profile that every known reader reads: version V5, little-endian,
/// continuation marks, no compression; messages and buffers start on 64 bytes; padding is zero;
/// a buffer's stated length is its true one; validity is left out where nothing is null; nodes
/// and buffers are always there; the end is marked with 8 bytes.
public struct StreamPlan: Sendable {
    /// Size of the stream in bytes.
    public private(set) var count = 0
    private var heads: Bytes
    private var parts: [Part] = []

    private enum Part {
        /// Bytes of `heads`.
        case head(Range<Int>)
        /// Memory of a column.
        case column(Bytes)
    }

    private static let alignment = 64
    /// Buffers up to this size are copied between the heads: cheaper than a segment of their own.
    private static let smallBuffer = 256

    init(schema: Schema, batches: [RecordBatch]) throws(ArrowError) {
        heads = Bytes()
        var writer = ByteWriter(capacity: 4096)
        append(head: SchemaEncoder.encode(schema), to: &writer)
        for batch in batches { try append(batch, to: &writer) }
        writer.append(littleEndian: UInt32.max)
        writer.append(littleEndian: UInt32(0))
        noteHeads(upTo: writer.count)
        heads = writer.finish()
        sent = [:]
    }

    /// The dictionaries that the stream has sent so far.
    private var sent: [Int64: [DictionaryChunk]] = [:]

    /// End of the heads that parts refer to.
    private var noted = 0

    /// Adds what was written to the heads since the last note.
    private mutating func noteHeads(upTo end: Int) {
        guard end > noted else { return }
        parts.append(.head(noted..<end))
        count += end - noted
        noted = end
    }

    /// A prefix and a head, padded so that what follows is aligned.
    private func append(head: Bytes, to writer: inout ByteWriter) {
        let padded = Self.padded(8 + head.count) - 8
        writer.append(littleEndian: UInt32.max)
        writer.append(littleEndian: UInt32(truncatingIfNeeded: padded))
        writer.append(head)
        writer.append(repeating: 0, count: padded - head.count)
    }

    private static func padded(_ count: Int) -> Int {
        (count + alignment - 1) / alignment * alignment
    }

    private mutating func append(
        _ batch: RecordBatch, to writer: inout ByteWriter
    ) throws(ArrowError) {
        let content = try BatchEncoder(batch)
        try send(content.dictionaries, to: &writer)
        let message = MessageEncoder(count: batch.count, content: content, padding: Self.padded)
        append(head: message.recordBatch(metadata: batch.metadata), to: &writer)
        append(body: content.buffers, to: &writer)
    }

    /// Writes the dictionaries that are not the ones sent last: as deltas where they only grew.
    private mutating func send(
        _ dictionaries: [(id: Int64, chunks: [DictionaryChunk])], to writer: inout ByteWriter
    ) throws(ArrowError) {
        for (id, chunks) in dictionaries {
            let known = sent[id] ?? []
            let grows =
                !known.isEmpty && known.count <= chunks.count
                && zip(known, chunks).allSatisfy { $0 === $1 }
            for index in (grows ? known.count : 0)..<chunks.count {
                let content = try BatchEncoder(chunks[index])
                try send(content.dictionaries, to: &writer)
                let message = MessageEncoder(
                    count: chunks[index].values.count, content: content, padding: Self.padded)
                append(head: message.dictionary(id: id, isDelta: index > 0), to: &writer)
                append(body: content.buffers, to: &writer)
            }
            sent[id] = chunks
        }
    }

    private mutating func append(body buffers: [Bytes], to writer: inout ByteWriter) {
        for buffer in buffers {
            if buffer.count <= Self.smallBuffer {
                writer.append(buffer)
            } else {
                noteHeads(upTo: writer.count)
                parts.append(.column(buffer))
                count += buffer.count
            }
            writer.append(repeating: 0, count: Self.padded(buffer.count) - buffer.count)
        }
    }

    /// The stream as a list of pieces: the columns' own memory, and the heads between them.
    /// Nothing of a column is copied; write them in order, by vector.
    public var segments: [Bytes] {
        parts.map {
            switch $0 {
            case .head(let range): heads[range]
            case .column(let bytes): bytes
            }
        }
    }

    /// The stream in one piece of exactly its size. Complexity: one copy of all bytes.
    public func joined() -> Bytes {
        var writer = ByteWriter(capacity: count)
        for segment in segments { writer.append(segment) }
        return writer.finish()
    }
}

extension Table {
    /// Plans the table's stream, of which the size is known then, without reading the columns.
    /// - Throws: `unsupportedType`; `invalidData` when the columns came from a stream with forged
    ///   offsets.
    public func ipcStreamPlan() throws(ArrowError) -> StreamPlan {
        try StreamPlan(schema: schema, batches: batches)
    }

    /// The table as an Arrow IPC stream in the columns' own memory; see `StreamPlan.segments`.
    /// - Throws: as `ipcStreamPlan()`.
    public func ipcStreamSegments() throws(ArrowError) -> [Bytes] { try ipcStreamPlan().segments }

    /// The table as an Arrow IPC stream in one piece. Complexity: one copy of all bytes.
    /// - Throws: as `ipcStreamPlan()`.
    public func ipcStream() throws(ArrowError) -> Bytes { try ipcStreamPlan().joined() }
}

extension RecordBatch {
    /// The batch as an Arrow IPC stream in one piece. Complexity: one copy of all bytes.
    /// - Throws: as `Table.ipcStreamPlan()`.
    public func ipcStream() throws(ArrowError) -> Bytes { try Table(self).ipcStream() }
}
