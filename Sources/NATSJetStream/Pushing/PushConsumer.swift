internal import BridgeBytes
internal import NATSCore
internal import NATSWire

/// A consumer that delivers to a subject by itself, for reading what others have set up: where the
/// choice is free, a pull consumer or `orderedMessages` is the better one.
///
/// It is a name at the server and holds no connection state.
public struct PushConsumer: Sendable {
    /// The streams and consumers that it belongs to.
    public let jetStream: JetStream
    /// What the server said when the consumer was made or looked up.
    public let cachedInfo: ConsumerInfo
    let deliverSubject: SubjectPattern
    let deliverGroup: QueueGroup?

    init(_ jetStream: JetStream, _ info: ConsumerInfo) throws(JetStreamError) {
        let settings = info.configuration
        guard let subject = settings.deliverSubject else {
            throw JetStreamError(
                .invalidArgument, operation: "consume", stream: info.stream,
                detail: "\(info.name) delivers when it is asked: it is a pull consumer")
        }
        do throws(SubjectError) {
            deliverSubject = try SubjectPattern(subject)
            deliverGroup =
                if let group = settings.deliverGroup { try QueueGroup(group) } else { nil }
        } catch {
            throw JetStreamError(
                .unexpectedAnswer, operation: "consume", stream: info.stream,
                detail: "\(info.name) delivers to what is no subject: \(error.description)")
        }
        self.jetStream = jetStream
        cachedInfo = info
    }

    /// Its name at the server.
    public var name: String { cachedInfo.name }
    /// The stream that it reads.
    public var stream: String { cachedInfo.stream }

    /// All messages from now on, without end. With a `deliverGroup` its members share them.
    ///
    /// The server delivers as fast as it can: set `flowControl` of the consumer, or
    /// `maxAckPending`, where the loop may be slower. Questions of flow control are answered as
    /// soon as they are read, also those behind messages that wait.
    ///
    /// When the client drains, messages that have come are still handed out; then it ends.
    /// - Throws: `JetStreamError` with `closed` when the client is closed or draining.
    public func messages() throws(JetStreamError) -> PushMessages { try PushMessages(self) }
}

extension JetStream {
    /// A push consumer that exists.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `consumerNotFound`, `streamNotFound`, `invalidArgument` for
    ///   a pull consumer or what is no name, and what every call of the API may throw (see
    ///   `JetStream`).
    public func pushConsumer(
        _ name: String, on stream: String
    ) async throws(JetStreamError) -> PushConsumer {
        try PushConsumer(self, try await consumerInfo(name, on: stream))
    }
}
