public import BridgeBytes
public import BridgeEnvelope
internal import NATSCore
public import NATSWire

extension Bridge {
    /// Sends payloads as one message (the peers' `smartSend`).
    ///
    /// Each payload is serialized; small ones go inside the message, large ones are uploaded to
    /// the store first and go as links. What goes where is decided on the encoded message and the
    /// connected server's `max_payload`: a send never fails for a size that a link could carry,
    /// and nothing larger than `max_payload` is written; when the client has come to a server
    /// with a smaller limit meanwhile, it is decided anew.
    ///
    /// What success means depends on `SendOptions.mode`; by default the server has taken the
    /// message. Where nobody knows whether it arrived it is published again within
    /// `SendOptions.timeout`, with the same `msg_id`, by which receivers know the second copy.
    ///
    /// What this send has uploaded is deleted only when no receiver can hold its links: when the
    /// message was not sent, or was refused. A cancelled task ends the send at once; uploads are
    /// deleted first where that is due, for ten seconds at most.
    /// - Returns: The envelope as published.
    /// - Throws: `BridgeError` naming the stage, the subject or URL and the flow; its `outcome` and
    ///   its detail say what is known of the message, the detail also what of its uploads. The most
    ///   usual codes are: of the plan `tooLarge` (also where a payload must go by link and there is
    ///   no store) and `invalidContent`; of an upload `unavailable`, `refused`, `storageFull`,
    ///   `timeout`; of the message `permissionDenied`, `tooLarge`, `outboxFull`, `timeout`,
    ///   `disconnected`, `closed`, and to a stream `noStream`, `jetStreamDisabled`, `storageFull`,
    ///   `conditionFailed`, `refused`; of all `cancelled`. The caller's values are untouched.
    @discardableResult
    public func send(
        _ payloads: Payloads, to subject: Subject, options: SendOptions = SendOptions()
    ) async throws(BridgeError) -> SentEnvelope {
        try await send(payloads, to: subject, options: options, answering: nil)
    }

    /// - Parameter question: The trace of the message that this one answers.
    func send(
        _ payloads: Payloads, to subject: Subject, options: SendOptions,
        answering question: TraceContext?
    ) async throws(BridgeError) -> SentEnvelope {
        try checkOpen(.serialize)
        let outgoing = Outgoing(
            bridge: self, subject: subject, options: options, answering: question)
        return try await timing(.send, options.mode) { () async throws(BridgeError) in
            try await outgoing.send(payloads)
        }
    }

    /// Sends one payload, which is called `Payload.defaultName`: `send("done", to: "lab.notes")`.
    /// It promises what `send` with several payloads promises.
    ///
    /// Cancelling the task ends the send in the same way.
    /// - Throws: `BridgeError`, as `send(_:to:options:)` with several payloads.
    @discardableResult
    public func send(
        _ value: some PayloadConvertible, to subject: Subject, options: SendOptions = SendOptions()
    ) async throws(BridgeError) -> SentEnvelope {
        try await send(Payloads(value), to: subject, options: options)
    }

    /// Says how payloads would travel, without sending or uploading anything.
    ///
    /// Nothing in it waits for others, so cancelling the task changes nothing.
    /// - Throws: `BridgeError` when they could not be sent: `tooLarge`, `invalidContent` or
    ///   `invalidValue`.
    public func plan(
        _ payloads: Payloads, to subject: Subject, options: SendOptions = SendOptions()
    ) async throws(BridgeError) -> [PlannedPayload] {
        let outgoing = Outgoing(bridge: self, subject: subject, options: options)
        let draft = try await outgoing.draft(payloads, outgoing.skeleton)
        return draft.payloads.map { payload in
            PlannedPayload(
                name: payload.name, type: payload.type, size: payload.segments.byteCount,
                encodedSize: Base64.encodedCount(payload.segments.byteCount),
                transport: payload.state.transport, limit: client.maxPayload)
        }
    }

    /// Publishes an envelope that is ready (the peers' `publishMessage`).
    ///
    /// It is published again, where nobody knows whether it arrived, only when its id can be
    /// read: `msg_id` of the envelope, or one of the headers `Nats-Msg-Id` and
    /// `NATSBridge-Message-ID`. Without an id nobody could tell the copies from two messages.
    /// - Parameters:
    ///   - body: The envelope's JSON, or the payload where `options.headers` hold the envelope.
    ///   - subject: Where it goes.
    ///   - options: `headers`, `mode`, `timeout`, `retriesUnknown` and `correlationID` count, the
    ///     last for the trace: nil takes it from the envelope. All others say what an envelope
    ///     holds, and this one is ready.
    /// - Throws: `BridgeError` with its `outcome`: `tooLarge` when the text exceeds the server's
    ///   `max_payload`, and the codes of `send(_:to:options:)` for the message. A cancelled task
    ///   ends the call at once.
    public func publish(
        envelope body: Bytes, to subject: Subject, options: SendOptions = SendOptions()
    ) async throws(BridgeError) {
        try checkOpen(.publish)
        let outgoing = Outgoing(bridge: self, subject: subject, options: options)
        try await timing(.publish, options.mode) { () async throws(BridgeError) in
            try await outgoing.publish(body)
        }
    }
}
