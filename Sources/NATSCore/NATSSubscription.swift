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
    public func unsubscribe(after count: Int) {
        precondition(count > 0, "a subscription ends after at least one message")
        core.unsubscribe(id, after: count)
    }

    /// Messages that wait to be consumed.
    public var backlog: Int { delivery.backlog.count }

    /// The next messages, as many as came together; nil at the end. For consumers that take many
    /// small messages this is the cheapest form.
    /// - Throws: `NATSError` when the server ended the subscription.
    public func nextBatch() async throws(NATSError) -> [NATSMessage]? {
        switch await delivery.next() {
        case .batch(let batch): return batch
        case .end: return nil
        case .failed(let error): throw error
        case .cancelled:
            core.unsubscribe(id)
            return nil
        }
    }

    /// Hands out one message at a time from batches.
    public struct Iterator: AsyncIteratorProtocol {
        private let subscription: NATSSubscription
        private var batch: [NATSMessage] = []
        private var position = 0

        init(_ subscription: NATSSubscription) { self.subscription = subscription }

        public mutating func next() async throws(NATSError) -> NATSMessage? {
            try await next(isolation: #isolation)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(NATSError) -> NATSMessage? {
            while position >= batch.count {
                guard let next = try await subscription.nextBatch() else { return nil }
                batch = next
                position = 0
            }
            defer { position += 1 }
            return batch[position]
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
