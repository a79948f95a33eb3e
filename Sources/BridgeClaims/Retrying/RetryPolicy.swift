internal import BridgeBytes

/// When a failed request is sent again: a pure schedule, with the random number passed in.
///
/// The wait before attempt n + 1 is drawn evenly between zero and `base · factor^(n-1)`, at most
/// `cap` ("full jitter"): receivers that failed together do not return together.
///
/// Any value is safe: negative times count as none, more than a century as a century, counts below
/// one mean a single attempt.
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

    /// Most attempts in a row that end in silence: 2. The peer accepted the connection and then
    /// said nothing, dripped, or took nothing for the client's limit. With the defaults of
    /// `HTTPClientOptions` a link that is dead in this way is given up after a minute, since
    /// whoever was silent for 30 s twice is not helped by six attempts more. An attempt that
    /// brings 64 KiB or more of a payload before it falls silent does not count.
    public var silentAttempts = 2

    /// Longest time for all attempts at one payload, upload or download, with the pauses between
    /// them and the waits for a connection: 30 minutes, enough for 500 MB at 300 KB/s. No attempt
    /// is begun after it, and one that is under way ends with it. Nil for no bound.
    public var total: Duration? = .seconds(1800)

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
    ///   - maxRetries: Attempts after the first; a negative number counts as none.
    ///   - baseDelay: The longest wait after the first failure.
    ///   - maxDelay: The longest wait of all.
    public init(maxRetries: Int, baseDelay: Duration, maxDelay: Duration) {
        self.init()
        maxAttempts = maxRetries < 0 ? 1 : min(maxRetries, .max - 1) + 1
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
    ///   - attempt: Counted from 1, which smaller numbers count as.
    ///   - random: Drawn evenly from `0..<1`.
    ///   - retryAfter: What the server asked for; honoured up to `cap`.
    public func delay(
        afterAttempt attempt: Int, random: Double, retryAfter: Duration? = nil
    ) -> Duration {
        let cap = cap.clampedForClocks
        var longest = min(base.clampedForClocks, cap)
        let factor = max(1, factor)
        var left = max(1, attempt) - 1
        while left > 0, factor > 1, longest > .zero, longest < cap {
            // Compared before it is multiplied, which could overflow.
            longest = longest > cap / factor ? cap : longest * factor
            left -= 1
        }
        let drawn = longest * (random.isFinite ? min(max(random, 0), 1) : 1)
        guard let retryAfter else { return drawn }
        return max(drawn, min(retryAfter.clampedForClocks, cap))
    }
}
