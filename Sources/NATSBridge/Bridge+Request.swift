internal import BridgeBytes
internal import BridgeEnvelope
internal import NATSCore
public import NATSWire

extension Bridge {
    /// Sends payloads and waits for one answer.
    ///
    /// The answer comes to an inbox of its own, which is both the NATS reply subject and the
    /// envelope's `reply_to`, so that any peer can answer in its own way.
    /// - Throws: `BridgeError`: `no_responders` at once when nobody listens, `timeout`, or
    ///   what a send or a receive throws.
    public func request(
        _ payloads: [OutgoingPayload], to subject: Subject,
        options send: SendOptions = SendOptions(), timeout: Duration = .seconds(10),
        receiving: ReceiveOptions = ReceiveOptions()
    ) async throws(BridgeError) -> Received {
        try checkOpen(.publish)
        let ticket = client.newRequest()
        var options = send
        options.replyTo = ticket.inbox.text
        options.correlationID = send.correlationID ?? Self.newID()
        let outgoing = Outgoing(bridge: self, subject: subject, options: options)
        return try await outgoing.request(
            payloads, ticket: ticket, timeout: timeout, receiving: receiving)
    }

    /// Answers a message: to its NATS reply subject or else to its envelope's `reply_to`, with
    /// `reply_to_msg_id` and the correlation id of the message that is answered.
    /// - Throws: `BridgeError` with the code `unusable_reply` when the message names no subject,
    ///   or one with wildcards or of the server's own (`$…`); else what `send` throws.
    @discardableResult
    public func reply(
        to received: Received, _ payloads: [OutgoingPayload],
        options send: SendOptions = SendOptions()
    ) async throws(BridgeError) -> SentEnvelope {
        let subject = try replySubject(of: received)
        var options = send
        options.correlationID = received.envelope.correlationID
        options.replyToMessageID = received.envelope.messageID
        if options.receiverName.isEmpty { options.receiverName = received.envelope.senderName }
        if options.receiverID.isEmpty { options.receiverID = received.envelope.senderID }
        return try await self.send(payloads, to: subject, options: options)
    }

    /// Where the answer goes. What a peer wrote is checked: it must not make this service publish
    /// where only the server, or nobody, may.
    private nonisolated func replySubject(of received: Received) throws(BridgeError) -> Subject {
        let text = received.replySubject?.text ?? received.envelope.replyTo
        func refused(_ detail: String) -> BridgeError {
            BridgeError(
                BridgeError.Code.unusableReply, stage: .reply, subject: received.subject.text,
                correlationID: received.envelope.correlationID, detail: detail)
        }
        guard !text.isEmpty else { throw refused("the message names no subject for an answer") }
        guard !text.hasPrefix("$") else { throw refused("the reply subject is a server's own") }
        do throws(SubjectError) {
            return try Subject(text)
        } catch {
            throw refused("the reply subject cannot be published to: \(error)")
        }
    }
}

extension Outgoing {
    /// Sends with a reply subject and waits for the first answer.
    func request(
        _ payloads: [OutgoingPayload], ticket: RequestTicket, timeout: Duration,
        receiving: ReceiveOptions
    ) async throws(BridgeError) -> Received {
        let answer = try await deliver(payloads) { message async throws(BridgeError) in
            do throws(NATSError) {
                bridge.trace(
                    correlationID, .publish, "published request",
                    TraceEvent.Field("subject", subject.text),
                    TraceEvent.Field(
                        "bytes", String(message.body.count + message.headers.encodedCount)))
                return try await bridge.client.request(
                    message.body, to: subject, headers: message.headers, ticket: ticket,
                    timeout: timeout)
            } catch {
                throw BridgeError(error, stage: .publish, correlationID: correlationID)
            }
        }
        return try await Incoming(
            bridge: bridge, message: answer, options: receiving, position: nil
        ).receive()
    }
}
