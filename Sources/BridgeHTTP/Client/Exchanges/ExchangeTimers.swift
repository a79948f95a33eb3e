internal import BridgeBytes

/// When an exchange has taken too long, and with which reason.
///
/// ## Theory of operation
/// Each phase has its own limits:
///
/// ```
/// sending    since bytes last went out             idleTimeout
///            since an answer's head began to come  headTimeout
/// waiting    since the request was out             headTimeout, not put off by progress
///            while nothing came                    firstByteTimeout
///            since bytes last came                 idleTimeout
/// receiving  since bytes last moved                idleTimeout
/// paused     the reader takes its time: that is not the peer's fault
/// ```
/// A head has one limit as a whole, since a peer that sends a byte now and then would otherwise
/// hold its reader for ever. A body may take as long as it needs while it moves, and not slower
/// than `RateFloor` allows. In `sending` only what goes out counts as progress: a peer that takes
/// nothing cannot put its limit off by talking. The limit on the whole, where there is one, runs
/// through all phases.
package struct ExchangeTimers: Sendable {
    package enum Phase: Sendable, Equatable { case sending, waiting, receiving, paused }

    package private(set) var phase = Phase.sending
    private var progressed: Duration
    /// Since when a head is awaited, or in `sending`, since when one comes in.
    private var headBegan: Duration?
    /// Whether bytes of the awaited head have come.
    private var hasHeadBytes = false
    private var floor: RateFloor
    private let options: HTTPClientOptions
    private let total: Duration?

    package init(options: HTTPClientOptions, total: Duration?, now: Duration) {
        self.options = options
        self.total = total
        progressed = now
        floor = RateFloor(rate: options.leastRate, window: options.rateWindow, now: now)
    }

    /// Bytes went out.
    package mutating func sent(_ count: Int, at now: Duration) {
        progressed = now
        floor.moved(count)
    }

    /// Bytes came in.
    package mutating func received(_ count: Int, at now: Duration) {
        switch phase {
        case .sending:
            hasHeadBytes = true
            if headBegan == nil { headBegan = now }
        case .waiting:
            hasHeadBytes = true
            progressed = now
        case .receiving, .paused:
            progressed = now
            floor.moved(count)
        }
    }

    /// An interim answer was whole: what comes next is another head.
    package mutating func interimEnded() {
        hasHeadBytes = false
        if phase == .sending { headBegan = nil }
    }

    package mutating func enter(_ phase: Phase, at now: Duration) {
        self.phase = phase
        progressed = now
        headBegan = phase == .waiting ? now : nil
        floor = RateFloor(rate: options.leastRate, window: options.rateWindow, now: now)
    }

    /// When the head must be whole.
    private var headLimit: Duration? { headBegan.map { $0 + options.headTimeout } }

    /// When something must have moved.
    private var idleLimit: Duration {
        let awaitsAnswer = phase == .waiting && !hasHeadBytes
        return progressed + (awaitsAnswer ? options.firstByteTimeout : options.idleTimeout)
    }

    private var hasFloor: Bool { phase == .sending || phase == .receiving }

    /// When to look again if nothing happens; nil for never.
    package var deadline: Duration? {
        guard phase != .paused else { return total }
        var limit = idleLimit
        if let total { limit = min(limit, total) }
        if let headLimit { limit = min(limit, headLimit) }
        if hasFloor, let end = floor.windowEnd { limit = min(limit, end) }
        return limit
    }

    /// The reason for a failure at `now`; nil when the exchange may go on.
    package mutating func timeCame(_ now: Duration) -> (code: HTTPError.Reason, message: String)? {
        if let total, total <= now {
            return (.totalTimeout, "the time for the exchange is over")
        }
        guard phase != .paused else { return nil }
        if idleLimit <= now {
            return phase == .waiting && !hasHeadBytes
                ? (.firstByteTimeout, "no answer came within \(options.firstByteTimeout)")
                : (.idleTimeout, "nothing moved for \(options.idleTimeout)")
        }
        if let headLimit, headLimit <= now {
            let message = "the head of the answer was not whole within \(options.headTimeout)"
            return (.headTimeout, message)
        }
        guard hasFloor, !floor.isKept(at: now) else { return nil }
        return (
            .rateTooLow,
            "less than \(options.leastRate) bytes a second moved for \(options.rateWindow)"
        )
    }
}

/// The least rate of a body, judged over one window after the other; the first one is its grace.
package struct RateFloor: Sendable {
    private let least: Double
    private let window: Duration
    private var began: Duration
    private var bytes = 0

    /// - Parameters:
    ///   - rate: Bytes a second; none with less than one.
    ///   - window: More than nothing.
    package init(rate: Int, window: Duration, now: Duration) {
        let seconds = window / .seconds(1)
        least = rate < 1 ? 0 : Double(rate) * seconds
        self.window = window
        began = now
    }

    package mutating func moved(_ count: Int) {
        bytes = bytes.addingReportingOverflow(count).partialValue
    }

    /// When the window is over; nil where there is no least rate.
    package var windowEnd: Duration? { least > 0 ? began + window : nil }

    /// Judges a window that is over, and begins the next one.
    package mutating func isKept(at now: Duration) -> Bool {
        guard let windowEnd, windowEnd <= now else { return true }
        defer { (began, bytes) = (now, 0) }
        return Double(bytes) >= least
    }
}
