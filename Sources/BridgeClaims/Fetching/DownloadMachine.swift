package import BridgeBytes
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
        /// The payload was announced, and its sender gave the upload up.
        case aborted
        /// No whole answer. `gained`: bytes of the payload that are held now and were not before,
        /// and from which the next attempt can go on.
        case failed(HTTPError.Reason, gained: Int)
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
        case fail(ErrorCode)
    }

    private var schedule: RetrySchedule
    private var damages = 0

    package init(policy: RetryPolicy) { schedule = RetrySchedule(policy: policy) }

    /// Attempts so far.
    package var attempts: Int { schedule.attempts }

    /// - Parameters:
    ///   - elapsed: Since the first attempt began.
    ///   - random: Drawn evenly from `0..<1`.
    package mutating func attemptEnded(
        _ outcome: Outcome, at elapsed: Duration, random: Double
    ) -> Action {
        schedule.attemptEnded()
        func retry(_ wish: Duration? = nil, orFail code: ErrorCode) -> Action {
            switch schedule.next(at: elapsed, random: random, retryAfter: wish) {
            case .wait(let delay): .wait(delay)
            case .usedUp: .fail(code)
            // What is wrong with the payload says more than the time.
            case .outOfTime: .fail(code == .unavailable ? .timeout : code)
            }
        }
        switch outcome {
        case .whole: return .deliver
        case .unexpected: return .fail(.unexpectedAnswer)
        case .aborted: return .fail(.uploadAborted)
        case .damaged(let damage):
            damages += 1
            let code: ErrorCode = damage == .size ? .sizeMismatch : .checksumMismatch
            return damages > 1 ? .fail(code) : retry(orFail: code)
        case .status(let status, let retryAfter):
            switch RetryPolicy.verdict(status: status) {
            case .retry: return retry(retryAfter, orFail: .unavailable)
            case .retryBriefly:
                schedule.missed()
                return retry(retryAfter, orFail: .payloadNotFound)
            case .permanent: return .fail(Self.code(status))
            }
        case .failed(let code, let gained):
            schedule.failed(code, gained: gained)
            return code.isPassing ? retry(orFail: .unavailable) : .fail(code.claimCode)
        case .changed: return retry(orFail: .unavailable)
        }
    }

    /// The meaning of a status to the end: one that says "not now" is a passing failure.
    package static func code(_ status: Int) -> ErrorCode {
        switch status {
        case 200...399: .unexpectedAnswer
        case 401: .authorizationFailed
        case 404: .payloadNotFound
        case 410: .payloadExpired
        case 413: .tooLarge
        case 507: .storageFull
        default:
            RetryPolicy.verdict(status: status) == .retry ? .unavailable : .refused
        }
    }
}
