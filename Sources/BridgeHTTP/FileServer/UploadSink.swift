internal import BridgeBytes
internal import BridgeSockets

/// What was uploaded, as it came.
struct UploadedData: Sendable, Hashable {
    let size: Int
    /// XXH64, 16 hexadecimal digits.
    let checksum: String
}

/// What is there of an upload before its body goes on.
struct HeldData: Sendable {
    var size = 0
    var digest = RunningChecksum(.xxh64)
}

/// Writes a body to an upload as it comes in; the body is never held in memory.
///
/// Large pieces go straight to the file. Small ones, as many tiny chunks make them, are gathered
/// first, so that their number does not become the number of system calls. What is to be answered
/// from memory is read into that memory.
final class UploadSink: BodySink {
    typealias Finish = @Sendable (ObjectUpload, UploadedData, ServerReply) -> Void

    /// Pieces below this size are gathered: 8 KiB.
    private static let gathered = 8 << 10

    /// Most bytes of one read into memory: what the cache of a core still holds when the digest is
    /// taken.
    private static let readSize = 1 << 20

    private let upload: ObjectUpload
    private let limit: Int
    private let blocking: BlockingWork
    private let finish: Finish
    /// Set where readers follow what comes.
    private let arriving: ArrivingUpload?
    private var written: Int
    private var digest: RunningChecksum
    /// Whether it was the server that ended it.
    private var isRefused = false
    private var staging = ByteWriter(capacity: 0)

    /// - Parameters:
    ///   - held: What an earlier request has brought, with its digest so far.
    ///   - limit: Most bytes of data; one more is answered with 413.
    ///   - finish: Called in the blocking pool when the data is complete; it answers.
    init(
        upload: ObjectUpload, after held: HeldData = HeldData(), limit: Int,
        blocking: BlockingWork, arriving: ArrivingUpload? = nil, finish: @escaping Finish
    ) {
        self.arriving = arriving
        self.upload = upload
        written = held.size
        digest = held.digest
        self.limit = limit
        self.blocking = blocking
        self.finish = finish
    }

    func received(_ span: Span<UInt8>) -> ServerAnswer? {
        if let refusal = arriving?.refusal {
            isRefused = true
            return .failure(refusal)
        }
        let total = written + staging.count + span.count
        guard total <= limit else {
            isRefused = true
            return .failure(413, "a file may have \(limit) bytes")
        }
        do throws(StoreError) {
            try upload.reserve(upTo: total)
            // Who follows an upload gets all that has come.
            if span.count >= Self.gathered || arriving != nil {
                try flush()
                try write(span)
            } else {
                staging.append(span)
                if staging.count >= Self.gathered { try flush() }
            }
            return nil
        } catch {
            isRefused = true
            return .failure(error)
        }
    }

    func read(from link: Link) -> DirectRead? {
        // What is over a limit is refused where it is received.
        let most = min(Self.readSize, limit - written)
        guard arriving == nil, staging.isEmpty, most > 0,
            let read = upload.read(from: link, at: written, atMost: most)
        else { return nil }
        if !read.bytes.isEmpty { wrote(read.bytes.span) }
        return read
    }

    private func write(_ span: Span<UInt8>) throws(StoreError) {
        try upload.write(span, at: written)
        wrote(span)
    }

    /// Takes the digest of what was written, while a cache has it.
    private func wrote(_ span: Span<UInt8>) {
        digest.update(span)
        written += span.count
        arriving?.advance(to: written)
        upload.writeBack(upTo: written, blocking)
    }

    private func flush() throws(StoreError) {
        guard !staging.isEmpty else { return }
        // Taken out meanwhile: a span cannot be borrowed from a property of a class.
        var pending = ByteWriter(capacity: 0)
        swap(&pending, &staging)
        try write(pending.span)
        pending.removeAll()
        swap(&pending, &staging)
    }

    func ended(_ reply: ServerReply) -> ServerDecision {
        do throws(StoreError) { try flush() } catch {
            arriving?.refused()
            blocking.submit { [upload] in
                upload.discard()
                reply.answer(.failure(error))
            }
            return .later
        }
        let data = UploadedData(size: written, checksum: digest.finalize().digits)
        blocking.submit { [upload, finish] in finish(upload, data, reply) }
        return .later
    }

    func aborted() {
        if isRefused { arriving?.refused() } else { arriving?.cut() }
        // What came before a cut is what the next request need not send.
        let isKept = upload.isResumable && !isRefused && (try? flush()) != nil
        blocking.submit { [upload] in
            if isKept { upload.keep(atLeast: ObjectStore.leastPart) } else { upload.discard() }
        }
    }
}

/// Collects a small body, such as a JSON document.
final class CollectingSink: BodySink {
    private let limit: Int
    private let finish: (Bytes, ServerReply) -> ServerDecision
    private var writer = ByteWriter()

    init(limit: Int, finish: @escaping (Bytes, ServerReply) -> ServerDecision) {
        self.limit = limit
        self.finish = finish
    }

    func received(_ span: Span<UInt8>) -> ServerAnswer? {
        guard writer.count + span.count <= limit else {
            return .failure(413, "this document may have \(limit) bytes")
        }
        writer.append(span)
        return nil
    }

    func ended(_ reply: ServerReply) -> ServerDecision {
        var whole = ByteWriter(capacity: 0)
        swap(&whole, &writer)
        return finish(whole.finish(), reply)
    }

    func aborted() {}
}
