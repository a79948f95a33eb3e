import BridgeBytes
import BridgeHTTP
import Testing

/// The client's times, in virtual time (failures.md C7).
@Suite struct ExchangeTimersTests {
    private func timers(
        total: Duration? = nil, _ change: (inout HTTPClientOptions) -> Void = { _ in }
    ) -> ExchangeTimers {
        var options = HTTPClientOptions()
        change(&options)
        return ExchangeTimers(options: options, total: total, now: .zero)
    }

    /// When it ends and why, if something happens at each whole second.
    private func end(
        of timers: ExchangeTimers, by limit: Int = 100_000,
        _ happens: (inout ExchangeTimers, Duration) -> Void
    ) -> (second: Int, code: HTTPError.Reason)? {
        var timers = timers
        for second in 1...limit {
            if let deadline = timers.deadline, deadline <= .seconds(second),
                let failure = timers.timeCame(.seconds(second))
            {
                return (second, failure.code)
            }
            happens(&timers, .seconds(second))
        }
        return nil
    }

    private func failure(_ timers: inout ExchangeTimers, _ now: Duration) -> HTTPError.Reason? {
        timers.timeCame(now)?.code
    }

    @Test("A line of 20 KB/s passes, for hours; one that stands still does not")
    func progress() {
        var sending = timers()
        let out = end(of: sending) { $0.sent(20_000, at: $1) }
        #expect(out == nil)
        sending.enter(.receiving, at: .zero)
        let back = end(of: sending) { $0.received(20_000, at: $1) }
        #expect(back == nil)
        let still = timers { $0.leastRate = 0 }
        #expect(end(of: still) { _, _ in } ?? (0, .cancelled) == (60, .idleTimeout))
        #expect(end(of: timers()) { _, _ in } ?? (0, .cancelled) == (30, .rateTooLow))
    }

    @Test("A body that drips ends after the window, also when it began well")
    func drip() {
        var timers = timers()
        timers.enter(.receiving, at: .zero)
        let dripping = end(of: timers) { $0.received(1, at: $1) }
        #expect(dripping ?? (0, .cancelled) == (30, .rateTooLow))
        let slowing = end(of: timers) { timers, now in
            timers.received(now < .seconds(20) ? 1 << 20 : 1, at: now)
        }
        #expect(slowing ?? (0, .cancelled) == (60, .rateTooLow))
        let bursts = end(of: timers, by: 10_000) { timers, now in
            if now.components.seconds % 25 == 0 { timers.received(40_000, at: now) }
        }
        #expect(bursts == nil)
    }

    @Test("The first byte has a limit of its own")
    func firstByte() {
        var timers = timers { $0.firstByteTimeout = .seconds(20) }
        timers.enter(.waiting, at: .seconds(10))
        #expect(timers.deadline == .seconds(30))
        let end1 = failure(&timers, .seconds(29))
        #expect(end1 == nil)
        let end2 = failure(&timers, .seconds(30))
        #expect(end2 == .firstByteTimeout)
    }

    @Test("A head that drips ends as a whole, interim answers included")
    func head() {
        var timers = timers()
        timers.enter(.waiting, at: .zero)
        let dripping = end(of: timers) { $0.received(1, at: $1) }
        #expect(dripping ?? (0, .cancelled) == (30, .headTimeout))
        let interims = end(of: timers) { timers, now in
            timers.received(25, at: now)
            timers.interimEnded()
        }
        #expect(interims ?? (0, .cancelled) == (30, .headTimeout))
    }

    @Test("A peer that talks while it takes nothing does not put its limit off")
    func talking() {
        let whole = timers { $0.leastRate = 0 }
        let interims = end(of: whole) { timers, now in
            timers.received(25, at: now)
            timers.interimEnded()
        }
        #expect(interims ?? (0, .cancelled) == (60, .idleTimeout))
        let dripping = end(of: whole) { $0.received(1, at: $1) }
        #expect(dripping ?? (0, .cancelled) == (31, .headTimeout))
        let early = end(of: whole, by: 1000) { timers, now in
            timers.sent(20_000, at: now)
            if now == .seconds(5) {
                timers.received(25, at: now)
                timers.interimEnded()
            }
        }
        #expect(early == nil, "an early 100 Continue begins no limit of the upload")
    }

    @Test("A slow reader is not the peer's fault, but the total runs on")
    func paused() {
        var free = timers()
        free.enter(.paused, at: .zero)
        #expect(free.deadline == nil)
        let end3 = failure(&free, .seconds(100_000))
        #expect(end3 == nil)
        var bounded = timers(total: .seconds(90))
        bounded.enter(.paused, at: .zero)
        let end4 = failure(&bounded, .seconds(89))
        #expect(end4 == nil)
        let end5 = failure(&bounded, .seconds(90))
        #expect(end5 == .totalTimeout)
        bounded.enter(.receiving, at: .seconds(80))
        #expect(bounded.deadline == .seconds(90))
    }
}
