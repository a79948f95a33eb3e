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

        /// Whether the connection failed, and another attempt may go better at once.
        var isCut: Bool {
            if case .failed(let reason) = self {
                reason.isPassing && !reason.isSilence
            } else {
                false
            }
        }
    }

    package enum Action: Sendable, Equatable {
        case accept
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

    /// - Parameters:
    ///   - gained: Bytes from which the next attempt can go on.
    ///   - elapsed: Since the first attempt began.
    ///   - random: Drawn evenly from `0..<1`.
    package mutating func attemptEnded(
        _ outcome: Outcome, gained: Int = 0, at elapsed: Duration, random: Double
    ) -> Action {
        schedule.attemptEnded()
        var wish: Duration?
        switch outcome {
        case .answered(let status, let retryAfter):
            guard RetryPolicy.verdict(status: status) == .retry else { return .accept }
            wish = retryAfter
        case .failed(let code):
            schedule.failed(code, gained: gained)
            guard code.isPassing else { return .fail(code.claimCode) }
        }
        guard isRepeatable else { return .fail(.unavailable) }
        return switch schedule.next(at: elapsed, random: random, retryAfter: wish) {
        case .wait(let delay): .wait(delay)
        case .usedUp: .fail(.unavailable)
        case .outOfTime: .fail(.timeout)
        }
    }
}
