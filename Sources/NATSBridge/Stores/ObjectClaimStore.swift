internal import BridgeBytes
public import BridgeClaims
internal import BridgeHTTP
public import HTTPWire
internal import NATSJetStream
public import NATSObjectStore

/// JetStream's object store as the store of large payloads: a bridge then needs nothing but NATS.
///
/// A payload is the object `{id}/{name}` of the bucket, and its link is
/// `nats-object://bucket/{id}/{name}`. Such a link is read by whoever has a store in a bucket of
/// that name, and by nobody else. Where a gateway stands before the bucket (`natsbridge serve
/// --backend`), its URL makes links that everybody reads: through the gateway, or, with such a
/// store, from the bucket. How long
/// payloads live is the bucket's own setting (`timeToLive`), for all of them.
public struct ObjectClaimStore: ClaimStore {
    /// The bucket that payloads are put into.
    public let bucket: ObjectBucket
    /// No link over HTTP is followed.
    public let linkPolicy = LinkPolicy(allowing: [])

    /// What the links of new payloads begin with: the URL of a gateway before the bucket; nil: they
    /// are `nats-object://` links.
    public let publicURL: HTTPURL?

    /// A store in a bucket that exists.
    /// - Parameter publicURL: The URL of a gateway, for links that every peer reads.
    public init(_ bucket: ObjectBucket, publicURL: HTTPURL? = nil) {
        self.bucket = bucket
        self.publicURL = publicURL
    }

    /// What all links begin with that lead here, in the order of preference.
    private var bases: [String] {
        let gateway = publicURL.map { url in
            url.description.hasSuffix("/") ? "\(url)f/" : "\(url)/f/"
        }
        return [gateway, "nats-object://\(bucket.name)/"].compactMap { $0 }
    }

    private func link(_ name: String) -> String { Self.link(name, bases[0]) }

    private static func link(_ name: String, _ base: String) -> String {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            .map { PercentCoding.encode(segment: String($0)) }
        return base + parts.joined(separator: "/")
    }

    /// The object that a link leads to.
    /// - Throws: `linkRefused` for one that is not in our own spelling, or leads elsewhere.
    private func name(
        of link: String, _ correlationID: String
    ) throws(ClaimError) -> String {
        let start = bases.first { link.hasPrefix($0) } ?? ""
        guard link.utf8.count <= LinkPolicy.longestURL, !start.isEmpty,
            let bytes = try? PercentCoding.decode(link.dropFirst(start.count)),
            let name = String(validating: bytes, as: UTF8.self), Self.isOwn(name),
            Self.link(name, start) == link
        else {
            throw ClaimError(
                .linkRefused, .policy, url: Redaction.url(link),
                "the link leads to no payload in the bucket \(bucket.name)",
                correlationID: correlationID)
        }
        return name
    }

    /// 32 hexadecimal digits, a slash and a name.
    private static func isOwn(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        return bytes.count > 33 && bytes[32] == 0x2F
            && bytes[..<32].allSatisfy { Hex.value($0) != nil }
    }

    public func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        var generator = SystemGenerator()
        let id = UniqueID.hex128(using: &generator)
        let name = "\(id)/\(StoredName.plain(content.name))"
        guard content.timeToLive > .zero else {
            throw failure(
                .invalidArgument, .upload, name, "a time to live must be more than nothing",
                correlationID)
        }
        async let digest = SegmentDigest.checksum(of: content.segments, content.checksumAlgorithm)
        var notes = ObjectInfo.Notes()
        notes.headers["Content-Type"] = [content.contentType]
        do throws(JetStreamError) {
            let life = try await bucket.configuration().timeToLive
            try await bucket.put(
                contentsOf: PieceSequence(pieces: content.segments), as: name, notes: notes)
            var claim = Claim(
                url: link(name), id: name, token: nil, size: content.size,
                checksum: await digest.description)
            if let life {
                // The server's own time says when it ends; without it nothing is said.
                let stored = try? await bucket.info(name)
                claim.expiresAt = stored?.modified?.advanced(by: life)
            }
            claim.grantedLife = life
            return claim
        } catch {
            await withdraw(name, after: error)
            throw failure(error, .upload, name, correlationID)
        }
    }

    /// A put that fails leaves nothing, unless nobody knows whether its last message arrived.
    private func withdraw(_ name: String, after error: JetStreamError) async {
        guard [.timeout, .disconnected, .cancelled].contains(error.code) else { return }
        let bucket = self.bucket
        await Task.detached { _ = try? await bucket.delete(name) }.value
    }

    public func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        let name = try name(of: request.url, request.correlationID)
        func verify(_ code: ErrorCode, _ message: String) -> ClaimError {
            failure(code, .verify, name, message, request.correlationID)
        }
        var checksum: Checksum?
        switch request.expectedChecksum.map({ ChecksumStatement(parsing: $0) }) {
        case .known(let known): checksum = known
        case .unknownName, nil: break
        case .malformed: throw verify(.invalidChecksum, "the stated digest is not one")
        }
        let info = try await asking(.download, name, request.correlationID) {
            () throws(JetStreamError) in try await bucket.info(name)
        }
        guard let info else {
            throw failure(
                .payloadNotFound, .download, name, "the bucket has no such payload",
                request.correlationID)
        }
        let size = Int(clamping: info.size)
        if let expected = request.expectedSize, expected != size {
            throw verify(.sizeMismatch, "the object has \(size) bytes, not \(expected)")
        }
        guard size <= max(0, request.limit) else {
            throw verify(
                .tooLarge, "the object has \(size) bytes, at most \(request.limit) are taken")
        }
        let more = size - max(0, request.reservedShare)
        if let reservation = request.reservation, more > 0, !reservation.grow(by: more) {
            throw verify(.memoryExhausted, "there is no memory for the object")
        }
        let bytes = try await asking(.download, name, request.correlationID) {
            () throws(JetStreamError) in try await read(name, size, request.progress)
        }
        if let checksum {
            let found = await SegmentDigest.checksum(of: Segments(bytes), checksum.algorithm)
            guard found == checksum else {
                throw verify(.checksumMismatch, "the digest is \(found), not \(checksum)")
            }
        }
        return bytes
    }

    private func read(
        _ name: String, _ size: Int, _ progress: (@Sendable (Int, Int?) -> Void)?
    ) async throws(JetStreamError) -> Bytes {
        let content = try await bucket.content(of: name)
        var writer = ByteWriter(capacity: min(size, 64 << 20))
        for try await piece in content {
            writer.append(piece)
            progress?(writer.count, size)
        }
        return writer.finish()
    }

    public func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {
        guard Self.isOwn(claim.id) else {
            throw failure(
                .refused, .delete, "", "this is no payload of this store", correlationID)
        }
        try await remove(claim.id, correlationID)
    }

    public func delete(
        link: String, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        try await remove(try name(of: link, correlationID), correlationID)
    }

    private func remove(_ name: String, _ correlationID: String) async throws(ClaimError) {
        try await asking(.delete, name, correlationID) { () throws(JetStreamError) in
            do throws(JetStreamError) { try await bucket.delete(name) } catch {
                guard error.code == .objectNotFound else { throw error }
            }
        }
    }

    public func checkLink(
        _ claim: Claim, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        let name = try name(of: claim.url, correlationID)
        let info = try await asking(.verify, name, correlationID) {
            () throws(JetStreamError) in try await bucket.info(name)
        }
        guard let info else {
            throw failure(
                .payloadNotFound, .verify, name, "the bucket has no such payload", correlationID)
        }
        guard info.size == UInt64(claim.size) else {
            throw failure(
                .sizeMismatch, .verify, name,
                "the object has \(info.size) bytes of the payload's \(claim.size)", correlationID)
        }
    }

    private func asking<Value>(
        _ stage: ClaimError.Stage, _ name: String, _ correlationID: String,
        _ work: () async throws(JetStreamError) -> Value
    ) async throws(ClaimError) -> Value {
        do throws(JetStreamError) { return try await work() } catch {
            throw failure(error, stage, name, correlationID)
        }
    }

    private func failure(
        _ error: JetStreamError, _ stage: ClaimError.Stage, _ name: String, _ correlationID: String
    ) -> ClaimError {
        let code = error.code == .objectNotFound ? ErrorCode.payloadNotFound : error.code
        return failure(code, stage, name, error.detail, correlationID)
    }

    private func failure(
        _ code: ErrorCode, _ stage: ClaimError.Stage, _ name: String, _ message: String,
        _ correlationID: String
    ) -> ClaimError {
        ClaimError(code, stage, url: link(name), message, correlationID: correlationID)
    }
}

/// Pieces, one after the other.
private struct PieceSequence: AsyncSequence {
    typealias Element = Bytes
    typealias Failure = Never
    let pieces: Segments

    struct Iterator: AsyncIteratorProtocol {
        var pieces: IndexingIterator<Segments>

        mutating func next() async -> Bytes? { pieces.next() }
        mutating func next(isolation: isolated (any Actor)?) async throws(Never) -> Bytes? {
            pieces.next()
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(pieces: pieces.makeIterator()) }
}
