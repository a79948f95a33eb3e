/// Bytes in pieces that are written one after the other from where they lie, and their exact sum.
///
/// A table that goes to a socket is a list of its columns' memory. Joining it would copy it, and
/// whoever sends it has to know its size first, so the sum travels with the pieces.
public struct Segments: Sendable {
    private var pieces: [Bytes]
    /// Bytes of all pieces together; `count` is the number of the pieces.
    public private(set) var byteCount: Int

    /// No pieces.
    public init() {
        pieces = []
        byteCount = 0
    }

    /// One piece.
    public init(_ bytes: Bytes) {
        pieces = [bytes]
        byteCount = bytes.count
    }

    /// Pieces in their order. Complexity: O(n) in their number.
    public init(_ pieces: [Bytes]) {
        self.init(pieces, byteCount: pieces.reduce(0) { $0 + $1.count })
    }

    /// Pieces whose sum is known already.
    package init(_ pieces: [Bytes], byteCount: Int) {
        assert(
            pieces.reduce(0) { $0 + $1.count } == byteCount, "another sum than that of the pieces")
        self.pieces = pieces
        self.byteCount = byteCount
    }

    /// Adds a piece at the end.
    public mutating func append(_ piece: Bytes) {
        pieces.append(piece)
        byteCount += piece.count
    }

    /// Adds the pieces of another list at the end.
    public mutating func append(contentsOf other: Segments) {
        pieces.append(contentsOf: other.pieces)
        byteCount += other.byteCount
    }

    /// The pieces as one. Complexity: O(n) in the bytes, or O(1) for one piece.
    public func joined() -> Bytes {
        if pieces.count == 1, let only = pieces.first { return only }
        var writer = ByteWriter(capacity: byteCount)
        for piece in pieces { writer.append(piece) }
        return writer.finish()
    }
}

extension Segments: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { pieces.count }
    /// A piece by its place. Traps when there is none.
    public subscript(position: Int) -> Bytes { pieces[position] }
}

extension Segments: ExpressibleByArrayLiteral, CustomStringConvertible {
    public init(arrayLiteral elements: Bytes...) { self.init(elements) }

    public var description: String { "\(byteCount) bytes in \(count) segments" }
}
