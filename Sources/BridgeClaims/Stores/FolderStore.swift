public import BridgeBytes
public import BridgeHTTP
internal import BridgeSockets
internal import HTTPWire

/// A folder that senders and receivers share: a mounted network file system, or one machine.
///
/// A payload lies there as `{id}-{name}`, put together under another name and given this one when
/// it is whole. Its link is a `file://` URL. Such a link is followed by who has a store in that
/// very folder, and by nobody else: only a plain file directly in the folder is read, through no
/// symbolic link, so no link leads out of it. Nothing removes what is old but its sender.
public struct FolderStore: ClaimStore {
    /// The folder, an absolute path without a slash at its end.
    public let folder: String
    /// No link over HTTP is followed, unless a receiver's policy allows it.
    public let linkPolicy = LinkPolicy(allowing: [])
    /// Whether a payload is on the disk when it counts as stored.
    public let isDurable: Bool
    private let requests: StoreRequests

    /// A store in a folder that exists.
    /// - Parameters:
    ///   - client: For links over HTTP that a receiver's policy allows; shared with others if
    ///     given.
    ///   - isDurable: Whether an upload waits until the payload is on the disk.
    /// - Throws: `HTTPError` with `invalidURL` for a path that is not absolute or holds `.`, `..`
    ///   or empty parts, or `connectionFailed` when no client can be started.
    public init(
        folder: String, client: HTTPClient? = nil, retry: RetryPolicy = RetryPolicy(),
        isDurable: Bool = false
    ) throws(HTTPError) {
        let parts = folder.split(separator: "/", omittingEmptySubsequences: false)
        guard folder.hasPrefix("/"), parts.count > 1,
            parts.dropFirst().allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
            !folder.utf8.contains(0)
        else {
            throw HTTPError(
                .badURL, .prepare, url: "",
                "a shared folder is an absolute path without . and .., such as /srv/payloads")
        }
        self.folder = folder
        self.isDurable = isDurable
        requests = StoreRequests(
            client: try Self.client(or: client), userAgent: nil, retry: retry)
    }

    /// The URL of a file directly in the folder.
    private func link(_ name: String) -> String {
        let parts = (folder + "/" + name).split(separator: "/").map {
            PercentCoding.encode(segment: String($0))
        }
        return "file:///" + parts.joined(separator: "/")
    }

    /// Reads `file:///path`, percent-encoded, without anything else.
    static func path(of text: String) throws(HTTPError) -> String {
        let coded = text.dropFirst("file://".count)
        guard text.hasPrefix("file:///"), !coded.contains("?"), !coded.contains("#"),
            let bytes = try? PercentCoding.decode(coded),
            let path = String(validating: bytes, as: UTF8.self)
        else {
            throw HTTPError(
                .badURL, .prepare, url: Redaction.url(text),
                "the URL of a shared folder is file:///, a path and nothing more")
        }
        return path
    }

    public func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        guard content.timeToLive > .zero else {
            throw ClaimError(
                .invalidArgument, .upload, url: link(""),
                "a time to live must be more than nothing", correlationID: correlationID)
        }
        var generator = SystemGenerator()
        let id = UniqueID.hex128(using: &generator)
        let name = FlatName.of(id, content.name)
        async let digest = SegmentDigest.checksum(of: content.segments, content.checksumAlgorithm)
        let work = FolderWork(folder: folder, isDurable: isDurable)
        let segments = content.segments
        let result = await BlockingPool.shared.run { work.store(segments, id: id, as: name) }
        let checksum = await digest
        if case .failure(let error) = result {
            throw failure(error, .upload, name, correlationID)
        }
        if Task.isCancelled {
            _ = await BlockingPool.shared.run { work.remove(name) }
            throw ClaimError(
                .cancelled, .upload, url: link(name), "cancelled while it was stored",
                correlationID: correlationID)
        }
        return Claim(
            url: link(name), id: name, token: nil, size: content.size,
            checksum: checksum.description)
    }

    public func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        guard request.url.hasPrefix("file://") else {
            return try await ClaimFetch(request, policy: linkPolicy, requests).run()
        }
        let name = try name(of: request.url, request.correlationID)
        var checksum: Checksum?
        func verify(_ code: ErrorCode, _ message: String) -> ClaimError {
            ClaimError(
                code, .verify, url: link(name), message, correlationID: request.correlationID)
        }
        switch request.expectedChecksum.map({ ChecksumStatement(parsing: $0) }) {
        case .known(let known): checksum = known
        case .unknownName, nil: break
        case .malformed: throw verify(.invalidChecksum, "the stated digest is not one")
        }
        let limit = max(0, min(request.limit, request.expectedSize ?? .max))
        let share = request.reservation.map { ReservedShare($0, bytes: request.reservedShare) }
        let work = FolderWork(folder: folder, isDurable: isDurable)
        let result = await BlockingPool.shared.run {
            work.read(name, limit: limit) { share?.admit($0) }
        }
        let bytes: Bytes
        switch result {
        case .success(let read): bytes = read
        case .failure(let error): throw failure(error, .download, name, request.correlationID)
        }
        if Task.isCancelled {
            throw ClaimError(
                .cancelled, .download, url: link(name), "cancelled while it was read",
                correlationID: request.correlationID)
        }
        if let size = request.expectedSize, size != bytes.count {
            throw verify(.sizeMismatch, "the file has \(bytes.count) bytes, not \(size)")
        }
        if let checksum {
            let found = await SegmentDigest.checksum(of: Segments(bytes), checksum.algorithm)
            guard found == checksum else {
                throw verify(.checksumMismatch, "the digest is \(found), not \(checksum)")
            }
        }
        request.progress?(bytes.count, bytes.count)
        return bytes
    }

    public func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {
        guard FlatName.isOne(claim.id) else { throw foreign(.delete, correlationID) }
        try await remove(claim.id, correlationID)
    }

    public func delete(
        link: String, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        try await remove(try name(of: link, correlationID), correlationID)
    }

    private func remove(_ name: String, _ correlationID: String) async throws(ClaimError) {
        let work = FolderWork(folder: folder, isDurable: isDurable)
        let error = await BlockingPool.shared.run { work.remove(name) }
        if let error { throw failure(.system(error), .delete, name, correlationID) }
    }

    public func checkLink(
        _ claim: Claim, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        let name = try name(of: claim.url, correlationID)
        let path = "\(folder)/\(name)"
        let size = await BlockingPool.shared.run { FileSystem().size(of: path) }
        guard size == claim.size else {
            throw ClaimError(
                size == nil ? .payloadNotFound : .sizeMismatch, .verify, url: link(name),
                size.map { "the file has \($0) bytes of the payload's \(claim.size)" }
                    ?? "the file is not there", correlationID: correlationID)
        }
    }

    /// The name of the file that a link leads to.
    /// - Throws: `linkRefused` for whatever is not a plain name directly in the folder.
    private func name(of link: String, _ correlationID: String) throws(ClaimError) -> String {
        let start = self.link("")
        guard link.utf8.count <= LinkPolicy.longestURL, link.hasPrefix(start + "/"),
            let bytes = try? PercentCoding.decode(link.dropFirst(start.utf8.count + 1)),
            let name = String(validating: bytes, as: UTF8.self), FlatName.isOne(name),
            // In our own spelling, and with nothing behind it.
            self.link(name) == link
        else { throw foreign(.policy, correlationID) }
        return name
    }

    private func foreign(_ stage: ClaimError.Stage, _ correlationID: String) -> ClaimError {
        ClaimError(
            .linkRefused, stage, url: "file://…", "the link leads to no payload in this folder",
            correlationID: correlationID)
    }

    private func failure(
        _ error: FolderWork.Failure, _ stage: ClaimError.Stage, _ name: String,
        _ correlationID: String
    ) -> ClaimError {
        let (code, message): (ErrorCode, String) =
            switch error {
            case .tooLarge(let size): (.tooLarge, "the file has \(size) bytes, more than is taken")
            case .refused(let reason): (reason.claimCode, "there is no memory for the file")
            case .system(let error) where error.code == .fileNotFound:
                (.payloadNotFound, "the file is not there")
            case .system(let error): (error.code, "\(error.operation): \(error.detail)")
            }
        return ClaimError(
            code, stage, url: link(name), message, correlationID: correlationID)
    }
}

/// What the folder is asked for, on a thread that may block.
private struct FolderWork: Sendable {
    enum Failure: Error, Sendable {
        case tooLarge(Int)
        case refused(HTTPError.Reason)
        case system(SocketError)
    }

    let folder: String
    let isDurable: Bool
    private var files: FileSystem { FileSystem() }

    init(folder: String, isDurable: Bool) {
        self.folder = folder
        self.isDurable = isDurable
    }

    func store(_ segments: Segments, id: String, as name: String) -> Result<Void, Failure> {
        let part = "\(folder)/.\(id).part"
        do throws(SocketError) {
            let file = try OpenFile.creating(part)
            var place = 0
            for segment in segments {
                try file.write(segment.span, at: place)
                place += segment.count
            }
            if isDurable { try file.synchronize() }
            // Nothing has that name: nobody can have guessed it.
            try files.rename(part, to: "\(folder)/\(name)")
            if isDurable { try files.synchronizeDirectory(folder) }
            return .success(())
        } catch {
            _ = try? files.remove(part)
            return .failure(.system(error))
        }
    }

    func read(
        _ name: String, limit: Int, admit: (Int) -> HTTPError.Reason?
    ) -> Result<Bytes, Failure> {
        do throws(SocketError) {
            let path = "\(folder)/\(name)"
            let file = try OpenFile.reading(path)
            guard try file.isRegular() else {
                return .failure(.system(SocketError("open", errno: Errno.invalid, subject: path)))
            }
            let size = try file.size()
            guard size <= limit else { return .failure(.tooLarge(size)) }
            if let reason = admit(size) { return .failure(.refused(reason)) }
            return .success(try file.read(at: 0, limit: size))
        } catch {
            return .failure(.system(error))
        }
    }

    /// Nil when it is gone.
    func remove(_ name: String) -> SocketError? {
        do throws(SocketError) {
            _ = try files.remove("\(folder)/\(name)")
            return nil
        } catch {
            return error
        }
    }
}
