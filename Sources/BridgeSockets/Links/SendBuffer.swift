package import BridgeBytes
internal import Glibc

/// Bytes on their way to a socket: small things copied into one buffer, large ones left where
/// they lie.
///
/// ## Theory of operation
/// The stream is `text` with `pieces` put in at their positions:
///
///     text    PUB a 5\r\nhello\r\nPUB b 900000\r\n | \r\nPING\r\n
///     pieces                                       ^ 900000 bytes of the caller's
///
/// One vectored write takes as much of it as the kernel wants; `sent` counts the bytes of the
/// stream that it took. Nothing is moved in memory when a write takes only a part.
package struct SendBuffer: ~Copyable {
    /// A part of the stream that is not in `text`.
    package struct Piece: Sendable {
        /// Where it belongs: before the byte of `text` at this position.
        package let position: Int
        package let bytes: Bytes
    }

    /// Most vectors of one write; more bring nothing, a socket's buffer is full by then.
    private static let vectorLimit = 64

    /// The small things. Append whole frames, or their heads before `append(piece:)`.
    package var text: ByteWriter
    package private(set) var pieces: [Piece] = []
    /// Number of bytes of the pieces.
    package private(set) var pieceBytes = 0
    /// Number of bytes of the stream that the kernel has taken.
    package private(set) var sent = 0

    package init(capacity: Int) { text = ByteWriter(capacity: capacity) }

    /// Number of bytes of the stream, those that were sent included.
    package var count: Int { text.count + pieceBytes }

    /// Whether everything was sent.
    package var isDone: Bool { sent == count }

    /// Appends bytes that stay where they lie. Complexity: O(1).
    package mutating func append(piece bytes: Bytes) {
        guard bytes.count > 0 else { return }
        pieces.append(Piece(position: text.count, bytes: bytes))
        pieceBytes += bytes.count
    }

    /// Appends all of another buffer, sent or not. Complexity: O(its text).
    package mutating func append(_ other: borrowing SendBuffer) {
        let start = text.count
        text.append(other.text.span)
        for piece in other.pieces {
            pieces.append(Piece(position: start + piece.position, bytes: piece.bytes))
        }
        pieceBytes += other.pieceBytes
    }

    /// Forgets everything and keeps the memory of the text.
    package mutating func removeAll() {
        text.removeAll()
        if !pieces.isEmpty { pieces.removeAll(keepingCapacity: true) }
        pieceBytes = 0
        sent = 0
    }

    /// Has the kernel take what it wants, with one call.
    mutating func send(to descriptor: Int32, _ calls: SystemCalls) -> Transfer {
        let transfer =
            if pieces.isEmpty {
                calls.send(descriptor, text.span.extracting(sent..<text.count))
            } else {
                sendVectored(to: descriptor, calls)
            }
        if case .moved(let count) = transfer { advance(by: count) }
        return transfer
    }

    /// Has `take` called with each part of what was not sent, behind the first `skip` bytes of it,
    /// until it returns false.
    func offer(skipping skip: Int, to take: (Span<UInt8>) -> Bool) {
        /// Bytes of the stream still to be passed over.
        var rest = sent + skip
        var position = 0
        func give(_ span: Span<UInt8>) -> Bool {
            let passed = min(rest, span.count)
            rest -= passed
            return passed == span.count || take(span.extracting(droppingFirst: passed))
        }
        for piece in pieces {
            guard give(text.span.extracting(position..<piece.position)), give(piece.bytes.span)
            else { return }
            position = piece.position
        }
        _ = give(text.span.extracting(position..<text.count))
    }

    /// Counts bytes as taken by the kernel.
    package mutating func advance(by count: Int) {
        precondition(count >= 0 && count <= self.count - sent, "more was sent than there is")
        sent += count
    }

    private func sendVectored(to descriptor: Int32, _ calls: SystemCalls) -> Transfer {
        let limit = min(Self.vectorLimit, pieces.count * 2 + 1)
        return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: limit) { vectors in
            let count = unsafe fill(vectors)
            return unsafe calls.send(
                descriptor, vectors: UnsafeMutableBufferPointer(rebasing: vectors[..<count]))
        }
    }

    /// Points the vectors at what was not sent yet; returns how many it used. The memory they
    /// point to belongs to `self` and is not touched before the next call of a mutating method.
    private func fill(_ vectors: UnsafeMutableBufferPointer<iovec>) -> Int {
        var filled = 0
        /// Bytes of the stream before what is looked at.
        var passed = 0
        var position = 0
        for piece in pieces {
            unsafe add(text.span.extracting(position..<piece.position), &passed, vectors, &filled)
            unsafe add(piece.bytes.span, &passed, vectors, &filled)
            position = piece.position
            if filled == vectors.count { return filled }
        }
        unsafe add(text.span.extracting(position..<text.count), &passed, vectors, &filled)
        return filled
    }

    @unsafe private func add(
        _ span: Span<UInt8>, _ passed: inout Int, _ vectors: UnsafeMutableBufferPointer<iovec>,
        _ filled: inout Int
    ) {
        let skipped = min(max(sent - passed, 0), span.count)
        passed += span.count
        guard skipped < span.count, filled < vectors.count else { return }
        unsafe span.withUnsafeBytes { memory in
            // Sound: the kernel only reads, and `skipped` is inside the memory.
            let start = unsafe UnsafeMutableRawPointer(mutating: memory.baseAddress)
            unsafe vectors[filled] = unsafe iovec(
                iov_base: start.map { unsafe $0 + skipped }, iov_len: memory.count - skipped)
        }
        filled += 1
    }
}
