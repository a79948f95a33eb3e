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
//
// That each piece but the last has the stated size is what most writers do and none has to: one
// that hands on what its source gives cuts as that does, and may come to the same number of pieces.
// So before a read begins in the middle, the sizes of the pieces on one side of that place, where
// there are fewer, are asked for: they make up what lies there, or all is read from the beginning,
// if no piece is missing.
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
        let place = try await place(of: range.lowerBound, in: info)
        return ObjectSlice(
            store: self, info: info, range: range, start: place,
            offset: place.index * UInt64(info.chunkSize ?? 0))
    }

    /// Whole pieces of an object that seems to be cut evenly; reading them finds out whether it is.
    func lane(
        _ range: Range<UInt64>, of info: ObjectInfo, run: PieceRun
    ) async throws(JetStreamError) -> ObjectSlice {
        let size = UInt64(info.chunkSize ?? 1)
        let place = try await locate(range.lowerBound / size, of: info, run)
        return ObjectSlice(
            store: self, info: info, range: range, start: place, offset: place.index * size,
            endsWithPiece: true)
    }

    /// The piece that has a byte of an object, or one before it.
    func place(
        of offset: UInt64, in info: ObjectInfo
    ) async throws(JetStreamError) -> PiecePlace {
        let run = try await run(of: info)
        if info.hasEvenChunks, let size = info.chunkSize.map({ UInt64($0) }) {
            let place = try await locate(offset / size, of: info, run)
            if place.index > 0 || place.isUnbroken, try await isProven(place, size, of: info) {
                return place
            }
        }
        if case .unbroken(let first) = run { return PiecePlace(sequence: first, isUnbroken: true) }
        // Nobody would notice that a piece is missing in between.
        let count = try await pieceCount(of: info)
        guard count == info.chunks else {
            throw error(
                .truncated, "object get",
                "\(info.name) is damaged, or was replaced or removed meanwhile: "
                    + "\(count) of \(info.chunks) pieces are there")
        }
        return PiecePlace()
    }

    /// How many pieces the leader has.
    private func pieceCount(of info: ObjectInfo) async throws(JetStreamError) -> UInt64 {
        let subject = SubjectPattern(names.chunks(of: info.id))
        for try await found in jetStream.subjects(of: streamName, matching: subject) {
            return found.messages
        }
        return 0
    }

    /// Whether the pieces in front of a place, or those from it on, have the sizes by which it is
    /// that place.
    private func isProven(
        _ place: PiecePlace, _ chunkSize: UInt64, of info: ObjectInfo
    ) async throws(JetStreamError) -> Bool {
        let (index, all) = (place.index, UInt64(info.chunks))
        guard index > 0, index < all else { return index == 0 }
        let isBehind = index > all / 2
        var options = OrderedReadOptions()
        options.filters = [SubjectPattern(names.chunks(of: info.id))]
        (options.headersOnly, options.follows, options.waitsForReplica) = (true, false, false)
        if isBehind { options.start = .byStartSequence(place.sequence) }
        let due = isBehind ? all - index : index
        var (count, size) = (UInt64(0), UInt64(0))
        for try await message in jetStream.orderedMessages(in: streamName, options: options) {
            let isHere = isBehind || message.metadata.streamSequence < place.sequence
            guard isHere, let told = (try? message.headers)?.first(Self.sizeName),
                let piece = Decimal.parse(told.bytes.span)
            else { return false }
            (count, size) = (count + 1, size &+ UInt64(piece))
            if count == due { break }
        }
        let start = index * chunkSize
        return count == due && size == (isBehind ? info.size - start : start)
    }

    private static let sizeName: HeaderName = "Nats-Msg-Size"

    /// Questions by which a piece is looked for.
    private static let mostProbes = 4

    /// Where a piece is, or one before it.
    private func locate(
        _ chunk: UInt64, of info: ObjectInfo, _ run: PieceRun
    ) async throws(JetStreamError) -> PiecePlace {
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
    /// Whether it is known to be made of whole pieces of the stated size, and damaged otherwise.
    var endsWithPiece = false

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
        /// Pieces that have a part in that.
        private var count = 0

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
                guard let piece = try await pieces?.next() else { throw shortage() }
                let whole = offset..<offset + UInt64(piece.count)
                offset = whole.upperBound
                let wanted = range.clamped(to: whole)
                guard !wanted.isEmpty else { continue }
                (size, count) = (size + (wanted.upperBound - wanted.lowerBound), count + 1)
                if slice.endsWithPiece, !isEven(whole) { throw shortage() }
                let begin = Int(wanted.lowerBound - whole.lowerBound)
                return piece[begin..<Int(wanted.upperBound - whole.lowerBound)]
            }
            pieces = nil
            return nil
        }

        /// Whether a piece is all that lies between two places of the stated distance.
        private func isEven(_ whole: Range<UInt64>) -> Bool {
            let chunkSize = UInt64(slice.info.chunkSize ?? 1)
            let start = slice.range.lowerBound + UInt64(count - 1) * chunkSize
            return whole == start..<Swift.min(start + chunkSize, slice.range.upperBound)
        }

        private func shortage() -> JetStreamError {
            slice.store.error(
                .truncated, "object get",
                "\(slice.info.name) is damaged, or was replaced or removed meanwhile: "
                    + "\(size) of \(slice.size) bytes came")
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
