extension OrderedMessages {
    /// The same messages with a mark wherever the stream has none any more: what was deleted,
    /// purged or has expired before it was read, as whoever comes back after a long absence finds.
    ///
    /// Marks need the numbers of all messages: there are none where only some subjects are read,
    /// or only the last message of each.
    public var withGaps: Marked { Marked(messages: self) }

    /// The messages of a stream in their order, with marks where some are gone.
    public struct Marked: AsyncSequence, Sendable {
        /// A message, or what is missing before the next one.
        public enum Element: Sendable {
            /// The next message.
            case message(JetStreamMessage)
            /// Numbers of messages that the stream has no more.
            case gap(ClosedRange<UInt64>)
        }

        public typealias Failure = JetStreamError

        let messages: OrderedMessages

        /// Pulls messages as they are wanted; belongs to one task.
        public struct Iterator: AsyncIteratorProtocol {
            private var messages: OrderedMessages.Iterator
            private let seesAll: Bool
            /// The number that comes next when nothing is missing; nil: not known yet.
            private var expected: UInt64?
            /// What comes behind a mark.
            private var held: JetStreamMessage?

            init(_ source: OrderedMessages) {
                messages = source.makeAsyncIterator()
                seesAll =
                    source.options.filters.isEmpty && source.options.start != .lastPerSubject
                if case .byStartSequence(let number) = source.options.start { expected = number }
            }

            /// The next message or mark; nil at the end, or when the client drains. Cancelling the
            /// task ends it with the code `cancelled`.
            /// - Throws: As `OrderedMessages.Iterator.next()`.
            public mutating func next() async throws(JetStreamError) -> Element? {
                try await next(isolation: #isolation)
            }

            /// The next message or mark, on the caller's actor; nil at the end, or when the client
            /// drains. Cancelling the task ends it with the code `cancelled`.
            /// - Throws: As `next()`.
            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(JetStreamError) -> Element? {
                if let message = held.take() { return .message(message) }
                guard let message = try await messages.next(isolation: actor) else { return nil }
                let number = message.metadata.streamSequence
                defer { expected = number &+ 1 }
                guard seesAll, let expected, expected > 0, number > expected else {
                    return .message(message)
                }
                held = message
                return .gap(expected...number - 1)
            }
        }

        public func makeAsyncIterator() -> Iterator { Iterator(messages) }
    }
}
