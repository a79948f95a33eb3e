internal import BridgeBytes
internal import NATSCore
internal import NATSWire

/// The messages of a subscription as typed values; see `Bridge.messages(on:)`.
///
/// Messages are prepared from the first `makeAsyncIterator()` on. When the last iterator is gone,
/// or `unsubscribe()` is called, everything ends: the interest and what is being fetched.
/// Cancelling a task that waits ends its loop, and loses nothing for another one.
///
/// A message that cannot be used, such as one that is no envelope, does not end the sequence, and
/// neither does a place where messages are missing. Both are passed over here, and told in their
/// place: by the next message (`Received.skipped`), and at once to `ReceiveOptions.onFailure`, to
/// the trace and to `Bridge.statistics`. `results` has them as elements.
public struct ReceivedMessages: AsyncSequence, Sendable {
    public typealias Element = Received
    /// The subscription itself failed: the client is closed, or the server refused it.
    public typealias Failure = BridgeError

    private let intake: Intake

    init(
        bridge: Bridge, subscription: Result<NATSSubscription, BridgeError>,
        options: ReceiveOptions
    ) {
        intake = Intake(
            bridge: bridge, options: options, order: .inOrder, dropsDuplicates: true,
            endSource: { try? subscription.get().unsubscribe() },
            drainSource: { try? await subscription.get().drain() },
            source: { intake in
                await Self.feed(intake, subscription, bridge, options)
            })
    }

    private static func feed(
        _ intake: Intake, _ subscription: Result<NATSSubscription, BridgeError>,
        _ bridge: Bridge, _ options: ReceiveOptions
    ) async {
        let source: NATSSubscription
        switch subscription {
        case .success(let subscription): source = subscription
        case .failure(let error): return intake.end(error)
        }
        do throws(NATSError) {
            var deliveries = source.deliveries.makeAsyncIterator()
            while let delivered = try await deliveries.next() {
                let goesOn =
                    switch delivered {
                    case .gap(let gap):
                        await intake.take(BridgeError(gap, of: source.pattern.text))
                    case .message(let message):
                        await intake.take(
                            Incoming(
                                bridge: bridge, message: message, options: options, position: nil))
                    }
                guard goesOn else { return }
            }
            intake.end()
        } catch {
            intake.end(BridgeError(error, stage: .receive))
        }
    }

    /// Ends the interest at once, and drops what is being prepared.
    public func unsubscribe() { intake.close() }

    /// Hands out one usable message at a time.
    public struct Iterator: AsyncIteratorProtocol {
        private let consumer: Intake.Consumer

        init(_ intake: Intake) { consumer = Intake.Consumer(intake) }

        /// The next usable message; nil at the end, and in a task that is cancelled.
        /// - Throws: `BridgeError` with `closed`, `permissionDenied` or `limitExceeded` when the
        ///   subscription is over, `slowConsumer` when its policy is to fail, or why the client has
        ///   given up.
        public mutating func next() async throws(BridgeError) -> Received? {
            try await next(isolation: #isolation)
        }

        /// The next usable message, on the caller's actor; nil at the end, and in a task that is
        /// cancelled.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(BridgeError) -> Received? {
            try await consumer.nextMessage()
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(intake) }
}

extension ReceivedMessages {
    /// The same sequence with everything in its place: each message, or why it cannot be used, or,
    /// with `BridgeError.isLoss`, that messages are missing.
    public var results: Results { Results(intake: intake) }

    /// The messages of a subscription with what is wrong between them.
    public struct Results: AsyncSequence, Sendable {
        /// A message; or why one cannot be used; or, with `BridgeError.isLoss`, that messages are
        /// missing at this place.
        public typealias Element = Result<Received, BridgeError>
        public typealias Failure = BridgeError

        let intake: Intake

        /// Hands out one message or mark at a time.
        public struct Iterator: AsyncIteratorProtocol {
            private let consumer: Intake.Consumer

            init(_ intake: Intake) { consumer = Intake.Consumer(intake) }

            /// The next message or mark; nil at the end, and in a task that is cancelled.
            /// - Throws: `BridgeError` with `closed`, `permissionDenied` or `limitExceeded` when
            ///   the subscription is over, `slowConsumer` when its policy is to fail, or why the
            ///   client has given up.
            public mutating func next() async throws(BridgeError) -> Element? {
                try await next(isolation: #isolation)
            }

            /// The next message or mark, on the caller's actor; nil at the end, and in a task that
            /// is cancelled.
            /// - Throws: As `next()`.
            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(BridgeError) -> Element? {
                try await consumer.nextElement()?.result
            }

            /// The next message or mark with the subject that its sender wants an answer on, which
            /// is known also of what cannot be read; nil as for `next()`.
            /// - Throws: As `next()`.
            package mutating func nextRequest() async throws(BridgeError) -> (
                result: Element, replyTo: Subject?
            )? {
                guard let element = try await consumer.nextElement() else { return nil }
                return (element.result, element.incoming?.message.replyTo)
            }
        }

        public func makeAsyncIterator() -> Iterator { Iterator(intake) }
    }
}
