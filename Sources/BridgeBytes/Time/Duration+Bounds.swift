extension Duration {
    /// A hundred years: longer than anything waits, and far from where adding to a clock overflows.
    package static let forever = Duration.seconds(100 * 365 * 86_400)

    /// The same within zero and `forever`, so that it can be added to any clock: callers may ask
    /// for `.seconds(Int64.max)`, and mean it.
    package var clampedForClocks: Duration { min(max(self, .zero), .forever) }

    /// Whole milliseconds; the greatest number when there are more.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflow || carry ? (seconds < 0 ? .min : .max) : sum
    }
}

extension ContinuousClock.Instant {
    /// The moment that comes this much after now: now for what is negative, a hundred years from
    /// now at most.
    package static func after(_ wait: Duration) -> ContinuousClock.Instant {
        .now + wait.clampedForClocks
    }
}
