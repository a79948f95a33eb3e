internal import BridgeBytes
internal import BridgeHTTP
internal import HTTPWire

/// A store whose links may go out before their bytes.
package protocol EarlyClaimStore: ClaimStore {
    /// Announces a payload: its link holds from then on, and readers wait for its bytes.
    ///
    /// Cancelling the task ends it with the code `cancelled`.
    /// - Returns: The claim, and what brings the bytes; nil where the store takes no announcements.
    /// - Throws: `ClaimError`, as `upload(_:correlationID:)`.
    func announce(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> EarlyClaim?
}

/// A payload whose link is good and whose bytes are still to come.
package struct EarlyClaim: Sendable {
    package let claim: Claim
    /// Brings the bytes; nil when they are stored. Where it fails, readers are told.
    package let complete: @Sendable () async -> ClaimError?
}

extension FileServerStore: EarlyClaimStore {
    package func announce(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> EarlyClaim? {
        var generator = SystemGenerator()
        let id = UniqueID.hex128(using: &generator)
        let token = UniqueID.hex128(using: &generator)
        let path = "/f/\(id)/\(PercentCoding.encode(segment: StoredName.plain(content.name)))"
        let target = try StoreURL.make(baseURL, path)
        let seconds = try StoredLife.seconds(of: content, at: target, correlationID)
        var fields = fields(content, seconds, token, correlationID)
        // First of all, since it stands in the message.
        let digest = await SegmentDigest.checksum(of: content.segments, content.checksumAlgorithm)
        var head = fields
        head.append("Upload-Length", String(content.size))
        let clock = TransferClock(total: requests.retry.total)
        let answer: StoreRequests.Answer
        do throws(ClaimError) {
            answer = try await requests.send(
                HTTPRequest("POST", target, fields: head), .none, .upload,
                correlationID: correlationID, clock: clock)
        } catch {
            throw await withdraw(target, token, after: error)
        }
        // A server that does not know it says that the method does not fit.
        if [404, 405, 501].contains(answer.status) { return nil }
        guard answer.status == 202 else { throw refusal(answer, at: target, correlationID) }
        var claim = Claim(
            url: LinkOrigin.link(
                publicURL: publicBaseURL, path: path, location: answer.fields["Location"],
                target: target),
            id: id, token: token, size: content.size, checksum: digest.description,
            expiresAt: answer.fields["Expires-At"].flatMap { Timestamp($0) })
        claim.grantedLife = StoredLife.granted(answer.fields, until: claim.expiresAt)
        if digest.algorithm == .sha256, let value = DigestField.value(sha256: digest.digits) {
            fields.append(checked: "Repr-Digest", value)
        }
        let request = HTTPRequest("PUT", target, fields: fields)
        let segments = content.segments
        return EarlyClaim(claim: claim) {
            await complete(request, segments, token, correlationID)
        }
    }

    /// Most attempts that may come late.
    private static let latecomers = 3

    /// Brings the bytes of what was announced.
    private func complete(
        _ request: HTTPRequest, _ segments: Segments, _ token: String, _ correlationID: String
    ) async -> ClaimError? {
        let clock = TransferClock(total: requests.retry.total)
        do throws(ClaimError) {
            var answer = try await requests.send(
                request, .segments(segments), .upload, correlationID: correlationID, clock: clock)
            // An earlier attempt that somebody had held up has come late, and taken its place.
            for _ in 0..<Self.latecomers where answer.status == 409 {
                answer = try await requests.send(
                    request, .segments(segments), .upload, correlationID: correlationID,
                    clock: clock)
            }
            switch answer.status {
            case 200...299 where StoreRequests.doubt(answer) == nil:
                let end = answer.fields["Expires-At"].flatMap { Timestamp($0) }
                guard StoredLife.granted(answer.fields, until: end) != .zero else {
                    throw ClaimError(
                        .payloadExpired, .upload, url: request.url.description,
                        "its time to live was over before all of it had come",
                        correlationID: correlationID)
                }
                return nil
            case 412:
                // An earlier attempt's answer was lost.
                _ = try await verify(
                    request.url, token, size: segments.byteCount, correlationID, clock)
                return nil
            default: throw refusal(answer, at: request.url, correlationID)
            }
        } catch {
            // Whatever is wrong: who waits for the bytes is told at once.
            let requests = self.requests
            await Task.detached {
                var retry = requests.retry
                retry.total = .seconds(2)
                let farewell = StoreRequests(
                    client: requests.client, userAgent: nil, retry: retry, token: requests.token)
                try? await farewell.delete(
                    request.url, token: token, correlationID: correlationID)
            }.value
            return error
        }
    }
}
