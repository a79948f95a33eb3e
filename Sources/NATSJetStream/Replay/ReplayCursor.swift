// Theory of operation.
//
// A replay reads through consumers that acknowledge nothing, so it keeps its own place: the
// number of the last message that was handed on. Deliveries of one consumer are numbered from 1
// without gaps; a gap means that a delivery was lost on the way, and the replay starts again
// with a new consumer behind the last message (as ordered consumers do, ADR-17). A start time is
// given only to the first consumer, a start number only to the later ones, never both.
//
// It is finished when the message that was the newest at the beginning has been passed, or when
// the consumer says that nothing is pending after this one. A consumer that waits for nothing is
// finished before it begins. Messages may leave the stream while they are waited for: when none
// comes for a while, the consumer is asked. Nothing pending and nothing on its way is an end, if
// the server that says so has all that its leader has (`ReadReach`).
//
// What leaves the stream before it was reached is counted. The first consumer says how many
// messages it has to deliver; of those, no more than the stream has stored since the replay was
// asked for are none of the replay's. Each message that is handed on makes the rest smaller. When
// numbers of the stream are passed over and fewer messages are pending than are expected, those
// have been removed here; what is still expected at the end, and was passed over, too. Where
// nobody can tell the removed from the new ones, the count is the smaller one: never too great.
package import BridgeBytes

/// The place of a replay in its stream.
package struct ReplayCursor: Sendable {
    package enum Action: Equatable, Sendable {
        case deliver
        /// It was delivered before.
        case drop
        /// A delivery was lost: make a new consumer.
        case restart
    }

    private let start: Timestamp
    private let last: UInt64?
    private var streamSequence: UInt64 = 0
    private var consumerSequence: UInt64 = 0
    private var losses = 0
    /// Messages that are still to be handed on; nil before the first consumer says so.
    private var expected: UInt64?
    /// Numbers of the stream that were passed over and not told of as removed.
    private var passedOver: UInt64 = 0
    private var removed: UInt64 = 0
    /// How far it must have come before a consumer that has nothing pending ends it.
    package var reach = ReadReach()
    /// Whether the consumer has said that it has nothing to deliver.
    private var isExhausted = false
    package private(set) var isFinished = false

    /// Consumers in a row that may be lost without a message in between.
    package static let maxLosses = 10

    /// - Parameter last: number of the last message to deliver; nil: there is no end.
    package init(start: Timestamp, last: UInt64?) {
        self.start = start
        self.last = last
        isFinished = last == 0
    }

    /// Where the next consumer starts.
    package var deliverPolicy: ConsumerConfiguration.DeliverPolicy {
        streamSequence == 0 ? .byStartTime(start) : .byStartSequence(streamSequence + 1)
    }

    /// Whether it has an end and no consumer has been made, so that `opened` wants to know how many
    /// messages are newer than the end.
    package var wantsNewer: Bool { expected == nil && last != nil }

    /// A consumer was made that has this many messages to deliver.
    /// - Parameter newer: How many of them, at most, are newer than the end.
    package mutating func opened(pending: UInt64, newer: UInt64 = 0) {
        (consumerSequence, isExhausted) = (0, false)
        if expected == nil { expected = pending - min(pending, newer) }
        if pending == 0 { exhausted() }
    }

    /// The consumer has nothing to deliver.
    private mutating func exhausted() {
        isExhausted = true
        reconsider()
    }

    /// What is to be reached has become known.
    package mutating func reconsider() {
        if isExhausted, last != nil, reach.isReached(streamSequence) { finish() }
    }

    /// What is to be asked before that is an end; nil: nothing now.
    package mutating func question() -> ReadReach.Question? {
        guard last != nil, !isFinished, !reach.isReached(streamSequence) else { return nil }
        return reach.question()
    }

    /// How many messages were removed from the stream before they could be read, since this was
    /// asked last; nil for none.
    package mutating func takeRemoved() -> UInt64? {
        defer { removed = 0 }
        return removed > 0 ? removed : nil
    }

    private mutating func finish() {
        isFinished = true
        guard let last else { return }
        let (rest, isGreater) = passedOver.addingReportingOverflow(
            last - min(last, streamSequence))
        remove(min(expected ?? 0, isGreater ? .max : rest))
    }

    private mutating func remove(_ count: UInt64) {
        removed += count
        expected? -= count
    }

    /// A message is handed on.
    private mutating func passTo(_ metadata: MessageMetadata) {
        // Where the first one should have been, nobody has said.
        let gap =
            streamSequence == 0 ? UInt64.max : metadata.streamSequence - streamSequence - 1
        streamSequence = metadata.streamSequence
        guard let before = expected else { return }
        let rest = before - min(before, 1)
        expected = rest
        let missing = min(gap, rest - min(rest, metadata.pending))
        remove(missing)
        let (sum, isGreater) = passedOver.addingReportingOverflow(gap - missing)
        passedOver = isGreater ? .max : sum
    }

    /// A message came.
    package mutating func received(_ metadata: MessageMetadata) -> Action {
        guard metadata.consumerSequence == consumerSequence + 1 else { return .restart }
        consumerSequence = metadata.consumerSequence
        losses = 0
        guard metadata.streamSequence > streamSequence else { return .drop }
        if let last, metadata.streamSequence > last {
            finish()
            return .drop
        }
        // A replica that is behind may begin with older ones.
        guard metadata.timestamp >= start else { return .drop }
        passTo(metadata)
        reach.received()
        isExhausted = false
        if metadata.streamSequence == last {
            finish()
        } else if metadata.pending == 0 {
            exhausted()
        }
        return .deliver
    }

    /// No message came for a while, and the consumer was asked.
    /// - Parameters:
    ///   - pending: Messages that it has to deliver.
    ///   - delivered: Number of its last delivery; nil when it does not say.
    /// - Returns: Whether deliveries were lost, and a new consumer is to be made.
    package mutating func idled(pending: UInt64, delivered: UInt64?) -> Bool {
        if let delivered, delivered != consumerSequence { return true }
        guard pending == 0 else { return false }
        exhausted()
        return reach.heard() && last != nil && !isFinished
    }

    /// A replay without an end has the client's.
    package mutating func drained() { isFinished = true }

    /// The consumer failed; returns whether another one may help. A server that restarts has
    /// forgotten a consumer that was kept in memory.
    package mutating func lost(_ code: ErrorCode) -> Bool {
        switch code {
        case .consumerDeleted, .consumerNotFound, .unavailable, .jetStreamDisabled,
            .heartbeatMissed, .timeout:
            losses += 1
            return losses <= Self.maxLosses
        default:
            return false
        }
    }
}
