// Theory of operation.
//
// A place in an object is a place in one piece where all pieces but the last have one size. Which
// number in the stream that piece has, nobody tells: pieces of one put follow each other, perhaps
// with messages of others in between. The leader knows the first and the last of them; where as
// many numbers lie between these as pieces, there is nothing else in between, and each piece has
// its place.
//
// Else they are looked for: a direct read from a number on tells how many pieces are left behind
// the one that it finds, and so which one that is. The first piece and `k` numbers more is never
// behind piece `k`; where it is before it, the distance is added and asked again. After
// `mostProbes` questions, or where the server does not tell, the rest is read and passed over. But
// any replica answers such a question, and one that is behind counts too few: of an object that is
// younger than `settlingTime` all is read from its beginning.
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
    /// - Parameter run: Where its pieces are, if that is known.
    func slice(
        _ range: Range<UInt64>, of info: ObjectInfo, run: PieceRun? = nil
    ) async throws(JetStreamError) -> ObjectSlice {
        guard !range.isEmpty else {
            return ObjectSlice(store: self, info: info, range: range, start: nil, offset: 0)
        }
        let chunk = info.hasEvenChunks ? range.lowerBound / UInt64(info.chunkSize ?? 1) : 0
        let place = try await locate(chunk, of: info, run)
        return ObjectSlice(
            store: self, info: info, range: range, start: place,
            offset: place.index * UInt64(info.chunkSize ?? 0))
    }

    /// Questions by which a piece is looked for.
    private static let mostProbes = 4

    /// Where a piece is, or one before it.
    func locate(
        _ chunk: UInt64, of info: ObjectInfo, _ known: PieceRun? = nil
    ) async throws(JetStreamError) -> PiecePlace {
        let run: PieceRun
        if let known { run = known } else { run = try await self.run(of: info) }
        switch run {
        case .unbroken(let first):
            return PiecePlace(sequence: first + chunk, index: chunk, isUnbroken: true)
        case .unknown: return PiecePlace()
        case .mixed: return try await probe(chunk, of: info)
        }
    }

    /// How the pieces of an object lie in the stream, as its leader knows it.
    func run(of info: ObjectInfo) async throws(JetStreamError) -> PieceRun {
        let subject = names.chunks(of: info.id)
        do throws(JetStreamError) {
            let last = try await jetStream.lastMessage(on: subject, in: streamName).sequence
            let first = try await jetStream.nextMessage(
                on: SubjectPattern(subject), in: streamName
            ).sequence
            if last &- first == UInt64(info.chunks) &- 1 { return .unbroken(first: first) }
        } catch  where error.code == .messageNotFound {
            return .unknown
        }
        guard let stored = info.modified, let now = try await streamInfo().serverTime,
            let settled = stored.advanced(by: settlingTime), settled <= now
        else { return .unknown }
        return .mixed
    }

    private func probe(
        _ chunk: UInt64, of info: ObjectInfo
    ) async throws(JetStreamError) -> PiecePlace {
        let subject = SubjectPattern(names.chunks(of: info.id))
        var from: UInt64 = 1
        var found = PiecePlace()
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
            (found.sequence, found.index) = (message.sequence, index)
            if index == chunk { break }
            from = message.sequence + (chunk - index)
        }
        return found
    }
}

/// How the pieces of an object lie in the stream.
enum PieceRun: Sendable {
    /// One behind the other.
    case unbroken(first: UInt64)
    /// With messages of others in between.
    case mixed
    /// Nobody can tell yet.
    case unknown
}

/// Where in the stream a piece of an object is.
struct PiecePlace: Sendable {
    /// Its number in the stream, or that of something before it.
    var sequence: UInt64 = 1
    /// Which piece it is.
    var index: UInt64 = 0
    /// Whether the pieces behind it have the numbers behind that.
    var isUnbroken = false
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
    /// Where reading starts; nil: there is nothing to read.
    let start: PiecePlace?
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
        guard let region = ObjectMemory.region(size) else {
            var writer = ByteWriter(capacity: ObjectMemory.believedSize)
            for try await piece in self { writer.append(piece) }
            return writer.finish()
        }
        var collector = PartCollector(region, 0..<region.capacity)
        for try await piece in self { collector.append(piece) }
        return collector.finish()
    }

    /// Takes pieces as they are wanted; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let slice: ObjectSlice
        private var pieces: ObjectPieces?
        /// The place in the object of the next piece.
        private var offset: UInt64
        /// Bytes that were handed on.
        private var size: UInt64 = 0

        init(_ slice: ObjectSlice) {
            self.slice = slice
            offset = slice.offset
            guard let start = slice.start else { return }
            pieces = ObjectPieces(slice.store, slice.info, from: start)
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
                guard let piece = try await pieces?.next() else {
                    throw slice.store.error(
                        .truncated, "object get",
                        "\(slice.info.name) is damaged, or was replaced or removed meanwhile: "
                            + "\(size) of \(slice.size) bytes came")
                }
                let whole = offset..<offset + UInt64(piece.count)
                offset = whole.upperBound
                let wanted = range.clamped(to: whole)
                guard !wanted.isEmpty else { continue }
                size += wanted.upperBound - wanted.lowerBound
                let begin = Int(wanted.lowerBound - whole.lowerBound)
                return piece[begin..<Int(wanted.upperBound - whole.lowerBound)]
            }
            pieces = nil
            return nil
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
