// Theory of operation.
//
// One value carries one received message through the stages:
//
//     header form or envelope ──▶ links: fetch them, a few side by side
//                             ──▶ each payload: verify it, decode it as its type says
//
// Only an envelope that cannot be read fails the message. Every payload stands alone: what cannot
// be had, or cannot be decoded, carries its own error, and takes no neighbour along. Payloads keep
// their order. The store verifies size and digest of what it fetches where the sender vouched for
// them. A figure that peers are known to get wrong (`size` without a checksum beside it) is not
// vouched for.
//
// `open` and `decode` are plain functions, and both `receive` and `finish` are `@concurrent`: no
// caller's actor runs the work on megabytes.
internal import BridgeBytes
internal import BridgeEnvelope
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

struct Incoming: Sendable {
    let bridge: Bridge
    let message: NATSMessage
    let options: ReceiveOptions
    let position: StreamPosition?
    /// The message's headers, where somebody has parsed them already.
    var headers: Headers?
    /// How a failure of the whole message is logged: `debug` where a call throws it.
    var failureLevel = LogEvent.Level.debug
    private let watch = Stopwatch()

    /// A message whose envelope has been read.
    struct Opened: Sendable {
        let envelope: Envelope
        let headers: Headers
        /// Why payloads could not be read, by their index.
        var faults: [Int: EnvelopeError] = [:]

        /// Whether something has to be fetched.
        var hasLinks: Bool {
            envelope.payloads.contains { $0.transport == .link }
        }
    }

    /// Does everything, outside of any actor.
    @concurrent
    func receive() async throws(BridgeError) -> Received {
        let opened = try open()
        guard options.followsLinks, opened.hasLinks else { return try finish(opened, [:]) }
        let memory = await memory(for: opened)
        return try finish(opened, await fetch(opened, memory))
    }

    /// Reads the envelope from the body, or from the headers where they hold it.
    func open() throws(BridgeError) -> Opened {
        do throws(BridgeError) {
            let opened = try read()
            bridge.log(
                opened.envelope.correlationID, .receive, "received message",
                [
                    LogEvent.Field("subject", message.subject.text),
                    LogEvent.Field("bytes", String(message.size)),
                    LogEvent.Field("body_bytes", String(message.payload.count)),
                    LogEvent.Field("payloads", String(opened.envelope.payloads.count)),
                    LogEvent.Field("msg_id", opened.envelope.messageID),
                    opened.headers.traceContext.map { LogEvent.Field("trace_id", $0.traceID) },
                ])
            bridge.counters.count { $0.messagesReceived += 1 }
            return opened
        } catch {
            bridge.counters.count { $0.messagesUnusable += 1 }
            bridge.counters.timed(.receive, error.code, watch.elapsed)
            throw bridge.logged(error, failureLevel)
        }
    }

    private func read() throws(BridgeError) -> Opened {
        let fields: Headers
        do throws(WireError) {
            fields = if let headers { headers } else { try message.headers }
        } catch {
            throw BridgeError(error, stage: .receive, subject: message.subject.text)
        }
        do throws(EnvelopeError) {
            let texts = fields.map { ($0.name.text, $0.value.text) }
            if HeaderForm.isHeaderForm(texts.map(\.0)) {
                let envelope = try HeaderForm.decode(texts, body: message.payload)
                return Opened(envelope: envelope, headers: fields)
            }
            if options.isStrict {
                let envelope = try EnvelopeReader.read(message.payload, strict: true)
                return Opened(envelope: envelope, headers: fields)
            }
            let read = try EnvelopeReader.readEach(message.payload)
            return Opened(envelope: read.envelope, headers: fields, faults: read.faults)
        } catch {
            throw failure(error, "", .decode)
        }
    }

    /// Decodes every payload.
    /// - Parameter fetched: What came of the links, by the number of their payload.
    /// - Throws: Only with strict reading: the first payload that is not what its type says.
    func finish(
        _ opened: Opened, _ fetched: [Int: Result<Bytes, BridgeError>]
    ) throws(BridgeError) -> Received {
        let envelope = opened.envelope
        var payloads: [ReceivedPayload] = []
        payloads.reserveCapacity(envelope.payloads.count)
        for (index, payload) in envelope.payloads.enumerated() {
            let taken =
                if let fault = opened.faults[index] {
                    unreadable(payload, fault, envelope.correlationID)
                } else {
                    take(payload, index, envelope.correlationID, fetched[index])
                }
            if let error = taken.error {
                bridge.counters.count { $0.payloadsFailed += 1 }
                let isThrown = options.isStrict && !taken.isMissing
                _ = bridge.logged(error, isThrown ? failureLevel : .warning)
                if isThrown {
                    bridge.counters.timed(.receive, error.code, watch.elapsed)
                    throw error
                }
            }
            payloads.append(taken)
        }
        bridge.counters.timed(.receive, nil, watch.elapsed)
        return Received(
            subject: message.subject, headers: opened.headers, replySubject: message.replyTo,
            envelope: envelope, payloads: payloads, position: position)
    }

    private func unreadable(
        _ payload: EnvelopePayload, _ fault: EnvelopeError, _ correlationID: String
    ) -> ReceivedPayload {
        ReceivedPayload(
            name: payload.dataName, typeName: payload.typeName, value: nil,
            error: failure(fault, correlationID, .decode), bytes: Bytes(), url: nil,
            metadata: payload.metadata)
    }

    private func take(
        _ payload: EnvelopePayload, _ index: Int, _ correlationID: String,
        _ fetched: Result<Bytes, BridgeError>?
    ) -> ReceivedPayload {
        var bytes = Bytes()
        var url: String?
        var value: PayloadValue?
        var failure: BridgeError?
        do throws(BridgeError) {
            switch payload.content {
            case .direct(let content):
                try verify(content, payload, index, correlationID)
                bytes = content
            case .link(let link):
                url = link
                bytes = try fetched?.get() ?? Bytes()
            }
            if url == nil || fetched != nil {
                if !options.keepsRawBytes {
                    value = try decode(payload, bytes, index, correlationID)
                }
                bridge.log(
                    correlationID, .deserialize, "decoded payload",
                    [
                        LogEvent.Field("name", payload.dataName),
                        LogEvent.Field("type", payload.typeName),
                        LogEvent.Field("size", String(bytes.count)),
                    ])
            }
        } catch {
            failure = error
        }
        return ReceivedPayload(
            name: payload.dataName, typeName: payload.typeName, value: value, error: failure,
            bytes: bytes, url: url, metadata: payload.metadata)
    }

    private func decode(
        _ payload: EnvelopePayload, _ bytes: Bytes, _ index: Int, _ correlationID: String
    ) throws(BridgeError) -> PayloadValue {
        do throws(EnvelopeError) {
            return try PayloadCodec.deserialize(
                bytes, typeName: payload.typeName, encoding: payload.encoding,
                limits: bridge.options.arrowLimits)
        } catch {
            throw failure(error, correlationID, .deserialize, field: "payloads[\(index)]")
        }
    }

    private func failure(
        _ error: EnvelopeError, _ correlationID: String, _ stage: BridgeError.Stage,
        field: String? = nil
    ) -> BridgeError {
        let place = field.map { "\($0): " } ?? ""
        return BridgeError(
            error, stage: stage, subject: message.subject.text,
            correlationID: correlationID, detail: place + error.detail)
    }
}
