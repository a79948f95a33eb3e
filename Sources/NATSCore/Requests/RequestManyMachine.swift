/// When a request with many answers is over (ADR-47).
///
/// ## Theory of operation
/// Four ends, whichever comes first: the total time is over; no answer came for the stall time
/// since the last one (the first may take the whole total); as many answers came as were wanted;
/// an answer says that it is the last, the sentinel, which is not delivered. A server's "no
/// responders" is a failure if nothing came before it. Time is an argument.
package struct RequestManyMachine: Sendable {
    package enum Action: Equatable, Sendable {
        case deliver
        case deliverAndEnd
        case end
        case failNoResponders
        case ignore
    }

    private let end: Duration
    private let stall: Duration?
    private let maxMessages: Int?
    private var stallEnd: Duration?
    private var received = 0
    private var isOver = false

    package init(total: Duration, stall: Duration?, maxMessages: Int?, now: Duration) {
        end = now + total
        self.stall = stall
        self.maxMessages = maxMessages
    }

    /// When to call `timerDue` next; nil after the end.
    package var deadline: Duration? {
        isOver ? nil : stallEnd.map { min($0, end) } ?? end
    }

    package mutating func answerReceived(
        isNoResponders: Bool, isSentinel: Bool, now: Duration
    ) -> Action {
        guard !isOver else { return .ignore }
        if isNoResponders {
            isOver = true
            return received == 0 ? .failNoResponders : .end
        }
        if isSentinel {
            isOver = true
            return .end
        }
        received += 1
        if let stall { stallEnd = now + stall }
        isOver = received == maxMessages
        return isOver ? .deliverAndEnd : .deliver
    }

    /// Returns whether the request is over. Calling early or late does no harm.
    package mutating func timerDue(now: Duration) -> Bool {
        guard let deadline, now >= deadline else { return false }
        isOver = true
        return true
    }
}
