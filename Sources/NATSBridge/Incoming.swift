// Theory of operation.
//
// One value carries one received message through the stages:
//
//     header form or envelope ──▶ each payload: take it from the message, or fetch its link
//                             ──▶ decode it as its type says
//
// Payloads keep their order. Links are fetched one after the other, so that one message never
// holds more than one download in flight; the store verifies size and digest where the sender
// vouched for them. A figure that peers are known to get wrong (`size` without a checksum beside
// it) is not vouched for.
internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

struct Incoming: Sendable {
    let bridge: Bridge
    let message: NATSMessage
    let options: ReceiveOptions
    let position: StreamPosition?

    func receive() async throws(BridgeError) -> Received {
        do throws(BridgeError) {
            let (envelope, headers) = try await open()
            bridge.trace(
                envelope.correlationID, .receive, "received message",
                TraceEvent.Field("subject", message.subject.text),
                TraceEvent.Field("bytes", String(message.size)),
                TraceEvent.Field("payloads", String(envelope.payloads.count)))
            var payloads: [Received.Payload] = []
            for (index, payload) in envelope.payloads.enumerated() {
                payloads.append(try await take(payload, index, envelope.correlationID))
            }
            return Received(
                subject: message.subject, headers: headers, replySubject: message.replyTo,
                envelope: envelope, payloads: payloads, position: position)
        } catch {
            throw bridge.traced(error)
        }
    }

    /// Reads the envelope from the body, or from the headers where they hold it.
    private func open() async throws(BridgeError) -> (Envelope, Headers) {
        do {
            let headers = try message.headers()
            let fields = headers.map { ($0.name.text, $0.value.text) }
            if HeaderForm.isHeaderForm(fields.map(\.0)) {
                return (try HeaderForm.decode(fields, body: message.payload), headers)
            }
            return (try await Self.read(message.payload, strict: options.isStrict), headers)
        } catch let error as EnvelopeError {
            throw failure(error, "", .decode)
        } catch {
            throw BridgeError(
                BridgeError.Code.unusableMessage, stage: .receive, subject: message.subject.text,
                detail: "\(error)")
        }
    }

    /// Base64 of megabytes is decoded outside of any actor.
    @concurrent
    private static func read(
        _ body: Bytes, strict: Bool
    ) async throws(EnvelopeError) -> Envelope {
        try EnvelopeReader.read(body, strict: strict)
    }

    private func take(
        _ payload: EnvelopePayload, _ index: Int, _ correlationID: String
    ) async throws(BridgeError) -> Received.Payload {
        var bytes = Bytes()
        var url: String?
        switch payload.transport {
        case .direct(let content): bytes = content
        case .link(let link):
            url = link
            if options.followsLinks { bytes = try await fetch(link, payload, correlationID) }
        }
        var value: PayloadValue?
        if !options.keepsRawBytes, url == nil || options.followsLinks {
            value = try await decode(payload, bytes, index, correlationID)
        }
        bridge.trace(
            correlationID, .deserialize, "decoded payload",
            TraceEvent.Field("name", payload.dataName),
            TraceEvent.Field("type", payload.typeName),
            TraceEvent.Field("size", String(bytes.count)))
        return Received.Payload(
            name: payload.dataName, typeName: payload.typeName, value: value, bytes: bytes,
            url: url, metadata: payload.metadata)
    }

    private func fetch(
        _ link: String, _ payload: EnvelopePayload, _ correlationID: String
    ) async throws(BridgeError) -> Bytes {
        guard let store = bridge.options.store else {
            throw BridgeError(
                BridgeError.Code.noStore, stage: .download, subject: Redaction.url(link),
                correlationID: correlationID, detail: "there is no store to fetch links with")
        }
        let checksum = payload.metadata[IntegrityKey.checksum]?.stringValue
        let size = checksum == nil ? nil : payload.statedSize
        let coding = payload.metadata[IntegrityKey.contentEncoding]?.stringValue
        let start = Bridge.now
        do throws(ClaimError) {
            // Size and digest are those of the serialized bytes: of coded ones they are verified
            // after decoding.
            var bytes = try await store.download(
                ClaimDownload(
                    url: link, expectedSize: coding == nil ? size : nil,
                    expectedChecksum: coding == nil ? checksum : nil,
                    limit: bridge.options.downloadLimit, retry: bridge.options.retry,
                    policy: bridge.options.linkPolicy, correlationID: correlationID))
            if let coding {
                bytes = try await decoded(bytes, coding, link, correlationID)
                try ContentCoding.verify(
                    bytes, size: size, checksum: checksum, url: Redaction.url(link),
                    correlationID: correlationID)
            }
            let milliseconds = Bridge.now.milliseconds - start.milliseconds
            bridge.trace(
                correlationID, .download, "downloaded payload",
                TraceEvent.Field("name", payload.dataName),
                TraceEvent.Field("url", Redaction.url(link)),
                TraceEvent.Field("bytes", String(bytes.count)),
                TraceEvent.Field("milliseconds", String(milliseconds)),
                TraceEvent.Field("verified", checksum ?? "no checksum"))
            return bytes
        } catch {
            throw BridgeError(
                error.code.rawValue, stage: .download, subject: error.url,
                correlationID: correlationID, detail: error.description)
        }
    }

    /// Megabytes are inflated outside of any actor.
    @concurrent
    private func decoded(
        _ bytes: Bytes, _ coding: String, _ link: String, _ correlationID: String
    ) async throws(ClaimError) -> Bytes {
        try ContentCoding.decode(
            bytes, coding, limit: bridge.options.downloadLimit, url: Redaction.url(link),
            correlationID: correlationID)
    }

    private func decode(
        _ payload: EnvelopePayload, _ bytes: Bytes, _ index: Int, _ correlationID: String
    ) async throws(BridgeError) -> PayloadValue {
        do throws(EnvelopeError) {
            return try await Self.deserialize(payload, bytes)
        } catch {
            throw failure(error, correlationID, .deserialize, field: "payloads[\(index)]")
        }
    }

    @concurrent
    private static func deserialize(
        _ payload: EnvelopePayload, _ bytes: Bytes
    ) async throws(EnvelopeError) -> PayloadValue {
        try PayloadCodec.deserialize(
            bytes, typeName: payload.typeName, encoding: payload.encoding)
    }

    private func failure(
        _ error: EnvelopeError, _ correlationID: String, _ stage: BridgeError.Stage,
        field: String? = nil
    ) -> BridgeError {
        let place = field.map { "\($0): " } ?? ""
        return BridgeError(
            error.code.rawValue, stage: stage, subject: message.subject.text,
            correlationID: correlationID, detail: place + error.description)
    }
}
