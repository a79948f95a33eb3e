/// The waits between the deliveries of one message.
package struct RetryDelays: Sendable, Equatable {
    let first: Duration
    let longest: Duration
    /// The consumer's own, which counts instead.
    let backoff: [Duration]

    package init(first: Duration, longest: Duration, backoff: [Duration]) {
        (self.first, self.longest, self.backoff) = (first, longest, backoff)
    }

    /// The wait after a number of deliveries, from 1 on.
    package func delay(after deliveries: UInt64) -> Duration {
        let past = Int(clamping: max(deliveries, 1) - 1)
        if let last = backoff.last { return past < backoff.count ? backoff[past] : last }
        var delay = min(first, longest)
        // Each doubling stays below the longest, so that nothing overflows.
        for _ in 0..<min(past, 64) {
            guard delay <= longest / 2 else { return longest }
            delay *= 2
        }
        return delay
    }
}
