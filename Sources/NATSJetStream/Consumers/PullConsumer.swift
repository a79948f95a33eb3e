internal import BridgeBytes
internal import NATSCore

/// A consumer that delivers when it is asked.
///
/// It is a name at the server and holds no connection state: copies, and processes elsewhere,
/// may use it at the same time and share its messages.
public struct PullConsumer: Sendable {
    /// The streams and consumers that it belongs to.
    public let jetStream: JetStream
    /// What the server said when the consumer was made or looked up.
    public let cachedInfo: ConsumerInfo

    init(jetStream: JetStream, info: ConsumerInfo) {
        self.jetStream = jetStream
        cachedInfo = info
    }

    /// Its name at the server.
    public var name: String { cachedInfo.name }
    /// The stream that it reads.
    public var stream: String { cachedInfo.stream }

    /// What the consumer is and where it stands now.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `consumerNotFound`, `streamNotFound`, and what every call of
    ///   the API may throw (see `JetStream`).
    public func info() async throws(JetStreamError) -> ConsumerInfo {
        try await jetStream.consumerInfo(name, on: stream)
    }

    /// Removes the consumer at the server.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `consumerNotFound`, `streamNotFound`, and what every call of
    ///   the API may throw (see `JetStream`).
    public func delete() async throws(JetStreamError) {
        try await jetStream.deleteConsumer(name, on: stream)
    }

    /// Asks for up to `batch` messages and waits until they have come or `expires` is over.
    ///
    /// When messages have come before something failed, they are returned, and the failure shows
    /// at the next call. Every message is to be acknowledged, or it is delivered again. After the
    /// connection was lost, what has not come is asked for again. When the client drains, it ends
    /// with what has come.
    ///
    /// Cancelling the task ends the wait: with the code `cancelled` when nothing had come, else
    /// with what had.
    /// - Parameters:
    ///   - batch: Most messages, at least 1.
    ///   - maxBytes: Most bytes of all messages together, at least 1; nil: no bound.
    ///   - expires: How long the server waits for them, at most a century; zero: what is there
    ///     now.
    /// - Throws: `JetStreamError` with `invalidArgument`, `consumerDeleted`, `heartbeatMissed`,
    ///   `unavailable` (no such consumer, or JetStream is away), `tooLarge` when the next message
    ///   alone is larger than `maxBytes`, `refused`, `timeout`, `cancelled` or `closed`.
    public func fetch(
        _ batch: Int, maxBytes: Int? = nil, expires: Duration = .seconds(5)
    ) async throws(JetStreamError) -> [JetStreamMessage] {
        var session = try PullSession(
            self, PullMachine.Configuration(batch: batch, maxBytes: maxBytes, expires: expires))
        var messages: [JetStreamMessage] = []
        do throws(JetStreamError) {
            while let message = try await session.next() {
                messages.append(message)
                try session.takeBuffered(into: &messages)
            }
        } catch {
            if messages.isEmpty { throw error }
        }
        return messages
    }

    /// The next message, or nil when none has come in time, or is there now if `expires` is zero.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: As `fetch(_:maxBytes:expires:)`.
    public func next(
        expires: Duration = .seconds(5)
    ) async throws(JetStreamError) -> JetStreamMessage? {
        try await fetch(1, expires: expires).first
    }

    /// All messages from now on, without end: requests follow each other so that about `batch`
    /// messages are on their way at any time.
    ///
    /// When the client drains, no more are asked for. Those that have come are still handed out,
    /// then the sequence ends; what cannot be handed out in time is given back to the server. A
    /// loop is over when its iterator is gone. At the top of `main.swift` Swift keeps that until
    /// the end of the program, and a drain waits for it: let the loop stand in a function.
    ///
    /// Whoever leaves the loop, or cancels its task, leaves what has come and was not handed out:
    /// the server delivers it again after the consumer's `ackWait`, and counts the delivery. For a
    /// message at a time there is `next`. What has come is handed out without a look at a
    /// cancellation.
    /// - Parameters:
    ///   - batch: Most messages that are on their way or wait here, at least 1.
    ///   - maxBytes: Most bytes of one request, at least 1 and enough for any one message; nil:
    ///     no bound but the batch.
    ///   - expires: How long the server keeps one request, 100 ms at least; half of it is the
    ///     heartbeat by which a lost request is noticed.
    public func messages(
        batch: Int = 100, maxBytes: Int? = nil, expires: Duration = .seconds(30)
    ) -> JetStreamMessages {
        JetStreamMessages(
            consumer: self,
            configuration: PullMachine.Configuration(
                batch: batch, maxBytes: maxBytes, expires: expires, isContinuous: true))
    }

    /// All messages from now on, as the options say: with a heartbeat of one's own, other moments
    /// at which more are asked for, an end after so many, or as a member of a priority group.
    ///
    /// When the client drains, it ends as `messages(batch:maxBytes:expires:)` does.
    public func messages(_ options: PullOptions) -> JetStreamMessages {
        var configuration = PullMachine.Configuration(
            batch: options.batch, maxBytes: options.maxBytes, expires: options.expires,
            isContinuous: true)
        configuration.ownHeartbeat = options.heartbeat
        (configuration.refill, configuration.refillBytes) = (options.refill, options.refillBytes)
        configuration.maxMessages = options.maxMessages
        configuration.group = options.group
        return JetStreamMessages(consumer: self, configuration: configuration)
    }
}

/// The messages of a pull consumer, without end unless its options name one.
///
/// It throws when it was asked for what no server would take (`invalidArgument`), when a message
/// alone is larger than its byte limit, when the consumer is deleted, when the client is closed,
/// or when the task that iterates is cancelled (`JetStreamError`). It ends when the client drains.
public struct JetStreamMessages: AsyncSequence, Sendable {
    public typealias Element = JetStreamMessage
    public typealias Failure = JetStreamError

    let consumer: PullConsumer
    let configuration: PullMachine.Configuration

    /// Pulls messages as they are wanted; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let consumer: PullConsumer
        private let configuration: PullMachine.Configuration
        private var session: PullSession?

        /// Whether it has ended because the client drains.
        var isDrained: Bool { session?.isDrained ?? false }

        /// The number of the consumer's last delivery, when `next` has returned nil because a
        /// heartbeat told it.
        var heartbeat: UInt64? { session?.heartbeat }

        init(_ messages: JetStreamMessages) {
            consumer = messages.consumer
            configuration = messages.configuration
        }

        /// A message that came together with others; nil: `next` knows.
        mutating func takeBuffered() throws(JetStreamError) -> JetStreamMessage? {
            try session?.takeBuffered()
        }

        /// The next message; nil when the client drains. Cancelling the task ends the requests with
        /// the code `cancelled`.
        /// - Throws: `JetStreamError` with `invalidArgument`, `consumerDeleted`, `heartbeatMissed`,
        ///   `unavailable` (no such consumer, or JetStream is away), `tooLarge` when the next
        ///   message alone is larger than `maxBytes`, `refused`, `timeout`, `cancelled` or
        ///   `closed`.
        public mutating func next() async throws(JetStreamError) -> JetStreamMessage? {
            try await next(isolation: #isolation)
        }

        /// The next message, on the caller's actor; nil when the client drains. Cancelling the task
        /// ends the requests with the code `cancelled`.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(JetStreamError) -> JetStreamMessage? {
            if let message = try takeBuffered() { return message }
            if session == nil { session = try PullSession(consumer, configuration) }
            return try await session?.next()
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
