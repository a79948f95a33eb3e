// Theory of operation.
//
// One value carries one message through the stages of a send:
//
//     serialize, plan ──▶ upload what goes by link ──▶ encode ──▶ publish
//
// Uploads come first, since a receiver may see the message at once; they run side by side, a
// bounded number at a time. The final size is checked on the encoded message: should links or
// their metadata have made it too large after all, the largest payload that is still inside
// follows them. Whatever fails after an upload takes the uploads back, and the error says so.
internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

struct Outgoing: Sendable {
    let bridge: Bridge
    let subject: Subject
    let options: SendOptions
    let correlationID: String

    init(bridge: Bridge, subject: Subject, options: SendOptions) {
        self.bridge = bridge
        self.subject = subject
        self.options = options
        correlationID = options.correlationID ?? Bridge.newID()
    }

    func send(_ payloads: [OutgoingPayload]) async throws(BridgeError) -> SentEnvelope {
        try await deliver(payloads) { message async throws(BridgeError) in
            let stored = try await publish(
                message.body, headers: message.headers, messageID: message.envelope.messageID)
            return SentEnvelope(
                envelope: message.envelope, body: message.body,
                wireBytes: message.headers.encodedCount + message.body.count, stored: stored)
        }
    }

    /// A message ready to be published.
    struct Ready: Sendable {
        let envelope: Envelope
        let body: Bytes
        let headers: Headers
    }

    /// Runs the stages up to `publish`; takes uploads back when that fails.
    func deliver<R: Sendable>(
        _ payloads: [OutgoingPayload],
        _ publish: (Ready) async throws(BridgeError) -> R
    ) async throws(BridgeError) -> R {
        var claims: [Claim] = []
        do throws(BridgeError) {
            let draft = try await draft(payloads)
            trace(draft)
            let ready = try await prepare(draft, &claims)
            return try await publish(ready)
        } catch {
            throw bridge.traced(await takeBack(claims, after: error))
        }
    }

    /// Uploads and encodes.
    private func prepare(
        _ draft: MessageDraft, _ claims: inout [Claim]
    ) async throws(BridgeError) -> Ready {
        var draft = draft
        while true {
            try await upload(&draft, &claims)
            let ready = try await encode(draft)
            guard try spill(&draft, ready) else { return ready }
        }
    }

    /// Serializes the payloads and plans how they travel.
    func draft(_ payloads: [OutgoingPayload]) async throws(BridgeError) -> MessageDraft {
        let limits = MessageDraft.Limits(
            threshold: options.threshold ?? bridge.options.threshold,
            maxPayload: bridge.client.maxPayload, headers: options.headers,
            canLink: bridge.options.store != nil, prefersHeaderForm: options.usesHeaderForm)
        do throws(EnvelopeError) {
            return try await MessageDraft.make(
                payloads, skeleton, ids: payloads.map { _ in Bridge.newID() }, limits)
        } catch {
            throw failure(error, .plan)
        }
    }

    private var skeleton: Envelope {
        Envelope(
            correlationID: correlationID, messageID: options.messageID ?? Bridge.newID(),
            timestamp: Timestamp(milliseconds: Bridge.now.milliseconds), sendTo: subject.text,
            purpose: options.purpose,
            senderName: options.senderName ?? bridge.options.senderName,
            senderID: options.senderID ?? bridge.senderID, receiverName: options.receiverName,
            receiverID: options.receiverID, replyTo: options.replyTo,
            replyToMessageID: options.replyToMessageID,
            brokerURL: bridge.options.client.servers.first ?? "", metadata: options.metadata)
    }

    /// Moves the largest direct payload to a link when the message is too large after all.
    /// Returns whether it has to be encoded again.
    private func spill(
        _ draft: inout MessageDraft, _ ready: Ready
    ) throws(BridgeError) -> Bool {
        let limit = bridge.client.maxPayload
        let need = ready.body.count + ready.headers.encodedCount
        guard need > limit else { return false }
        let direct = draft.choices.indices.filter { draft.choices[$0] == .direct }
        let canLink = bridge.options.store != nil
        guard canLink, !draft.usesHeaderForm,
            let largest = direct.max(by: { draft.contents[$0].count < draft.contents[$1].count })
        else {
            throw failure(
                TransportPlan.tooLarge(need: need, limit: limit, canLink: canLink), .plan)
        }
        draft.choices[largest] = .link
        return true
    }

    private func encode(_ draft: MessageDraft) async throws(BridgeError) -> Ready {
        guard draft.usesHeaderForm else {
            let body = await Self.encoded(draft.envelope)
            return Ready(envelope: draft.envelope, body: body, headers: options.headers)
        }
        do throws(EnvelopeError) {
            let (fields, body) = try HeaderForm.encode(draft.envelope)
            let headers = try HeaderFields.adding(fields, to: options.headers)
            return Ready(envelope: draft.envelope, body: body, headers: headers)
        } catch {
            throw failure(error, .encode)
        }
    }

    /// Base64 of megabytes runs outside of any actor.
    @concurrent
    private static func encoded(_ envelope: Envelope) async -> Bytes {
        EnvelopeWriter.encode(envelope)
    }
}

extension Outgoing {
    /// Publishes a message body, as the options say.
    func publish(
        _ body: Bytes, headers: Headers, messageID: String
    ) async throws(BridgeError) -> SentEnvelope.StoredMessage? {
        var stored: SentEnvelope.StoredMessage?
        do throws(NATSError) {
            switch options.mode {
            case .none: return nil
            case .unconfirmed:
                try await bridge.client.publishWhenReady(body, to: subject, headers: headers)
            case .core:
                try await bridge.client.publishConfirmed(
                    body, to: subject, headers: headers, timeout: options.timeout)
            case .jetStream: stored = try await store(body, headers, messageID)
            }
        } catch {
            throw BridgeError(error, stage: .publish, correlationID: correlationID)
        }
        bridge.trace(
            correlationID, .publish, "published message",
            TraceEvent.Field("subject", subject.text),
            TraceEvent.Field("bytes", String(body.count + headers.encodedCount)))
        return stored
    }

    private func store(
        _ body: Bytes, _ headers: Headers, _ messageID: String
    ) async throws(NATSError) -> SentEnvelope.StoredMessage {
        let jetStream = JetStream(client: bridge.client)
        let options = PublishOptions(messageID: try? HeaderValue(messageID))
        do throws(JetStreamError) {
            let ack = try await jetStream.publish(
                body, to: subject, headers: headers, options: options)
            return SentEnvelope.StoredMessage(
                stream: ack.stream, sequence: Int(clamping: ack.sequence),
                isDuplicate: ack.isDuplicate)
        } catch {
            throw NATSError(error, stage: .publish, subject: subject.text)
        }
    }

    func failure(_ error: EnvelopeError, _ stage: BridgeError.Stage) -> BridgeError {
        BridgeError(
            error.code.rawValue, stage: stage, subject: subject.text,
            correlationID: correlationID, detail: error.description)
    }

    private func trace(_ draft: MessageDraft) {
        for (index, payload) in draft.envelope.payloads.enumerated() {
            bridge.trace(
                correlationID, .serialize, "serialized payload",
                TraceEvent.Field("name", payload.dataName),
                TraceEvent.Field("type", payload.typeName),
                TraceEvent.Field("size", String(draft.contents[index].count)),
                TraceEvent.Field(
                    "transport", draft.choices[index] == .link ? "link" : "direct"))
        }
    }
}

extension NATSError {
    /// A failure of JetStream as one of the publish that it was part of.
    fileprivate init(_ error: JetStreamError, stage: Stage, subject: String) {
        let code: Code =
            switch error.code {
            case .timeout: .timeout
            case .disconnected: .disconnected
            case .cancelled: .cancelled
            case .unavailable: .noResponders
            case .messageTooLarge: .payloadTooLarge
            default: .serverError
            }
        self.init(code, stage: stage, subject: subject, detail: error.description)
    }
}
