public import BridgeBytes
internal import BridgeJSON
public import NATSCore
public import NATSWire

extension NATSClient {
    /// Streams and consumers over this connection, with the default options; see `JetStream`.
    public var jetStream: JetStream { JetStream(client: self) }
}

/// The same calls for payloads of other types.
extension JetStream {
    /// Publishes text or bytes and waits until a stream has stored them.
    ///
    /// Cancelling the task does what it does in the form for `Bytes`.
    /// - Throws: `JetStreamError`, as the form for `Bytes`.
    @discardableResult
    public func publish(
        _ payload: some BytesConvertible, to subject: Subject, headers: Headers = Headers(),
        options: PublishOptions = PublishOptions()
    ) async throws(JetStreamError) -> PublishAck {
        try await publish(payload.bytes, to: subject, headers: headers, options: options)
    }

    /// Publishes the JSON of a value and waits until a stream has stored it.
    ///
    /// Cancelling the task does what it does in the form for `Bytes`.
    /// - Throws: `JetStreamError`, as the form for `Bytes`, and `invalidArgument` when JSON cannot
    ///   write the value; the detail has the path.
    @discardableResult
    public func publish(
        json value: some Encodable, to subject: Subject, headers: Headers = Headers(),
        options: PublishOptions = PublishOptions()
    ) async throws(JetStreamError) -> PublishAck {
        let payload: Bytes
        do throws(JSONError) { payload = try Bytes(json: value) } catch {
            throw JetStreamError(
                .invalidArgument, operation: "publish", detail: error.description, outcome: .lost)
        }
        return try await publish(payload, to: subject, headers: headers, options: options)
    }
}

extension PublishRequest {
    /// A message of text or bytes with everything that belongs to it.
    public init(
        _ payload: some BytesConvertible, to subject: Subject, headers: Headers = Headers(),
        options: PublishOptions = PublishOptions()
    ) {
        self.init(payload.bytes, to: subject, headers: headers, options: options)
    }
}
