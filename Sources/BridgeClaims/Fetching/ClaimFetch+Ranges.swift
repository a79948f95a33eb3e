internal import BridgeBytes
internal import BridgeHTTP
internal import BridgeSockets
internal import HTTPWire

/// Large payloads over several connections at a time.
///
/// ## Theory of operation
/// A payload of 64 MiB or more, whose size the envelope vouches for, is asked for by its first
/// 8 MiB. What answers with them, a strong tag and the right total can be asked for parts. How
/// long they took decides: a line that brings 100 MB/s in one connection gains nothing by more,
/// and the rest is fetched by one request; on a slower one, up to `ClaimDownload.maxConnections`
/// connections fetch pieces of 8 MiB, each under the condition of the same tag (`If-Match`).
///
/// ```
/// first piece ──▶ fast ─────────────────────▶ one request for the rest (If-Range)
///     │       ──▶ slow ──▶ pieces, in parallel ──▶ whole
///     │                       │  └─ none arrived ──▶ one request for what lies behind the
///     │                       │                      beginning that is held
///     │                       └─ another version ──▶ from the start, by one request
///     └─ 200, no strong tag, another part ──▶ one request for the whole
/// ```
/// Each connection ends with its first failure, and the others go on; so a server that answers
/// fewer than it is asked for is asked less.
extension ClaimFetch {
    /// Fewer pieces than these are not worth the requests: 64 MiB of 8 MiB each.
    private static let leastPieces = 8

    /// Whether the first request shall ask for a part.
    func asksForPart(_ held: Held) -> Bool {
        guard !held.isProbed, download.maxConnections > 1, let size = download.expectedSize,
            held.partial.count == 0
        else { return false }
        return size / Self.leastPieces >= download.pieceSize && size <= download.limit
    }

    /// The request for the first piece. Nil: the answer tells that parts cannot be asked for.
    func probe(
        _ held: Held, at addresses: [Address]?, _ clock: TransferClock
    ) async throws(HTTPError) -> Attempt? {
        held.isProbed = true
        guard let size = download.expectedSize else { return nil }
        let range = 0..<download.pieceSize
        let response = try await send(range, field: nil, at: addresses, clock)
        guard response.status == 206 else {
            // It is shorter than the envelope says, which an answer with all of it will show.
            if response.status == 416 { return nil }
            if let refusal = refusal(of: response, held) { return refusal }
            return try await collect(response, held)
        }
        guard let tag = Self.strongTag(response), isPart(response, range, of: size, tag),
            hasRightDigest(response)
        else { return nil }
        if let code = share?.admit(size) {
            throw HTTPError(code, .body, url: url.description, "there is no memory for the body")
        }
        held.begin(response)
        let region =
            if let place = await download.place?(size) { place } else {
                await requests.client.place(for: size)
            }
        let body = RangedBody(
            region, tag: tag, pieceSize: download.pieceSize, tell: download.progress)
        let start = MonotonicClock.now
        guard let first = body.take() else { return nil }
        _ = try await response.collect(
            into: BodyPlace(body.region, first), progress: body.progress(of: first))
        body.arrived(first)
        let fastTime = Duration.seconds(Double(first.count) / Double(download.fastRate))
        let isFast = MonotonicClock.now - start < fastTime
        // What is still being uploaded comes no faster by more connections.
        if isFast || response.fields["Upload-Complete"] == "?0" {
            hold(body, held)
        } else {
            held.ranged = body
        }
        return try await goOn(held, at: addresses, clock)
    }

    /// One request goes on behind what is held without holes.
    private func hold(_ body: RangedBody, _ held: Held) {
        let count = body.beginning
        var digest = (checksum ?? held.digest).map { RunningChecksum($0.algorithm) }
        digest?.update(body.bytes(count).span)
        held.partial.keep(body.region, count: count, digest: digest)
    }

    /// Fetches what is left, by several connections.
    func fetchRanges(
        _ body: RangedBody, _ held: Held, at addresses: [Address]?, _ clock: TransferClock
    ) async -> Attempt {
        let before = body.held
        let failure = await withTaskGroup(of: Attempt?.self) { group in
            for _ in 0..<download.maxConnections {
                group.addTask { await fetchPieces(of: body, at: addresses, clock) }
            }
            var worst: Attempt?
            for await ended in group {
                // What ends the others comes first; they then tell that they were cancelled.
                guard let ended, !(worst?.isFinal ?? false) else { continue }
                if worst == nil || ended.isFinal { worst = ended }
                if ended.isFinal { group.cancelAll() }
            }
            return worst
        }
        guard body.isWhole else {
            return ended(failure, body, held, gained: body.held - before)
        }
        let bytes = body.bytes(body.size)
        guard let checksum = checksum ?? held.digest else {
            return Attempt(outcome: .whole, bytes: bytes, status: 206)
        }
        let found = await SegmentDigest.checksum(of: [bytes], checksum.algorithm)
        guard found == checksum else {
            held.ranged = nil
            return Attempt(
                outcome: .damaged(.checksum), message: "the digest is \(found), not \(checksum)",
                status: 206)
        }
        return Attempt(outcome: .whole, bytes: bytes, status: 206)
    }

    /// What an attempt came to that has not brought everything.
    private func ended(
        _ failure: Attempt?, _ body: RangedBody, _ held: Held, gained: Int
    ) -> Attempt {
        var failure =
            failure ?? Attempt(outcome: .failed(.incompleteBody, gained: 0), message: "cut off")
        if case .changed = failure.outcome {
            held.ranged = nil
        } else if gained == 0 {
            held.ranged = nil
            hold(body, held)
        } else if case .failed(let reason, _) = failure.outcome {
            failure.outcome = .failed(reason, gained: gained)
        }
        return failure
    }

    /// One connection's work. Returns what ended it; nil when nothing was left.
    private func fetchPieces(
        of body: RangedBody, at addresses: [Address]?, _ clock: TransferClock
    ) async -> Attempt? {
        while let range = body.take() {
            do throws(HTTPError) {
                let response = try await send(
                    range, field: body.tag, at: addresses, clock)
                if let failure = refusal(ofPiece: response, range, body) {
                    body.failed(range)
                    return failure
                }
                _ = try await response.collect(
                    into: BodyPlace(body.region, range), progress: body.progress(of: range))
                body.arrived(range)
            } catch {
                body.failed(range)
                return Attempt(
                    outcome: .failed(error.reason, gained: 0), message: error.detail, error: error)
            }
        }
        return nil
    }

    private func refusal(
        ofPiece response: HTTPResponse, _ range: Range<Int>, _ body: RangedBody
    ) -> Attempt? {
        switch response.status {
        case 206 where isPart(response, range, of: body.size, body.tag): return nil
        // Another version, or a server that gives up parts.
        case 200, 206, 412, 416:
            return Attempt(
                outcome: .changed, message: "the payload has changed", status: response.status)
        default: return refusal(ofStatus: response)
        }
    }

    private func send(
        _ range: Range<Int>, field tag: String?, at addresses: [Address]?, _ clock: TransferClock
    ) async throws(HTTPError) -> HTTPResponse {
        var fields = FieldList()
        fields.append("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        if let tag { fields.append(checked: "If-Match", tag) }
        var request = requests.prepared(HTTPRequest("GET", url, fields: fields))
        request.addresses = addresses
        return try await requests.client.send(request, within: clock.left)
    }

    private static func strongTag(_ response: HTTPResponse) -> String? {
        let tag = response.fields["ETag"].flatMap { EntityTag(parsing: $0) }
        return tag.flatMap { $0.isWeak ? nil : $0.value }
    }

    /// Whether an answer brings exactly this part of exactly this version, as it is.
    private func isPart(
        _ response: HTTPResponse, _ range: Range<Int>, of size: Int, _ tag: String
    ) -> Bool {
        let codings = response.fields.values(for: "Content-Encoding")
        let part = response.fields["Content-Range"].flatMap { ContentRange($0) }
        return part?.range == range && part?.total == size && Self.strongTag(response) == tag
            && response.contentLength == range.count
            && codings.allSatisfy { $0.lowercased() == "identity" || $0.isEmpty }
    }

    /// Whether what the store states of the whole is not something else than was sent.
    private func hasRightDigest(_ response: HTTPResponse) -> Bool {
        guard let checksum, let stated = StoreRequests.digest(in: response.fields),
            stated.algorithm == checksum.algorithm
        else { return true }
        return stated == checksum
    }
}

extension ClaimFetch.Attempt {
    /// Whether nobody needs to go on with the present attempt.
    fileprivate var isFinal: Bool {
        switch outcome {
        case .changed, .aborted: true
        case .status(let status, _): RetryPolicy.verdict(status: status) == .permanent
        case .failed(let reason, _): reason == .cancelled
        default: false
        }
    }
}
