// Theory of operation.
//
// A place in an object is a place in one piece where all pieces but the last have one size. Which
// number in the stream that piece has, nobody tells: pieces of one put follow each other, with
// messages of others in between. A direct read from a number on tells how many pieces are left
// behind the one that it finds, and so which one that is. The first piece and `k` numbers more is
// never behind piece `k`; where it is before it, the distance is added and asked again. After
// `mostProbes` questions, or where the server does not tell, the rest is read and passed over.
public import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

extension ObjectBucket {
    /// A part of an object's bytes, piece by piece as they are wanted; a link leads to what it
    /// stands for. Only the pieces that hold it are read, where the writer has cut the object
    /// evenly, as all clients but one do.
    ///
    /// Its length is checked. Its digest cannot be: an object has one for the whole.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Parameter range: The places of the bytes; what is behind the end is left out.
    /// - Throws: `JetStreamError` with `invalidArgument` when the range begins behind the end, and
    ///   as `content(of:)`.
    public func slice(
        _ range: Range<UInt64>, of name: String
    ) async throws(JetStreamError) -> ObjectSlice {
        let (store, info) = try await resolve(name)
        guard range.lowerBound <= info.size else {
            throw error(
                .invalidArgument, "object get",
                "\(name) has \(info.size) bytes; nothing is at \(range.lowerBound)")
        }
        return try await store.slice(range.clamped(to: 0..<info.size), of: info)
    }

    /// A part of an object that is no link.
    func slice(
        _ range: Range<UInt64>, of info: ObjectInfo
    ) async throws(JetStreamError) -> ObjectSlice {
        guard !range.isEmpty else {
            return ObjectSlice(store: self, info: info, range: range, start: nil, offset: 0)
        }
        let chunk = info.hasEvenChunks ? range.lowerBound / UInt64(info.chunkSize ?? 1) : 0
        let (start, index) = try await locate(chunk, of: info)
        return ObjectSlice(
            store: self, info: info, range: range, start: start,
            offset: index * UInt64(info.chunkSize ?? 0))
    }

    /// Questions by which a piece is looked for.
    private static let mostProbes = 4

    /// The number in the stream of a piece, or of one before it, and which one that is.
    func locate(
        _ chunk: UInt64, of info: ObjectInfo
    ) async throws(JetStreamError) -> (sequence: UInt64, index: UInt64) {
        let subject = SubjectPattern(names.chunks(of: info.id))
        var from: UInt64 = 1
        var found: (sequence: UInt64, index: UInt64) = (1, 0)
        for _ in 0..<Self.mostProbes {
            let message: StoredMessage
            do throws(JetStreamError) {
                message = try await jetStream.nextMessage(
                    on: subject, in: streamName, from: from, reader: .anyReplica)
            } catch  where error.code == .messageNotFound {
                return found
            }
            guard let pending = message.pending, pending < UInt64(info.chunks) else { return found }
            let index = UInt64(info.chunks) - 1 - pending
            // Pieces that are gone make the count another one: reading finds that out.
            guard index <= chunk else { return found }
            found = (message.sequence, index)
            if index == chunk { break }
            from = message.sequence + (chunk - index)
        }
        return found
    }
}

/// A part of an object's bytes, piece by piece.
///
/// It throws `truncated` when pieces are missing (`JetStreamError`).
public struct ObjectSlice: AsyncSequence, Sendable {
    public typealias Element = Bytes
    public typealias Failure = JetStreamError

    let store: ObjectBucket
    /// What the store knows of the object.
    public let info: ObjectInfo
    /// The places of the bytes in the object.
    public let range: Range<UInt64>
    /// The number in the stream where reading starts; nil: there is nothing to read.
    let start: UInt64?
    /// The place in the object of the piece that has that number.
    let offset: UInt64

    /// Number of bytes.
    public var size: UInt64 { range.upperBound - range.lowerBound }

    /// All of it at once.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Parameter limit: Most bytes that are taken into memory.
    /// - Throws: `JetStreamError` with `tooLarge`, and as the sequence.
    public func bytes(atMost limit: Int = 1 << 30) async throws(JetStreamError) -> Bytes {
        guard size <= UInt64(Swift.max(0, limit)) else {
            throw store.error(
                .tooLarge, "object get", "a range of \(size) bytes, at most \(limit) are taken")
        }
        var writer = ByteWriter(capacity: ObjectContent.firstCapacity(size))
        for try await piece in self { writer.append(piece) }
        return writer.finish()
    }

    /// Takes pieces as they are wanted; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let slice: ObjectSlice
        private var messages: OrderedMessages.Iterator?
        /// The place in the object of the next piece.
        private var offset: UInt64
        /// Bytes that were handed on.
        private var size: UInt64 = 0

        init(_ slice: ObjectSlice) {
            self.slice = slice
            offset = slice.offset
            guard let start = slice.start else { return }
            var options = OrderedReadOptions()
            options.filters = [SubjectPattern(slice.store.names.chunks(of: slice.info.id))]
            (options.start, options.follows) = (.byStartSequence(start), false)
            options.maxBytes = ObjectContent.requestBytes(slice.store)
            messages = slice.store.jetStream.orderedMessages(
                in: slice.store.streamName, options: options
            ).makeAsyncIterator()
        }

        /// The next piece; nil at the end. Cancelling the task ends it with the code `cancelled`.
        /// - Throws: `JetStreamError` with `truncated`, `streamNotFound`, `closed` or `cancelled`.
        public mutating func next() async throws(JetStreamError) -> Bytes? {
            try await next(isolation: #isolation)
        }

        /// The next piece, on the caller's actor; nil at the end. Cancelling the task ends it with
        /// the code `cancelled`.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(JetStreamError) -> Bytes? {
            let range = slice.range
            while size < slice.size {
                guard let message = try await messages?.next() else {
                    throw slice.store.error(
                        .truncated, "object get",
                        "\(slice.info.name) is damaged, or was replaced or removed meanwhile: "
                            + "\(size) of \(slice.size) bytes came")
                }
                let whole = offset..<offset + UInt64(message.payload.count)
                offset = whole.upperBound
                let wanted = range.clamped(to: whole)
                guard !wanted.isEmpty else { continue }
                size += wanted.upperBound - wanted.lowerBound
                let begin = Int(wanted.lowerBound - whole.lowerBound)
                return message.payload[begin..<Int(wanted.upperBound - whole.lowerBound)]
            }
            messages = nil
            return nil
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
