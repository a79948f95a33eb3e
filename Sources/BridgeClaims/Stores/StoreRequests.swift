package import BridgeBytes
internal import BridgeHTTP
internal import HTTPWire

/// What the stores have in common when they talk to a server.
struct StoreRequests: Sendable {
    /// Most bytes of an answer that is not a payload: 64 KiB.
    static let answerLimit = 64 << 10

    let client: HTTPClient
    let userAgent: String?
    let retry: RetryPolicy
    /// What shows a store that we may upload and delete; nil where nothing has to. It goes to the
    /// store with those requests, and never with a link's download, which may lead elsewhere.
    var token: String?
    /// How the hosts of links are resolved that lead anywhere in public.
    var names = PublicNames()

    /// An answer with its small body.
    struct Answer: Sendable {
        let status: Int
        let fields: FieldList
        let body: Bytes
        let retryAfter: Duration?
        /// Whether the client sent the request again by itself.
        let isRepeated: Bool
        /// Whether it came before the request's body was out.
        let isEarly: Bool
        /// Requests that it took to get it.
        var attempts = 1
    }

    /// Sends a request until it is answered with a status that is not to be retried.
    /// - Parameters:
    ///   - clock: The time for everything that this request is a part of.
    ///   - isRepeatable: Whether sending it twice does no harm.
    /// - Throws: `ClaimError`; `unavailable` also for a status that says "not now" to the end.
    func send(
        _ request: HTTPRequest, _ body: HTTPBody = .none, _ stage: ClaimError.Stage,
        correlationID: String, clock: TransferClock, isRepeatable: Bool = true
    ) async throws(ClaimError) -> Answer {
        var attempts = RequestAttempts(
            self, stage, request.url, correlationID: correlationID, clock: clock,
            isRepeatable: isRepeatable)
        while true {
            let result = await sendOnce(request, body, within: clock.left)
            if let answer = try await attempts.ended(result) { return answer }
        }
    }

    func sendOnce(
        _ request: HTTPRequest, _ body: HTTPBody, within time: Duration?
    ) async -> Result<Answer, HTTPError> {
        do throws(HTTPError) {
            let response = try await client.send(prepared(request), body: body, within: time)
            var bytes = Bytes()
            do throws(HTTPError) {
                bytes = try await response.collect(limit: Self.answerLimit)
            } catch {
                // A refusal is one by its status alone: the server may hang up behind it, since
                // the rest of the request did not interest it.
                if response.isSuccess || error.code == .cancelled { throw error }
            }
            return .success(
                Answer(
                    status: response.status, fields: response.fields, body: bytes,
                    retryAfter: response.retryAfter, isRepeated: response.isRepeated,
                    isEarly: response.isEarly))
        } catch {
            return .failure(error)
        }
    }

    /// What an answer of the class 2xx says of a payload that was sent with the request; nil when
    /// it says that the payload is stored.
    ///
    /// Only what the contract of stores knows does: 200, 201 and 204, behind the whole body. 202
    /// is a promise, 206 belongs to a download, and a web page is no store's.
    static func doubt(_ answer: Answer) -> String? {
        if answer.isEarly { return "the store answered before it had read the payload" }
        guard [200, 201, 204].contains(answer.status) else {
            return "the answer does not say that the payload is stored"
        }
        let type = answer.fields["Content-Type"]?.lowercased() ?? ""
        return answer.status == 200 && type.hasPrefix("text/html")
            ? "the answer is a web page, not a store's" : nil
    }

    /// Methods of requests that go to the store alone, and change what it has.
    private static let changing: Set<String> = ["PUT", "POST", "PATCH", "DELETE", "MOVE"]

    /// What a token is sent as: a user name and a password, which a colon parts, as `Basic`
    /// (RFC 7617), since no bearer token has a colon (RFC 6750, 2.1).
    private static func authorization(_ token: String) -> String {
        guard token.contains(":") else { return "Bearer \(token)" }
        let coded = Base64.encode(Bytes(utf8: token).span)
        return "Basic \(String(repairing: coded))"
    }

    /// The request with the fields that every request of a store has.
    func prepared(_ request: HTTPRequest) -> HTTPRequest {
        var request = request
        if let token, Self.changing.contains(request.method) {
            request.fields.append(checked: "Authorization", Self.authorization(token))
        }
        guard let userAgent else { return request }
        // A name that is not fit for a field is left out, and the client names itself.
        try? request.fields.set(name: "User-Agent", value: userAgent)
        return request
    }

    /// Waits before the next attempt.
    func pause(
        _ delay: Duration, _ stage: ClaimError.Stage, _ url: HTTPURL, _ attempts: Int,
        _ correlationID: String
    ) async throws(ClaimError) {
        do {
            try await Task.sleep(for: delay)
        } catch {
            throw ClaimError(
                .cancelled, stage, url: url.description, "cancelled between two attempts",
                attempts: attempts, correlationID: correlationID)
        }
    }

    /// Removes what lies at a URL; what is gone is removed.
    func delete(
        _ url: HTTPURL, token: String?, correlationID: String
    ) async throws(ClaimError) {
        var fields = FieldList()
        if let token { try? fields.append(name: "X-UploadToken", value: token) }
        let answer = try await send(
            HTTPRequest("DELETE", url, fields: fields), .none, .delete,
            correlationID: correlationID, clock: TransferClock(total: retry.total))
        switch answer.status {
        case 200...299, 404, 410: return
        default:
            throw ClaimError(
                DownloadMachine.code(answer.status), .delete, url: url.description,
                "the store does not remove the payload", status: answer.status,
                correlationID: correlationID)
        }
    }
}

/// A digest over pieces in memory, on a thread that may compute.
package enum SegmentDigest {
    /// Bytes between two looks at cancellation.
    private static let step = 4 << 20

    @concurrent package static func checksum(
        of segments: Segments, _ algorithm: ChecksumAlgorithm
    ) async -> Checksum {
        var running = RunningChecksum(algorithm)
        for segment in segments {
            for start in stride(from: 0, to: segment.count, by: step) {
                if Task.isCancelled { return running.finalize() }
                running.update(segment[start..<min(segment.count, start + step)].span)
            }
        }
        return running.finalize()
    }
}

extension ClaimStore {
    /// The given client, or a new one.
    static func client(or given: HTTPClient?) throws(HTTPError) -> HTTPClient {
        if let given { return given }
        return try HTTPClient()
    }
}
