public import BridgeBytes
internal import NATSCore
public import NATSWire

extension JetStream {
    /// Publishes a message and waits until a stream has stored it.
    ///
    /// When nobody answers on the subject, as while a leader is elected, it tries again
    /// `publishRetries` times (ADR-22). A timeout leaves open whether the message was stored:
    /// publish it again with the same `messageID` inside the duplicate window, and the answer
    /// says `isDuplicate` if it was.
    /// - Throws: `JetStreamError`: `unavailable` when no stream listens on the subject,
    ///   `messageTooLarge`, `conditionFailed`, `timeout` and others.
    @discardableResult
    public func publish(
        _ payload: Bytes, to subject: Subject, headers: Headers = Headers(),
        options publishOptions: PublishOptions = PublishOptions()
    ) async throws(JetStreamError) -> PublishAck {
        let headers = publishOptions.apply(to: headers)
        var retries = options.publishRetries
        while true {
            if let answer = try await ask(payload, subject, headers, isLastTry: retries == 0) {
                return try PublishAck(parsing: answer.payload)
            }
            retries -= 1
            try await Self.pause(options.publishRetryWait)
        }
    }

    /// Nil when nobody listens and there is another try.
    private func ask(
        _ payload: Bytes, _ subject: Subject, _ headers: Headers, isLastTry: Bool
    ) async throws(JetStreamError) -> NATSMessage? {
        do throws(NATSError) {
            return try await client.request(
                payload, to: subject, headers: headers, timeout: options.timeout)
        } catch {
            if error.code == .noResponders && !isLastTry { return nil }
            throw JetStreamError(error, operation: "publish")
        }
    }

    static func pause(_ duration: Duration) async throws(JetStreamError) {
        do {
            try await ContinuousClock().sleep(for: duration)
        } catch {
            throw JetStreamError(.cancelled, operation: "publish")
        }
    }

    /// Publishes messages in their order with many answers outstanding, which is an order of
    /// magnitude faster than waiting for each.
    ///
    /// The sequence is read as far as the window allows. A message that is repeated because
    /// nobody answered comes after those that were sent meanwhile. When no answer comes at all
    /// for the options' `timeout`, everything that is not settled fails with `timeout`, and the
    /// rest of the sequence, not sent, with `notSent`.
    /// - Parameter maxOutstanding: Most messages that may wait for their answers.
    /// - Returns: What became of each message, in order.
    /// - Throws: `JetStreamError`: `cancelled` or `disconnected`; messages may have been stored.
    public func publishAll(
        _ messages: some Sequence<PublishRequest>, maxOutstanding: Int = 256
    ) async throws(JetStreamError) -> [Result<PublishAck, JetStreamError>] {
        var run = try PublishRun(self, maxOutstanding: maxOutstanding)
        for message in messages { try await run.add(message) }
        return try await run.finish()
    }
}

/// A message for `JetStream.publishAll`.
public struct PublishRequest: Sendable {
    /// The body.
    public var payload: Bytes
    /// Where to.
    public var subject: Subject
    /// The message's own headers.
    public var headers: Headers
    /// What is asked of the stream; travels as headers too.
    public var options: PublishOptions

    /// A message with everything that belongs to it.
    public init(
        _ payload: Bytes, to subject: Subject, headers: Headers = Headers(),
        options: PublishOptions = PublishOptions()
    ) {
        self.payload = payload
        self.subject = subject
        self.headers = headers
        self.options = options
    }
}
