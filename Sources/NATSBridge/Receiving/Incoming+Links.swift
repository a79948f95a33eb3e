internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSCore
internal import NATSWire

extension Incoming {
    /// Fetches the links of a message, at most `maxParallelDownloads` side by side, and says for
    /// each what came of it. A cancelled task ends them all; they fail with `cancelled`.
    /// - Parameter memory: What they may use, or why they may use none: all fail with that.
    @concurrent
    func fetch(
        _ opened: Opened, _ memory: Result<MessageMemory, ClaimError>
    ) async -> [Int: Result<Bytes, BridgeError>] {
        let correlationID = opened.envelope.correlationID
        var links: [(index: Int, url: String)] = []
        for (index, payload) in opened.envelope.payloads.enumerated() {
            if case .link(let url) = payload.content { links.append((index, url)) }
        }
        let share: MessageMemory
        switch memory {
        case .success(let memory): share = memory
        case .failure(let error):
            return Dictionary(
                uniqueKeysWithValues: links.map { link in
                    (link.index, .failure(failure(error, url: link.url, correlationID)))
                })
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
                    (
                        link.index,
                        await fetch(link.url, payload, link.index, share, correlationID)
                    )
                }
            }
            for await (index, result) in group { results[index] = result }
            return results
        }
    }

    /// Asks for the memory of all links of a message.
    func memory(for opened: Opened) async -> Result<MessageMemory, ClaimError> {
        do throws(ClaimError) {
            return .success(
                try await MessageMemory(opened.envelope, of: bridge.memory, bridge.options))
        } catch {
            return .failure(error)
        }
    }

    private func fetch(
        _ link: String, _ payload: EnvelopePayload, _ index: Int, _ memory: MessageMemory,
        _ correlationID: String
    ) async -> Result<Bytes, BridgeError> {
        let watch = Stopwatch()
        do throws(BridgeError) {
            guard let store = bridge.options.store else {
                throw BridgeError(
                    .noStore, stage: .download, subject: Redaction.url(link),
                    correlationID: correlationID, detail: "there is no store to fetch links with")
            }
            let checksum = try checksum(of: payload, index, correlationID)
            do throws(ClaimError) {
                return .success(
                    try await download(link, payload, store, checksum, memory, correlationID))
            } catch {
                throw failure(error, url: link, correlationID)
            }
        } catch {
            bridge.counters.timed(.download, error.code, watch.elapsed)
            return .failure(error)
        }
    }

    private func failure(
        _ error: ClaimError, url: String, _ correlationID: String
    ) -> BridgeError {
        BridgeError(
            error, stage: .download, subject: Redaction.url(url), correlationID: correlationID)
    }

    private func download(
        _ link: String, _ payload: EnvelopePayload, _ store: any ClaimStore,
        _ checksum: Checksum?, _ memory: MessageMemory, _ correlationID: String
    ) async throws(ClaimError) -> Bytes {
        let size = payload.metadata[IntegrityKey.checksum] == nil ? nil : payload.statedSize
        let coding = payload.metadata[IntegrityKey.contentEncoding]?.stringValue
        let share = MessageMemory.share(of: payload)
        let watch = Stopwatch()
        // Size and digest are those of the serialized bytes: of coded ones they are verified
        // after decoding.
        var request = ClaimDownload(
            url: link, expectedSize: coding == nil ? size : nil,
            expectedChecksum: coding == nil ? checksum?.description : nil,
            limit: bridge.options.downloadLimit, retry: bridge.options.retry,
            policy: bridge.options.linkPolicy, correlationID: correlationID,
            reservation: memory.reservation, reservedShare: share)
        request.maxConnections = bridge.options.maxDownloadConnections
        var bytes = try await store.download(request)
        let url = Redaction.url(link)
        if let coding {
            bytes = try decoded(bytes, coding, share, memory, url, correlationID)
            try ContentCoding.verify(
                bytes, size: size, checksum: checksum?.description, url: url,
                correlationID: correlationID)
        } else {
            try memory.cover(bytes.count, share: share, url: url, correlationID: correlationID)
        }
        let time = watch.elapsed
        bridge.counters.downloaded(bytes.count, time)
        bridge.log(
            correlationID, .download, "downloaded payload",
            [
                LogEvent.Field("name", payload.dataName), LogEvent.Field("url", url),
                LogEvent.Field("bytes", String(bytes.count)),
                LogEvent.Field("milliseconds", String(time.milliseconds)),
                LogEvent.Field("verified", checksum?.description ?? "no checksum"),
            ])
        return bytes
    }

    /// How much more a coded payload may grow each time that it turns out to be larger.
    private static let inflationStep = 8

    /// Inflates a payload in memory that was accounted for before. What it will have is not known,
    /// so it begins with what is stated and tries again with more.
    private func decoded(
        _ bytes: Bytes, _ coding: String, _ share: Int, _ memory: MessageMemory, _ url: String,
        _ correlationID: String
    ) throws(ClaimError) -> Bytes {
        let most = min(
            max(0, bridge.options.downloadLimit), memory.reservation.limit,
            ContentCoding.longest(from: bytes.count))
        var limit = min(max(share, bytes.count), most)
        var covered = share
        while true {
            try memory.cover(limit, share: covered, url: url, correlationID: correlationID)
            covered = max(covered, limit)
            do throws(ClaimError) {
                return try ContentCoding.decode(
                    bytes, coding, limit: limit, url: url, correlationID: correlationID)
            } catch {
                guard error.code == .tooLarge, limit < most else { throw error }
                let more = limit.multipliedReportingOverflow(by: Self.inflationStep)
                limit = more.overflow ? most : min(max(more.partialValue, 1 << 16), most)
            }
        }
    }

    /// The digest that the sender vouches for; nil where there is none, or none that can be
    /// verified, which the trace tells.
    /// - Throws: `invalid_checksum` for one whose name is known and whose digits are not
    ///   those of a digest: no content has it.
    func checksum(
        of payload: EnvelopePayload, _ index: Int, _ correlationID: String
    ) throws(BridgeError) -> Checksum? {
        guard let value = payload.metadata[IntegrityKey.checksum] else { return nil }
        guard let text = value.stringValue else {
            unverified(payload, "it is not a text", correlationID)
            return nil
        }
        switch ChecksumStatement(parsing: text) {
        case .known(let checksum): return checksum
        case .unknownName(let name):
            unverified(payload, "unknown name \(name)", correlationID)
            return nil
        case .malformed:
            throw damaged(
                payload, index, correlationID, .invalidChecksum,
                "the stated digest is not one, so no bytes can have it")
        }
    }

    private func unverified(_ payload: EnvelopePayload, _ reason: String, _ correlationID: String) {
        bridge.log(
            correlationID, .decode, "checksum not verified: \(LogEvent.quoted(reason))",
            level: .notice, [LogEvent.Field("name", payload.dataName)])
    }

    /// Verifies a payload that came inside the message, where the sender gave a digest.
    func verify(
        _ bytes: Bytes, _ payload: EnvelopePayload, _ index: Int, _ correlationID: String
    ) throws(BridgeError) {
        guard let expected = try checksum(of: payload, index, correlationID) else { return }
        let found = Checksum(of: bytes, expected.algorithm)
        guard found == expected else {
            throw damaged(
                payload, index, correlationID, .checksumMismatch,
                "the digest is \(found), not \(expected)")
        }
    }

    private func damaged(
        _ payload: EnvelopePayload, _ index: Int, _ correlationID: String,
        _ code: ErrorCode, _ detail: String
    ) -> BridgeError {
        let detail = "payloads[\(index)]: \(detail)"
        if case .link(let url) = payload.content {
            return BridgeError(
                code, stage: .download, subject: Redaction.url(url),
                correlationID: correlationID, detail: detail)
        }
        return BridgeError(
            code, stage: .decode, subject: message.subject.text,
            correlationID: correlationID,
            detail: detail)
    }
}
