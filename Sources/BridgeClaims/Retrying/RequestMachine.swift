package import BridgeBytes
package import BridgeHTTP

/// Decides, after each attempt at a request to a store, what comes next.
///
/// ## Theory of operation
/// ```
/// attempt ──▶ an answer that is not to be retried ──▶ accept; its meaning is the caller's
///    ▲    ──▶ passing (RetryPolicy): 408, 425, 429, 5xx, no answer ──▶ wait ──┐
///    │    ──▶ anything else, or tries used up ──▶ fail                        │
///    └────────────────────────────────────────────────────────────────────────┘
/// ```
/// A status that says "not now" to the end is a passing failure of the store, as it is for a
/// download; so is the end of the time for all attempts.
package struct RequestMachine: Sendable {
    /// What an attempt came to.
    package enum Outcome: Sendable, Equatable {
        case answered(Int, retryAfter: Duration?)
        case failed(HTTPError.Reason)
    }

    /// What follows an attempt that was not the last word.
    package enum Action: Sendable, Equatable {
        case wait(Duration)
        case fail(ErrorCode)
    }

    private var schedule: RetrySchedule
    private let isRepeatable: Bool

    /// - Parameter isRepeatable: Whether sending the request twice does no harm.
    package init(policy: RetryPolicy, isRepeatable: Bool = true) {
        schedule = RetrySchedule(policy: policy)
        self.isRepeatable = isRepeatable
    }

    /// Attempts so far.
    package var attempts: Int { schedule.attempts }

    /// An attempt ended with an answer, or without one.
    /// - Parameters:
    ///   - gained: Bytes from which the next attempt can go on.
    ///   - elapsed: Since the first attempt began.
    ///   - random: Drawn evenly from `0..<1`.
    /// - Returns: Nil: the answer is accepted, and only an answer is.
    package mutating func attemptEnded(
        _ outcome: Outcome, gained: Int = 0, at elapsed: Duration, random: Double
    ) -> Action? {
        switch outcome {
        case .answered(let status, let retryAfter):
            answered(status, retryAfter: retryAfter, at: elapsed, random: random)
        case .failed(let reason): failed(reason, gained: gained, at: elapsed, random: random)
        }
    }

    /// An attempt ended with an answer. As `attemptEnded`.
    package mutating func answered(
        _ status: Int, retryAfter: Duration?, at elapsed: Duration, random: Double
    ) -> Action? {
        schedule.attemptEnded()
        guard RetryPolicy.verdict(status: status) == .retry else { return nil }
        return next(at: elapsed, random: random, wish: retryAfter)
    }

    /// An attempt ended without an answer, or with one that counts as none. As `attemptEnded`.
    package mutating func failed(
        _ reason: HTTPError.Reason, gained: Int = 0, at elapsed: Duration, random: Double
    ) -> Action {
        schedule.attemptEnded()
        schedule.failed(reason, gained: gained)
        guard reason.isPassing else { return .fail(reason.claimCode) }
        return next(at: elapsed, random: random, wish: nil)
    }

    private mutating func next(
        at elapsed: Duration, random: Double, wish: Duration?
    ) -> Action {
        guard isRepeatable else { return .fail(.unavailable) }
        return switch schedule.next(at: elapsed, random: random, retryAfter: wish) {
        case .wait(let delay): .wait(delay)
        case .usedUp: .fail(.unavailable)
        case .outOfTime: .fail(.timeout)
        }
    }
}
