internal import BridgeSockets

extension MonotonicClock {
    /// The same time on the clock that tasks sleep by.
    static func instant(_ time: Duration) -> ContinuousClock.Instant {
        ContinuousClock.now + (time - now)
    }
}
