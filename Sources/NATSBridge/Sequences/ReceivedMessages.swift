internal import NATSCore
internal import NATSWire

/// The messages of a subscription as typed values; see `Bridge.messages(on:)`.
///
/// Messages are prepared from the first `makeAsyncIterator()` on. When the last iterator is gone,
/// or `unsubscribe()` is called, everything ends: the interest and what is being fetched.
/// Cancelling a task that waits ends its loop, and loses nothing for another one.
public struct ReceivedMessages: AsyncSequence, Sendable {
    /// A message; or why one cannot be used; or, with `BridgeError.isLoss`, that messages are
    /// missing at this place.
    public typealias Element = Result<Received, BridgeError>
    /// The subscription itself failed: the server refused it.
    public typealias Failure = BridgeError

    private let intake: Intake

    init(bridge: Bridge, subscription: NATSSubscription, options: ReceiveOptions) {
        intake = Intake(
            bridge: bridge, options: options, order: .inOrder, dropsDuplicates: true,
            endSource: { subscription.unsubscribe() },
            drainSource: { try? await subscription.drain() },
            source: { intake in
                do throws(NATSError) {
                    var deliveries = subscription.deliveries.makeAsyncIterator()
                    while let delivered = try await deliveries.next() {
                        let goesOn =
                            switch delivered {
                            case .gap(let gap):
                                await intake.take(gap, of: subscription.pattern.text)
                            case .message(let message):
                                await intake.take(
                                    Incoming(
                                        bridge: bridge, message: message, options: options,
                                        position: nil))
                            }
                        guard goesOn else { return }
                    }
                    intake.end()
                } catch {
                    intake.end(BridgeError(error, stage: .receive))
                }
            })
    }

    /// Ends the interest at once, and drops what is being prepared.
    public func unsubscribe() { intake.close() }

    /// Hands out one message or mark at a time.
    public struct Iterator: AsyncIteratorProtocol {
        private let consumer: Intake.Consumer

        init(_ intake: Intake) { consumer = Intake.Consumer(intake) }

        public mutating func next() async throws(BridgeError) -> Element? {
            try await next(isolation: #isolation)
        }

        /// The next message or mark; nil at the end, and in a task that is cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(BridgeError) -> Element? {
            switch await consumer.next() {
            case .element(let element): return element.result
            case .failed(let error): throw error
            case .end, .cancelled: return nil
            }
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(intake) }
}
