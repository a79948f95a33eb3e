public import BridgeBytes

/// A store made of two functions, in the way of the peers' handlers:
/// `upload(fileserver_url, dataname, bytes)` and
/// `download(url, max_retries, base_delay, max_delay, correlation_id)`.
///
/// For whoever keeps payloads in a place that no store here speaks to. What the functions throw
/// is told by its type alone, since its words may hold secrets; a `ClaimError` goes through as it
/// is. The bytes that come are verified like those of any store. The function that downloads gets
/// every link, whatever it leads to: which ones it follows is its own business.
public struct HandlerStore: ClaimStore {
    /// Stores bytes under a name at a server; the URL that receivers fetch.
    public typealias Upload =
        @Sendable (_ fileserverURL: String, _ dataname: String, _ bytes: Bytes) async throws ->
        String
    /// Fetches the bytes of a link.
    public typealias Download =
        @Sendable (
            _ url: String, _ maxRetries: Int, _ baseDelay: Duration, _ maxDelay: Duration,
            _ correlationID: String
        ) async throws -> Bytes

    /// What `upload` is told to store at.
    public let fileserverURL: String
    /// Links anywhere are given to `download`.
    public let linkPolicy = LinkPolicy(allowing: [])
    private let uploading: Upload
    private let downloading: Download

    /// A store of two functions.
    public init(
        fileserverURL: String, upload: @escaping Upload, download: @escaping Download
    ) {
        self.fileserverURL = fileserverURL
        uploading = upload
        downloading = download
    }

    public func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        let digest = await SegmentDigest.checksum(of: content.segments, content.checksumAlgorithm)
        let url: String
        do {
            url = try await uploading(
                fileserverURL, content.name, content.segments.joined())
        } catch {
            throw Self.failure(error, .upload, fileserverURL, correlationID)
        }
        guard !url.isEmpty, url.utf8.count <= LinkPolicy.longestURL else {
            throw ClaimError(
                .unexpectedAnswer, .upload, url: Redaction.url(fileserverURL),
                "the handler gave no link, or one that is too long", correlationID: correlationID)
        }
        return Claim(
            url: url, id: url, token: nil, size: content.size, checksum: digest.description)
    }

    public func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        func failure(_ code: ErrorCode, _ message: String) -> ClaimError {
            ClaimError(
                code, .verify, url: Redaction.url(request.url), message,
                correlationID: request.correlationID)
        }
        var checksum: Checksum?
        switch request.expectedChecksum.map({ ChecksumStatement(parsing: $0) }) {
        case .known(let known): checksum = known
        case .unknownName, nil: break
        case .malformed: throw failure(.invalidChecksum, "the stated digest is not one")
        }
        let bytes: Bytes
        do {
            bytes = try await downloading(
                request.url, max(0, request.retry.maxAttempts - 1), request.retry.base,
                request.retry.cap, request.correlationID)
        } catch {
            throw Self.failure(error, .download, request.url, request.correlationID)
        }
        guard bytes.count <= request.limit else {
            throw failure(
                .tooLarge, "\(bytes.count) bytes came, at most \(request.limit) are taken")
        }
        let share = request.reservation.map { ReservedShare($0, bytes: request.reservedShare) }
        if share?.admit(bytes.count) != nil {
            throw failure(.memoryExhausted, "there is no memory for what came")
        }
        if let size = request.expectedSize, size != bytes.count {
            throw failure(.sizeMismatch, "\(bytes.count) bytes came, not \(size)")
        }
        if let checksum {
            let found = await SegmentDigest.checksum(of: Segments(bytes), checksum.algorithm)
            guard found == checksum else {
                throw failure(.checksumMismatch, "the digest is \(found), not \(checksum)")
            }
        }
        request.progress?(bytes.count, bytes.count)
        return bytes
    }

    /// Refuses: the peers' handlers have no such function.
    ///
    /// Nothing in it waits, so cancelling the task changes nothing.
    /// - Throws: `ClaimError` with `refused`.
    public func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {
        throw ClaimError(
            .refused, .delete, url: Redaction.url(claim.url),
            "a store of handlers has none that removes", correlationID: correlationID)
    }

    /// Looks at nothing: only the handler knows which links it follows.
    ///
    /// Nothing in it waits, so cancelling the task changes nothing.
    /// - Throws: No `ClaimError`: a link that does not work is `unavailable` to whoever fetches.
    public func checkLink(
        _ claim: Claim, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {}

    private static func failure(
        _ error: any Error, _ stage: ClaimError.Stage, _ url: String, _ correlationID: String
    ) -> ClaimError {
        if let error = error as? ClaimError { return error }
        if error is CancellationError || Task.isCancelled {
            return ClaimError(
                .cancelled, stage, url: Redaction.url(url), "cancelled in the handler",
                correlationID: correlationID)
        }
        return ClaimError(
            (error as? any CodedError)?.code ?? .unavailable, stage, url: Redaction.url(url),
            "the handler failed with \(type(of: error))", correlationID: correlationID)
    }
}
