public import BridgeBytes
public import BridgeHTTP
internal import BridgeSockets
public import HTTPWire

/// A store of the S3 kind: AWS, MinIO, Ceph, SeaweedFS, Garage, R2 and others.
///
/// A payload lies under a random identifier and its name. Its link is a presigned GET: it holds
/// the right to read this one payload until it expires, so receivers need no keys, and whoever
/// sees the link can read the payload. Objects stay until a lifecycle rule of the bucket, or their
/// sender, removes them.
///
/// Uploads are conditional on nothing being there, so that a repeated one is noticed. What has
/// more than 64 MiB goes in parts, several at a time. Over plain HTTP, and where SHA-256 is asked
/// for, signatures cover the bytes of payloads; over TLS the connection protects them.
public struct S3Store: ClaimStore {
    /// Longest life of a link in seconds: a week.
    public static let longestLife = 604_800

    /// The bucket and what keys begin with.
    public let location: S3Location
    /// Links to the bucket's own origin, and to that of the public URL.
    public let linkPolicy: LinkPolicy
    let requests: S3Requests

    /// A store in a bucket that exists.
    /// - Parameters:
    ///   - publicURL: The store's address in links, where receivers know it under another name.
    ///   - client: Shared with others if given.
    ///   - retry: When a failed upload or removal is tried again.
    ///   - credentials: Where keys come from; needed to upload and delete only.
    /// - Throws: `HTTPError` with `invalidURL` or `invalidArgument` when the location, or what the
    ///   environment adds to it, makes no sense, or `connectionFailed` when no client can be
    ///   started.
    public init(
        _ location: S3Location, publicURL: HTTPURL? = nil, client: HTTPClient? = nil,
        retry: RetryPolicy = RetryPolicy(), credentials: S3CredentialSource = .environment
    ) throws(HTTPError) {
        try self.init(
            location, publicURL: publicURL, client: client, retry: retry, credentials: credentials,
            settings: AWSSettings(), now: { WallClock.now })
    }

    /// - Parameters:
    ///   - settings: What the environment says.
    ///   - now: The time of day.
    package init(
        _ location: S3Location, publicURL: HTTPURL?, client: HTTPClient?, retry: RetryPolicy,
        credentials: S3CredentialSource, settings: AWSSettings,
        now: @escaping @Sendable () -> Timestamp
    ) throws(HTTPError) {
        self.location = location
        let place = try S3Place(location, publicURL: publicURL, settings: settings)
        // A signature holds for one name of the store, so links are never fetched from another.
        linkPolicy = LinkPolicy(allowing: [place.base.origin, place.publicBase.origin])
        let plain = StoreRequests(
            client: try Self.client(or: client), userAgent: nil, retry: retry)
        requests = S3Requests(requests: plain, place: place, source: credentials, now: now)
    }

    public func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        let base = requests.place.base
        let life = try StoredLife.seconds(of: content, at: base, correlationID)
        guard life <= Self.longestLife else {
            throw ClaimError(
                .invalidArgument, .upload, url: base.description,
                "a link to an S3 store lives for a week at most, and \(life) s are asked for",
                correlationID: correlationID)
        }
        // Before bytes are gone through for nothing.
        _ = try requests.credentials(.upload, correlationID)
        var generator = SystemGenerator()
        let key = requests.place.key(id: UniqueID.hex128(using: &generator), name: content.name)
        let digest = await SegmentDigest.checksum(of: content.segments, content.checksumAlgorithm)
        let clock = TransferClock(total: requests.requests.retry.total)
        do throws(ClaimError) {
            try await store(content, digest, key, life, correlationID, clock)
        } catch {
            throw await withdraw(key, after: error)
        }
        let start = requests.time
        var claim = Claim(
            url: try requests.link(key, life: life, at: start, correlationID), id: key, token: nil,
            size: content.size, checksum: digest.description,
            expiresAt: Timestamp(seconds: start.seconds).advanced(by: .seconds(life)))
        claim.grantedLife = .seconds(life)
        return claim
    }

    private func store(
        _ content: ClaimContent, _ digest: Checksum, _ key: String, _ life: Int,
        _ correlationID: String, _ clock: TransferClock
    ) async throws(ClaimError) {
        let isSigned =
            requests.place.base.scheme == .http || content.checksumAlgorithm == .sha256
        var fields = FieldList()
        fields.append("Content-Type", content.fieldType)
        fields.append("If-None-Match", "*")
        fields.append(checked: "X-Amz-Meta-Checksum", digest.description)
        if let end = requests.time.advanced(by: .seconds(life)) {
            fields.append(checked: "X-Amz-Meta-Expires-At", end.description)
        }
        let answer: StoreRequests.Answer
        if content.size > S3Parts.threshold {
            answer = try await S3Multipart(
                requests: requests, key: key, segments: content.segments, fields: fields,
                isSigned: isSigned, correlationID: correlationID, clock: clock
            ).run()
        } else {
            var call = S3Requests.Call(
                method: "PUT", key: key, fields: fields, body: content.segments)
            call.payload = SignatureV4.unsignedPayload
            if isSigned {
                let sha =
                    digest.algorithm == .sha256
                    ? digest : await SegmentDigest.checksum(of: content.segments, .sha256)
                call.payload = sha.digits
                if let text = Self.base64(sha) {
                    call.fields.append(checked: "X-Amz-Checksum-Sha256", text)
                }
            }
            answer = try await requests.send(call, correlationID: correlationID, clock: clock)
        }
        try await judge(answer, key, content.size, correlationID, clock)
    }

    private static func base64(_ checksum: Checksum) -> String? {
        let digits = Array(checksum.digits.utf8)
        guard let bytes = try? Hex.decode(digits.span) else { return nil }
        return String(validating: Base64.encode(bytes.span), as: UTF8.self)
    }

    /// Whether the payload is stored: by this answer, or by an attempt whose answer was lost.
    private func judge(
        _ answer: StoreRequests.Answer, _ key: String, _ size: Int, _ correlationID: String,
        _ clock: TransferClock
    ) async throws(ClaimError) {
        let problem = S3Problem(answer.status, body: answer.body)
        if problem == nil, !answer.isEarly, (200...299).contains(answer.status) { return }
        let isRepeated = answer.status == 412 || problem?.code == "NoSuchUpload"
        guard isRepeated, answer.attempts > 1 || answer.status == 412 else {
            throw requests.refusal(answer, .upload, correlationID)
        }
        let call = S3Requests.Call(method: "HEAD", key: key, stage: .verify)
        let found = try await requests.send(call, correlationID: correlationID, clock: clock)
        guard found.status == 200, found.fields["Content-Length"] == String(size) else {
            throw ClaimError(
                .uploadConflict, .verify, url: requests.place.base.description,
                "another payload is stored under the identifier", status: found.status,
                correlationID: correlationID)
        }
    }

    /// How long a store may still work on what nobody waits for.
    private static let lateness = Duration.milliseconds(400)

    /// Removes what an attempt without an answer may have stored. Returns the error, which says
    /// so where the store cannot be reached for that.
    private func withdraw(_ key: String, after error: ClaimError) async -> ClaimError {
        let isRefusal = error.status.map { $0 >= 300 } ?? false
        let isBefore = error.httpError == nil && error.status == nil && error.code != .cancelled
        guard !isBefore, !isRefusal || error.attempts > 1 else { return error }
        var retry = requests.requests.retry
        retry.total = error.code == .cancelled ? .seconds(1) : .seconds(5)
        let requests = requests.retrying(retry)
        let isRemoved = await Task.detached {
            do throws(ClaimError) {
                try await requests.delete(key, correlationID: error.correlationID)
                // A store that has all of a body goes on with it for a moment when it is cut off.
                try? await Task.sleep(for: Self.lateness)
                try await requests.delete(key, correlationID: error.correlationID)
                return true
            } catch {
                return false
            }
        }.value
        return isRemoved
            ? error
            : error.saying(
                "what an attempt without an answer may have stored stays until a rule of the"
                    + " bucket removes it")
    }

    public func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        try await ClaimFetch(request, policy: linkPolicy, requests.requests).run()
    }

    public func checkLink(
        _ claim: Claim, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        // A link's signature holds for GET alone.
        try await requests.requests.checkByPart(claim, policy ?? linkPolicy, correlationID)
    }

    public func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {
        try await requests.delete(claim.id, correlationID: correlationID)
    }

    public func delete(
        link: String, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        let url = try (policy ?? linkPolicy).check(link)
        guard let key = requests.place.key(of: url) else {
            throw ClaimError(
                .refused, .delete, url: url.description,
                "the link leads to another store than this one", correlationID: correlationID)
        }
        try await requests.delete(key, correlationID: correlationID)
    }
}
