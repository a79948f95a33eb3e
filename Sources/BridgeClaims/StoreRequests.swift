internal import BridgeBytes
internal import BridgeHTTP
internal import HTTPWire

/// What the stores have in common when they talk to a server.
struct StoreRequests: Sendable {
    /// Most bytes of an answer that is not a payload: 64 KiB.
    static let answerLimit = 64 << 10

    let client: HTTPClient
    let userAgent: String?
    let retry: RetryPolicy

    /// An answer with its small body.
    struct Answer: Sendable {
        let status: Int
        let fields: FieldList
        let body: Bytes
    }

    /// Sends a request until it is answered with a status that is not to be retried.
    /// - Parameter isRepeatable: Whether sending it twice does no harm.
    func send(
        _ request: HTTPRequest, _ body: HTTPBody = .none, _ stage: ClaimError.Stage,
        correlationID: String, isRepeatable: Bool = true
    ) async throws(ClaimError) -> Answer {
        var attempt = 0
        while true {
            attempt += 1
            let isLast = attempt >= retry.maxAttempts || !isRepeatable
            var retryAfter: Duration?
            do throws(HTTPError) {
                let answer = try await sendOnce(request, body)
                guard RetryPolicy.verdict(status: answer.status) == .retry, !isLast else {
                    return answer
                }
                retryAfter = RetryAfter.duration(answer.fields)
            } catch {
                var machine = DownloadMachine(policy: retry)
                let action = machine.attemptEnded(.failed(error.code, progress: false), random: 0)
                guard case .wait = action, !isLast else {
                    let code: ClaimError.Code =
                        if case .fail(let code) = action { code } else { .storeUnavailable }
                    throw ClaimError(
                        code, stage, url: request.url.description, error.description,
                        attempts: attempt, correlationID: correlationID)
                }
            }
            try await pause(
                retry.delay(
                    afterAttempt: attempt, random: .random(in: 0..<1), retryAfter: retryAfter),
                stage, request.url, attempt, correlationID)
        }
    }

    private func sendOnce(_ request: HTTPRequest, _ body: HTTPBody) async throws(HTTPError)
        -> Answer
    {
        let response = try await client.send(prepared(request), body: body)
        let bytes = try await response.collect(limit: Self.answerLimit)
        return Answer(status: response.status, fields: response.fields, body: bytes)
    }

    /// The request with the fields that every request of a store has.
    func prepared(_ request: HTTPRequest) -> HTTPRequest {
        guard let userAgent else { return request }
        var request = request
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
        _ url: HTTPURL, token: String, correlationID: String
    ) async throws(ClaimError) {
        var fields = FieldList()
        try? fields.append(name: "X-UploadToken", value: token)
        let answer = try await send(
            HTTPRequest("DELETE", url, fields: fields), .none, .delete,
            correlationID: correlationID)
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

/// The Retry-After field (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// The wait in seconds that it asks for. A date asks for the longest wait that the policy
    /// allows, since our clock need not agree with the server's.
    static func duration(_ fields: FieldList) -> Duration? {
        guard let text = fields["Retry-After"] else { return nil }
        guard !text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return .seconds(Int(text) ?? 86_400)
        }
        return HTTPDate.parse(text, now: 0) == nil ? nil : .seconds(86_400)
    }
}

/// A digest over pieces in memory, on a thread that may compute.
enum SegmentDigest {
    /// Bytes between two looks at cancellation.
    private static let step = 4 << 20

    @concurrent static func checksum(
        of segments: [Bytes], _ algorithm: ChecksumAlgorithm
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
