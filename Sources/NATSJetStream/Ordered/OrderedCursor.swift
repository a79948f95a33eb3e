// Theory of operation.
//
// An ordered read goes through consumers that acknowledge nothing and live in the server's memory
// (ADR-17). Deliveries of one consumer are numbered from 1 without gaps; a gap means that one was
// lost on its way, and a heartbeat that tells another number than ours means the same of the last
// ones. Either way a new consumer goes on behind the last message that was handed on. Only the
// first consumer has the start that was asked for; all later ones have a number. A read of the last
// message of each subject asks for just that again until all is told that was there: by number the
// earlier ones would come, too. Its messages come in the order of the stream, so what was handed on
// is known by its number then, too.
//
// It has *caught up* when everything is handed on that was there at the beginning. The consumer
// says at its creation how many messages it has to deliver: none means at once. Else it is so when
// as many have come and none is pending. Fewer may come, where messages are removed or replaced
// meanwhile; then a heartbeat shows it, which the server sends only while it has nothing to
// deliver, when it names our last delivery. That no message is pending is not enough: with
// replicas the number may fall to zero and rise again.
package import BridgeBytes

/// The place of an ordered read in its stream.
package struct OrderedCursor: Sendable {
    package enum Action: Equatable, Sendable {
        case deliver
        /// It was handed on before.
        case drop
        /// A delivery was lost: make a new consumer.
        case restart
    }

    private let start: ConsumerConfiguration.DeliverPolicy
    private let isOfLast: Bool
    /// Number in the stream behind which a new consumer goes on; nil: as was asked for.
    private(set) var last: UInt64?
    private var consumerSequence: UInt64 = 0
    /// Messages that the first consumer had to deliver, and what came of them.
    private var expected: UInt64 = 0
    private var received: UInt64 = 0
    /// Failures in a row.
    package private(set) var losses = 0
    package private(set) var hasCaughtUp = false
    /// Whether it has been told that all is handed on that was there.
    package var hasToldCaughtUp = false

    package init(start: ConsumerConfiguration.DeliverPolicy) {
        self.start = start
        isOfLast = start == .lastPerSubject
    }

    /// Where the next consumer starts.
    package var deliverPolicy: ConsumerConfiguration.DeliverPolicy {
        isAsOfNow ? start : last.map { .byStartSequence($0 + 1) } ?? start
    }

    /// Whether it is about the last message of each subject, which depends on when it is asked.
    package var isAsOfNow: Bool { isOfLast && !hasToldCaughtUp }

    /// A consumer was made.
    /// - Parameters:
    ///   - pending: Messages that it has to deliver.
    ///   - delivered: Number in the stream behind which it starts; nil when it does not say.
    package mutating func opened(pending: UInt64, delivered: UInt64?) {
        (consumerSequence, expected, received) = (0, pending, 0)
        // What is new is counted from the first consumer on, not from one that follows it.
        if start == .new, last == nil { last = delivered }
        if isAsOfNow { hasCaughtUp = false }
        if pending == 0 { hasCaughtUp = true }
    }

    /// A message came.
    package mutating func received(_ metadata: MessageMetadata) -> Action {
        guard metadata.consumerSequence == consumerSequence + 1 else { return .restart }
        consumerSequence = metadata.consumerSequence
        (losses, received) = (0, received + 1)
        if received >= expected && metadata.pending == 0 { hasCaughtUp = true }
        guard metadata.streamSequence > last ?? 0 else { return .drop }
        last = metadata.streamSequence
        return .deliver
    }

    /// A heartbeat came, which names the consumer's last delivery.
    /// - Returns: Whether deliveries were lost, and a new consumer is to be made.
    package mutating func heard(delivered: UInt64) -> Bool {
        guard delivered == consumerSequence else { return true }
        (losses, hasCaughtUp) = (0, true)
        return false
    }

    /// Longest wait between two attempts to make a consumer.
    package static let longestWait: Duration = .seconds(5)

    /// The consumer failed, or could not be made.
    /// - Parameter wait: The wait after the first failure; it doubles.
    /// - Returns: How long to wait before another is made; nil when none may help.
    package mutating func lost(_ code: ErrorCode, wait: Duration) -> Duration? {
        switch code {
        case .consumerDeleted, .consumerNotFound, .unavailable, .jetStreamDisabled,
            .heartbeatMissed, .timeout, .disconnected, .noResponders, .outboxFull:
            defer { losses += 1 }
            return min(wait * (1 << min(losses, 8)), Self.longestWait)
        default:
            return nil
        }
    }
}
