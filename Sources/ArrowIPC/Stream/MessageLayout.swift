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

    /// Where a message lies, for the footer of a file.
    struct Block: Sendable {
        let kind: MessageKind
        let offset: Int
        /// Length of the prefix and the head, with their padding.
        let headLength: Int
        let bodyLength: Int
    }

    /// The messages laid out so far.
    private(set) var blocks: [Block] = []
    /// Where the layout begins in the whole output.
    private let origin: Int
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

    init(origin: Int = 0) { self.origin = origin }

    /// Where what is appended next lies in the whole output.
    private var position: Int { origin + count + heads.count - noted }

    /// A message: prefix and head, padded so that what follows is aligned, and body.
    mutating func append(_ kind: MessageKind, head: Bytes, body: [Bytes]) {
        let start = position
        let padded = Self.padded(start + 8 + head.count) - start - 8
        heads.append(littleEndian: UInt32.max)
        heads.append(littleEndian: UInt32(truncatingIfNeeded: padded))
        heads.append(head)
        heads.append(repeating: 0, count: padded - head.count)
        let middle = position
        append(body: body)
        blocks.append(
            Block(
                kind: kind, offset: start, headLength: middle - start,
                bodyLength: position - middle))
    }

    /// The magic that a file begins with.
    mutating func appendMagic() {
        heads.append(FileFooter.magic)
        heads.append(repeating: 0, count: 2)
    }

    /// The footer of a file, its size, and the magic.
    mutating func append(footer: Bytes) {
        heads.append(footer)
        heads.append(littleEndian: Int32(truncatingIfNeeded: footer.count))
        heads.append(FileFooter.magic)
    }

    private mutating func append(body buffers: [Bytes]) {
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
