internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

/// What a watch tells.
public struct KeyValueWatchOptions: Sendable, Hashable {
    /// What comes before the changes that are new.
    public enum Start: Sendable, Hashable {
        /// The last change of each key.
        case current
        /// All changes that the bucket keeps.
        case history
        /// Nothing.
        case updatesOnly
        /// All changes from that revision on: for whoever has seen those before it.
        case revision(UInt64)
    }

    /// What comes before the changes that are new.
    public var start = Start.current
    /// Whether removed keys are not told of.
    public var ignoresDeletes = false
    /// Whether values are left out; `size` says how large they are.
    public var metaOnly = false

    /// The last change of each key, and all that follow.
    public init() {}
}

extension KeyValueBucket {
    /// The changes of keys, as they are and as they come, without end.
    ///
    /// They come in order and without gaps for as long as the client is open; see
    /// `JetStream.orderedMessages`. With replicas the mark that all is told means the server that
    /// tells it, which may be a moment behind; what it lacks follows. After a long absence, marks
    /// of removed keys may have gone: list the keys and compare.
    /// - Parameter patterns: Only such keys, with `*` and `>`; empty: all. Patterns that others
    ///   cover are left out; the server refuses those that overlap in part.
    /// - Throws: `JetStreamError` with `invalidArgument` for what is no pattern.
    public func watch(
        _ patterns: [String] = [], options: KeyValueWatchOptions = KeyValueWatchOptions()
    ) throws(JetStreamError) -> KeyValueWatch {
        var read = OrderedReadOptions()
        read.filters = try stored(patterns: patterns, "kv watch")
        read.headersOnly = options.metaOnly
        read.start =
            switch options.start {
            case .current: .lastPerSubject
            case .history: .all
            case .updatesOnly: .new
            case .revision(let revision): .byStartSequence(max(1, revision))
            }
        return KeyValueWatch(
            bucket: self, messages: jetStream.orderedMessages(in: streamName, options: read),
            ignoresDeletes: options.ignoresDeletes)
    }

    /// The changes of one key, or of such keys, as they are and as they come, without end.
    /// - Throws: `JetStreamError` with `invalidArgument` for what is no pattern.
    public func watch(
        _ pattern: String, options: KeyValueWatchOptions = KeyValueWatchOptions()
    ) throws(JetStreamError) -> KeyValueWatch {
        try watch([pattern], options: options)
    }
}

/// The changes of a bucket's keys, without end.
///
/// It throws `streamNotFound` when the bucket goes, and when the client is closed or the task that
/// iterates is cancelled (`JetStreamError`). It ends when the client drains.
public struct KeyValueWatch: AsyncSequence, Sendable {
    public typealias Failure = JetStreamError

    /// What a watch tells.
    public enum Element: Sendable {
        /// A change.
        case entry(KeyValueEntry)
        /// All is told that was there when the watch began; what follows is new. Comes once, also
        /// when there was nothing.
        case caughtUp

        /// The change; nil for the mark.
        public var entry: KeyValueEntry? {
            if case .entry(let entry) = self { entry } else { nil }
        }
    }

    let bucket: KeyValueBucket
    let messages: OrderedMessages
    let ignoresDeletes: Bool

    /// Waits for changes as they are wanted; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        let bucket: KeyValueBucket
        var messages: OrderedMessages.Iterator
        let ignoresDeletes: Bool

        /// The next change, or the mark; nil when the client drains. Cancelling the task ends it
        /// with the code `cancelled`.
        /// - Throws: `JetStreamError` with `streamNotFound`, `refused`, `permissionDenied`,
        ///   `closed` or `cancelled`.
        public mutating func next() async throws(JetStreamError) -> Element? {
            try await next(isolation: #isolation)
        }

        /// The next change, or the mark, on the caller's actor; nil when the client drains.
        /// Cancelling the task ends it with the code `cancelled`.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(JetStreamError) -> Element? {
            while true {
                if let message = try messages.takeBuffered() {
                    if let told = told(message) { return told }
                    continue
                }
                guard let event = try await messages.nextEvent() else { return nil }
                guard case .message(let message) = event else { return .caughtUp }
                if let told = told(message) { return told }
            }
        }

        /// What is told of a message; nil: nothing.
        private func told(_ message: JetStreamMessage) -> Element? {
            let entry = KeyValueEntry(
                message, bucket: bucket.name, key: bucket.key(message.subject))
            return entry.operation == .put || !ignoresDeletes ? .entry(entry) : nil
        }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(
            bucket: bucket, messages: messages.makeAsyncIterator(),
            ignoresDeletes: ignoresDeletes)
    }
}
