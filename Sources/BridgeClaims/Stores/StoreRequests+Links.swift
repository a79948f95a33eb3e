internal import BridgeBytes
internal import BridgeHTTP
internal import BridgeSockets
internal import HTTPWire

extension StoreRequests {
    /// Longest time for a look at a link.
    private static let linkCheckTime = Duration.seconds(3)

    /// Looks whether a link that was just made leads to the payload, without fetching it.
    func check(_ claim: Claim, _ policy: LinkPolicy, _ correlationID: String)
        async throws(ClaimError)
    {
        let (url, isListed) = try policy.judge(claim.url)
        var request = HTTPRequest("HEAD", url)
        if !isListed {
            request.addresses = try await names.addresses(
                of: url, policy, correlationID: correlationID)
        }
        let result = await sendOnce(request, .none, within: Self.linkCheckTime)
        switch result {
        case .failure(let error):
            throw ClaimError(
                error.reason == .totalTimeout ? .timeout : error.reason.claimCode, .verify,
                url: url.description, error.detail, httpError: error,
                correlationID: correlationID)
        case .success(let answer):
            try judge(answer, claim, url, correlationID)
        }
    }

    /// The same for a link that may be followed by GET alone: its first byte is fetched.
    func checkByPart(_ claim: Claim, _ policy: LinkPolicy, _ correlationID: String)
        async throws(ClaimError)
    {
        let (url, isListed) = try policy.judge(claim.url)
        var request = HTTPRequest("GET", url)
        request.fields.append("Range", "bytes=0-0")
        if !isListed {
            request.addresses = try await names.addresses(
                of: url, policy, correlationID: correlationID)
        }
        func failure(_ code: ErrorCode, _ message: String, _ status: Int? = nil) -> ClaimError {
            ClaimError(
                code, .verify, url: url.description, message, status: status,
                correlationID: correlationID)
        }
        switch await sendOnce(request, .none, within: Self.linkCheckTime) {
        case .failure(let error):
            throw ClaimError(
                error.reason == .totalTimeout ? .timeout : error.reason.claimCode, .verify,
                url: url.description, error.detail, httpError: error,
                correlationID: correlationID)
        case .success(let answer):
            let part = answer.fields["Content-Range"].flatMap { ContentRange($0) }
            let length =
                answer.status == 206
                ? part?.total : answer.fields["Content-Length"].flatMap { Int($0) }
            switch answer.status {
            // Of an empty payload there is no first byte.
            case 416 where claim.size == 0: return
            case 200, 206:
                guard let length, length != claim.size else { return }
                throw failure(
                    .sizeMismatch, "the store has \(length) bytes of the payload's \(claim.size)",
                    answer.status)
            default:
                throw failure(
                    DownloadMachine.code(answer.status), "the link does not lead to the payload",
                    answer.status)
            }
        }
    }

    private func judge(
        _ answer: Answer, _ claim: Claim, _ url: HTTPURL, _ correlationID: String
    ) throws(ClaimError) {
        func failure(_ code: ErrorCode, _ message: String) -> ClaimError {
            ClaimError(
                code, .verify, url: url.description, message, status: answer.status,
                correlationID: correlationID)
        }
        switch answer.status {
        case 200:
            if let stated = Self.digest(in: answer.fields), let sent = Self.checksum(of: claim),
                stated.algorithm == sent.algorithm, stated != sent
            {
                throw failure(.checksumMismatch, "the store has \(stated), not \(sent)")
            }
            guard let text = answer.fields["Content-Length"], let length = Int(text),
                answer.fields["Content-Encoding"] == nil, length != claim.size
            else { return }
            throw failure(
                .sizeMismatch, "the store has \(length) bytes of the payload's \(claim.size)")
        // What does not answer this question says nothing about the payload.
        case 405, 501: return
        default:
            throw failure(
                DownloadMachine.code(answer.status), "the link does not lead to the payload")
        }
    }

    /// The digest that a store states of a whole payload (RFC 9530); nil where it states none
    /// that is known here, or one that cannot be read.
    static func digest(in fields: FieldList) -> Checksum? {
        let names = ["Repr-Digest", "Content-Digest"]
        let found = names.compactMap { DigestField(fields.listElements($0))?.sha256 }.first
        return found.flatMap { try? Checksum(parsing: "sha256:\($0)") }
    }

    private static func checksum(of claim: Claim) -> Checksum? {
        try? Checksum(parsing: claim.checksum)
    }
}
