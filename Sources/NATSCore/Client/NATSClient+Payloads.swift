public import BridgeBytes
internal import BridgeJSON
public import NATSWire

/// The same calls for payloads of other types. `Bytes` have forms of their own, which cost no
/// detour; text and arrays are copied once more, and values become JSON, by the label `json:`.
extension NATSClient {
    /// Puts text or bytes into the outbox.
    /// - Throws: `NATSError`, as the form for `Bytes`.
    @inlinable
    public func publish(
        _ payload: some BytesConvertible, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers()
    ) throws(NATSError) {
        try publish(payload.bytes, to: subject, replyTo: replyTo, headers: headers)
    }

    /// Puts the JSON of a value into the outbox.
    /// - Throws: `NATSError`, as the form for `Bytes`, and `invalidArgument` when JSON cannot write
    ///   the value; the detail has the path.
    public func publish(
        json value: some Encodable, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers()
    ) throws(NATSError) {
        let payload = try Self.payload(json: value, .publish, subject)
        try publish(payload, to: subject, replyTo: replyTo, headers: headers)
    }

    /// Puts text or bytes into the outbox, and waits for room.
    ///
    /// Cancelling the task does what it does in the form for `Bytes`.
    /// - Throws: `NATSError`, as the form for `Bytes`.
    public func publish(
        _ payload: some BytesConvertible, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers(), timeout: Duration
    ) async throws(NATSError) {
        try await publish(
            payload.bytes, to: subject, replyTo: replyTo, headers: headers, timeout: timeout)
    }

    /// Puts the JSON of a value into the outbox, and waits for room.
    ///
    /// Cancelling the task does what it does in the form for `Bytes`.
    /// - Throws: `NATSError`, as the form for `Bytes`, and `invalidArgument` when JSON cannot write
    ///   the value.
    public func publish(
        json value: some Encodable, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers(), timeout: Duration
    ) async throws(NATSError) {
        let payload = try Self.payload(json: value, .publish, subject)
        try await publish(
            payload, to: subject, replyTo: replyTo, headers: headers, timeout: timeout)
    }

    /// Publishes text or bytes and waits until the server has taken them.
    ///
    /// Cancelling the task does what it does in the form for `Bytes`.
    /// - Throws: `NATSError`, as the form for `Bytes`.
    public func publishConfirmed(
        _ payload: some BytesConvertible, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers(), timeout: Duration = .seconds(10)
    ) async throws(NATSError) {
        try await publishConfirmed(
            payload.bytes, to: subject, replyTo: replyTo, headers: headers, timeout: timeout)
    }

    /// Publishes the JSON of a value and waits until the server has taken it.
    ///
    /// Cancelling the task does what it does in the form for `Bytes`.
    /// - Throws: `NATSError`, as the form for `Bytes`, and `invalidArgument` when JSON cannot write
    ///   the value.
    public func publishConfirmed(
        json value: some Encodable, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers(), timeout: Duration = .seconds(10)
    ) async throws(NATSError) {
        let payload = try Self.payload(json: value, .publish, subject)
        try await publishConfirmed(
            payload, to: subject, replyTo: replyTo, headers: headers, timeout: timeout)
    }

    /// Puts text or bytes into the outbox, and returns a receipt for the message.
    /// - Throws: `NATSError`, as the form for `Bytes`.
    public func publishWithReceipt(
        _ payload: some BytesConvertible, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers()
    ) throws(NATSError) -> PublishReceipt {
        try publishWithReceipt(payload.bytes, to: subject, replyTo: replyTo, headers: headers)
    }

    /// Asks with text or bytes, and waits for one answer.
    ///
    /// Cancelling the task does what it does in the form for `Bytes`.
    /// - Throws: `NATSError`, as the form for `Bytes`.
    public func request(
        _ payload: some BytesConvertible, to subject: Subject, headers: Headers = Headers(),
        timeout: Duration = .seconds(5)
    ) async throws(NATSError) -> NATSMessage {
        try await request(payload.bytes, to: subject, headers: headers, timeout: timeout)
    }

    /// Asks with the JSON of a value, and waits for one answer:
    /// `let price: Price = try await client.request(json: order, to: "prices").decode()`.
    ///
    /// Cancelling the task does what it does in the form for `Bytes`.
    /// - Throws: `NATSError`, as the form for `Bytes`, and `invalidArgument` when JSON cannot write
    ///   the value.
    public func request(
        json value: some Encodable, to subject: Subject, headers: Headers = Headers(),
        timeout: Duration = .seconds(5)
    ) async throws(NATSError) -> NATSMessage {
        let payload = try Self.payload(json: value, .request, subject)
        return try await request(payload, to: subject, headers: headers, timeout: timeout)
    }

    /// Asks with text or bytes, and takes any number of answers.
    /// - Throws: `NATSError`, as the form for `Bytes`.
    public func requestMany(
        _ payload: some BytesConvertible, to subject: Subject, headers: Headers = Headers(),
        options: RequestManyOptions = RequestManyOptions()
    ) throws(NATSError) -> NATSReplies {
        try requestMany(payload.bytes, to: subject, headers: headers, options: options)
    }

    /// Asks with the JSON of a value, and takes any number of answers.
    /// - Throws: `NATSError`, as the form for `Bytes`, and `invalidArgument` when JSON cannot write
    ///   the value.
    public func requestMany(
        json value: some Encodable, to subject: Subject, headers: Headers = Headers(),
        options: RequestManyOptions = RequestManyOptions()
    ) throws(NATSError) -> NATSReplies {
        let payload = try Self.payload(json: value, .request, subject)
        return try requestMany(payload, to: subject, headers: headers, options: options)
    }

    /// The JSON of a value that is to be sent.
    static func payload(
        json value: some Encodable, _ stage: NATSError.Stage, _ subject: Subject
    ) throws(NATSError) -> Bytes {
        do throws(JSONError) { return try Bytes(json: value) } catch {
            throw NATSError(
                .invalidArgument, stage: stage, subject: subject.text,
                detail: error.description, outcome: .lost)
        }
    }
}
