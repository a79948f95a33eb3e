/// How much may wait between a producer and its consumer.
package struct DeliveryLimits: Sendable, Hashable {
    /// Most elements that may wait before the producer is told to pause.
    package var maxCount: Int
    /// Most weight (bytes, usually) that may wait before the producer is told to pause.
    package var maxWeight: Int

    package init(maxCount: Int, maxWeight: Int) {
        precondition(maxCount > 0 && maxWeight > 0, "a delivery holds at least one element")
        self.maxCount = maxCount
        self.maxWeight = maxWeight
    }
}

/// The bookkeeping of a `Delivery`: what waits, who waits, and who must be told.
///
/// ## Theory of operation
/// The producer adds batches; the consumer takes one at a time. Only counts are kept here, the
/// batches lie beside the machine. The producer is told to pause when what waits reaches a limit
/// (so the limit is overrun by at most one batch) and to resume when the consumer has taken half
/// of it away. The consumer waits only while nothing is there. The end, with or without a
/// failure, comes after everything that was added before it; cancellation by the consumer
/// comes at once.
///
///     open ── finished ──▶ ending ── last batch taken ──▶ over
///       └──── cancelled ──────┴──────────────────────────▶ over
package struct DeliveryMachine: Sendable {
    package enum Phase: Equatable { case open, ending, over }

    package enum TakeAction: Equatable {
        /// Take the oldest batch; tell the producer if `resumesProducer`.
        case take(resumesProducer: Bool)
        /// Nothing is there: wait.
        case wait
        /// Nothing is there and nothing will come.
        case end
    }

    package enum YieldAction: Equatable {
        /// Keep the batch; wake the consumer if `wakesConsumer`; go on if `continues`.
        case keep(wakesConsumer: Bool, continues: Bool)
        /// Nobody listens any more.
        case drop
    }

    package private(set) var phase = Phase.open
    package private(set) var count = 0
    package private(set) var weight = 0
    package private(set) var isPaused = false
    private var isWaiting = false
    private let limits: DeliveryLimits

    package init(limits: DeliveryLimits) { self.limits = limits }

    package mutating func batchYielded(count added: Int, weight addedWeight: Int) -> YieldAction {
        guard phase == .open else { return .drop }
        count += added
        weight += addedWeight
        if count >= limits.maxCount || weight >= limits.maxWeight { isPaused = true }
        defer { isWaiting = false }
        return .keep(wakesConsumer: isWaiting, continues: !isPaused)
    }

    /// - Parameter next: The oldest batch's count and weight; nil when there is none.
    package mutating func batchWanted(next: (count: Int, weight: Int)?) -> TakeAction {
        guard phase != .over else { return .end }
        guard let next else {
            if phase == .ending {
                phase = .over
                return .end
            }
            isWaiting = true
            return .wait
        }
        count -= next.count
        weight -= next.weight
        let resumes =
            isPaused && count <= limits.maxCount / 2 && weight <= limits.maxWeight / 2
        if resumes { isPaused = false }
        return .take(resumesProducer: resumes)
    }

    /// Returns whether the consumer waits and must be told.
    package mutating func producerFinished() -> Bool {
        guard phase == .open else { return false }
        phase = .ending
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
        isWaiting = false
        return wasPaused
    }
}
