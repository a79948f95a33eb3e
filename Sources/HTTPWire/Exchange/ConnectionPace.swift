/// How slow a peer may be: the deadlines of a server's connection, without a clock.
///
/// ## Theory of operation
/// The driver says what the connection is doing (`enter`), what moved (`moved`) and what time it
/// is; the machine says when to look again. Each phase has its own limit:
///
/// ```
/// idle       since it began                              keepAliveIdle
/// head       since its first byte was awaited            head (not reset by progress)
/// body       since the last byte, and on average         idle; grace + bytes / minimumRate
/// answering  the server itself is at work                none
/// writing    as body
/// lingering  since it began                              linger
/// ```
/// A head has one total limit, since an attacker's favourite is a byte every few seconds. A body
/// has no total limit, only an idle one and a least average rate, since an honest large body may
/// take hours.
package struct ConnectionPace: Sendable {
    package struct Limits: Sendable, Hashable {
        /// Longest time for a whole head: 30 s.
        package var head: Duration = .seconds(30)
        /// Longest silence inside a body, either way: 60 s.
        package var idle: Duration = .seconds(60)
        /// Longest wait for another request on a kept connection: 75 s, as nginx has it.
        package var keepAliveIdle: Duration = .seconds(75)
        /// Lowest average rate of a body in bytes a second: 500, as Apache has it.
        package var minimumRate = 500
        /// How long a body may be below that rate: 20 s.
        package var rateGrace: Duration = .seconds(20)
        /// How long late bytes are read and dropped after a last answer: 2 s.
        package var linger: Duration = .seconds(2)

        package init() {}
    }

    package enum Phase: Sendable, Hashable { case idle, head, body, answering, writing, lingering }

    private let limits: Limits
    package private(set) var phase = Phase.head
    private var began: Duration
    private var progressed: Duration
    private var bytes = 0

    /// A connection that was just accepted: its first head is awaited.
    package init(limits: Limits, now: Duration) {
        self.limits = limits
        began = now
        progressed = now
    }

    /// Begins a phase. Entering the current one again changes nothing.
    package mutating func enter(_ next: Phase, now: Duration) {
        guard next != phase else { return }
        phase = next
        began = now
        progressed = now
        bytes = 0
    }

    /// Bytes were read or written.
    package mutating func moved(_ count: Int, now: Duration) {
        progressed = now
        bytes = bytes.addingReportingOverflow(count).partialValue
    }

    /// When the connection is too slow, if nothing more moves; nil for never.
    package var deadline: Duration? {
        switch phase {
        case .idle: began + limits.keepAliveIdle
        case .head: began + limits.head
        case .body, .writing: min(progressed + limits.idle, rateDeadline)
        case .answering: nil
        case .lingering: began + limits.linger
        }
    }

    /// When the average falls below the least rate.
    private var rateDeadline: Duration {
        let earned = Duration.seconds(bytes / max(1, limits.minimumRate))
        return began + limits.rateGrace + earned
    }

    /// Whether the deadline has passed.
    package func isExpired(now: Duration) -> Bool { deadline.map { $0 <= now } ?? false }
}
