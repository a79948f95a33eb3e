package import BridgeHTTP

/// Decides, after each attempt to fetch a payload, what comes next.
///
/// ## Theory of operation
/// ```
/// attempt ──▶ whole and verified ──▶ deliver
///    ▲    ──▶ transient (RetryPolicy) ──▶ wait ──┐   404 counts apart, for a short grace
///    ▲    ──▶ damaged, the first time ──▶ wait ──┤   the second time: fail
///    │    ──▶ permanent, or tries used up ──▶ fail
///    └──────────────────────────────────────────┘
/// ```
/// A download that broke off goes on where it was, and whatever brings more of the payload starts
/// the count of attempts anew: a bad line delays a large payload but does not lose it.
/// A damaged payload (another size or digest than the sender vouched for) is fetched once more
/// from the start, since the network may have done it; if that is damaged too, the store has it.
package struct DownloadMachine: Sendable {
    /// What an attempt came to.
    package enum Outcome: Sendable, Equatable {
        /// All bytes are here and are those that were sent.
        case whole
        /// All bytes are here, or their number is known, and they are not those that were sent.
        case damaged(Damage)
        /// An answer other than the payload.
        case status(Int, retryAfter: Duration?)
        /// No whole answer. `progress`: more of the payload is held than before, and the next
        /// attempt can go on from there.
        case failed(HTTPError.Code, progress: Bool)
        /// What is held is of no use: the payload there is another one now.
        case changed
        /// An answer that no store gives.
        case unexpected(Surprise)
    }

    /// A body without an end that could be known, one that is coded, another part.
    package enum Surprise: Sendable, Equatable { case endless, coding, part }

    package enum Damage: Sendable, Equatable { case size, checksum }

    package enum Action: Sendable, Equatable {
        case deliver
        case wait(Duration)
        case fail(ClaimError.Code)
    }

    private let policy: RetryPolicy
    /// Attempts so far.
    package private(set) var attempts = 0
    /// Failures since anything was gained.
    private var fruitless = 0
    private var missing = 0
    private var damages = 0

    package init(policy: RetryPolicy) { self.policy = policy }

    /// - Parameter random: Drawn evenly from `0..<1`.
    package mutating func attemptEnded(_ outcome: Outcome, random: Double) -> Action {
        attempts += 1
        fruitless += 1
        switch outcome {
        case .whole: return .deliver
        case .unexpected: return .fail(.unexpectedAnswer)
        case .damaged(let damage):
            damages += 1
            let code: ClaimError.Code = damage == .size ? .sizeMismatch : .checksumMismatch
            return damages > 1 ? .fail(code) : retry(random, orFail: code)
        case .status(let status, let retryAfter):
            return answered(status, retryAfter, random)
        case .failed(let code, let progress):
            if progress, attempts < policy.maxResumptions { fruitless = 1 }
            return failed(code, random)
        case .changed: return retry(random, orFail: .storeUnavailable)
        }
    }

    private mutating func answered(
        _ status: Int, _ retryAfter: Duration?, _ random: Double
    ) -> Action {
        switch RetryPolicy.verdict(status: status) {
        case .retry: return retry(random, retryAfter, orFail: .storeUnavailable)
        case .retryBriefly:
            missing += 1
            if missing >= policy.missingAttempts { return .fail(.payloadMissing) }
            return retry(random, retryAfter, orFail: .payloadMissing)
        case .permanent: return .fail(Self.code(status))
        }
    }

    private func failed(_ code: HTTPError.Code, _ random: Double) -> Action {
        switch code {
        case .resolveFailed, .connectFailed, .connectTimeout, .connectionLost, .incompleteBody,
            .firstByteTimeout, .idleTimeout:
            return retry(random, orFail: .storeUnavailable)
        case .bodyTooLarge: return .fail(.payloadTooLarge)
        case .cancelled: return .fail(.cancelled)
        case .protocolViolation: return .fail(.unexpectedAnswer)
        case .unsupportedScheme, .badURL: return .fail(.linkRefused)
        case .totalTimeout, .requestBodyFailed: return .fail(.storeUnavailable)
        }
    }

    private func retry(
        _ random: Double, _ retryAfter: Duration? = nil, orFail code: ClaimError.Code
    ) -> Action {
        guard fruitless < policy.maxAttempts else { return .fail(code) }
        return .wait(
            policy.delay(afterAttempt: fruitless, random: random, retryAfter: retryAfter))
    }

    /// The meaning of a status that is not retried.
    package static func code(_ status: Int) -> ClaimError.Code {
        switch status {
        case 200...399: .unexpectedAnswer
        case 404: .payloadMissing
        case 410: .payloadExpired
        case 413, 507: .storeFull
        default: .storeRefused
        }
    }
}
