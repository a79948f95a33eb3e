/// How much may wait between a producer and its consumer.
package struct DeliveryLimits: Sendable, Hashable {
    /// Most elements that may wait.
    package var maxCount: Int
    /// Most weight (bytes, usually) that may wait.
    package var maxWeight: Int
    /// What happens to the elements beyond.
    package var overflow: DeliveryOverflow

    package init(maxCount: Int, maxWeight: Int, overflow: DeliveryOverflow = .pause) {
        precondition(maxCount > 0 && maxWeight > 0, "a delivery holds at least one element")
        self.maxCount = maxCount
        self.maxWeight = maxWeight
        self.overflow = overflow
    }
}

/// The bookkeeping of a `Delivery`: what waits, who waits, and who must be told.
///
/// ## Theory of operation
/// The producer adds batches; the consumer takes one item at a time. Only counts are kept here,
/// the elements lie in a `DeliveryQueue` beside the machine. With the overflow `pause`, the
/// producer is told to pause when what waits reaches a limit (so the limit is overrun by at most
/// one batch) and to resume when the consumer has taken half of it away. With the other kinds it
/// is never told to pause; the first element that is dropped begins an episode, which ends when
/// half of what may wait has been taken away.
///
/// A producer that cannot pause any longer has the machine shed: until half has been taken away,
/// what comes is dropped as with `dropNewest`.
///
/// The consumer waits only while nothing is there, and may give a wait up when its time is over:
/// whichever of the batch and the time comes first takes the wait. The end, with or without a
/// failure, comes after everything that was added before it; cancellation by the consumer comes
/// at once.
///
///     open ── finished ──▶ ending ── last item taken ──▶ over
///       └──── cancelled ──────┴────────────────────────▶ over
package struct DeliveryMachine: Sendable {
    package enum Phase: Equatable { case open, ending, over }

    package enum TakeAction: Equatable {
        /// Take the oldest item.
        case take
        /// Nothing is there: wait.
        case wait
        /// Nothing is there and nothing will come.
        case end
    }

    package enum YieldAction: Equatable {
        /// Put the batch into the queue, say what that came to with `batchAdded`.
        case keep
        /// The consumer waits: hand it the batch.
        case handOver
        /// Nobody listens any more.
        case drop
    }

    /// What the producer must know about a batch.
    package enum Outcome: Equatable, Sendable {
        case accepted
        /// Add no more until told to resume.
        case pause
        /// Elements were dropped, for the first time in this episode.
        case beganDropping
        /// Elements were dropped, and the end with a failure has come.
        case failed
    }

    package private(set) var phase = Phase.open
    /// Elements and weight that wait.
    package private(set) var count = 0
    package private(set) var weight = 0
    package private(set) var isPaused = false
    /// All that were dropped so far.
    package private(set) var dropped = DeliveryGap()
    /// All that were taken so far.
    package private(set) var taken = DeliveryGap()
    private var isDropping = false
    private var isShedding = false
    private var isWaiting = false
    private let limits: DeliveryLimits

    package init(limits: DeliveryLimits) { self.limits = limits }

    /// What happens now to elements that do not fit.
    package var overflow: DeliveryOverflow { isShedding ? .dropNewest : limits.overflow }

    package mutating func batchYielded(_ batch: DeliveryGap) -> YieldAction {
        guard phase == .open else { return .drop }
        guard isWaiting else { return .keep }
        isWaiting = false
        taken += batch
        return .handOver
    }

    /// A batch was put into the queue.
    package mutating func batchAdded(
        kept: DeliveryGap, displaced: DeliveryGap = DeliveryGap(),
        refused: DeliveryGap = DeliveryGap()
    ) -> Outcome {
        count += kept.count - displaced.count
        weight += kept.weight - displaced.weight
        dropped += displaced
        dropped += refused
        if overflow == .pause {
            if count >= limits.maxCount || weight >= limits.maxWeight { isPaused = true }
            return isPaused ? .pause : .accepted
        }
        guard displaced.count + refused.count > 0 else { return .accepted }
        if limits.overflow == .fail {
            phase = .ending
            return .failed
        }
        defer { isDropping = true }
        return isDropping ? .accepted : .beganDropping
    }

    /// The consumer wants the oldest item.
    /// - Parameter isEmpty: Whether the queue holds neither elements nor a gap.
    package mutating func itemWanted(isEmpty: Bool) -> TakeAction {
        guard phase != .over else { return .end }
        guard isEmpty else { return .take }
        if phase == .ending {
            phase = .over
            return .end
        }
        isWaiting = true
        return .wait
    }

    /// Elements were taken. Returns whether the producer must be told to resume.
    package mutating func itemTaken(_ item: DeliveryGap) -> Bool {
        count -= item.count
        weight -= item.weight
        taken += item
        guard count <= limits.maxCount / 2, weight <= limits.maxWeight / 2 else { return false }
        isDropping = false
        isShedding = false
        defer { isPaused = false }
        return isPaused
    }

    /// The producer cannot pause any longer: what does not fit is dropped from now on, until half
    /// has been taken away. Returns false when it may go on anyway.
    package mutating func sheddingBegan() -> Bool {
        guard isPaused else { return false }
        isPaused = false
        isShedding = true
        isDropping = true
        return true
    }

    /// Elements may be missing here. Returns what to do with the gap.
    package mutating func gapYielded() -> YieldAction {
        guard phase == .open else { return .drop }
        guard isWaiting else { return .keep }
        isWaiting = false
        return .handOver
    }

    /// The consumer gives elements back that it took last. Returns false when they find no place.
    package mutating func putBack(_ item: DeliveryGap) -> Bool {
        guard phase != .over else { return false }
        taken.count -= item.count
        taken.weight -= item.weight
        count += item.count
        weight += item.weight
        return true
    }

    /// The consumer's time is over. Returns whether it still waited.
    package mutating func consumerTimedOut() -> Bool {
        defer { isWaiting = false }
        return isWaiting
    }

    /// Returns whether the consumer waits and must be told.
    package mutating func producerFinished() -> Bool {
        guard phase == .open else { return false }
        phase = isWaiting ? .over : .ending
        defer { isWaiting = false }
        return isWaiting
    }

    /// Returns whether the producer is paused and must be told.
    package mutating func consumerCancelled() -> Bool {
        let wasPaused = isPaused
        phase = .over
        count = 0
        weight = 0
        isPaused = false
        isShedding = false
        isWaiting = false
        return wasPaused
    }
}
