public import BridgeBytes
package import NATSCore
public import NATSWire

extension JetStream {
    /// Publishes a message and waits until a stream has stored it.
    ///
    /// When nobody answers on the subject, as while a leader is elected, it tries again
    /// `publishRetries` times (ADR-22). A message whose answer did not come is not published
    /// again by itself: do that with the same `messageID` inside the stream's duplicate window
    /// (two minutes by default), and the answer says `isDuplicate` if the first one was stored.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; a message that was sent by then
    /// may be stored.
    /// - Throws: `JetStreamError` with `noStream` when no stream stores the subject,
    ///   `jetStreamDisabled` when there is no JetStream, `permissionDenied`, `tooLarge`,
    ///   `conditionFailed`, `storageFull`, `unavailable`, `refused` (the message is not stored),
    ///   `outboxFull`, `closed`, `timeout`, `cancelled`, or `unexpectedAnswer` when something else
    ///   than a stream answers. Its `outcome` says what is known: `lost` (not sent), `denied` (not
    ///   stored) or `unknown`.
    @discardableResult
    public func publish(
        _ payload: Bytes, to subject: Subject, headers: Headers = Headers(),
        options publishOptions: PublishOptions = PublishOptions()
    ) async throws(JetStreamError) -> PublishAck {
        try await publish(
            payload, to: subject, headers: headers, options: publishOptions,
            ticket: client.newRequest(), timeout: options.timeout)
    }

    /// Publishes with an inbox that may have served the same message before: the answer to an
    /// earlier attempt, should it come late, is as good as one to this attempt.
    /// - Parameter timeout: Longest wait for one answer.
    package func publish(
        _ payload: Bytes, to subject: Subject, headers: Headers = Headers(),
        options publishOptions: PublishOptions, ticket: RequestTicket, timeout: Duration
    ) async throws(JetStreamError) -> PublishAck {
        try require(publishOptions, subject)
        let headers = publishOptions.apply(to: headers)
        var retries = options.publishRetries
        while true {
            let answer: NATSMessage
            do throws(NATSError) {
                answer = try await client.request(
                    payload, to: subject, headers: headers, ticket: ticket, timeout: timeout)
            } catch {
                guard error.code == .noResponders, retries > 0 else {
                    guard error.code == .noResponders else {
                        throw JetStreamError(publishing: error, to: subject)
                    }
                    throw await absence(of: subject).error(subject, error)
                }
                retries -= 1
                do throws(JetStreamError) {
                    try await Self.pause(options.publishRetryWait)
                } catch {
                    throw error.knowing(.denied, subject: subject.text)
                }
                continue
            }
            return try PublishAck(answer: answer)
        }
    }

    /// Refuses what the server would store and do nothing about.
    func require(
        _ publishOptions: PublishOptions, _ subject: Subject
    ) throws(JetStreamError) {
        let level = publishOptions.requiredLevel
        guard level > 0 else { return }
        do throws(JetStreamError) {
            try require(level, operation: "publish", stream: "")
        } catch {
            throw error.knowing(.lost, subject: subject.text)
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
    /// The sequence is read as far as the window allows, and messages are sent in groups of up to
    /// 64 KiB: for those that come one by one there is `publisher(maxOutstanding:)`. A message that
    /// is repeated because nobody answered comes after those that were sent meanwhile. When no
    /// answer comes at all for the options' `timeout`, everything that is not settled fails with
    /// `timeout`, and the rest of the sequence, not sent, with `notSent`.
    ///
    /// Cancelling the task ends the run with the code `cancelled`.
    /// - Parameter maxOutstanding: Most messages that may wait for their answers.
    /// - Returns: What became of each message, in order; the `outcome` of a failure says what is
    ///   known of it.
    /// - Throws: `JetStreamError` with `invalidArgument` when nothing may be outstanding, before
    ///   anything is sent; `cancelled` or `closed`, when messages may have been stored.
    @inlinable public func publishAll(
        _ messages: some Sequence<PublishRequest>, maxOutstanding: Int = 256
    ) async throws(JetStreamError) -> PublishResults {
        var run = try PublishRun(self, maxOutstanding: maxOutstanding)
        for message in messages where run.take(message) { try await run.makeRoom() }
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
