/// When an exchange has taken too long, and with which reason.
///
/// ## Theory of operation
/// Each phase has one limit. While bytes move, in or out, the limit is on the time without
/// progress, so a transfer may take as long as it needs; while the peer works, it is on the time
/// to the first byte. A reader that takes its time stops the clock: that is not the peer's fault.
/// The limit on the whole, where there is one, runs through all phases.
package struct ExchangeTimers: Sendable {
    package enum Phase: Sendable, Equatable {
        case sending, waiting, receiving
        /// Reading is stopped because the reader of the body does not keep up.
        case paused
    }

    package private(set) var phase = Phase.sending
    private var since: Duration
    private let options: HTTPClientOptions
    private let total: Duration?

    package init(options: HTTPClientOptions, total: Duration?, now: Duration) {
        self.options = options
        self.total = total
        since = now
    }

    /// Bytes were moved.
    package mutating func moved(at now: Duration) { since = now }

    package mutating func enter(_ phase: Phase, at now: Duration) {
        self.phase = phase
        since = now
    }

    /// When the exchange fails if nothing happens.
    package var deadline: Duration? {
        let own: Duration? =
            switch phase {
            case .sending, .receiving: since + options.idleTimeout
            case .waiting: since + options.firstByteTimeout
            case .paused: nil
            }
        guard let own, let total else { return own ?? total }
        return min(own, total)
    }

    /// The reason for a failure at `now`; nil when the time has not come.
    package func failure(at now: Duration) -> (HTTPError.Code, String)? {
        guard let deadline, now >= deadline else { return nil }
        if let total, now >= total { return (.totalTimeout, "the time for the exchange is over") }
        return phase == .waiting
            ? (.firstByteTimeout, "no answer came within \(options.firstByteTimeout)")
            : (.idleTimeout, "nothing moved for \(options.idleTimeout)")
    }
}
