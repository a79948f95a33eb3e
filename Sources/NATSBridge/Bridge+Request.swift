internal import BridgeBytes
public import BridgeEnvelope
internal import NATSCore
internal import NATSJetStream
internal import NATSServices
public import NATSWire

extension Bridge {
    /// Sends payloads and waits for one answer.
    ///
    /// The answer comes to an inbox of its own, which is both the NATS reply subject and the
    /// envelope's `reply_to`, so that any peer can answer in its own way.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the question may have been sent
    /// by then.
    /// - Parameters:
    ///   - payloads: What is asked with.
    ///   - subject: Where the service listens.
    ///   - options: How the question is sent and the answer is read.
    ///   - timeout: Longest wait for the answer, once the uploads are done; more than zero.
    /// - Throws: `BridgeError` with `noResponders` at once when nobody listens, `timeout`,
    ///   `serviceError` when a NATS service answers with an error (`Nats-Service-Error`), or as
    ///   `send(_:to:options:)` and `receive(_:options:)`. Its `outcome` says what is known of the
    ///   request.
    public func request(
        _ payloads: Payloads, to subject: Subject, options: RequestOptions = RequestOptions(),
        timeout: Duration = .seconds(10)
    ) async throws(BridgeError) -> Received {
        try checkOpen(.publish)
        let ticket = client.newRequest()
        var sending = options.sending
        sending.replyTo = ticket.inbox.text
        sending.correlationID = sending.correlationID ?? Self.newID()
        let outgoing = Outgoing(bridge: self, subject: subject, options: sending)
        return try await timing(.request) { () async throws(BridgeError) in
            try await outgoing.request(
                payloads, ticket: ticket, timeout: timeout, receiving: options.receiving)
        }
    }

    /// Sends one payload, which is called `Payload.defaultName`, and waits for one answer. It
    /// promises what a request of several payloads promises.
    ///
    /// Cancelling the task ends the wait in the same way.
    /// - Throws: `BridgeError`, as `request(_:to:options:timeout:)` with several payloads.
    public func request(
        _ value: some PayloadConvertible, to subject: Subject,
        options: RequestOptions = RequestOptions(), timeout: Duration = .seconds(10)
    ) async throws(BridgeError) -> Received {
        try await request(Payloads(value), to: subject, options: options, timeout: timeout)
    }

    /// Answers a message: to its NATS reply subject or else to its envelope's `reply_to`, with
    /// `reply_to_msg_id` and the correlation id of the message that is answered. It promises what
    /// `send` promises.
    ///
    /// Cancelling the task does what it does to a send.
    /// - Throws: `BridgeError` with `unusableReply` when the message names no subject, or one with
    ///   wildcards or of the server's own (`$…`); else as `send(_:to:options:)`.
    @discardableResult
    public func reply(
        _ payloads: Payloads, to received: Received, options: SendOptions = SendOptions()
    ) async throws(BridgeError) -> SentEnvelope {
        let subject = try replySubject(of: received)
        var options = options
        options.correlationID = received.envelope.correlationID
        options.replyToMessageID = received.envelope.messageID
        if options.receiverName.isEmpty { options.receiverName = received.envelope.senderName }
        if options.receiverID.isEmpty { options.receiverID = received.envelope.senderID }
        return try await send(
            payloads, to: subject, options: options, answering: received.traceContext)
    }

    /// Answers a message with one payload, which is called `Payload.defaultName`. It promises what
    /// an answer of several payloads promises.
    ///
    /// Cancelling the task does what it does to a send.
    /// - Throws: `BridgeError`, as `reply(_:to:options:)` with several payloads.
    @discardableResult
    public func reply(
        _ value: some PayloadConvertible, to received: Received,
        options: SendOptions = SendOptions()
    ) async throws(BridgeError) -> SentEnvelope {
        try await reply(Payloads(value), to: received, options: options)
    }

    /// Where the answer goes. What a peer wrote is checked: it must not make this service publish
    /// where only the server, or nobody, may.
    private func replySubject(of received: Received) throws(BridgeError) -> Subject {
        let text = received.replySubject?.text ?? received.envelope.replyTo
        func refused(_ detail: String) -> BridgeError {
            BridgeError(
                .unusableReply, stage: .reply, subject: received.subject.text,
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
    @concurrent
    func request(
        _ payloads: Payloads, ticket: RequestTicket, timeout: Duration,
        receiving: ReceiveOptions
    ) async throws(BridgeError) -> Received {
        try checkTime(timeout)
        try checkHeaders()
        let once = PublishRetryMachine(limit: timeout, repeats: false)
        let answer = try await deliver(payloads, once) {
            message, limit async throws(BridgeError) in
            bridge.log(
                correlationID, .publish, "published request",
                [
                    LogEvent.Field("subject", subject.text),
                    LogEvent.Field("bytes", String(message.wireBytes)),
                    LogEvent.Field("body_bytes", String(message.body.count)),
                    traceID(message.headers),
                ])
            // Who answers may need the bytes first.
            early?.begin(atMost: bridge.options.maxParallelUploads)
            do throws(NATSError) {
                return try await bridge.client.request(
                    message.body, to: subject, headers: message.headers, ticket: ticket,
                    timeout: limit)
            } catch {
                throw BridgeError(publishing: error, correlationID: correlationID)
            }
        } result: { answer, _, _, _ in
            answer
        }
        let headers = try? answer.headers
        if let error = serviceError(in: headers) { throw bridge.logged(error) }
        do throws(BridgeError) {
            return try await Incoming(
                bridge: bridge, message: answer, options: receiving, position: nil,
                headers: headers
            ).receive()
        } catch {
            let stored = PublishAck(insteadOfAnswer: answer).map {
                "the stream \($0.stream) stores this subject and answered"
            }
            throw error.knowing(.sent, [stored ?? MessageFate.sentence(.sent)])
        }
    }

    private static let errorName: HeaderName = "Nats-Service-Error"
    private static let errorCodeName: HeaderName = "Nats-Service-Error-Code"

    /// The error that a NATS service answers with, in headers (ADR-32); the body may be empty.
    /// Its words come from a peer, and are quoted.
    private func serviceError(in headers: Headers?) -> BridgeError? {
        guard let headers, !headers.isEmpty else { return nil }
        let (text, code) = (headers[Self.errorName], headers[Self.errorCodeName])
        guard text != nil || code != nil else { return nil }
        let number = code.map { " (code \(LogEvent.quoted($0)))" } ?? ""
        return BridgeError(
            .serviceError, stage: .receive, subject: subject.text,
            correlationID: correlationID,
            detail: "the service answers with an error\(number): "
                + LogEvent.quoted(text ?? "without a text"), outcome: .sent)
    }
}
