// Theory of operation.
//
// One value carries one message through the stages of a send:
//
//     serialize, plan ──▶ upload what goes by link ──▶ encode ──▶ publish, perhaps several times
//
// Uploads come first, since a receiver may see the message at once; they run side by side, a
// bounded number at a time. The final size is checked on the encoded message: should links or
// their metadata have made it too large after all, the largest payload that is still inside
// follows them. The same happens when the publish finds another server, with a smaller limit.
//
// Whatever fails says what is known of the message and of its uploads (`MessageFate`).
//
// Everything here runs on the common threads, not on the bridge's actor: its entries are
// `@concurrent`, and what they call inherits that. The actor only looks whether it is open.
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
    /// The flow.
    var correlationID: String
    /// What is uploaded when the message is out; nil where links wait for their bytes.
    let early: EarlyUploads?

    /// - Parameter question: The trace of the message that this one answers.
    init(
        bridge: Bridge, subject: Subject, options: SendOptions,
        answering question: TraceContext? = nil
    ) {
        self.bridge = bridge
        self.subject = subject
        var carried = options
        if let context = options.traceContext { carried.headers.traceContext = context }
        // What was chosen for this message wins over the task's trace, and that over the trace
        // of the question.
        if carried.headers.traceContext == nil { bridge.options.inject?(&carried.headers) }
        if carried.headers.traceContext == nil, let question {
            carried.headers.traceContext = question
        }
        self.options = carried
        early = options.sendsLinksEarly ? EarlyUploads() : nil
        correlationID = options.correlationID ?? Bridge.newID()
    }

    /// Sends, as the options say.
    @concurrent
    func send(_ payloads: Payloads) async throws(BridgeError) -> SentEnvelope {
        try checkTime(options.timeout)
        try checkHeaders()
        try checkEarlyLinks()
        let way = PublishWay(self)
        return try await deliver(payloads, way.machine(of: options)) {
            message, limit async throws(BridgeError) in
            try await way.publish(message, limit: limit)
        } result: { stored, draft, message, attempts in
            SentEnvelope(
                envelope: draft.envelope, body: message.body, wireBytes: message.wireBytes,
                stored: stored, attempts: attempts)
        }
    }

    /// A message ready to be published.
    struct Ready: Sendable {
        let body: Bytes
        let headers: Headers
        /// `msg_id`; nil where it is not known.
        let messageID: String?

        /// What the server's `max_payload` counts.
        var wireBytes: Int { body.count + headers.encodedCount }
    }

    /// Runs the stages, and takes uploads back where the failure allows it.
    func deliver<R: Sendable, S: Sendable>(
        _ payloads: Payloads, _ machine: PublishRetryMachine,
        attempt: (Ready, Duration) async throws(BridgeError) -> R,
        result: (R, MessageDraft, Ready, Int) -> S
    ) async throws(BridgeError) -> S {
        var draft = MessageDraft(skeleton)
        var machine = machine
        let sent: S
        do throws(BridgeError) {
            draft = try await self.draft(payloads, draft.skeleton)
            log(draft)
            var ready = try await prepare(&draft)
            let answer = try await publishing(&ready, &machine, attempt) {
                error async throws(BridgeError) in
                if error.isTooLargeForStream {
                    guard bridge.options.store != nil, draft.linkAllThatShrinks() else {
                        return nil
                    }
                }
                return try await prepare(&draft)
            }
            sent = result(answer, draft, ready, machine.attempts)
        } catch {
            let outcome = error.outcome ?? machine.outcome
            // Somebody may hold the links. Whoever cancels does not wait for uploads: readers are
            // told when nobody brings them.
            var isBrought = true
            if outcome == .unknown, !Task.isCancelled {
                isBrought = await bringEarlyUploads().isEmpty
            } else if let early {
                isBrought = await early.stop()
            }
            throw bridge.logged(
                await told(error, outcome, draft.claims, areBrought: isBrought))
        }
        try await completeEarlyUploads()
        return sent
    }

    /// Uploads and encodes.
    private func prepare(_ draft: inout MessageDraft) async throws(BridgeError) -> Ready {
        while true {
            try await upload(&draft)
            let ready = try encode(draft)
            guard try spill(&draft, ready) else { return ready }
        }
    }

    /// Serializes the payloads and plans how they travel.
    @concurrent
    func draft(
        _ payloads: Payloads, _ skeleton: Envelope
    ) async throws(BridgeError) -> MessageDraft {
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

    /// The envelope without its payloads.
    var skeleton: Envelope {
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
        let need = ready.wireBytes
        guard need > limit else { return false }
        let canLink = bridge.options.store != nil
        guard canLink, draft.linkLargest() else {
            throw failure(
                TransportPlan.tooLarge(need: need, limit: limit, canLink: canLink), .plan)
        }
        return true
    }

    private func encode(_ draft: MessageDraft) throws(BridgeError) -> Ready {
        let messageID = draft.skeleton.messageID
        guard draft.usesHeaderForm else {
            let body = EnvelopeWriter.encode(draft.envelope)
            return Ready(body: body, headers: options.headers, messageID: messageID)
        }
        do throws(EnvelopeError) {
            let (fields, body) = try HeaderForm.encode(draft.envelope)
            let headers = try HeaderFields.adding(fields, to: options.headers)
            return Ready(body: body, headers: headers, messageID: messageID)
        } catch {
            throw failure(error, .encode)
        }
    }

    func failure(_ error: EnvelopeError, _ stage: BridgeError.Stage) -> BridgeError {
        BridgeError(
            error, stage: stage, subject: subject.text, correlationID: correlationID)
    }

    /// The trace that a message belongs to, as a field of an event.
    func traceID(_ headers: Headers) -> LogEvent.Field? {
        headers.traceContext.map { LogEvent.Field("trace_id", $0.traceID) }
    }

    private func log(_ draft: MessageDraft) {
        for payload in draft.payloads {
            bridge.log(
                correlationID, .serialize, "serialized payload",
                [
                    LogEvent.Field("name", payload.name),
                    LogEvent.Field("type", payload.type.rawValue),
                    LogEvent.Field("size", String(payload.segments.byteCount)),
                    LogEvent.Field("transport", payload.state.transport.rawValue),
                ])
        }
    }
}
