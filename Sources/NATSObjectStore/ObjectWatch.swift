internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

/// What a watch of an object store tells.
public struct ObjectWatchOptions: Sendable, Hashable {
    /// What comes before the changes that are new.
    public enum Start: Sendable, Hashable {
        /// What is known of each object now.
        case current
        /// Nothing.
        case updatesOnly
    }

    /// What comes before the changes that are new.
    public var start = Start.current
    /// Whether removed objects are not told of.
    public var ignoresDeletes = false

    /// What is known of each object, and all that follows.
    public init() {}
}

extension ObjectBucket {
    /// The changes of objects, as they are and as they come, without end: each time something is
    /// stored whole, linked, described anew or removed. The bytes are not part of it.
    ///
    /// They come in order and without gaps for as long as the client is open; see
    /// `JetStream.orderedMessages`. With replicas the mark that all is told means the server that
    /// tells it, which may be a moment behind; what it lacks follows. Of changes that follow each
    /// other quickly only the last may be told, since a store keeps no others.
    public func watch(_ options: ObjectWatchOptions = ObjectWatchOptions()) -> ObjectWatch {
        var read = OrderedReadOptions()
        read.filters = [names.infos]
        read.start = options.start == .current ? .lastPerSubject : .new
        return ObjectWatch(
            names: names, messages: jetStream.orderedMessages(in: streamName, options: read),
            ignoresDeletes: options.ignoresDeletes)
    }
}

/// The changes of a store's objects, without end.
///
/// It throws `streamNotFound` when the store goes, and when the client is closed or the task that
/// iterates is cancelled (`JetStreamError`). It ends when the client drains. What somebody has said
/// that cannot be read is told as such (`ObjectInfo.fault`).
public struct ObjectWatch: AsyncSequence, Sendable {
    public typealias Failure = JetStreamError

    /// What a watch tells.
    public enum Element: Sendable, Hashable {
        /// What the store knows of an object from now on; see `ObjectInfo.isDeleted`.
        case object(ObjectInfo)
        /// All is told that was there when the watch began; what follows is new. Comes once, also
        /// when there was nothing.
        case caughtUp

        /// The object; nil for the mark.
        public var object: ObjectInfo? {
            if case .object(let info) = self { info } else { nil }
        }
    }

    let names: ObjectNames
    let messages: OrderedMessages
    let ignoresDeletes: Bool

    /// Waits for changes as they are wanted; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        let names: ObjectNames
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
            while let event = try await messages.nextEvent() {
                guard case .message(let message) = event else { return .caughtUp }
                let info = ObjectInfo(
                    message.payload, on: message.subject, in: names,
                    stored: message.metadata.timestamp)
                if !info.isDeleted || !ignoresDeletes { return .object(info) }
            }
            return nil
        }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(
            names: names, messages: messages.makeAsyncIterator(), ignoresDeletes: ignoresDeletes)
    }
}
