internal import BridgeBytes

/// Lays messages out one after the other: heads, padding and small buffers in one piece of memory,
/// larger buffers where they are.
struct MessageLayout: ~Copyable {
    /// A run of bytes of the stream.
    enum Part: Sendable {
        /// Bytes of `heads`.
        case head(Range<Int>)
        /// Memory of a column.
        case column(Bytes)
    }

    private var heads = ByteWriter(capacity: 4096)
    private var parts: [Part] = []
    private var count = 0
    /// End of the heads that parts refer to.
    private var noted = 0

    private static let alignment = 64
    /// Buffers up to this size are copied between the heads: cheaper than a segment of their own.
    private static let smallBuffer = 256

    /// The room that a buffer takes in a body.
    static func padded(_ count: Int) -> Int {
        (count + alignment - 1) / alignment * alignment
    }

    /// A prefix and a head, padded so that what follows is aligned.
    mutating func append(head: Bytes) {
        let padded = Self.padded(8 + head.count) - 8
        heads.append(littleEndian: UInt32.max)
        heads.append(littleEndian: UInt32(truncatingIfNeeded: padded))
        heads.append(head)
        heads.append(repeating: 0, count: padded - head.count)
    }

    mutating func append(body buffers: [Bytes]) {
        for buffer in buffers {
            if buffer.count <= Self.smallBuffer {
                heads.append(buffer)
            } else {
                noteHeads()
                parts.append(.column(buffer))
                count += buffer.count
            }
            heads.append(repeating: 0, count: Self.padded(buffer.count) - buffer.count)
        }
    }

    /// The mark of the end.
    mutating func appendEnd() {
        heads.append(littleEndian: UInt32.max)
        heads.append(littleEndian: UInt32(0))
    }

    /// Adds what was written to the heads since the last note.
    private mutating func noteHeads() {
        guard heads.count > noted else { return }
        parts.append(.head(noted..<heads.count))
        count += heads.count - noted
        noted = heads.count
    }

    consuming func finish() -> StreamPlan {
        noteHeads()
        let (parts, count) = (parts, count)
        return StreamPlan(count: count, heads: heads.finish(), parts: parts)
    }
}
