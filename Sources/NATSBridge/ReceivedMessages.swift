internal import NATSCore
public import NATSJetStream
public import NATSWire

/// The messages of a subscription as typed values; see `Bridge.messages(on:)`.
public struct ReceivedMessages: AsyncSequence, Sendable {
    /// A message, or why it cannot be used.
    public typealias Element = Result<Received, BridgeError>
    /// The subscription itself failed: the server refused it.
    public typealias Failure = BridgeError

    let bridge: Bridge
    let subscription: NATSSubscription
    let options: ReceiveOptions

    /// Ends the interest.
    public func unsubscribe() { subscription.unsubscribe() }

    public struct Iterator: AsyncIteratorProtocol {
        private let messages: ReceivedMessages
        private var inner: NATSSubscription.Iterator

        init(_ messages: ReceivedMessages) {
            self.messages = messages
            inner = messages.subscription.makeAsyncIterator()
        }

        public mutating func next() async throws(BridgeError) -> Element? {
            try await next(isolation: #isolation)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(BridgeError) -> Element? {
            let message: NATSMessage?
            do throws(NATSError) {
                message = try await inner.next(isolation: actor)
            } catch {
                throw BridgeError(error, stage: .receive)
            }
            guard let message else { return nil }
            do throws(BridgeError) {
                return .success(
                    try await messages.bridge.receive(message, options: messages.options))
            } catch {
                return .failure(error)
            }
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}

/// The messages of a replay as typed values; see `Bridge.replay`.
public struct ReplayedMessages: AsyncSequence, Sendable {
    /// A message, or why it cannot be used; where it stands in the stream is told in both cases.
    public struct Element: Sendable {
        /// Where the message stands in the stream.
        public let position: StreamPosition
        /// The subject that it was published to.
        public let subject: Subject
        /// The message, or why it cannot be used.
        public let result: Result<Received, BridgeError>
    }
    public typealias Failure = BridgeError

    let bridge: Bridge
    /// From where it starts, by the server's clock.
    public let replay: Replay
    let options: ReceiveOptions

    public struct Iterator: AsyncIteratorProtocol {
        private let messages: ReplayedMessages
        private var inner: Replay.Iterator

        init(_ messages: ReplayedMessages) {
            self.messages = messages
            inner = messages.replay.makeAsyncIterator()
        }

        public mutating func next() async throws(BridgeError) -> Element? {
            try await next(isolation: #isolation)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(BridgeError) -> Element? {
            let message: JetStreamMessage?
            do throws(JetStreamError) {
                message = try await inner.next(isolation: actor)
            } catch {
                throw BridgeError(error, stage: .replay, subject: messages.replay.stream)
            }
            guard let message else { return nil }
            let position = StreamPosition(message.metadata)
            let incoming = Incoming(
                bridge: messages.bridge, message: message.message, options: messages.options,
                position: position)
            let result: Result<Received, BridgeError>
            do throws(BridgeError) {
                result = .success(try await incoming.receive())
            } catch {
                result = .failure(error)
            }
            return Element(position: position, subject: message.subject, result: result)
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
