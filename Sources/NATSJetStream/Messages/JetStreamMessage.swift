public import BridgeBytes
public import BridgeJSON
public import NATSCore
public import NATSWire
internal import Synchronization

/// A message that a consumer delivered, and the ways to say what became of it.
///
/// Each of `ack`, `nak`, `terminate` is said once; `inProgress` as often as needed before. They
/// go out with the client's other messages and are not confirmed, but for `ackConfirmed`. Whoever
/// says something final a second time, of this value or of a copy, gets `alreadyAcknowledged`, and
/// the first word stands. A delivery that came too late, so that another one followed, is taken by
/// the server as any other: what shows it is `metadata.deliveryCount` of the other one.
public struct JetStreamMessage: Sendable {
    /// The message as it was received.
    public let message: NATSMessage
    /// What the stream says about this delivery.
    public let metadata: MessageMetadata
    private let client: NATSClient
    private let reply: Subject
    /// Tells the session that delivered it what is still to be acknowledged.
    private let handOut: HandOut?
    /// Whether something final was said of it; nil where nobody watches that.
    private var settlement: Settlement?

    /// - Throws: `JetStreamError` with the code `notFromJetStream` when the message was not
    ///   delivered by a consumer.
    public init(_ message: NATSMessage, client: NATSClient) throws(JetStreamError) {
        try self.init(message, client: client, handOut: nil)
        settlement = Settlement()
    }

    init(
        _ message: NATSMessage, client: NATSClient, handOut: HandOut?,
        known: (stream: String, consumer: String)? = nil
    ) throws(JetStreamError) {
        guard let reply = message.replyTo else {
            throw JetStreamError(
                .notFromJetStream, operation: "receive", detail: "there is no reply subject")
        }
        metadata = try MessageMetadata(parsing: reply, known: known)
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
    /// - Throws: As `NATSMessage.decode(_:)`.
    /// - Complexity: O(n).
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(JSONError) -> T {
        try message.decode(type)
    }

    /// The headers, parsed when they are asked for: whoever wants several of them keeps the value.
    /// - Throws: `WireError` with `invalidHeaders` or `tooManyHeaders` when the block breaks ADR-4.
    /// - Complexity: O(size of the headers), at each access.
    public var headers: Headers { get throws(WireError) { try message.headers } }

    private static let doneBody = Acknowledgement.done.body
    private static let inProgressBody = Acknowledgement.inProgress.body

    /// Done: the message is not delivered again. Returns when that is in the client's outbox.
    /// - Throws: `JetStreamError` with `alreadyAcknowledged`, or with `outboxFull` or `closed`; the
    ///   message will be delivered again then.
    public func ack() throws(JetStreamError) { try send(Self.doneBody, "ack") }

    /// Done, and the server has confirmed it: what exactly-once processing needs, since a plain
    /// `ack` may be lost and the message delivered again.
    ///
    /// Cancelling the task ends the wait; the server may have taken the acknowledgement by then.
    /// - Throws: `JetStreamError` with `alreadyAcknowledged`, `consumerNotFound` when the consumer
    ///   is gone, or with `timeout`, `cancelled`, `outboxFull`, `closed`, `permissionDenied`, or
    ///   `unavailable` (the consumer has no leader); the message may come again then.
    public func ackConfirmed(timeout: Duration = .seconds(5)) async throws(JetStreamError) {
        try settle("ack")
        do throws(NATSError) {
            _ = try await client.request(
                Self.doneBody, to: reply, timeout: timeout.clampedForClocks)
        } catch {
            takeBack()
            throw error.code == .noResponders
                ? await absence(error)
                : JetStreamError(error, operation: "ack", stream: metadata.stream)
        }
        handOut?.account.acknowledged()
    }

    /// Not done: deliver it again, after a delay if there is one. Without a delay, and with a
    /// negative one, which is none, all tries may be used up in milliseconds.
    /// - Throws: `JetStreamError` with `alreadyAcknowledged`, `outboxFull` or `closed`.
    public func nak(delay: Duration? = nil) throws(JetStreamError) {
        try send(Acknowledgement.notDone(delay: delay).body, "nak")
    }

    /// Still at work: the time to acknowledge starts anew.
    /// - Throws: `JetStreamError` with `outboxFull` or `closed`.
    public func inProgress() throws(JetStreamError) {
        try send(Self.inProgressBody, "in progress", isFinal: false)
    }

    /// Never deliver it again, although it is not done: it is malformed, or hopeless. The server
    /// tells the reason in an advisory.
    /// - Throws: `JetStreamError` with `alreadyAcknowledged`, `outboxFull` or `closed`.
    public func terminate(reason: String? = nil) throws(JetStreamError) {
        try send(Acknowledgement.terminate(reason: reason).body, "terminate")
    }

    private func send(
        _ body: Bytes, _ operation: String, isFinal: Bool = true
    ) throws(JetStreamError) {
        if isFinal { try settle(operation) }
        do throws(NATSError) {
            try client.publish(body, to: reply)
        } catch {
            if isFinal { takeBack() }
            throw JetStreamError(error, operation: operation, stream: metadata.stream)
        }
        if isFinal { handOut?.account.acknowledged() }
    }

    private func settle(_ operation: String) throws(JetStreamError) {
        let number = metadata.consumerSequence
        guard settlement?.claim() ?? true, handOut?.account.claim(number) ?? true else {
            throw JetStreamError(
                .alreadyAcknowledged, operation: operation, stream: metadata.stream,
                detail: "something final was said of this delivery before")
        }
    }

    /// It was not said, or nobody knows.
    private func takeBack() {
        settlement?.takeBack()
        handOut?.account.takeBack(metadata.consumerSequence)
    }

    /// Why nobody takes an acknowledgement: also a consumer without a leader does not answer.
    private func absence(_ reason: NATSError) async -> JetStreamError {
        var options = JetStreamOptions()
        options.domain = metadata.domain
        let jetStream = JetStream(client: client, options: options)
        do throws(JetStreamError) {
            _ = try await jetStream.consumerInfo(metadata.consumer, on: metadata.stream)
        } catch  where error.code == .consumerNotFound || error.code == .streamNotFound {
            return JetStreamError(
                .consumerNotFound, operation: "ack", stream: metadata.stream, clientError: reason,
                detail: "\(metadata.consumer) is gone, and nothing can be said of its deliveries")
        } catch {}
        return JetStreamError(
            .unavailable, operation: "ack", stream: metadata.stream, clientError: reason,
            detail: "\(metadata.consumer) takes no acknowledgement just now")
    }

    /// The same message, with a note of whether something final was said of it.
    func watched() -> JetStreamMessage {
        var copy = self
        copy.settlement = Settlement()
        return copy
    }

    /// Whether something final was said of a message that is watched.
    var isSettled: Bool { settlement?.isMade ?? false }

    /// Whether it can be said that work goes on; nothing is said while there is no connection.
    func stillInProgress() {
        guard client.isConnected, !isSettled else { return }
        try? inProgress()
    }

    /// Shortest interval of `keepingInProgress`: anything less would only keep two machines busy.
    public static let shortestProgressInterval: Duration = .milliseconds(10)

    /// Says "still at work" at every `interval` for as long as `body` runs, so that a long
    /// download is not delivered to somebody else meanwhile. Choose a third of the consumer's
    /// `ackWait`: two of these may get lost then.
    ///
    /// Nothing is said while there is no connection. An interval of less than
    /// `shortestProgressInterval` counts as that.
    ///
    /// Cancelling the task is for `body` to notice; the messages end when it returns.
    /// - Throws: What `body` throws.
    public func keepingInProgress<Result, Failure: Error>(
        every interval: Duration, _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let interval = min(max(interval, Self.shortestProgressInterval), .forever)
        let ticker = Task {
            while (try? await ContinuousClock().sleep(for: interval)) != nil {
                stillInProgress()
            }
        }
        defer { ticker.cancel() }
        return try await body()
    }
}

/// Whether something final was said of a delivery.
final class Settlement: Sendable {
    private let made = Atomic(false)

    var isMade: Bool { made.load(ordering: .acquiring) }

    /// Whether it may be said now: nobody has before.
    func claim() -> Bool { !made.exchange(true, ordering: .acquiringAndReleasing) }

    /// It was not said, or nobody knows.
    func takeBack() { made.store(false, ordering: .releasing) }
}
