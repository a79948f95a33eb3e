/// When a failed request is sent again: a pure schedule, with the random number passed in.
///
/// The wait before attempt n + 1 is drawn evenly between zero and `base · factor^(n-1)`, at most
/// `cap` ("full jitter"): receivers that failed together do not return together.
public struct RetryPolicy: Sendable, Hashable {
    /// The longest wait after the first failure: 100 ms.
    public var base = Duration.milliseconds(100)
    /// By how much the longest wait grows each time: 2.
    public var factor = 2
    /// The longest wait of all, and the most that a server's Retry-After can ask for: 10 s.
    public var cap = Duration.seconds(10)
    /// Most attempts, the first one included: 8, half a minute on average.
    public var maxAttempts = 8
    /// Most attempts that meet a 404: 3. The message may have overtaken its upload, but not by
    /// much.
    public var missingAttempts = 3

    /// Most attempts of one download that each brought more of the payload: 64. After that,
    /// further ones count like fruitless ones.
    public var maxResumptions = 64

    /// Creates the defaults.
    public init() {}

    /// A policy that tries once.
    public static var once: RetryPolicy {
        var policy = RetryPolicy()
        policy.maxAttempts = 1
        return policy
    }

    /// How the peers' options say it.
    /// - Parameters:
    ///   - maxRetries: Attempts after the first.
    ///   - baseDelay: The longest wait after the first failure.
    ///   - maxDelay: The longest wait of all.
    public init(maxRetries: Int, baseDelay: Duration, maxDelay: Duration) {
        self.init()
        maxAttempts = max(1, maxRetries + 1)
        base = baseDelay
        cap = maxDelay
    }

    /// What an answer's status means for another attempt.
    public enum Verdict: Sendable, Hashable {
        /// It may go better next time.
        case retry
        /// It may go better very soon or never (404).
        case retryBriefly
        /// It will not go better.
        case permanent
    }

    /// Judges a status that is not the wanted one. What is above 599 counts as 5xx.
    public static func verdict(status: Int) -> Verdict {
        switch status {
        case 404: .retryBriefly
        case 408, 425, 429, 500, 502, 503, 504: .retry
        case 600...: .retry
        default: .permanent
        }
    }

    /// The wait after the `attempt`th attempt (1, 2, …) has failed.
    ///
    /// - Parameters:
    ///   - random: Drawn evenly from `0..<1`.
    ///   - retryAfter: What the server asked for; honoured up to `cap`.
    public func delay(
        afterAttempt attempt: Int, random: Double, retryAfter: Duration? = nil
    ) -> Duration {
        precondition(attempt >= 1, "attempts are counted from one")
        var longest = base
        for _ in 1..<attempt where longest < cap { longest *= factor }
        let drawn = min(longest, cap) * min(max(random, 0), 1)
        guard let retryAfter else { return drawn }
        return max(drawn, min(retryAfter, cap))
    }
}
