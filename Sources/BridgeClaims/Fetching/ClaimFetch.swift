internal import BridgeBytes
internal import BridgeHTTP
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// Fetches one payload: asks the policy, then attempts until `DownloadMachine` is content.
struct ClaimFetch: Sendable {
    let requests: StoreRequests
    let download: ClaimDownload
    let url: HTTPURL
    /// Whether its origin is trusted, whatever its name resolves to.
    private let isListed: Bool
    private let policy: LinkPolicy
    let checksum: Checksum?
    let share: ReservedShare?

    init(_ download: ClaimDownload, policy: LinkPolicy, _ requests: StoreRequests)
        throws(ClaimError)
    {
        self.download = download
        self.requests = requests
        do throws(ClaimError) {
            self.policy = download.policy ?? policy
            (url, isListed) = try self.policy.judge(download.url)
        } catch {
            throw ClaimError(
                error.code, error.stage, url: error.url, error.message,
                correlationID: download.correlationID)
        }
        share = download.reservation.map { ReservedShare($0, bytes: download.reservedShare) }
        let place = url.description
        func unmeetable(_ code: ErrorCode, _ message: String) -> ClaimError {
            ClaimError(
                code, .verify, url: place, message,
                correlationID: download.correlationID)
        }
        if let size = download.expectedSize, size < 0 {
            throw unmeetable(.sizeMismatch, "no payload has \(size) bytes")
        }
        switch download.expectedChecksum.map({ ChecksumStatement(parsing: $0) }) {
        case .known(let known): checksum = known
        // It cannot be verified, which is no reason to refuse.
        case .unknownName, nil: checksum = nil
        case .malformed: throw unmeetable(.invalidChecksum, "the stated digest is not one")
        }
    }

    struct Attempt: Sendable {
        var outcome: DownloadMachine.Outcome
        var bytes = Bytes()
        var message = ""
        var status: Int?
        var error: HTTPError?
    }

    /// What earlier attempts brought, and how the next one asks for the rest.
    final class Held: Sendable {
        let partial = PartialBody()
        private let ranges = Mutex<(body: RangedBody?, isProbed: Bool)>((nil, false))

        /// What several connections are filling.
        var ranged: RangedBody? {
            get { ranges.withLock { $0.body } }
            set { ranges.withLock { $0.body = newValue } }
        }

        /// Whether it is known if parts can be asked for.
        var isProbed: Bool {
            get { ranges.withLock { $0.isProbed } }
            set { ranges.withLock { $0.isProbed = newValue } }
        }

        private let known = Mutex<(tag: String?, digest: Checksum?)>((nil, nil))

        var tag: String? { known.withLock { $0.tag } }

        /// The digest that the store states of the whole.
        var digest: Checksum? { known.withLock { $0.digest } }

        /// A whole answer begins. Only with a strong tag can its rest be asked for later.
        func begin(_ response: HTTPResponse) {
            partial.clear()
            let tag = response.fields["ETag"].flatMap { EntityTag(parsing: $0) }
            let strong = tag.flatMap { $0.isWeak ? nil : $0.value }
            let digest = StoreRequests.digest(in: response.fields)
            known.withLock { $0 = (strong, digest) }
        }

        var rangeFields: FieldList {
            var fields = FieldList()
            guard partial.count > 0 else { return fields }
            guard let tag else {
                partial.clear()
                return fields
            }
            fields.append("Range", "bytes=\(partial.count)-")
            fields.append(checked: "If-Range", tag)
            return fields
        }
    }

    func run() async throws(ClaimError) -> Bytes {
        var machine = DownloadMachine(policy: download.retry)
        let clock = TransferClock(total: download.retry.total)
        let held = Held()
        let addresses =
            isListed
            ? nil
            : try await requests.names.addresses(
                of: url, policy, correlationID: download.correlationID)
        while true {
            let attempt = await self.attempt(held, at: addresses, clock)
            let action = machine.attemptEnded(
                attempt.outcome, at: clock.elapsed, random: .random(in: 0..<1))
            switch action {
            case .deliver: return attempt.bytes
            case .wait(let delay):
                try await requests.pause(
                    delay, .download, url, machine.attempts, download.correlationID)
            case .fail(let code):
                let isVerification = code == .checksumMismatch || code == .sizeMismatch
                throw ClaimError(
                    code, isVerification ? .verify : .download, url: url.description,
                    attempt.message, status: attempt.status, httpError: attempt.error,
                    attempts: machine.attempts, correlationID: download.correlationID)
            }
        }
    }

    private func attempt(
        _ held: Held, at addresses: [Address]?, _ clock: TransferClock
    ) async -> Attempt {
        let start = held.partial.count
        do throws(HTTPError) {
            if asksForPart(held),
                let attempt = try await probe(held, at: addresses, clock)
            {
                return attempt
            }
            return try await goOn(held, at: addresses, clock)
        } catch {
            let gained = held.tag == nil ? 0 : max(0, held.partial.count - start)
            return Attempt(
                outcome: .failed(error.reason, gained: gained), message: error.detail, error: error)
        }
    }

    /// Fetches what is not held.
    func goOn(
        _ held: Held, at addresses: [Address]?, _ clock: TransferClock
    ) async throws(HTTPError) -> Attempt {
        if let body = held.ranged {
            return await fetchRanges(body, held, at: addresses, clock)
        }
        var request = requests.prepared(
            HTTPRequest("GET", url, fields: held.rangeFields))
        request.addresses = addresses
        let response = try await requests.client.send(request, within: clock.left)
        if let refusal = refusal(of: response, held) { return refusal }
        return try await collect(response, held)
    }

    /// What of the head alone shows that this is not the payload, or not its rest.
    func refusal(of response: HTTPResponse, _ held: Held) -> Attempt? {
        let status = response.status
        func refuse(_ outcome: DownloadMachine.Outcome, _ message: String) -> Attempt {
            refused(response, outcome, message)
        }
        if status == 416, held.partial.count > 0 {
            held.partial.clear()
            return refuse(.changed, "the payload ends before what is held of it")
        }
        let isRest = status == 206 && held.partial.count > 0
        guard status == 200 || isRest else {
            if status == 206 { return refuse(.unexpected(.part), "a part that was not asked for") }
            return refusal(ofStatus: response)
        }
        let codings = response.fields.values(for: "Content-Encoding")
        guard codings.allSatisfy({ $0.lowercased() == "identity" || $0.isEmpty }) else {
            return refuse(.unexpected(.coding), "the payload is coded though nobody asked for it")
        }
        if isRest { return refusal(ofRest: response, held) }
        // The server begins anew: what is held is dropped (RFC 9110, section 14.2).
        held.begin(response)
        if let expected = download.expectedSize, let length = response.contentLength,
            length != expected
        {
            return refuse(.damaged(.size), "\(length) bytes are announced, not \(expected)")
        }
        if let checksum, let stated = held.digest, stated.algorithm == checksum.algorithm,
            stated != checksum
        {
            return refuse(.damaged(.checksum), "the store has \(stated), not \(checksum)")
        }
        guard isEndKnown(response, held) else {
            return refuse(
                .unexpected(.endless),
                "neither the answer nor the envelope tells the size or the digest")
        }
        return nil
    }

    private func refused(
        _ response: HTTPResponse, _ outcome: DownloadMachine.Outcome, _ message: String
    ) -> Attempt {
        Attempt(outcome: outcome, message: message + hint(response), status: response.status)
    }

    /// What a status says that comes with nothing of the payload.
    func refusal(ofStatus response: HTTPResponse) -> Attempt {
        let status = response.status
        if PresignedLink.hasEnded(url, status: status, response.fields, now: WallClock.now) {
            return refused(response, .status(410, retryAfter: nil), "the link has expired")
        }
        if status == 410, response.fields["Upload-Aborted"] == "?1" {
            return refused(response, .aborted, "its sender gave the upload up")
        }
        let target = response.redirection.map { ", which points to \($0)" } ?? ""
        return refused(
            response, .status(status, retryAfter: response.retryAfter),
            Self.sentence(status) + target)
    }

    /// What an answer other than the payload says.
    private static func sentence(_ status: Int) -> String {
        switch status {
        case 404: "not found: the store does not know this payload"
        case 410: "gone: the payload has expired or was deleted"
        case 401, 403: "the store forbids reading this payload"
        default: "the answer is not the payload"
        }
    }

    /// A part must be the very rest of what is held: joining another would corrupt the payload.
    private func refusal(ofRest response: HTTPResponse, _ held: Held) -> Attempt? {
        let part = response.fields["Content-Range"].flatMap { ContentRange($0) }
        let tag = response.fields["ETag"]
        guard let part, let total = held.partial.length, part.total == total,
            tag == nil || tag == held.tag
        else {
            held.partial.clear()
            return Attempt(
                outcome: .changed, message: "the payload has changed", status: response.status)
        }
        guard part.range == held.partial.count..<total else {
            return Attempt(
                outcome: .unexpected(.part), message: "another part than the one asked for",
                status: response.status)
        }
        return nil
    }

    /// Whether a truncated body can be told from a whole one.
    private func isEndKnown(_ response: HTTPResponse, _ held: Held) -> Bool {
        response.contentLength != nil || response.fields.contains("Transfer-Encoding")
            || download.expectedSize != nil || checksum != nil || held.digest != nil
    }

    func collect(
        _ response: HTTPResponse, _ held: Held
    ) async throws(HTTPError) -> Attempt {
        let limit = min(download.limit, download.expectedSize ?? .max)
        // What the sender vouches for goes before what the store says of it.
        let checksum = checksum ?? held.digest
        let (bytes, found) = try await response.collect(
            limit: limit, digesting: checksum?.algorithm, partial: held.partial,
            admit: share?.admit, place: download.place, progress: progress(of: response))
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

    private func progress(of response: HTTPResponse) -> (@Sendable (Int) -> Void)? {
        guard let tell = download.progress else { return nil }
        let part = response.fields["Content-Range"].flatMap { ContentRange($0) }
        let total = part?.total ?? response.contentLength ?? download.expectedSize
        return { tell($0, total) }
    }

    private func hint(_ response: HTTPResponse) -> String {
        let type = response.fields["Content-Type"]?.lowercased() ?? ""
        return type.hasPrefix("text/html") ? "; the answer is a web page" : ""
    }
}
