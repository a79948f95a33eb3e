package import BridgeBytes

/// What is still to be written, in order, from where it lies.
package struct OutputQueue: Sendable {
    private var pieces: [Bytes] = []
    private var first = 0
    /// Bytes of the first piece that have been written.
    package private(set) var skip = 0
    /// Bytes that are still to be written.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The pieces that a vectored write takes, the first of them from `skip` on.
    package var unwritten: ArraySlice<Bytes> { pieces[first...] }

    package mutating func append(_ piece: Bytes) {
        guard !piece.isEmpty else { return }
        pieces.append(piece)
        count += piece.count
    }

    /// So many bytes were written.
    package mutating func advance(by written: Int) {
        precondition(written >= 0 && written <= count, "more written than there was")
        count -= written
        var rest = written + skip
        while first < pieces.count, rest >= pieces[first].count {
            rest -= pieces[first].count
            pieces[first] = Bytes()
            first += 1
        }
        skip = rest
        if first == pieces.count { removeAll() }
    }

    package mutating func removeAll() {
        pieces.removeAll()
        first = 0
        skip = 0
        count = 0
    }
}
