public import BridgeBytes
internal import NATSCore
public import NATSWire
internal import Synchronization

/// From where a replay starts, told by the server's clock.
public struct ReplayAnchor: Sendable, Hashable {
    /// The server's clock when it was asked.
    public let serverTime: Timestamp
    /// The moment from which messages are replayed.
    public let start: Timestamp
    /// When the oldest message of the stream was stored; nil when it is empty.
    public let oldest: Timestamp?
    /// Number of the newest message when the server was asked; 0 when there never was one.
    public let lastSequence: UInt64

    /// Whether retention may have removed messages of the time asked for: the stream has lost
    /// some, and its oldest one is younger than the start.
    public let isCutShort: Bool
    /// When the stream was made.
    package let streamCreated: Timestamp?

    /// The anchor for "since `duration` ago".
    ///
    /// The local clock has no part in it: one that is ahead of the server's would ask for a
    /// start in the server's future, which is accepted and silently delivers nothing. A negative
    /// duration counts as zero for the same reason.
    /// - Throws: `JetStreamError` with `unexpectedAnswer` when the server does not tell
    ///   its time (before 2.10).
    package init(_ info: StreamInfo, since duration: Duration) throws(JetStreamError) {
        guard let serverTime = info.serverTime else {
            throw JetStreamError(
                .unexpectedAnswer, operation: "replay", stream: info.configuration.name,
                detail: "the server does not tell its time (ts); it is older than 2.10")
        }
        self.serverTime = serverTime
        let epoch = Timestamp(seconds: 0)
        start = max(serverTime.advanced(by: .zero - max(duration, .zero)) ?? epoch, epoch)
        oldest = info.state.firstTime
        lastSequence = info.state.lastSequence
        streamCreated = info.created
        let hasLost = info.state.firstSequence > 1
        isCutShort = hasLost && (info.state.firstTime ?? serverTime) > start
    }
}

extension JetStream {
    /// The messages that a stream stored in the last `duration`, by the server's clock.
    ///
    /// They come in the order of the stream, without gaps: when the server loses the consumer,
    /// another one goes on behind the last message. Nothing is to be acknowledged. Messages that
    /// are removed from the stream meanwhile are not waited for, and counted
    /// (`Replay.removedMessages`).
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Parameters:
    ///   - stream: Name of the stream.
    ///   - duration: How far to look back.
    ///   - filters: Only messages on these subjects; empty: all.
    ///   - follows: Whether new messages follow the old ones without end. Otherwise the sequence
    ///     ends with the message that was the newest when the replay began.
    /// - Throws: `JetStreamError` with `streamNotFound`, `refused` for a work queue (the detail
    ///   says what to do instead), `unexpectedAnswer` when the server does not tell its time, and
    ///   what every call of the API may throw (see `JetStream`). The sequence throws `closed` when
    ///   the client drains, unless it follows, since more was promised.
    public func replay(
        _ stream: String, since duration: Duration, filters: [SubjectPattern] = [],
        follows: Bool = false
    ) async throws(JetStreamError) -> Replay {
        let info = try await streamInfo(stream)
        guard info.configuration.retention != .workQueue else {
            throw JetStreamError.workQueue(stream, operation: "replay")
        }
        let anchor = try ReplayAnchor(info, since: duration)
        return Replay(
            jetStream: self, stream: stream, anchor: anchor, filters: filters, follows: follows)
    }
}

/// What a stream stored in the past, in order.
public struct Replay: AsyncSequence, Sendable {
    public typealias Element = JetStreamMessage
    public typealias Failure = JetStreamError

    let jetStream: JetStream
    /// The stream that is replayed.
    public let stream: String
    /// Where the replay starts.
    public let anchor: ReplayAnchor
    let filters: [SubjectPattern]
    let follows: Bool
    private let tally = Tally()

    private final class Tally: Sendable {
        let removed = Atomic<UInt64>(0)
    }

    /// How many messages left the stream before this replay reached them, be it by a purge or by
    /// the stream's limits, as far as that has been noticed: it is not whole then. Where new
    /// messages came at the same time there may have been more.
    public var removedMessages: UInt64 { tally.removed.load(ordering: .relaxed) }

    /// What a replay comes upon.
    package enum Event: Sendable {
        case message(JetStreamMessage)
        /// This many messages have been removed here.
        case removed(UInt64)
    }

    /// Pulls messages as they are wanted; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let replay: Replay
        private var cursor: ReplayCursor
        private var consumer: PullConsumer?
        /// Removes the consumer when another takes its place, or nobody reads any more.
        private var lease: ConsumerLease?
        /// Since when the consumer has nothing to deliver and the leader has; nil: it is not so.
        private var lackingSince: ContinuousClock.Instant?
        private var isGivenUp = false
        private var messages: JetStreamMessages.Iterator?
        /// A message before which others are missing.
        private var held: JetStreamMessage?

        init(_ replay: Replay) {
            self.replay = replay
            cursor = ReplayCursor(
                start: replay.anchor.start, last: replay.follows ? nil : replay.anchor.lastSequence)
        }

        /// The next message; nil at the end. Cancelling the task ends the replay with the code
        /// `cancelled`.
        /// - Throws: `JetStreamError` with `streamNotFound`, `closed`, `cancelled`, `timeout`, or
        ///   as the calls of the API that make the consumer anew.
        public mutating func next() async throws(JetStreamError) -> JetStreamMessage? {
            try await next(isolation: #isolation)
        }

        /// The next message, on the caller's actor; nil at the end. Cancelling the task ends the
        /// replay, as in `next()`.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(JetStreamError) -> JetStreamMessage? {
            while let event = try await nextEvent() {
                if case .message(let message) = event { return message }
            }
            return nil
        }

        /// The next message, or how many are missing here; nil at the end.
        /// - Throws: As `next()`.
        package mutating func nextEvent(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(JetStreamError) -> Event? {
            if let message = held.take() { return .message(message) }
            while !cursor.isFinished {
                guard let message = try await receive() else { continue }
                switch cursor.received(message.metadata) {
                case .deliver:
                    lackingSince = nil
                    guard let removed = takeRemoved() else { return .message(message) }
                    held = message
                    return removed
                case .drop: continue
                case .restart: messages = nil
                }
            }
            if let removed = takeRemoved() { return removed }
            messages = nil
            // The server would forget it by itself, only later.
            try? await consumer?.delete()
            (consumer, lease) = (nil, nil)
            return nil
        }

        private mutating func takeRemoved() -> Event? {
            guard let count = cursor.takeRemoved() else { return nil }
            replay.tally.removed.add(count, ordering: .relaxed)
            return .removed(count)
        }

        /// Nil when the consumer has to be made again, or has nothing to deliver.
        private mutating func receive() async throws(JetStreamError) -> JetStreamMessage? {
            do throws(JetStreamError) {
                // What has come already is handed out without a wait that would notice it.
                guard !Task.isCancelled else {
                    throw JetStreamError(.cancelled, operation: "replay", stream: replay.stream)
                }
                if messages == nil { try await open() }
                guard !cursor.isFinished else { return nil }
                if let question = cursor.question() {
                    try await replay.jetStream.ask(
                        question, for: &cursor.reach, in: replay.stream, replay.filters,
                        from: .byStartTime(replay.anchor.start))
                    cursor.reconsider()
                    guard !cursor.isFinished else { return nil }
                }
                if let message = try await messages?.next() { return message }
                try await idle()
                return nil
            } catch {
                guard !isGivenUp, cursor.lost(error.code) else { throw error }
                messages = nil
                try await JetStream.pause(replay.jetStream.options.publishRetryWait)
                return nil
            }
        }

        /// No message came for a while, or the client drains.
        private mutating func idle() async throws(JetStreamError) {
            guard messages?.isDrained != true else {
                messages = nil
                if replay.follows { return cursor.drained() }
                throw JetStreamError(
                    .closed, operation: "replay", stream: replay.stream,
                    detail: "the client is draining")
            }
            guard let consumer else { return }
            let info = try await consumer.info()
            let isLost = cursor.idled(pending: info.pending, delivered: info.deliveredSequence)
            try checkPatience(isLacking: info.pending == 0 && !replay.follows && !cursor.isFinished)
            messages = isLost || cursor.isFinished ? nil : pull(consumer)
        }

        /// How long a replica that lacks messages is waited for.
        private static let patience: Duration = .seconds(60)

        private mutating func checkPatience(isLacking: Bool) throws(JetStreamError) {
            let now = ContinuousClock.now
            let since = lackingSince ?? now
            lackingSince = isLacking ? since : nil
            guard isLacking, now - since >= Self.patience else { return }
            isGivenUp = true
            throw JetStreamError(
                .unavailable, operation: "replay", stream: replay.stream,
                detail: "the replica that reads lacks messages that the leader has")
        }

        private mutating func open() async throws(JetStreamError) {
            if consumer != nil {
                _ = try await replay.jetStream.created(
                    replay.stream, as: replay.anchor.streamCreated, operation: "replay")
            }
            var configuration = ConsumerConfiguration()
            configuration.deliverPolicy = cursor.deliverPolicy
            configuration.ackPolicy = .none
            configuration.filterSubjects = replay.filters
            configuration.memoryStorage = true
            configuration.replicas = 1
            configuration.inactiveThreshold = .seconds(300)
            let consumer = try await replay.jetStream.createReader(
                configuration, on: replay.stream, operation: "replay")
            cursor.reach.opened(
                isReplicated: consumer.cachedInfo.cluster != nil, isFirst: self.consumer == nil)
            self.consumer = consumer
            lease = ConsumerLease(consumer)
            var newer: UInt64 = 0
            if cursor.wantsNewer {
                let state = try await replay.jetStream.streamInfo(replay.stream).state
                let last = replay.anchor.lastSequence
                newer = state.lastSequence - Swift.min(state.lastSequence, last)
            }
            cursor.opened(pending: consumer.cachedInfo.pending, newer: newer)
            messages = pull(consumer)
        }

        private func pull(_ consumer: PullConsumer) -> JetStreamMessages.Iterator {
            var pulls = PullMachine.Configuration(
                batch: 256, maxBytes: replay.jetStream.client.readBytes, expires: .seconds(5),
                isContinuous: true)
            // The consumer lives in memory: when nobody answers for it, it is gone.
            pulls.maxRefusals = 1
            pulls.endsWhenIdle = !replay.follows
            return JetStreamMessages(consumer: consumer, configuration: pulls).makeAsyncIterator()
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
