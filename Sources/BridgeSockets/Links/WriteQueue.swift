package import BridgeBytes

/// Pieces of memory that are still to be written, in order, each from where it lies.
///
/// A piece is let go as soon as it is written. Small things that are made for the purpose go out
/// by way of `SendBuffer`, which keeps what it has sent.
package struct WriteQueue: Sendable {
    private var pieces = Fifo<Bytes>()
    /// Bytes of the first piece that have been written.
    private var skip = 0
    /// Bytes that are still to be written.
    package private(set) var count = 0

    /// A queue with nothing in it.
    package init() {}

    /// Whether everything is written.
    package var isEmpty: Bool { count == 0 }

    /// Adds a piece behind the others.
    package mutating func append(_ piece: Bytes) {
        guard !piece.isEmpty else { return }
        pieces.append(piece)
        count += piece.count
    }

    /// Has the kernel take what it wants, with one call.
    package mutating func write(to link: Link) -> Transfer {
        write { pieces, skip in link.write(pieces, skip: skip) }
    }

    /// The same with any call that takes pieces, the first of them from a position on.
    package mutating func write(
        with call: (ArraySlice<Bytes>, _ skip: Int) -> Transfer
    ) -> Transfer {
        let transfer = call(pieces.waiting, skip)
        if case .moved(let count) = transfer { advance(by: count) }
        return transfer
    }

    private mutating func advance(by written: Int) {
        precondition(written >= 0 && written <= count, "more written than there was")
        count -= written
        var rest = written + skip
        while let piece = pieces.first, rest >= piece.count {
            rest -= piece.count
            pieces[0] = Bytes()
            pieces.dropFirst()
        }
        skip = rest
    }

    /// Forgets what was not written.
    package mutating func removeAll() {
        pieces.removeAll()
        skip = 0
        count = 0
    }
}
