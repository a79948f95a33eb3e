public import BridgeBytes
public import BridgeHTTP
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
    /// the server itself says.
    public let publicBaseURL: HTTPURL?
    /// Links to the server under either of its names.
    public let linkPolicy: LinkPolicy
    private let requests: StoreRequests

    /// A store on a server.
    /// - Parameters:
    ///   - client: Shared with others if given.
    ///   - retry: When a failed upload or removal is tried again.
    /// - Throws: `HTTPError` with `unsupportedScheme`, or `connectionFailed` when no client can be
    ///   started.
    public init(
        baseURL: HTTPURL, publicBaseURL: HTTPURL? = nil, client: HTTPClient? = nil,
        retry: RetryPolicy = RetryPolicy()
    ) throws(HTTPError) {
        self.baseURL = baseURL
        self.publicBaseURL = publicBaseURL
        linkPolicy = LinkPolicy(
            allowing: Set([baseURL.origin, publicBaseURL?.origin].compactMap { $0 }))
        requests = StoreRequests(
            client: try Self.client(or: client), userAgent: nil, retry: retry)
    }

    public func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        var generator = SystemGenerator()
        let id = UniqueID.hex128(using: &generator)
        let token = UniqueID.hex128(using: &generator)
        let path = "/f/\(id)/\(PercentCoding.encode(segment: StoredName.plain(content.name)))"
        let target = try StoreURL.make(baseURL, path)
        let request = HTTPRequest("PUT", target, fields: fields(content, token, correlationID))
        async let checksum = SegmentDigest.checksum(
            of: content.segments, content.checksumAlgorithm)
        let clock = TransferClock(total: requests.retry.total)
        let stored: FieldList
        do throws(ClaimError) {
            let answer = try await requests.send(
                request, .segments(content.segments), .upload, correlationID: correlationID,
                clock: clock)
            switch answer.status {
            case 200...299: stored = answer.fields
            case 412:
                stored = try await verify(target, size: content.size, correlationID, clock)
            default:
                throw ClaimError(
                    DownloadMachine.code(answer.status), .upload, url: target.description,
                    "the store does not take the payload", status: answer.status,
                    attempts: answer.attempts, correlationID: correlationID)
            }
        } catch {
            throw await withdraw(id, token, after: error)
        }
        return Claim(
            url: link(stored, path, target), id: id, token: token, size: content.size,
            checksum: await checksum.description,
            expiresAt: stored["Expires-At"].flatMap { Timestamp($0) })
    }

    /// Longest wait for the removal of an upload that failed.
    private static let withdrawalTime = Duration.seconds(5)
    /// The same after a cancellation: somebody waits for the end.
    private static let cancelledWithdrawalTime = Duration.seconds(1)

    /// Removes what an attempt without an answer may have stored, also when the upload was
    /// cancelled. Returns the error, which says so where the store cannot be reached for that: then
    /// it forgets the payload after its time to live.
    private func withdraw(
        _ id: String, _ token: String, after error: ClaimError
    ) async -> ClaimError {
        // One answer to one attempt is all that leaves no doubt.
        guard error.status == nil || error.attempts > 1,
            let url = try? StoreURL.make(baseURL, "/f/\(id)")
        else { return error }
        var retry = requests.retry
        retry.total =
            error.code == .cancelled ? Self.cancelledWithdrawalTime : Self.withdrawalTime
        let requests = StoreRequests(client: requests.client, userAgent: nil, retry: retry)
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

    private func fields(
        _ content: ClaimContent, _ token: String, _ correlationID: String
    ) -> FieldList {
        var fields = FieldList()
        fields.append("Content-Type", "application/octet-stream")
        fields.append("If-None-Match", "*")
        fields.append("X-TTL", String(max(1, content.timeToLive.components.seconds)))
        fields.append("X-UploadToken", token)
        // Identifiers come from callers; one that is not fit for a field stays out of it.
        if correlationID.utf8.count <= 256 {
            try? fields.append(name: "X-Correlation-ID", value: correlationID)
        }
        return fields
    }

    /// The identifier is taken: by our own earlier attempt, if the size is right. Nobody else can
    /// have guessed it, and a payload appears whole or not at all.
    private func verify(
        _ url: HTTPURL, size: Int, _ correlationID: String, _ clock: TransferClock
    ) async throws(ClaimError) -> FieldList {
        let answer = try await requests.send(
            HTTPRequest("HEAD", url), .none, .verify, correlationID: correlationID,
            clock: clock)
        guard answer.status == 200, answer.fields["Content-Length"] == String(size) else {
            throw ClaimError(
                .uploadConflict, .verify, url: url.description,
                "another payload is stored under the identifier", status: answer.status,
                correlationID: correlationID)
        }
        return answer.fields
    }

    private func link(_ fields: FieldList, _ path: String, _ target: HTTPURL) -> String {
        if let publicBaseURL, let url = try? StoreURL.make(publicBaseURL, path) { return url.text }
        // Of an upload, or of what an earlier attempt has stored.
        let location = fields["Location"] ?? fields["Content-Location"]
        if let location, let url = try? target.resolving(location) {
            return url.text
        }
        return target.text
    }

    public func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        try await ClaimFetch(request, policy: linkPolicy, requests).run()
    }

    public func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {
        let url = try StoreURL.make(baseURL, "/f/\(claim.id)")
        try await requests.delete(url, token: claim.token ?? "", correlationID: correlationID)
    }
}

/// URLs below a store's base.
enum StoreURL {
    /// Reads the URL of a store.
    /// - Throws: `badURL`, without the URL.
    static func parse(_ text: String) throws(HTTPError) -> HTTPURL {
        do throws(HTTPWireError) {
            return try HTTPURL(text)
        } catch {
            throw HTTPError(.badURL, .prepare, url: "", error.detail, wire: error)
        }
    }

    /// - Parameter path: Begins with a slash, percent-encoded.
    static func make(_ base: HTTPURL, _ path: String) throws(ClaimError) -> HTTPURL {
        var prefix = base.path
        while prefix.hasSuffix("/") { prefix.removeLast() }
        let start = "\(base.scheme.rawValue)://\(base.hostField)"
        do throws(HTTPWireError) {
            return try HTTPURL(start + prefix + path)
        } catch {
            throw ClaimError(.linkRefused, .upload, url: base.description, error.message)
        }
    }
}

/// Names as they go into links.
enum StoredName {
    /// Longest name in bytes of UTF-8, as file systems and stores have it.
    static let longest = 255

    /// A name without what stores refuse: slashes and control characters become `_`, a name that
    /// is empty or only dots becomes `data`, a longer one loses its middle, not its extension.
    static func plain(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            let isRefused = scalar.value < 0x20 || scalar.value == 0x7F
            text.unicodeScalars.append(
                isRefused || scalar == "/" || scalar == "\\" ? "_" : scalar)
        }
        if text.isEmpty || text.allSatisfy({ $0 == "." }) { return "data" }
        while text.utf8.count > longest {
            text.remove(at: text.index(text.startIndex, offsetBy: text.count / 2))
        }
        return text
    }
}
