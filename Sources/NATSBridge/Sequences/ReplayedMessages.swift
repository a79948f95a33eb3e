internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
public import NATSWire

/// The messages of a replay as typed values; see `Bridge.replay`.
///
/// They come in the order of the stream, and links of several are fetched side by side, unless
/// `ReceiveOptions.order` says otherwise. With the last iterator everything ends. A message that
/// cannot be used is passed over and told, as in `ReceivedMessages`; `results` has it in its place.
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
                while let message = try await messages.next() {
                    let incoming = Incoming(
                        bridge: bridge, message: message.message, options: options,
                        position: StreamPosition(message.metadata))
                    guard await intake.take(incoming) else { return }
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

    /// The messages of a replay with those among them that cannot be used.
    public struct Results: AsyncSequence, Sendable {
        /// A message, or why it cannot be used; where it stands in the stream is told in both
        /// cases.
        public struct Element: Sendable {
            /// Where the message stands in the stream.
            public let position: StreamPosition
            /// The subject that it was published to.
            public let subject: Subject
            /// The message, or why it cannot be used.
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
                while let element = try await consumer.nextElement() {
                    // A replay has no gaps, so every element is a message.
                    guard let incoming = element.incoming, let position = incoming.position else {
                        continue
                    }
                    return Element(
                        position: position, subject: incoming.message.subject,
                        result: element.result)
                }
                return nil
            }
        }

        public func makeAsyncIterator() -> Iterator { Iterator(intake) }
    }
}
