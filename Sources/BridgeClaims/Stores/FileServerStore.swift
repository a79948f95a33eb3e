public import BridgeBytes
public import BridgeHTTP
internal import BridgeJSON
public import HTTPWire

/// The store behind this project's own file server.
///
/// The client chooses the identifier and the token, both random, before it uploads. So an upload
/// whose answer was lost is simply sent again: `412 Precondition Failed` then means that the
/// first one arrived, and the token that removes it is ours. An upload that failed in the end
/// after an attempt without an answer is removed, if the store can be reached.
public struct FileServerStore: ClaimStore {
    /// Where payloads are sent.
    public let baseURL: HTTPURL
    /// What links begin with, where receivers know the server under another name; nil for what
    /// the server itself says, or else for `baseURL`.
    public let publicBaseURL: HTTPURL?
    /// Links to the server under either of its names, and on the loopback under each that a
    /// machine has for itself.
    public let linkPolicy: LinkPolicy
    let requests: StoreRequests

    /// A store on a server.
    /// - Parameters:
    ///   - client: Shared with others if given.
    ///   - retry: When a failed upload or removal is tried again.
    ///   - token: What the store wants as `Authorization: Bearer` of those who upload or delete
    ///     (`FileServerOptions.uploadToken`, `deleteToken`). It is sent to `baseURL` alone.
    /// - Throws: `HTTPError` with `invalidURL` for a URL with a user name or a query, which would
    ///   not be sent, `invalidArgument` for a token that is not fit for a field, or
    ///   `connectionFailed` when no client can be started.
    public init(
        baseURL: HTTPURL, publicBaseURL: HTTPURL? = nil, client: HTTPClient? = nil,
        retry: RetryPolicy = RetryPolicy(), token: String? = nil
    ) throws(HTTPError) {
        try self.init(
            baseURL: baseURL, publicBaseURL: publicBaseURL, client: client, retry: retry,
            token: token, names: PublicNames())
    }

    /// - Parameter names: How the hosts of public links are resolved.
    package init(
        baseURL: HTTPURL, publicBaseURL: HTTPURL?, client: HTTPClient?, retry: RetryPolicy,
        token: String? = nil, names: PublicNames
    ) throws(HTTPError) {
        try StoreURL.check(baseURL, publicBaseURL)
        try StoreURL.check(token: token, of: baseURL)
        self.baseURL = baseURL
        self.publicBaseURL = publicBaseURL
        linkPolicy = LinkPolicy(of: baseURL, publicURL: publicBaseURL)
        requests = StoreRequests(
            client: try Self.client(or: client), userAgent: nil, retry: retry, token: token,
            names: names)
    }

    public func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        var generator = SystemGenerator()
        let id = UniqueID.hex128(using: &generator)
        let token = UniqueID.hex128(using: &generator)
        let path = "/f/\(id)/\(PercentCoding.encode(segment: StoredName.plain(content.name)))"
        let target = try StoreURL.make(baseURL, path)
        let seconds = try StoredLife.seconds(of: content, at: target, correlationID)
        var fields = fields(content, seconds, token, correlationID)
        let digest = SentDigest(of: content.segments, content.checksumAlgorithm)
        if content.checksumAlgorithm == .sha256 {
            // The store can compare what comes with it, so it is taken first.
            let value = await DigestField.value(sha256: digest.checksum().digits)
            if let value { fields.append(checked: "Repr-Digest", value) }
        }
        let isResumable = content.size >= ResumableUpload.leastSize
        if isResumable { fields.append("Upload-Complete", "?1") }
        let request = HTTPRequest("PUT", target, fields: fields)
        let clock = TransferClock(total: requests.retry.total)
        let stored: FieldList
        do throws(ClaimError) {
            let answer =
                isResumable
                ? try await ResumableUpload(
                    requests: requests, request: request, segments: content.segments,
                    sent: { digest.reached($0) }, correlationID: correlationID, clock: clock
                ).run()
                : try await requests.send(
                    request, .segments(content.segments) { digest.reached($0) }, .upload,
                    correlationID: correlationID, clock: clock)
            switch answer.status {
            case 200...299:
                if let doubt = StoreRequests.doubt(answer) {
                    throw ClaimError(
                        .unexpectedAnswer, .upload, url: target.description, doubt,
                        status: answer.status, attempts: answer.attempts,
                        correlationID: correlationID)
                }
                stored = answer.fields
            case 412:
                stored = try await verify(
                    target, token, size: content.size, correlationID, clock)
            default: throw refusal(answer, at: target, correlationID)
            }
            try await agree(stored, with: digest.checksum(), at: target, correlationID)
        } catch {
            throw await withdraw(target, token, after: error)
        }
        // Of an upload, or of what an earlier attempt has stored.
        let location = stored["Location"] ?? stored["Content-Location"]
        var claim = Claim(
            url: LinkOrigin.link(
                publicURL: publicBaseURL, path: path, location: location, target: target),
            id: id, token: token, size: content.size, checksum: await digest.checksum().description,
            expiresAt: stored["Expires-At"].flatMap { Timestamp($0) })
        claim.grantedLife = StoredLife.granted(stored, until: claim.expiresAt)
        return claim
    }

    func refusal(
        _ answer: StoreRequests.Answer, at url: HTTPURL, _ correlationID: String
    ) -> ClaimError {
        // Our own server says by these codes that other bytes came than those of the digest, and
        // that it has TLS.
        let stated = (try? JSONValue(parsing: answer.body))?["error"]?.stringValue
        let (code, message): (ErrorCode, String) =
            switch (answer.status, stated) {
            case (400, ErrorCode.checksumMismatch.rawValue):
                (.checksumMismatch, "other bytes came to the store than were sent")
            case (400, ErrorCode.tlsRequired.rawValue):
                (.tlsRequired, "the store speaks https at this port")
            default:
                (DownloadMachine.code(answer.status), "the store does not take the payload")
            }
        return ClaimError(
            code, .upload, url: url.description, message, status: answer.status,
            attempts: answer.attempts, correlationID: correlationID)
    }

    /// Compares what a store says that it has with what was sent.
    private func agree(
        _ stored: FieldList, with sent: Checksum, at url: HTTPURL, _ correlationID: String
    ) throws(ClaimError) {
        guard let stated = StoreRequests.digest(in: stored), stated.algorithm == sent.algorithm,
            stated != sent
        else { return }
        throw ClaimError(
            .checksumMismatch, .verify, url: url.description,
            "the store has \(stated), not \(sent)", correlationID: correlationID)
    }

    /// Longest wait for the removal of an upload that failed.
    private static let withdrawalTime = Duration.seconds(5)
    /// The same after a cancellation: somebody waits for the end.
    private static let cancelledWithdrawalTime = Duration.seconds(1)

    /// Removes what an attempt without an answer may have stored, also when the upload was
    /// cancelled. Returns the error, which says so where the store cannot be reached for that: then
    /// it forgets the payload after its time to live.
    func withdraw(
        _ url: HTTPURL, _ token: String, after error: ClaimError
    ) async -> ClaimError {
        // One refusal of one attempt is all that leaves no doubt.
        let isRefusal = error.status.map { $0 >= 300 } ?? false
        guard !isRefusal || error.attempts > 1 else { return error }
        var retry = requests.retry
        retry.total =
            error.code == .cancelled ? Self.cancelledWithdrawalTime : Self.withdrawalTime
        let requests = StoreRequests(
            client: requests.client, userAgent: nil, retry: retry, token: requests.token)
        let isRemoved = await Task.detached {
            do throws(ClaimError) {
                try await requests.delete(url, token: token, correlationID: error.correlationID)
                return true
            } catch {
                return false
            }
        }.value
        return isRemoved ? error : error.saying(Self.leftSentence)
    }

    /// What is known of an upload that failed and could not be taken back.
    package static let leftSentence =
        "what an attempt without an answer may have stored stays until its time to live ends"

    func fields(
        _ content: ClaimContent, _ seconds: Int, _ token: String, _ correlationID: String
    ) -> FieldList {
        var fields = FieldList()
        fields.append("Content-Type", content.fieldType)
        fields.append("If-None-Match", "*")
        fields.append("X-TTL", String(seconds))
        fields.append("X-UploadToken", token)
        // Identifiers come from callers; one that is not fit for a field stays out of it.
        if correlationID.utf8.count <= 256 {
            try? fields.append(name: "X-Correlation-ID", value: correlationID)
        }
        return fields
    }

    /// The identifier is taken: by our own earlier attempt, if the size is right. Nobody else can
    /// have guessed it, and a payload appears whole or not at all.
    func verify(
        _ url: HTTPURL, _ token: String, size: Int, _ correlationID: String,
        _ clock: TransferClock
    ) async throws(ClaimError) -> FieldList {
        // A store that signs links tells them to whoever has the token alone.
        var request = HTTPRequest("HEAD", url)
        request.fields.append(checked: "X-UploadToken", token)
        let answer = try await requests.send(
            request, .none, .verify, correlationID: correlationID, clock: clock)
        guard answer.status == 200, answer.fields["Content-Length"] == String(size) else {
            throw ClaimError(
                .uploadConflict, .verify, url: url.description,
                "another payload is stored under the identifier", status: answer.status,
                correlationID: correlationID)
        }
        return answer.fields
    }

    public func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        try await ClaimFetch(request, policy: linkPolicy, requests).run()
    }

    public func checkLink(
        _ claim: Claim, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        try await requests.check(claim, policy ?? linkPolicy, correlationID)
    }

    public func delete(
        link: String, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        let url = try StoreURL.own(link, policy ?? linkPolicy, of: baseURL, correlationID)
        try await requests.delete(url, token: nil, correlationID: correlationID)
    }

    public func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {
        // With the name: to a server that knows only files, that is what was stored.
        let folder = "/f/\(claim.id)"
        let path = (try? HTTPURL(claim.url))?.path ?? ""
        let name = path.firstPlace(of: folder).map { String(path[$0.upperBound...]) } ?? ""
        let url = try StoreURL.make(baseURL, folder + name)
        try await requests.delete(url, token: claim.token ?? "", correlationID: correlationID)
    }
}
