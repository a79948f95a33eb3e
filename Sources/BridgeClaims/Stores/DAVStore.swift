public import BridgeBytes
public import BridgeHTTP
public import HTTPWire

/// A store on a WebDAV server, such as nginx or Apache.
///
/// Such servers overwrite what is there and know no time to live. So a payload is put under a name
/// of its own in the base folder, `.{id}.part`, and moved to `{id}-{name}` when it is whole, on the
/// condition that nothing is there (`Overwrite: F`): receivers never see half a payload. What is
/// removed is exactly that file. Whoever runs the server removes what is old.
public struct DAVStore: ClaimStore {
    /// The folder that payloads are put into; it exists.
    public let baseURL: HTTPURL
    /// What links begin with, where receivers know the folder under another URL.
    public let publicBaseURL: HTTPURL?
    /// Links to the server under either of its names.
    public let linkPolicy: LinkPolicy
    private let requests: StoreRequests

    /// A store in a folder of a server.
    /// - Parameters:
    ///   - client: Shared with others if given.
    ///   - retry: When a failed upload or removal is tried again.
    ///   - token: What the server wants as `Authorization: Bearer` of those who change something.
    /// - Throws: `HTTPError` with `invalidURL` for a URL with a user name or a query, which would
    ///   not be sent, `invalidArgument` for a token that is not fit for a field, or
    ///   `connectionFailed` when no client can be started.
    public init(
        baseURL: HTTPURL, publicBaseURL: HTTPURL? = nil, client: HTTPClient? = nil,
        retry: RetryPolicy = RetryPolicy(), token: String? = nil
    ) throws(HTTPError) {
        try StoreURL.check(baseURL, publicBaseURL)
        try StoreURL.check(token: token, of: baseURL)
        self.baseURL = baseURL
        self.publicBaseURL = publicBaseURL
        linkPolicy = LinkPolicy(of: baseURL, publicURL: publicBaseURL)
        requests = StoreRequests(
            client: try Self.client(or: client), userAgent: nil, retry: retry, token: token)
    }

    public func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        _ = try StoredLife.seconds(of: content, at: baseURL, correlationID)
        var generator = SystemGenerator()
        let id = UniqueID.hex128(using: &generator)
        let name = FlatName.of(id, content.name)
        let part = try StoreURL.make(baseURL, "/.\(id).part")
        let target = try StoreURL.make(baseURL, "/\(PercentCoding.encode(segment: name))")
        async let digest = SegmentDigest.checksum(of: content.segments, content.checksumAlgorithm)
        let clock = TransferClock(total: requests.retry.total)
        do throws(ClaimError) {
            try await put(content, at: part, correlationID, clock)
            try await move(part, to: target, size: content.size, correlationID, clock)
        } catch {
            throw await withdraw([part, target], after: error)
        }
        let path = "/\(PercentCoding.encode(segment: name))"
        return Claim(
            url: try StoreURL.make(publicBaseURL ?? baseURL, path).text, id: name, token: nil,
            size: content.size, checksum: await digest.description)
    }

    /// Puts the payload under a name that nobody looks for. Done twice it is the same.
    private func put(
        _ content: ClaimContent, at part: HTTPURL, _ correlationID: String, _ clock: TransferClock
    ) async throws(ClaimError) {
        var fields = FieldList()
        fields.append("Content-Type", content.fieldType)
        let answer = try await requests.send(
            HTTPRequest("PUT", part, fields: fields), .segments(content.segments), .upload,
            correlationID: correlationID, clock: clock)
        guard (200...299).contains(answer.status) else {
            throw refusal(
                answer, .upload, part, "the store does not take the payload", correlationID)
        }
        if let doubt = StoreRequests.doubt(answer) {
            throw ClaimError(
                .unexpectedAnswer, .upload, url: part.description, doubt, status: answer.status,
                attempts: answer.attempts, correlationID: correlationID)
        }
    }

    /// Gives the payload its name. An answer that was lost shows in the next: the source is gone,
    /// or the name is taken, by what was sent if the size is right.
    private func move(
        _ part: HTTPURL, to target: HTTPURL, size: Int, _ correlationID: String,
        _ clock: TransferClock
    ) async throws(ClaimError) {
        var fields = FieldList()
        fields.append(checked: "Destination", target.text)
        fields.append("Overwrite", "F")
        let answer = try await requests.send(
            HTTPRequest("MOVE", part, fields: fields), .none, .upload,
            correlationID: correlationID, clock: clock)
        switch answer.status {
        case 200, 201, 204: return
        case 404 where answer.attempts > 1, 412 where answer.attempts > 1:
            let found = try await requests.send(
                HTTPRequest("HEAD", target), .none, .verify, correlationID: correlationID,
                clock: clock)
            guard found.status == 200, found.fields["Content-Length"] == String(size) else {
                throw refusal(
                    found, .verify, target, "the payload did not get its name", correlationID)
            }
        default:
            throw refusal(
                answer, .upload, part, "the store does not move the payload", correlationID)
        }
    }

    private func refusal(
        _ answer: StoreRequests.Answer, _ stage: ClaimError.Stage, _ url: HTTPURL,
        _ message: String, _ correlationID: String
    ) -> ClaimError {
        ClaimError(
            DownloadMachine.code(answer.status), stage, url: url.description, message,
            status: answer.status, attempts: answer.attempts, correlationID: correlationID)
    }

    /// Removes what failed attempts may have left, by either name. Returns the error, which says so
    /// where the server cannot be reached for that.
    private func withdraw(_ urls: [HTTPURL], after error: ClaimError) async -> ClaimError {
        var retry = requests.retry
        retry.total = error.code == .cancelled ? .seconds(1) : .seconds(5)
        let requests = StoreRequests(
            client: requests.client, userAgent: nil, retry: retry, token: requests.token)
        let isRemoved = await Task.detached {
            do throws(ClaimError) {
                for url in urls {
                    try await requests.delete(
                        url, token: nil, correlationID: error.correlationID)
                }
                return true
            } catch {
                return false
            }
        }.value
        return isRemoved ? error : error.saying("what it may have stored stays in the folder")
    }

    public func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        try await ClaimFetch(request, policy: linkPolicy, requests).run()
    }

    public func checkLink(
        _ claim: Claim, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        try await requests.check(claim, policy ?? linkPolicy, correlationID)
    }

    public func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {
        guard FlatName.isOne(claim.id) else { throw foreign(baseURL, correlationID) }
        let url = try StoreURL.make(baseURL, "/\(PercentCoding.encode(segment: claim.id))")
        try await requests.delete(url, token: nil, correlationID: correlationID)
    }

    public func delete(
        link: String, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        let url = try StoreURL.own(link, policy ?? linkPolicy, of: baseURL, correlationID)
        // By its name alone: what lies elsewhere on the server is none of this store's.
        let last = url.path.split(separator: "/").last ?? ""
        let name = (try? PercentCoding.decode(last)).flatMap {
            String(validating: $0, as: UTF8.self)
        }
        guard let name, FlatName.isOne(name) else { throw foreign(url, correlationID) }
        let own = try StoreURL.make(baseURL, "/\(PercentCoding.encode(segment: name))")
        let known = try StoreURL.make(
            publicBaseURL ?? baseURL, "/\(PercentCoding.encode(segment: name))")
        guard url.path == own.path || url.path == known.path else {
            throw foreign(url, correlationID)
        }
        try await requests.delete(own, token: nil, correlationID: correlationID)
    }

    private func foreign(_ url: HTTPURL, _ correlationID: String) -> ClaimError {
        ClaimError(
            .refused, .delete, url: url.description, "this is no payload of this store",
            correlationID: correlationID)
    }
}

/// Names of payloads in one folder: `{id}-{name}`, the id in 32 hexadecimal digits.
enum FlatName {
    /// Longest name in bytes, so that all of it is a name in file systems.
    private static let longest = 200

    static func of(_ id: String, _ name: String) -> String {
        var plain = StoredName.plain(name)
        while plain.utf8.count > longest {
            plain.remove(at: plain.index(plain.startIndex, offsetBy: plain.count / 2))
        }
        return "\(id)-\(plain)"
    }

    /// Whether a text is such a name, and so no path.
    static func isOne(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return (34...255).contains(bytes.count) && bytes[32] == 0x2D
            && bytes[..<32].allSatisfy { Hex.value($0) != nil }
            && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F && $0 != 0x5C }
    }
}
