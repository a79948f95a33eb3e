public import BridgeBytes
public import BridgeJSON
public import NATSCore
public import NATSWire

/// A message that a consumer delivered, and the ways to say what became of it.
///
/// Each of `ack`, `nak`, `terminate` is said once; `inProgress` as often as needed before. They
/// go out with the client's other messages and are not confirmed, but for `ackConfirmed`.
public struct JetStreamMessage: Sendable {
    /// The message as it was received.
    public let message: NATSMessage
    /// What the stream says about this delivery.
    public let metadata: MessageMetadata
    private let client: NATSClient
    private let reply: Subject
    /// Tells the session that delivered it what is still to be acknowledged.
    private let handOut: HandOut?

    /// - Throws: `JetStreamError` with the code `notFromJetStream` when the message was not
    ///   delivered by a consumer.
    public init(_ message: NATSMessage, client: NATSClient) throws(JetStreamError) {
        try self.init(message, client: client, handOut: nil)
    }

    init(
        _ message: NATSMessage, client: NATSClient, handOut: HandOut?
    ) throws(JetStreamError) {
        guard let reply = message.replyTo else {
            throw JetStreamError(
                .notFromJetStream, operation: "receive", detail: "there is no reply subject")
        }
        metadata = try MessageMetadata(parsing: reply)
        self.reply = reply
        self.message = message
        self.client = client
        self.handOut = handOut
    }

    /// The subject that the message was published to.
    public var subject: Subject { message.subject }

    /// The payload, without a copy.
    public var payload: Bytes { message.payload }

    /// The payload as text; nil when it is not UTF-8. Complexity: O(n).
    public var text: String? { message.text }

    /// The payload, a JSON text, as a value of a type.
    /// - Throws: As `NATSMessage.decode`. Complexity: O(n).
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(JSONError) -> T {
        try message.decode(type)
    }

    /// The headers, parsed when they are asked for: who wants several keeps them.
    /// - Throws: `WireError` when the block breaks ADR-4.
    public var headers: Headers { get throws(WireError) { try message.headers } }

    private static let doneBody = Acknowledgement.done.body
    private static let inProgressBody = Acknowledgement.inProgress.body

    /// Done: the message is not delivered again.
    /// - Throws: `JetStreamError`: `disconnected` or `notSent`; it will be delivered again then.
    public func ack() throws(JetStreamError) { try send(Self.doneBody, "ack") }

    /// Done, and the server has confirmed it: what exactly-once processing needs, since a plain
    /// `ack` may be lost and the message delivered again.
    /// - Throws: `JetStreamError`: `timeout`, `disconnected` and others.
    public func ackConfirmed(timeout: Duration = .seconds(5)) async throws(JetStreamError) {
        do throws(NATSError) {
            _ = try await client.request(
                Self.doneBody, to: reply, timeout: timeout.clampedForClocks)
        } catch {
            throw JetStreamError(error, operation: "ack", stream: metadata.stream)
        }
        handOut?.account.acknowledged()
    }

    /// Not done: deliver it again, after a delay if there is one. Without a delay, and with a
    /// negative one, which is none, all tries may be used up in milliseconds.
    /// - Throws: `JetStreamError`: `disconnected` or `notSent`.
    public func nak(delay: Duration? = nil) throws(JetStreamError) {
        try send(Acknowledgement.notDone(delay: delay).body, "nak")
    }

    /// Still at work: the time to acknowledge starts anew.
    /// - Throws: `JetStreamError`: `disconnected` or `notSent`.
    public func inProgress() throws(JetStreamError) {
        try send(Self.inProgressBody, "in progress", isFinal: false)
    }

    /// Never deliver it again, although it is not done: it is malformed, or hopeless. The server
    /// tells the reason in an advisory.
    /// - Throws: `JetStreamError`: `disconnected` or `notSent`.
    public func terminate(reason: String? = nil) throws(JetStreamError) {
        try send(Acknowledgement.terminate(reason: reason).body, "terminate")
    }

    private func send(
        _ body: Bytes, _ operation: String, isFinal: Bool = true
    ) throws(JetStreamError) {
        do throws(NATSError) {
            try client.publish(body, to: reply)
        } catch {
            throw JetStreamError(error, operation: operation, stream: metadata.stream)
        }
        if isFinal { handOut?.account.acknowledged() }
    }

    /// Shortest interval of `keepingInProgress`: anything less would only keep two machines busy.
    public static let shortestProgressInterval: Duration = .milliseconds(10)

    /// Says "still at work" at every `interval` for as long as `body` runs, so that a long
    /// download is not delivered to somebody else meanwhile. Choose a third of the consumer's
    /// `ackWait`: two of these may get lost then.
    ///
    /// Nothing is said while there is no connection. An interval of less than
    /// `shortestProgressInterval` counts as that.
    public func keepingInProgress<Result, Failure: Error>(
        every interval: Duration, _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let interval = min(max(interval, Self.shortestProgressInterval), .forever)
        let ticker = Task {
            while (try? await ContinuousClock().sleep(for: interval)) != nil {
                if client.isConnected { try? inProgress() }
            }
        }
        defer { ticker.cancel() }
        return try await body()
    }
}
