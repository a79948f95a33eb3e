public import BridgeBytes
internal import BridgeEnvelope
internal import NATSCore
public import NATSWire

extension Bridge {
    /// Sends payloads as one message (the peers' `smartSend`).
    ///
    /// Each payload is serialized; small ones go inside the message, large ones are uploaded to
    /// the store first and go as links. What goes where is decided on the encoded message and the
    /// connected server's `max_payload`: a send never fails for a size that a link could carry,
    /// and nothing larger than `max_payload` is written. When a later upload or the publish
    /// fails, what this send has uploaded is deleted.
    ///
    /// - Returns: The envelope as published.
    /// - Throws: `BridgeError` naming the stage, the subject or URL and the flow. The caller's
    ///   values are untouched.
    @discardableResult
    public func send(
        _ payloads: [OutgoingPayload], to subject: Subject,
        options send: SendOptions = SendOptions()
    ) async throws(BridgeError) -> SentEnvelope {
        try checkOpen(.serialize)
        return try await Outgoing(bridge: self, subject: subject, options: send).send(payloads)
    }

    /// Says how payloads would travel, without sending or uploading anything.
    /// - Throws: `BridgeError` when they could not be sent.
    public func plan(
        _ payloads: [OutgoingPayload], to subject: Subject,
        options send: SendOptions = SendOptions()
    ) async throws(BridgeError) -> [PlannedPayload] {
        let outgoing = Outgoing(bridge: self, subject: subject, options: send)
        let draft = try await outgoing.draft(payloads)
        return payloads.indices.map { index in
            let size = draft.contents[index].count
            return PlannedPayload(
                name: payloads[index].name, type: payloads[index].value.type, size: size,
                encodedSize: Base64.encodedCount(size), isLink: draft.choices[index] == .link,
                limit: client.maxPayload)
        }
    }

    /// Publishes an envelope that is ready (the peers' `publishMessage`).
    /// - Parameter correlationID: The flow, for the trace.
    /// - Throws: `BridgeError`, with the code `payload_too_large` when the text exceeds the
    ///   server's `max_payload`.
    public func publish(
        envelope body: Bytes, to subject: Subject, correlationID: String,
        headers: Headers = Headers(), mode: PublishMode = .core,
        timeout: Duration = SendOptions.defaultTimeout, retriesUnknown: Bool = true
    ) async throws(BridgeError) {
        try checkOpen(.publish)
        var options = SendOptions()
        options.correlationID = correlationID
        options.headers = headers
        options.mode = mode
        options.timeout = timeout
        options.retriesUnknown = retriesUnknown
        let outgoing = Outgoing(bridge: self, subject: subject, options: options)
        _ = try await outgoing.publish(body, headers: headers, messageID: "")
    }
}
