public import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

extension ObjectBucket {
    /// Size of the pieces in which an object is stored, as all clients have it.
    public static let chunkSize = 128 << 10
    /// Pieces that may wait for their acknowledgements.
    static let window = 16

    /// Stores bytes under a name, in place of what it had. Readers have the old object until the
    /// new one is whole; a put that fails leaves nothing behind, unless its last message's outcome
    /// is unknown: then the new object may be there, whole. Of puts of one name side by side the
    /// one that ends last counts, and no bytes of the others stay, if the user may purge the stream
    /// (`leftovers(olderThan:)`).
    ///
    /// Cancelling the task ends it with the code `cancelled`; the old object stays then, or the new
    /// one is whole.
    /// - Parameter chunkSize: Size of its pieces; never more than the server's `max_payload`.
    /// - Throws: `JetStreamError` with `invalidArgument`, `storageFull` when both objects do not
    ///   fit, `contentLost` when pieces were removed, or too old for the store, before it was
    ///   whole, `refused` when the store is sealed, `noStream` when it is gone, `conditionFailed`
    ///   when others change it again and again, and as `JetStream.publish`.
    @discardableResult
    public func put(
        _ content: some BytesConvertible, as name: String,
        notes: ObjectInfo.Notes = ObjectInfo.Notes(), chunkSize: Int = Self.chunkSize
    ) async throws(JetStreamError) -> ObjectInfo {
        var put = try ObjectPut(self, name, notes, chunkSize)
        return try await put.run { (put) throws(JetStreamError) in
            try await put.add(content.bytes)
        }
    }

    /// Stores what a sequence gives, of any length, under a name; see the form for bytes. The
    /// sequence is read as fast as the stream takes it.
    ///
    /// Cancelling the task does what it does in the form for bytes.
    /// - Throws: `JetStreamError`, as the form for bytes, and `sourceFailed` with the sequence's
    ///   own words when that fails.
    @discardableResult
    public func put<Content: AsyncSequence>(
        contentsOf content: Content, as name: String,
        notes: ObjectInfo.Notes = ObjectInfo.Notes(), chunkSize: Int = Self.chunkSize
    ) async throws(JetStreamError) -> ObjectInfo where Content.Element == Bytes {
        var put = try ObjectPut(self, name, notes, chunkSize)
        return try await put.run { (put) throws(JetStreamError) in
            var pieces = content.makeAsyncIterator()
            while true {
                let piece: Bytes?
                do { piece = try await pieces.next(isolation: #isolation) } catch {
                    guard !Task.isCancelled else {
                        throw put.store.error(.cancelled, "object put", "it was cancelled")
                    }
                    throw put.store.error(
                        .sourceFailed, "object put", "the content's source failed: \(error)")
                }
                guard let piece else { return }
                try await put.add(piece)
            }
        }
    }
}

extension ErrorCode {
    /// The source of an object that was to be stored failed.
    public static let sourceFailed = ErrorCode(rawValue: "source_failed")
}

/// One object on its way into a store.
struct ObjectPut: Sendable {
    let store: ObjectBucket
    private var info: ObjectInfo
    private let size: Int
    private let publisher: JetStreamPublisher
    private var tickets = Fifo<PublishTicket>()
    private var digest = ObjectDigest()
    /// Bytes that do not fill a piece yet.
    private var rest = Segments()
    /// Whether the message that says what the object is may have been stored.
    private var isSaid = false

    init(
        _ store: ObjectBucket, _ name: String, _ notes: ObjectInfo.Notes, _ chunkSize: Int
    ) throws(JetStreamError) {
        guard !name.isEmpty, chunkSize > 0 else {
            throw store.error(
                .invalidArgument, "object put",
                name.isEmpty
                    ? "an object has a name" : "a piece has at least one byte, not \(chunkSize)")
        }
        self.store = store
        size = min(chunkSize, store.jetStream.client.maxPayload)
        publisher = try store.jetStream.publisher(maxOutstanding: ObjectBucket.window)
        var generator = SystemGenerator()
        info = ObjectInfo(name: name, bucket: store.name)
        (info.id, info.notes) = (UniqueID.token(using: &generator), notes)
        info.chunkSize = size
    }

    /// Sends what `fill` adds, then says what the object is; removes what was sent when that fails.
    mutating func run(
        _ fill: (inout ObjectPut) async throws(JetStreamError) -> Void
    ) async throws(JetStreamError) -> ObjectInfo {
        var old = try await store.word(of: info.name, "object put")
        do throws(JetStreamError) {
            try await fill(&self)
            old = try await finish(inPlaceOf: old)
        } catch {
            // What may be told of to readers is not taken from them.
            if !isSaid || error.outcome != .unknown { await takeBack() }
            throw error
        }
        try await confirm(inPlaceOf: old)
        // What cannot be removed is among the leftovers of the store.
        if let old = old.info, old.id != info.id { try? await store.removeChunks(of: old.id) }
        return info
    }

    /// Tells what was lost on the way: each piece was acknowledged, and may be gone again by the
    /// time when it is said what they are. The old object is said to be there again then. Whoever
    /// has put, removed or renamed it since may have taken the pieces.
    private func confirm(inPlaceOf old: ObjectWord) async throws(JetStreamError) {
        let missing: JetStreamError
        do throws(JetStreamError) {
            guard let error = try await store.missingPieces(of: info, "object put") else { return }
            missing = error
        } catch {
            // Nobody answers, or it is cancelled: what was acknowledged counts.
            return
        }
        do throws(JetStreamError) {
            try await store.replaceWord(of: info.name, "object put") {
                (word) throws(JetStreamError) in
                guard var said = word.present, said.id == info.id else {
                    throw store.absent(info.name, "object put")
                }
                if let old = old.present { return old }
                said.remove()
                return said
            }
        } catch  where error.code == .objectNotFound {
            return
        } catch {
            // It stays where it cannot be taken back, and is told all the same.
        }
        try? await store.removeChunks(of: info.id)
        throw missing
    }

    /// Removes what was sent. The stream may store pieces that are still under way after it has
    /// removed others, so their answers come first, also for a task that was cancelled.
    private mutating func takeBack() async {
        var tickets = tickets
        self.tickets = Fifo()
        while let ticket = tickets.popFirst() {
            await Task { _ = try? await ticket.ack() }.value
        }
        try? await store.removeChunks(of: info.id)
    }

    mutating func add(_ bytes: Bytes) async throws(JetStreamError) {
        digest.update(bytes)
        info.size += UInt64(bytes.count)
        var start = 0
        if rest.byteCount > 0 {
            start = min(size - rest.byteCount, bytes.count)
            rest.append(bytes[0..<start])
            guard rest.byteCount == size else { return }
            try await send(takeRest())
        }
        while bytes.count - start >= size {
            try await send(bytes[start..<start + size])
            start += size
        }
        if start < bytes.count { rest.append(bytes[start..<bytes.count]) }
    }

    private mutating func takeRest() -> Bytes {
        defer { rest = Segments() }
        return rest.joined()
    }

    private mutating func send(_ chunk: Bytes) async throws(JetStreamError) {
        tickets.append(
            try await publisher.publish(chunk, to: store.names.chunks(of: info.id)))
        info.chunks += 1
        // The first refusal ends it, not the last.
        while let result = tickets.first?.result {
            _ = try result.get()
            _ = tickets.popFirst()
        }
    }

    /// - Returns: What was said before.
    private mutating func finish(
        inPlaceOf old: ObjectWord
    ) async throws(JetStreamError) -> ObjectWord {
        if rest.byteCount > 0 { try await send(takeRest()) }
        while let ticket = tickets.popFirst() { _ = try await ticket.ack() }
        info.digest = digest.text()
        isSaid = true
        let said = info
        return try await store.replaceWord(of: said.name, known: old, "object put") { _ in said }
    }
}
