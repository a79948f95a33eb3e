internal import BridgeBytes
internal import BridgeHTTP
internal import HTTPWire

/// Sends a payload to a store, and goes on where an attempt was cut, if the store can.
///
/// ## Theory of operation
/// ```
/// PUT ──▶ an answer that is not to be retried ──▶ done
///  ▲  ──▶ cut, or "not now" ──▶ HEAD ──▶ 204, Upload-Offset: n ──▶ wait ──▶ PATCH from n ──▶ …
///  └───── wait ◀── anything else ◀────┘
/// ```
/// Stores that know nothing of it take the PUT as any other, and answer the HEAD by 404. An
/// attempt that brought the upload further counts as the first of a new row, as for downloads.
struct ResumableUpload: Sendable {
    /// Smaller payloads are sent again as a whole: 1 MiB.
    static let leastSize = 1 << 20
    /// Longest wait for how far an upload has come.
    private static let askTime = Duration.seconds(10)

    let requests: StoreRequests
    /// The PUT that begins it.
    let request: HTTPRequest
    let segments: Segments
    /// Told of bytes from the start on that have been sent, on the connection's thread.
    let sent: @Sendable (Int) -> Void
    let correlationID: String
    let clock: TransferClock

    private typealias Result = Swift.Result<StoreRequests.Answer, HTTPError>

    /// Sends until there is an answer that is not to be retried.
    /// - Throws: As `StoreRequests.send`.
    func run() async throws(ClaimError) -> StoreRequests.Answer {
        var attempts = RequestAttempts(
            requests, .upload, request.url, correlationID: correlationID, clock: clock)
        // Nil: the store is to be asked.
        var offset: Int? = 0
        var reached = 0
        var lastError: HTTPError?
        while true {
            let (result, begun) = await attempt(from: offset, after: lastError)
            if case .failure(let error) = result { lastError = error }
            let reason = failure(of: result, from: begun)
            offset = nil
            // Who was silent, or said "not now", is asked when there has been a pause.
            if let reason, reason.isPassing, !reason.isSilence, begun != nil,
                case .success(let found) = await ask()
            {
                offset = found
            }
            let place = offset ?? begun ?? reached
            let gained = max(0, place - reached)
            reached = place
            if let answer = try await attempts.ended(result, failing: reason, gained: gained) {
                return answer
            }
        }
    }

    /// - Parameters:
    ///   - offset: How far the upload is; nil when the store has to be asked.
    ///   - lastError: What the attempt before ended with. A store that cannot be asked adds
    ///   nothing to it.
    /// - Returns: What came of it, and where it began; nil when it did not come to that.
    private func attempt(
        from offset: Int?, after lastError: HTTPError?
    ) async -> (Result, begun: Int?) {
        let known: Int
        if let offset {
            known = offset
        } else {
            switch await ask() {
            case .success(let found): known = found
            case .failure(let error) where error.reason == .cancelled:
                return (.failure(error), nil)
            case .failure(let error): return (.failure(lastError ?? error), nil)
            }
        }
        let rest = known == 0 ? segments : segments.dropping(known)
        let asked = known == 0 ? request : continuation(at: known)
        let body = HTTPBody.segments(rest) { [sent] in sent(known + $0) }
        return (await requests.sendOnce(asked, body, within: clock.left), known)
    }

    /// How an attempt failed; nil for an answer that counts as one.
    private func failure(of result: Result, from begun: Int?) -> HTTPError.Reason? {
        switch result {
        case .failure(let error): error.reason
        // What was there is gone, or is another number of bytes by now: it is asked again.
        case .success(let answer):
            (begun ?? 0) > 0 && (answer.status == 404 || answer.status == 409)
                ? .connectionLost : nil
        }
    }

    /// Asks how far the upload has come: 0 also where the store does not know of such a thing.
    private func ask() async -> Swift.Result<Int, HTTPError> {
        var fields = FieldList()
        for field in request.fields where field.name.lowercased() == "x-uploadtoken" {
            fields.append(checked: field.name, field.value)
        }
        let time = min(clock.left ?? Self.askTime, Self.askTime)
        let result = await requests.sendOnce(
            HTTPRequest("HEAD", request.url, fields: fields), .none, within: time)
        return result.map { answer in
            guard answer.status == 204, let text = answer.fields["Upload-Offset"],
                let offset = Int(text), (0...segments.byteCount).contains(offset)
            else { return 0 }
            return offset
        }
    }

    private func continuation(at offset: Int) -> HTTPRequest {
        // What the upload is was said when it began.
        let begun = ["content-type", "if-none-match", "x-ttl"]
        var fields = FieldList()
        for field in request.fields where !begun.contains(field.name.lowercased()) {
            fields.append(checked: field.name, field.value)
        }
        fields.append("Content-Type", "application/partial-upload")
        fields.append("Upload-Offset", String(offset))
        return HTTPRequest("PATCH", request.url, fields: fields)
    }
}

extension Segments {
    /// The pieces behind the first `count` bytes, at most as many as there are.
    func dropping(_ count: Int) -> Segments {
        var left = count
        var rest: [Bytes] = []
        for piece in self {
            if left >= piece.count {
                left -= piece.count
            } else {
                rest.append(left == 0 ? piece : piece[left..<piece.count])
                left = 0
            }
        }
        return Segments(rest)
    }
}
