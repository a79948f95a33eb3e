internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
public import NATSWire

/// The messages of a replay as typed values; see `Bridge.replay`.
///
/// They come in the order of the stream, and links of several are fetched side by side, unless
/// `ReceiveOptions.order` says otherwise. With the last iterator everything ends. A message that
/// cannot be used is passed over and told, as in `ReceivedMessages`, and so are messages that left
/// the stream before they were reached; `results` has both in their places.
public struct ReplayedMessages: AsyncSequence, Sendable {
    public typealias Element = Received
    public typealias Failure = BridgeError

    /// From where it starts, by the server's clock.
    public let replay: Replay
    private let intake: Intake

    init(bridge: Bridge, replay: Replay, options: ReceiveOptions) {
        self.replay = replay
        intake = Intake(
            bridge: bridge, options: options, order: .strict, dropsDuplicates: false
        ) { intake in
            do throws(JetStreamError) {
                var messages = replay.makeAsyncIterator()
                while let event = try await messages.nextEvent() {
                    let goesOn =
                        switch event {
                        case .message(let message):
                            await intake.take(
                                Incoming(
                                    bridge: bridge, message: message.message, options: options,
                                    position: StreamPosition(message.metadata)))
                        case .removed(let count):
                            await intake.take(
                                BridgeError(removed: Int(clamping: count), from: replay.stream))
                        }
                    guard goesOn else { return }
                }
                intake.end()
            } catch {
                intake.end(BridgeError(error, stage: .replay, subject: replay.stream))
            }
        }
    }

    public func makeAsyncIterator() -> ReceivedMessages.Iterator { .init(intake) }
}

extension ReplayedMessages {
    /// The same sequence with the messages that cannot be used in their places.
    public var results: Results { Results(intake: intake) }

    /// The messages of a replay with those among them that cannot be used, and with the places
    /// where messages had left the stream.
    public struct Results: AsyncSequence, Sendable {
        /// A message, or why it cannot be used; where it stands in the stream is told in both
        /// cases. Or, with `BridgeError.isLoss`, that messages left the stream before they were
        /// reached.
        public struct Element: Sendable {
            /// Where the message stands in the stream; nil where messages are missing.
            public let position: StreamPosition?
            /// The subject that it was published to; nil where messages are missing.
            public let subject: Subject?
            /// The message, or why it cannot be used, or that messages are missing.
            public let result: Result<Received, BridgeError>
        }
        public typealias Failure = BridgeError

        let intake: Intake

        /// Hands out one message at a time.
        public struct Iterator: AsyncIteratorProtocol {
            private let consumer: Intake.Consumer

            init(_ intake: Intake) { consumer = Intake.Consumer(intake) }

            /// The next message; nil at the end, and in a task that is cancelled.
            /// - Throws: `BridgeError` in the stage `replay`, with the code of the stream's replay,
            ///   such as `streamNotFound`, `timeout` or `closed`.
            public mutating func next() async throws(BridgeError) -> Element? {
                try await next(isolation: #isolation)
            }

            /// The next message, on the caller's actor; nil at the end, and in a task that is
            /// cancelled.
            /// - Throws: As `next()`.
            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(BridgeError) -> Element? {
                guard let element = try await consumer.nextElement() else { return nil }
                return Element(
                    position: element.incoming?.position,
                    subject: element.incoming?.message.subject, result: element.result)
            }
        }

        public func makeAsyncIterator() -> Iterator { Iterator(intake) }
    }
}
