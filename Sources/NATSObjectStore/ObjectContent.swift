public import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

extension ObjectBucket {
    /// The bytes of an object, piece by piece as they are wanted. A link leads to what it stands
    /// for.
    ///
    /// Size and digest are checked at the end: who must not use a byte of a damaged object collects
    /// it first (`bytes(of:atMost:)`).
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `objectNotFound`, `invalidArgument` for a link to a store,
    ///   `objectStoreNotFound` for a link into one that is gone, and what every call may throw.
    public func content(of name: String) async throws(JetStreamError) -> ObjectContent {
        let (store, info) = try await resolve(name)
        return ObjectContent(store: store, info: info)
    }

    /// The rest of an object's bytes, behind what was read of it before. Size and digest of the
    /// whole are checked at the end.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Parameter progress: What an iterator of `content(of:)` had read; see
    ///   `ObjectContent.Iterator.progress`.
    /// - Throws: `JetStreamError` with `truncated` when the object was replaced meanwhile, and as
    ///   `content(of:)`.
    public func content(
        of name: String, from progress: ObjectProgress
    ) async throws(JetStreamError) -> ObjectContent {
        let (store, info) = try await resolve(name)
        return try await store.content(info, from: progress)
    }

    /// The rest of an object that is no link.
    func content(
        _ info: ObjectInfo, from progress: ObjectProgress
    ) async throws(JetStreamError) -> ObjectContent {
        guard progress.id == info.id, progress.offset <= info.size else {
            throw error(
                .truncated, "object get",
                "\(info.name) was replaced meanwhile: what was read before is not of it")
        }
        var content = ObjectContent(store: self, info: info)
        content.progress = progress
        guard progress.offset > 0, progress.offset < info.size else { return content }
        content.start = try await place(of: progress.offset, in: info)
        return content
    }

    /// The object of a name that has bytes, and the store that has it.
    func resolve(_ name: String) async throws(JetStreamError) -> (ObjectBucket, ObjectInfo) {
        let info = try await existing(name, "object get")
        guard let link = info.link else { return (self, info) }
        guard let target = link.name else {
            throw error(.invalidArgument, "object get", "\(name) is a link to a store")
        }
        // A link to a link is none of ours, and might lead back here: one is followed.
        let store = try await jetStream.objectStore(link.bucket)
        let end = try await store.existing(target, "object get")
        guard end.link == nil else {
            throw error(.invalidArgument, "object get", "\(name) is a link to a link")
        }
        return (store, end)
    }
}

extension ObjectBucket {
    /// Checks what was read of an object.
    func check(
        _ info: ObjectInfo, _ size: UInt64, _ digest: ObjectDigest
    ) async throws(JetStreamError) {
        guard size == info.size else { throw await shortage(of: info, size) }
        guard let stated = info.digest, !digest.matches(stated) else { return }
        throw error(
            .checksumMismatch, "object get",
            "the bytes of \(info.name) have the digest \(digest.text()), not \(stated)")
    }

    /// Why bytes of an object did not come.
    func shortage(of info: ObjectInfo, _ size: UInt64) async -> JetStreamError {
        // The question is only for the words.
        let now = try? await word(of: info.name, "object get")
        let isThere = now?.present?.id == info.id
        let why = isThere ? "is damaged" : "was replaced or removed meanwhile"
        return error(
            .truncated, "object get", "\(info.name) \(why): \(size) of \(info.size) bytes came")
    }
}

/// The bytes of an object, piece by piece, with size and digest checked at the end.
///
/// It throws `checksumMismatch` when the bytes are not those that were stored, and `truncated` when
/// some are missing: the detail says whether the object was replaced meanwhile (`JetStreamError`).
public struct ObjectContent: AsyncSequence, Sendable {
    public typealias Element = Bytes
    public typealias Failure = JetStreamError

    let store: ObjectBucket
    /// What the store knows of the object; of the one that it leads to, for a link.
    public let info: ObjectInfo
    /// What was read before.
    var progress: ObjectProgress
    /// The number in the stream from which on is read, and which piece has it.
    var start = PiecePlace()

    init(store: ObjectBucket, info: ObjectInfo) {
        (self.store, self.info) = (store, info)
        progress = ObjectProgress(id: info.id)
    }

    /// Takes pieces as they are wanted; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let store: ObjectBucket
        private let info: ObjectInfo
        private var pieces: ObjectPieces?
        /// How far it is read, for `content(of:from:)`.
        public private(set) var progress: ObjectProgress
        /// The place in the object of the next piece, and its number.
        private var place: UInt64
        private var chunks: Int
        private var isChecked = false

        init(_ content: ObjectContent) {
            (store, info, progress) = (content.store, content.info, content.progress)
            chunks = Int(clamping: content.start.index)
            place = content.start.index * UInt64(info.chunkSize ?? 0)
            guard info.size > progress.offset else {
                chunks = info.chunks
                return
            }
            pieces = ObjectPieces(store, info, from: content.start)
        }

        /// The next piece; nil at the end, when all is checked. Cancelling the task ends it with
        /// the code `cancelled`.
        /// - Throws: `JetStreamError` with `checksumMismatch`, `truncated`, `streamNotFound`,
        ///   `closed` or `cancelled`.
        public mutating func next() async throws(JetStreamError) -> Bytes? {
            try await next(isolation: #isolation)
        }

        /// The next piece, on the caller's actor; nil at the end, when all is checked. Cancelling
        /// the task ends it with the code `cancelled`.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(JetStreamError) -> Bytes? {
            while chunks < info.chunks, let whole = try await pieces?.next() {
                let start = place
                (place, chunks) = (start + UInt64(whole.count), chunks + 1)
                // What was read before is passed over.
                guard place > progress.offset else { continue }
                let piece = whole[Int(progress.offset - Swift.min(start, progress.offset))...]
                progress.digest.update(piece)
                progress.offset += UInt64(piece.count)
                return piece
            }
            pieces = nil
            guard !isChecked else { return nil }
            isChecked = true
            guard chunks == info.chunks else {
                throw await store.shortage(of: info, progress.offset)
            }
            try await store.check(info, progress.offset, progress.digest)
            return nil
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// Most bytes of pieces that are on their way, and always enough for one message.
    static func requestBytes(_ store: ObjectBucket, _ info: ObjectInfo) -> Int {
        // Pieces may be of a time, or of a server, that took larger messages; what stands around
        // a piece is little beside it.
        let piece = Swift.min(info.chunkSize ?? 0, largestPiece) + (64 << 10)
        return Swift.max(4 << 20, 2 * store.jetStream.client.maxPayload, piece)
    }

    /// No server takes larger messages.
    private static let largestPiece = 64 << 20
}
