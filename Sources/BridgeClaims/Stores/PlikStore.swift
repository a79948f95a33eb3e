public import BridgeBytes
public import BridgeHTTP
internal import BridgeJSON
public import HTTPWire

/// The store behind a Plik server, which the peers in other languages use by default.
///
/// An upload takes two calls: one that creates an upload with its time to live, and one that adds
/// the file as a form. Each failed attempt begins anew with the first, so that a file is never
/// added twice; what a failed attempt left is removed if possible, else it expires. Uploads are
/// never one-shot: the first of several receivers would take the payload from the others, and a
/// broken download could not be repeated. Plik answers failed downloads of strangers with a
/// redirection to its web page, so this store names itself as a client that gets the status.
public struct PlikStore: ClaimStore {
    /// Where payloads are sent.
    public let baseURL: HTTPURL
    /// What links begin with, where receivers know the server under another name.
    public let publicBaseURL: HTTPURL?
    /// Links to the server under either of its names.
    public let linkPolicy: LinkPolicy
    private let requests: StoreRequests
    private let retry: RetryPolicy

    /// A store on a Plik server.
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
        try StoreURL.check(baseURL, publicBaseURL)
        try StoreURL.check(token: token, of: baseURL)
        self.baseURL = baseURL
        self.publicBaseURL = publicBaseURL
        self.retry = retry
        linkPolicy = LinkPolicy(of: baseURL, publicURL: publicBaseURL)
        requests = StoreRequests(
            client: try Self.client(or: client), userAgent: "plik_client/natsbridge", retry: retry,
            token: token)
    }

    private struct Upload: Sendable {
        let id: String
        let token: String
        /// How long it lives, as the server says.
        let life: Duration?
        let expiresAt: Timestamp?
    }

    public func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        async let checksum = SegmentDigest.checksum(
            of: content.segments, content.checksumAlgorithm)
        let clock = TransferClock(total: retry.total)
        var machine = RequestMachine(policy: retry)
        while true {
            let upload = try await create(content, correlationID, clock)
            do throws(ClaimError) {
                let file = try await add(content, to: upload, correlationID, clock)
                var claim = Claim(
                    url: file.link.text, id: "\(upload.id)/\(file.id)/\(file.name)",
                    token: upload.token, size: content.size,
                    checksum: await checksum.description, expiresAt: upload.expiresAt)
                claim.grantedLife = upload.life
                return claim
            } catch {
                guard error.code == .unavailable else { throw error }
                let outcome: RequestMachine.Outcome =
                    if let reason = error.httpError?.reason { .failed(reason) } else {
                        .answered(error.status ?? 503, retryAfter: nil)
                    }
                let action = machine.attemptEnded(
                    outcome, at: clock.elapsed, random: .random(in: 0..<1))
                guard case .wait(let delay)? = action else {
                    throw error.after(machine.attempts, action)
                }
                try await requests.pause(
                    delay, .upload, baseURL, machine.attempts, correlationID)
            }
        }
    }

    /// Creates an empty upload. Done twice it leaves an empty one behind, which expires.
    private func create(
        _ content: ClaimContent, _ correlationID: String, _ clock: TransferClock
    ) async throws(ClaimError) -> Upload {
        let url = try StoreURL.make(baseURL, "/upload")
        let seconds = try StoredLife.seconds(of: content, at: url, correlationID)
        let wish: JSONValue = ["ttl": .number(JSONNumber(seconds)), "OneShot": false]
        var fields = FieldList()
        fields.append("Content-Type", "application/json")
        let answer = try await requests.send(
            HTTPRequest("POST", url, fields: fields), .segments([wish.encoded()]), .upload,
            correlationID: correlationID, clock: clock)
        let value = try accepted(answer, url, correlationID)
        guard let id = value["id"]?.stringValue, let token = value["uploadToken"]?.stringValue,
            Self.isIdentifier(id), FieldList.isValidValue(token)
        else { throw unreadable(url, correlationID) }
        // Without an end where the server says 0 or less.
        let life = (value["ttl"]?.intValue).flatMap { $0 > 0 ? Duration.seconds($0) : nil }
        let created = value["creation"]?.stringValue.flatMap { Timestamp($0) }
        return Upload(
            id: id, token: token, life: life,
            expiresAt: life.flatMap { life in created?.advanced(by: life) })
    }

    private func add(
        _ content: ClaimContent, to upload: Upload, _ correlationID: String,
        _ clock: TransferClock
    ) async throws(ClaimError) -> (id: String, name: String, link: HTTPURL) {
        let url = try StoreURL.make(baseURL, "/file/\(upload.id)")
        var generator = SystemGenerator()
        let form = FormFile(
            name: StoredName.plain(content.name), type: content.fieldType,
            boundary: UniqueID.token(using: &generator))
        var fields = FieldList()
        fields.append("Content-Type", form.contentType)
        fields.append(checked: "X-UploadToken", upload.token)
        let answer = try await requests.send(
            HTTPRequest("POST", url, fields: fields), .segments(form.wrap(content.segments)),
            .upload, correlationID: correlationID, clock: clock, isRepeatable: false)
        let value = try accepted(answer, url, correlationID)
        guard let id = value["id"]?.stringValue, Self.isIdentifier(id),
            let name = value["fileName"]?.stringValue
        else { throw unreadable(url, correlationID) }
        if let size = value["fileSize"]?.intValue, size != content.size {
            throw ClaimError(
                .sizeMismatch, .verify, url: url.description,
                "the store says that it took \(size) bytes of \(content.size)",
                status: answer.status, correlationID: correlationID)
        }
        // The store may have changed the name: the link is made from what it answers.
        let path = "/file/\(upload.id)/\(id)/\(PercentCoding.encode(segment: name))"
        return (id, name, try StoreURL.make(publicBaseURL ?? baseURL, path))
    }

    private func accepted(
        _ answer: StoreRequests.Answer, _ url: HTTPURL, _ correlationID: String
    ) throws(ClaimError) -> JSONValue {
        if let doubt = StoreRequests.doubt(answer), (200...299).contains(answer.status) {
            throw ClaimError(
                .unexpectedAnswer, .upload, url: url.description, doubt, status: answer.status,
                correlationID: correlationID)
        }
        guard (200...299).contains(answer.status) else {
            throw ClaimError(
                DownloadMachine.code(answer.status), .upload, url: url.description,
                "the store does not take the payload", status: answer.status,
                correlationID: correlationID)
        }
        do throws(JSONError) {
            return try JSONValue(parsing: answer.body)
        } catch {
            throw unreadable(url, correlationID)
        }
    }

    private func unreadable(_ url: HTTPURL, _ correlationID: String) -> ClaimError {
        ClaimError(
            .unexpectedAnswer, .upload, url: url.description,
            "the answer is not that of a Plik server", correlationID: correlationID)
    }

    /// Identifiers go into paths: letters, digits, `-` and `_` only.
    private static func isIdentifier(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && PercentCoding.encode(segment: text) == text
            && !text.contains(".") && !text.contains("~")
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
        let parts = claim.id.split(separator: "/", maxSplits: 2)
        guard parts.count == 3 else {
            throw ClaimError(
                .refused, .delete, url: baseURL.description,
                "the claim is not one of this store", correlationID: correlationID)
        }
        let name = PercentCoding.encode(segment: String(parts[2]))
        let url = try StoreURL.make(baseURL, "/file/\(parts[0])/\(parts[1])/\(name)")
        try await requests.delete(url, token: claim.token ?? "", correlationID: correlationID)
    }
}

/// A form with one file (RFC 7578), around pieces that stay where they lie.
struct FormFile: Sendable {
    private let head: Bytes
    private let tail: Bytes
    let contentType: String

    /// - Parameter boundary: Random, so that it does not occur in the file.
    init(name: String, type: String = "application/octet-stream", boundary: String) {
        contentType = "multipart/form-data; boundary=\(boundary)"
        var writer = ByteWriter()
        writer.append(utf8: "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; ")
        writer.append(utf8: "filename=\"\(Self.escaped(name))\"\r\n")
        writer.append(utf8: "Content-Type: \(type)\r\n\r\n")
        head = writer.finish()
        tail = Bytes(utf8: "\r\n--\(boundary)--\r\n")
    }

    func wrap(_ segments: Segments) -> Segments {
        var form = Segments(head)
        form.append(contentsOf: segments)
        form.append(tail)
        return form
    }

    /// As browsers write names: quotes and line ends percent-encoded, the rest as UTF-8.
    private static func escaped(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"": text += "%22"
            case "\r": text += "%0D"
            case "\n": text += "%0A"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
