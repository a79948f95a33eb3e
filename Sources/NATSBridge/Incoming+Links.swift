internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSCore
internal import NATSWire

extension Incoming {
    /// Fetches the links of a message, at most `maxParallelDownloads` side by side, and says for
    /// each what came of it. A cancelled task ends them all; they fail with `claim.cancelled`.
    @concurrent
    func fetch(_ opened: Opened) async -> [Int: Result<Bytes, BridgeError>] {
        guard options.followsLinks, opened.hasLinks else { return [:] }
        let correlationID = opened.envelope.correlationID
        var links: [(index: Int, url: String)] = []
        for (index, payload) in opened.envelope.payloads.enumerated() {
            if case .link(let url) = payload.transport { links.append((index, url)) }
        }
        return await withTaskGroup(of: (Int, Result<Bytes, BridgeError>).self) { group in
            var results: [Int: Result<Bytes, BridgeError>] = [:]
            for (number, link) in links.enumerated() {
                if number >= max(1, options.maxParallelDownloads),
                    let (index, result) = await group.next()
                {
                    results[index] = result
                }
                let payload = opened.envelope.payloads[link.index]
                group.addTask {
                    (link.index, await fetch(link.url, payload, link.index, correlationID))
                }
            }
            for await (index, result) in group { results[index] = result }
            return results
        }
    }

    private func fetch(
        _ link: String, _ payload: EnvelopePayload, _ index: Int, _ correlationID: String
    ) async -> Result<Bytes, BridgeError> {
        do throws(BridgeError) {
            return .success(try await download(link, payload, index, correlationID))
        } catch {
            return .failure(error)
        }
    }

    private func download(
        _ link: String, _ payload: EnvelopePayload, _ index: Int, _ correlationID: String
    ) async throws(BridgeError) -> Bytes {
        guard let store = bridge.options.store else {
            throw BridgeError(
                BridgeError.Code.noStore, stage: .download, subject: Redaction.url(link),
                correlationID: correlationID, detail: "there is no store to fetch links with")
        }
        let checksum = try checksum(of: payload, index, correlationID)
        let size = payload.metadata[IntegrityKey.checksum] == nil ? nil : payload.statedSize
        let coding = payload.metadata[IntegrityKey.contentEncoding]?.stringValue
        let start = Bridge.now
        do throws(ClaimError) {
            // Size and digest are those of the serialized bytes: of coded ones they are verified
            // after decoding.
            var bytes = try await store.download(
                ClaimDownload(
                    url: link, expectedSize: coding == nil ? size : nil,
                    expectedChecksum: coding == nil ? checksum?.description : nil,
                    limit: bridge.options.downloadLimit, retry: bridge.options.retry,
                    policy: bridge.options.linkPolicy, correlationID: correlationID))
            if let coding {
                bytes = try decoded(bytes, coding, link, correlationID)
                try ContentCoding.verify(
                    bytes, size: size, checksum: checksum?.description, url: Redaction.url(link),
                    correlationID: correlationID)
            }
            let milliseconds = Bridge.now.milliseconds - start.milliseconds
            bridge.trace(
                correlationID, .download, "downloaded payload",
                TraceEvent.Field("name", payload.dataName),
                TraceEvent.Field("url", Redaction.url(link)),
                TraceEvent.Field("bytes", String(bytes.count)),
                TraceEvent.Field("milliseconds", String(milliseconds)),
                TraceEvent.Field("verified", checksum?.description ?? "no checksum"))
            return bytes
        } catch {
            throw BridgeError(
                error.code.rawValue, stage: .download, subject: error.url,
                correlationID: correlationID, detail: error.description)
        }
    }

    private func decoded(
        _ bytes: Bytes, _ coding: String, _ link: String, _ correlationID: String
    ) throws(ClaimError) -> Bytes {
        try ContentCoding.decode(
            bytes, coding, limit: bridge.options.downloadLimit, url: Redaction.url(link),
            correlationID: correlationID)
    }

    /// The digest that the sender vouches for; nil where there is none, or none that can be
    /// verified, which the trace tells.
    /// - Throws: `claim.checksum_mismatch` for one whose name is known and whose digits are not
    ///   those of a digest: no content has it.
    func checksum(
        of payload: EnvelopePayload, _ index: Int, _ correlationID: String
    ) throws(BridgeError) -> Checksum? {
        guard let value = payload.metadata[IntegrityKey.checksum] else { return nil }
        guard let text = value.stringValue else {
            unverified(payload, "it is not a text", correlationID)
            return nil
        }
        do throws(CodecError) {
            return try Checksum(parsing: text)
        } catch {
            let name = text.prefix { $0 != ":" }
            guard name.count < text.count, error.code != .unknownAlgorithm else {
                unverified(payload, "unknown name \(name.prefix(40))", correlationID)
                return nil
            }
            throw damaged(
                payload, index, correlationID,
                "the envelope's checksum is no \(name.lowercased()) digest")
        }
    }

    private func unverified(_ payload: EnvelopePayload, _ reason: String, _ correlationID: String) {
        bridge.trace(
            correlationID, .decode, "checksum not verified: \(TraceEvent.quoted(reason))",
            TraceEvent.Field("name", payload.dataName))
    }

    /// Verifies a payload that came inside the message, where the sender gave a digest.
    func verify(
        _ bytes: Bytes, _ payload: EnvelopePayload, _ index: Int, _ correlationID: String
    ) throws(BridgeError) {
        guard let expected = try checksum(of: payload, index, correlationID) else { return }
        let found = Checksum(of: bytes, expected.algorithm)
        guard found == expected else {
            throw damaged(
                payload, index, correlationID, "the digest is \(found), not \(expected)")
        }
    }

    private func damaged(
        _ payload: EnvelopePayload, _ index: Int, _ correlationID: String, _ detail: String
    ) -> BridgeError {
        let code = ClaimError.Code.checksumMismatch.rawValue
        let detail = "payloads[\(index)]: \(detail)"
        if case .link(let url) = payload.transport {
            return BridgeError(
                code, stage: .download, subject: Redaction.url(url),
                correlationID: correlationID, detail: detail)
        }
        return BridgeError(
            code, stage: .decode, subject: message.subject.text, correlationID: correlationID,
            detail: detail)
    }
}
