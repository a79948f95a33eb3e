internal import BridgeBytes
internal import BridgeSockets
public import NATSWire

/// The messages of a subscription, in the order in which the server sent them.
///
/// One task consumes it. Cancelling that task, leaving the loop and releasing the subscription,
/// or `unsubscribe()` end the interest at the server. The sequence ends when the subscription or
/// the client is closed; it throws when the server refuses the subscription.
public final class NATSSubscription: AsyncSequence, Sendable {
    public typealias Element = NATSMessage
    public typealias Failure = NATSError

    /// What is subscribed to.
    public let pattern: SubjectPattern
    /// The number that the server knows the subscription by.
    public let id: Int
    let delivery: Delivery<NATSMessage, NATSError>
    private let core: ClientCore

    init(
        id: Int, pattern: SubjectPattern, delivery: Delivery<NATSMessage, NATSError>,
        core: ClientCore
    ) {
        self.id = id
        self.pattern = pattern
        self.delivery = delivery
        self.core = core
    }

    deinit { core.unsubscribe(id) }

    /// Ends the interest at once; what was received and not consumed is dropped.
    public func unsubscribe() {
        core.unsubscribe(id)
        delivery.cancel()
    }

    /// Ends the interest after the server has delivered `count` messages in all, counted from
    /// the beginning; the sequence then ends.
    ///
    /// One that has already delivered that many ends at once; zero and less count as that.
    public func unsubscribe(after count: Int) { core.unsubscribe(id, after: Swift.max(0, count)) }

    /// Ends the interest at the server, and the sequence after what the server had sent.
    ///
    /// Returns when the server has confirmed; what waits can be consumed afterwards.
    ///
    /// Cancelling the task ends the wait; the interest is over all the same.
    /// - Throws: `NATSError` with `timeout`, `cancelled` or `closed` when the server did not
    ///   confirm; the sequence ends all the same.
    public func drain(timeout: Duration = .seconds(30)) async throws(NATSError) {
        try await core.drain(id, timeout: timeout)
    }

    /// Messages that wait to be consumed.
    public var backlog: Int { delivery.backlog.count }

    /// What waits, what was taken and what was dropped so far.
    public var statistics: SubscriptionStatistics {
        let (backlog, totals) = (delivery.backlog, delivery.totals)
        return SubscriptionStatistics(
            waitingMessages: backlog.count, waitingBytes: backlog.weight,
            deliveredMessages: totals.taken.count, deliveredBytes: totals.taken.weight,
            droppedMessages: totals.dropped.count, droppedBytes: totals.dropped.weight)
    }

    /// What comes next in the sequence.
    public enum Delivered: Sendable {
        /// The next messages, as many as came together; at least one.
        case messages([NATSMessage])
        /// Messages are missing here, or may be: dropped as the limits' policy says, or lost with
        /// a connection.
        case gap(SubscriptionGap)
    }

    /// The next messages or the next gap; nil at the end.
    ///
    /// Cancelling the task ends the subscription, and the result is nil.
    /// - Parameters:
    ///   - deadline: When a wait ends without a message. The subscription goes on all the same: a
    ///     message that comes later is there for the next call. What waits already is given out
    ///     however late it is.
    ///   - isolation: The caller's actor.
    /// - Throws: `NATSError` with `permissionDenied` or `limitExceeded` when the server refused the
    ///   subscription, `slowConsumer` when the policy is to fail, `timeout` at the deadline, or why
    ///   the client has given up.
    public func nextDelivery(
        until deadline: ContinuousClock.Instant? = nil,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(NATSError) -> Delivered? {
        switch await delivery.next(until: deadline) {
        case .batch(let batch): return .messages(batch)
        case .gap(let gap): return .gap(SubscriptionGap(gap))
        case .end: return nil
        case .failed(let error): throw error
        case .timeout:
            throw NATSError(
                .timeout, stage: .receive, subject: pattern.text, detail: "no message in time")
        case .cancelled:
            core.unsubscribe(id)
            return nil
        }
    }

    /// The next messages, as many as came together; nil at the end. For consumers that take many
    /// small messages this is the cheapest form. Gaps are passed over: see `statistics`.
    ///
    /// Cancelling the task ends the subscription, and the result is nil.
    /// - Parameters:
    ///   - deadline: As for `nextDelivery`.
    ///   - isolation: The caller's actor.
    /// - Throws: As `nextDelivery(until:isolation:)`.
    public func nextBatch(
        until deadline: ContinuousClock.Instant? = nil,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(NATSError) -> [NATSMessage]? {
        while let delivered = try await nextDelivery(until: deadline) {
            if case .messages(let batch) = delivered { return batch }
        }
        return nil
    }

    /// The same sequence with a mark wherever messages were dropped.
    public var deliveries: Deliveries { Deliveries(subscription: self) }

    /// The messages of a subscription with the gaps between them, for consumers that must know
    /// what they missed.
    public struct Deliveries: AsyncSequence, Sendable {
        /// A message, or how many were dropped before the next one.
        public enum Element: Sendable {
            /// The next message.
            case message(NATSMessage)
            /// A place at which messages are missing, or may be.
            case gap(SubscriptionGap)
        }

        public typealias Failure = NATSError
        let subscription: NATSSubscription

        /// Hands out one message or gap at a time.
        public struct Iterator: AsyncIteratorProtocol {
            private let subscription: NATSSubscription
            private let cursor: Delivery<NATSMessage, NATSError>.Cursor

            init(_ subscription: NATSSubscription) {
                self.subscription = subscription
                cursor = Delivery.Cursor(subscription.delivery)
            }

            /// The next message or gap; nil at the end. Cancelling the task ends the subscription.
            /// - Throws: `NATSError` with `permissionDenied` or `limitExceeded` when the server
            ///   refused the subscription, `slowConsumer` when the policy is to fail, or why the
            ///   client has given up.
            public mutating func next() async throws(NATSError) -> Element? {
                try await next(isolation: #isolation)
            }

            /// The next message or gap, on the caller's actor; nil at the end. Cancelling the task
            /// ends the subscription.
            /// - Throws: As `next()`.
            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(NATSError) -> Element? {
                while true {
                    if let message = cursor.next() { return .message(message) }
                    switch try await subscription.nextDelivery() {
                    case nil: return nil
                    case .gap(let gap): return .gap(gap)
                    case .messages(let next): cursor.refill(next)
                    }
                }
            }
        }

        public func makeAsyncIterator() -> Iterator { Iterator(subscription) }
    }

    /// Hands out one message at a time from batches. What a loop has not taken when it is left is
    /// there for the next one.
    public struct Iterator: AsyncIteratorProtocol {
        private let subscription: NATSSubscription
        private let cursor: Delivery<NATSMessage, NATSError>.Cursor

        init(_ subscription: NATSSubscription) {
            self.subscription = subscription
            cursor = Delivery.Cursor(subscription.delivery)
        }

        /// The next message; nil at the end. Cancelling the task ends the subscription.
        /// - Throws: `NATSError` with `permissionDenied` or `limitExceeded` when the server refused
        ///   the subscription, `slowConsumer` when the policy is to fail, or why the client has
        ///   given up.
        public mutating func next() async throws(NATSError) -> NATSMessage? {
            try await next(isolation: #isolation)
        }

        /// The next message, on the caller's actor; nil at the end. Cancelling the task ends the
        /// subscription.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(NATSError) -> NATSMessage? {
            while true {
                if let message = cursor.next() { return message }
                guard let next = try await subscription.nextBatch() else { return nil }
                cursor.refill(next)
            }
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
