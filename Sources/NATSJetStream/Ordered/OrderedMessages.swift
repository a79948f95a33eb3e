internal import BridgeBytes
internal import NATSCore
public import NATSWire

/// What an ordered read begins with, and what it takes.
public struct OrderedReadOptions: Sendable, Hashable {
    /// Where it starts.
    public var start = ConsumerConfiguration.DeliverPolicy.all
    /// Only messages on these subjects; empty: all.
    public var filters: [SubjectPattern] = []
    /// Whether only headers are delivered, with the size of the payload in `Nats-Msg-Size`.
    public var headersOnly = false
    /// Whether new messages follow the old ones without end; otherwise it ends when all is
    /// delivered that was there when it began.
    public var follows = true
    /// Most bytes that are on their way at a time; nil: the client's usual bound. No less than what
    /// one message may have.
    package var maxBytes: Int?
    /// How long a connected client asks in vain before the read fails: one that is to end, or that
    /// has not begun. A cluster without a quorum takes every question and answers none.
    package var patience: Duration = .seconds(60)
    /// Whether a replica that is behind is waited for; not where the leader is asked for the rest.
    package var waitsForReplica = true

    /// All messages, and then what is new.
    public init() {}
}

extension JetStream {
    /// The messages of a stream in their order, without gaps and with nothing to be acknowledged:
    /// when a delivery or the consumer is lost, another one goes on behind the last message, for
    /// as long as the client is open and the stream is there.
    ///
    /// The consumer is made when the first message is asked for. It is removed when the loop is
    /// left; what a crash leaves is forgotten by the server after five minutes. A work queue
    /// refuses it: `storedMessages` reads without a consumer.
    ///
    /// In a stream with replicas the cluster puts the consumer on any of them. One that is behind
    /// is waited for: a read has all that the leader had when it began, before it ends or tells
    /// that it has caught up. So of a subject more than the last message may come.
    ///
    /// Where a connected client asks in vain for a minute, as a cluster without a quorum, a read
    /// that does not follow, or has not begun, fails with the last answer; else it goes on asking.
    public func orderedMessages(
        in stream: String, options: OrderedReadOptions = OrderedReadOptions()
    ) -> OrderedMessages {
        OrderedMessages(jetStream: self, stream: stream, options: options)
    }
}

/// The messages of a stream in their order, without gaps.
public struct OrderedMessages: AsyncSequence, Sendable {
    public typealias Element = JetStreamMessage
    public typealias Failure = JetStreamError

    let jetStream: JetStream
    /// The stream that is read.
    public let stream: String
    /// What is read of it.
    public let options: OrderedReadOptions

    /// What an ordered read comes upon.
    package enum Event: Sendable {
        case message(JetStreamMessage)
        /// All that was there at the beginning has been handed on; told once.
        case caughtUp
    }

    /// Pulls messages as they are wanted; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let source: OrderedMessages
        private var cursor: OrderedCursor
        private var lease: ConsumerLease?
        /// Connections that the client had made when the consumer was.
        private var connections = 0
        private var messages: JetStreamMessages.Iterator?
        /// When the stream was made; nil: not known.
        private var streamCreated: Timestamp?
        private var hasOpened = false
        private var reach = ReadReach()
        /// Since when a replica is waited for; nil: it is not.
        private var lackingSince: ContinuousClock.Instant?
        /// Since when nothing has come, though there is a connection; nil: something has.
        private var vainSince: ContinuousClock.Instant?
        private var isOver = false

        /// Messages that were handed out without a wait.
        private var handedOut = 0
        /// A replica that is behind may begin with older messages.
        private var startTime: Timestamp?

        init(_ source: OrderedMessages) {
            self.source = source
            cursor = OrderedCursor(start: source.options.start)
            if case .byStartTime(let time) = source.options.start { startTime = time }
        }

        private func isTooOld(_ message: JetStreamMessage) -> Bool {
            guard let startTime else { return false }
            return message.metadata.timestamp < startTime
        }

        /// The next message; nil at the end, or when the client drains. Cancelling the task ends it
        /// with the code `cancelled`.
        /// - Throws: `JetStreamError` with `streamNotFound`, `invalidArgument`, `refused`,
        ///   `permissionDenied`, `closed` or `cancelled`.
        public mutating func next() async throws(JetStreamError) -> JetStreamMessage? {
            try await next(isolation: #isolation)
        }

        /// The next message, on the caller's actor; nil at the end, or when the client drains.
        /// Cancelling the task ends it with the code `cancelled`.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(JetStreamError) -> JetStreamMessage? {
            if let message = try takeBuffered() { return message }
            while let event = try await nextEvent() {
                if case .message(let message) = event { return message }
                if !source.options.follows { close() }
            }
            return nil
        }

        /// A message that came together with others, without a suspension, and without a look at
        /// what else there is to do; nil: `nextEvent` knows.
        package mutating func takeBuffered() throws(JetStreamError) -> JetStreamMessage? {
            handedOut &+= 1
            if handedOut % Self.cancellationStride == 0 { try checkCancellation() }
            while !cursor.hasCaughtUp || cursor.hasToldCaughtUp,
                let message = try messages?.takeBuffered()
            {
                switch cursor.received(message.metadata) {
                case .deliver where isTooOld(message): continue
                case .deliver: return message
                case .drop: continue
                case .restart:
                    restart()
                    return nil
                }
            }
            return nil
        }

        /// The next message, or that all is handed on that was there; nil at the end.
        /// - Throws: As `next()`.
        package mutating func nextEvent(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(JetStreamError) -> Event? {
            while !isOver {
                if cursor.hasCaughtUp, !cursor.hasToldCaughtUp, isWhole {
                    cursor.hasToldCaughtUp = true
                    return .caughtUp
                }
                guard let message = try await receive() else { continue }
                switch cursor.received(message.metadata) {
                case .deliver:
                    reach.received()
                    lackingSince = nil
                    if isTooOld(message) { continue }
                    return .message(message)
                case .drop: continue
                case .restart: restart()
                }
            }
            return nil
        }

        /// After so many messages that had come already it is looked for a cancellation.
        private static let cancellationStride = 32

        /// What has come already is handed out without a wait that would notice it.
        private func checkCancellation() throws(JetStreamError) {
            guard Task.isCancelled else { return }
            throw JetStreamError(.cancelled, operation: "read", stream: source.stream)
        }

        /// Whether it has all that the leader had.
        private var isWhole: Bool { reach.isReached(cursor.last ?? 0) }

        /// Whether the consumer may pass over a message. Of those that bring the last message of
        /// each subject a server forgets one when whoever has asked for it goes away (2.15.1).
        private var isStale: Bool {
            cursor.isAsOfNow && messages != nil
                && connections != source.jetStream.client.connectionCount
        }

        /// Asks the leader what is missing, where that is not known, and gives up a read that is to
        /// end and waits in vain.
        private mutating func look() async throws(JetStreamError) -> Bool {
            guard cursor.hasCaughtUp, !cursor.hasToldCaughtUp, !isWhole,
                let question = reach.question()
            else { return false }
            try await source.jetStream.ask(
                question, for: &reach, in: source.stream, source.options.filters,
                from: source.options.start)
            return true
        }

        /// Whether a read that is to end has waited for a replica for too long.
        private mutating func isLacking() -> Bool {
            guard cursor.hasCaughtUp, !cursor.hasToldCaughtUp, !source.options.follows else {
                return false
            }
            let now = ContinuousClock.now
            let since = lackingSince ?? now
            lackingSince = since
            return now - since >= source.options.patience
        }

        /// Nil when there is something else to look at.
        private mutating func receive() async throws(JetStreamError) -> JetStreamMessage? {
            do throws(JetStreamError) {
                try checkCancellation()
                guard messages != nil else {
                    try await open()
                    return nil
                }
                guard !isStale else {
                    restart()
                    return nil
                }
                if try await look() { return nil }
                if let message = try await messages?.next() { return isStale ? nil : message }
                if let delivered = messages?.heartbeat {
                    let isSilent = reach.heard()
                    if cursor.heard(delivered: delivered) { restart() }
                    guard !isLacking() else {
                        isOver = true
                        throw JetStreamError(
                            .unavailable, operation: "read", stream: source.stream,
                            detail: "the replica that reads lacks messages that the leader has")
                    }
                    if isSilent, !cursor.hasToldCaughtUp, !isWhole { restart() }
                } else {
                    // Only the client's drain ends messages that have no end.
                    close()
                }
                return nil
            } catch {
                let first = source.jetStream.options.publishRetryWait
                let isFirst = cursor.losses == 0
                guard !isOver, let wait = cursor.lost(error.code, wait: first),
                    !isHopeless(isFirst)
                else { throw error }
                restart()
                try await JetStream.pause(wait)
                return nil
            }
        }

        /// Whether it has been tried for so long that whoever waits is to know.
        private mutating func isHopeless(_ isFirst: Bool) -> Bool {
            let now = ContinuousClock.now
            if isFirst || !source.jetStream.client.isConnected { vainSince = now }
            guard !source.options.follows || !hasOpened, let since = vainSince else { return false }
            return now - since >= source.options.patience
        }

        private mutating func open() async throws(JetStreamError) {
            if source.options.follows {
                streamCreated = try await source.jetStream.created(
                    source.stream, as: streamCreated, behind: cursor.last, operation: "read")
            }
            var configuration = ConsumerConfiguration()
            configuration.deliverPolicy = cursor.deliverPolicy
            configuration.ackPolicy = .none
            configuration.filterSubjects = source.options.filters
            if cursor.isAsOfNow, source.options.filters.isEmpty {
                // Servers want one for this.
                configuration.filterSubjects = [">"]
            }
            configuration.headersOnly = source.options.headersOnly
            configuration.memoryStorage = true
            configuration.replicas = 1
            configuration.inactiveThreshold = .seconds(300)
            // Before the consumer is made: a connection that ends meanwhile makes it stale.
            connections = source.jetStream.client.connectionCount
            let consumer = try await source.jetStream.createReader(
                configuration, on: source.stream, operation: "read")
            lease = ConsumerLease(consumer)
            let info = consumer.cachedInfo
            reach.opened(
                isReplicated: info.cluster != nil && source.options.waitsForReplica,
                isFirst: !hasOpened)
            hasOpened = true
            cursor.opened(pending: info.pending, delivered: info.deliveredStreamSequence)
            var pulls = PullMachine.Configuration(
                batch: 512,
                maxBytes: source.options.maxBytes, expires: .seconds(4),
                isContinuous: true)
            // The consumer lives in memory: when nobody answers for it, it is gone.
            pulls.maxRefusals = 1
            pulls.tellsHeartbeats = true
            messages = JetStreamMessages(consumer: consumer, configuration: pulls)
                .makeAsyncIterator()
        }

        private mutating func restart() { (messages, lease) = (nil, nil) }

        /// Ends it.
        package mutating func close() {
            restart()
            isOver = true
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}

extension NATSClient {
    /// Bytes that a read has on their way at most. A server cuts off a connection to which 64 MiB
    /// wait, unless it is told otherwise; the rest is for others. Always enough for one message.
    var readBytes: Int { Swift.max(32 << 20, maxPayload + (64 << 10)) }
}

/// Has the server remove a consumer when nobody reads through it any more.
final class ConsumerLease: Sendable {
    private let consumer: PullConsumer

    init(_ consumer: PullConsumer) { self.consumer = consumer }

    deinit {
        // Nobody waits for the answer; where it cannot be sent, the server forgets it later.
        guard
            let subject = try? consumer.jetStream.api.consumerDelete(
                consumer.stream, consumer.name)
        else { return }
        try? consumer.jetStream.client.publish(Bytes(), to: subject)
    }
}
