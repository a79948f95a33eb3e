/// The pace of a load and the length of a fault, for runs whose subject is time itself.
///
/// Not a way to wait for something to have happened: that is waited for, bounded by `within`.
package enum Pace {
    /// Suspends for so long, or until the task is cancelled.
    package static func pause(_ duration: Duration) async {
        try? await Task.sleep(for: duration)
    }

    /// Suspends until a condition holds, looking at it again and again: for what other processes
    /// do and nobody announces.
    /// - Returns: False when it did not hold in time, or the task was cancelled.
    package static func until(
        _ limit: Duration, _ condition: @Sendable () async -> Bool
    ) async -> Bool {
        let end = ContinuousClock.now + limit
        while await !condition() {
            guard ContinuousClock.now < end, !Task.isCancelled else { return false }
            await pause(.milliseconds(20))
        }
        return true
    }
}
