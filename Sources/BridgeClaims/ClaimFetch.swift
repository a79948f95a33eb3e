internal import BridgeBytes
internal import BridgeHTTP
internal import HTTPWire

/// Fetches one payload: asks the policy, then attempts until `DownloadMachine` is content.
struct ClaimFetch: Sendable {
    let requests: StoreRequests
    let download: ClaimDownload
    let url: HTTPURL
    private let checksum: Checksum?

    init(_ download: ClaimDownload, policy: LinkPolicy, _ requests: StoreRequests)
        throws(ClaimError)
    {
        self.download = download
        self.requests = requests
        do throws(ClaimError) {
            url = try (download.policy ?? policy).check(download.url)
        } catch {
            throw ClaimError(
                error.code, error.stage, url: error.url, error.message,
                correlationID: download.correlationID)
        }
        // A digest whose name we do not know cannot be verified, and is no reason to refuse.
        checksum = download.expectedChecksum.flatMap { try? Checksum(parsing: $0) }
    }

    private struct Attempt {
        var outcome: DownloadMachine.Outcome
        var bytes = Bytes()
        var message = ""
        var status: Int?
    }

    func run() async throws(ClaimError) -> Bytes {
        var machine = DownloadMachine(policy: download.retry)
        while true {
            let attempt = await self.attempt()
            switch machine.attemptEnded(attempt.outcome, random: .random(in: 0..<1)) {
            case .deliver: return attempt.bytes
            case .wait(let delay):
                try await requests.pause(
                    delay, .download, url, machine.attempts, download.correlationID)
            case .fail(let code):
                let isVerification = code == .checksumMismatch || code == .sizeMismatch
                throw ClaimError(
                    code, isVerification ? .verify : .download, url: url.description,
                    attempt.message, status: attempt.status, attempts: machine.attempts,
                    correlationID: download.correlationID)
            }
        }
    }

    private func attempt() async -> Attempt {
        do throws(HTTPError) {
            let request = requests.prepared(HTTPRequest("GET", url))
            let response = try await requests.client.send(request)
            if let refusal = refusal(of: response) { return refusal }
            return try await collect(response)
        } catch {
            return Attempt(outcome: .failed(error.code), message: error.description)
        }
    }

    /// What of the head alone shows that this is not the payload.
    private func refusal(of response: HTTPResponse) -> Attempt? {
        let status = response.status
        guard status == 200 else {
            let target = response.redirection.map { ", which points to \($0)" } ?? ""
            return Attempt(
                outcome: status == 206
                    ? .unexpected("a part that was not asked for")
                    : .status(status, retryAfter: RetryAfter.duration(response.fields)),
                message: "the answer is not the payload\(target)", status: status)
        }
        let codings = response.fields.values(for: "Content-Encoding")
        guard codings.allSatisfy({ $0.lowercased() == "identity" || $0.isEmpty }) else {
            return Attempt(
                outcome: .unexpected("coded"),
                message: "the payload is coded though that was not asked for", status: status)
        }
        if let expected = download.expectedSize, let length = response.contentLength,
            length != expected
        {
            return Attempt(
                outcome: .damaged(.size),
                message: "\(length) bytes are announced, not \(expected)\(hint(response))",
                status: status)
        }
        guard isEndKnown(response) else {
            return Attempt(
                outcome: .unexpected("no length"),
                message: "neither the answer nor the envelope tells the size or the digest",
                status: status)
        }
        return nil
    }

    /// Whether a truncated body can be told from a whole one.
    private func isEndKnown(_ response: HTTPResponse) -> Bool {
        response.contentLength != nil || response.fields.contains("Transfer-Encoding")
            || download.expectedSize != nil || checksum != nil
    }

    private func collect(_ response: HTTPResponse) async throws(HTTPError) -> Attempt {
        let limit = min(download.limit, download.expectedSize ?? .max)
        let bytes: Bytes
        var found: Checksum?
        if let checksum {
            let whole = try await response.collect(limit: limit, digesting: checksum.algorithm)
            (bytes, found) = (whole.bytes, whole.checksum)
        } else {
            bytes = try await response.collect(limit: limit)
        }
        if let expected = download.expectedSize, bytes.count != expected {
            return Attempt(
                outcome: .damaged(.size),
                message: "\(bytes.count) bytes came, not \(expected)\(hint(response))",
                status: response.status)
        }
        if let checksum, let found, found != checksum {
            return Attempt(
                outcome: .damaged(.checksum),
                message: "the digest is \(found), not \(checksum)\(hint(response))",
                status: response.status)
        }
        return Attempt(outcome: .whole, bytes: bytes, status: response.status)
    }

    private func hint(_ response: HTTPResponse) -> String {
        let type = response.fields["Content-Type"]?.lowercased() ?? ""
        return type.hasPrefix("text/html") ? "; the answer is a web page" : ""
    }
}
