public import BridgeBytes
public import NATSWire

/// Answers to messages that want one.
extension NATSClient {
    /// Publishes an answer to the subject that a message names for it (`replyTo`).
    ///
    /// The subject came from a peer, so it is checked first, and with permissions that are wider
    /// than the peer's it may still be one that the peer could not publish to itself.
    /// - Throws: `NATSError` with `unusableReply` when the message wants no answer, or wants it on
    ///   a subject of the server, such as that of an acknowledgement; `invalidArgument` when what
    ///   it names cannot be published to, and `tooLarge`, `outboxFull` or `closed` as `publish` has
    ///   them. Nothing was sent then.
    public func respond(
        to message: NATSMessage, with payload: Bytes, headers: Headers = Headers()
    ) throws(NATSError) {
        try publish(payload, to: Self.replySubject(of: message), headers: headers)
    }

    /// Publishes an answer of text or bytes to the subject that a message names for it.
    /// - Throws: `NATSError`, as the form for `Bytes`.
    public func respond(
        to message: NATSMessage, with payload: some BytesConvertible, headers: Headers = Headers()
    ) throws(NATSError) {
        try respond(to: message, with: payload.bytes, headers: headers)
    }

    /// Publishes the JSON of a value to the subject that a message names for the answer.
    /// - Throws: `NATSError`, as the form for `Bytes`, and `invalidArgument` when JSON cannot write
    ///   the value.
    public func respond(
        to message: NATSMessage, json value: some Encodable, headers: Headers = Headers()
    ) throws(NATSError) {
        let subject = try Self.replySubject(of: message)
        let payload = try Self.payload(json: value, .publish, subject)
        try publish(payload, to: subject, headers: headers)
    }

    private static func replySubject(of message: NATSMessage) throws(NATSError) -> Subject {
        guard let subject = message.replyTo else {
            throw NATSError(
                .unusableReply, stage: .publish, subject: message.subject.text,
                detail: "the message asks for no answer", outcome: .lost)
        }
        // An acknowledgement or a call of the API is nothing that a peer may have us make.
        guard !subject.text.hasPrefix("$") else {
            throw NATSError(
                .unusableReply, stage: .publish, subject: message.subject.text,
                detail: "the subject that it names for the answer is a server's own",
                outcome: .lost)
        }
        do throws(SubjectError) { return try subject.validated() } catch {
            throw NATSError(
                .invalidArgument, stage: .publish, subject: message.subject.text,
                detail: "the subject that it names for the answer: \(error)", outcome: .lost)
        }
    }
}
