// Theory of operation.
//
// A message is published in attempts that share one limit of time. What became of each attempt
// goes in, what to do next comes out:
//
//     begin ──▶ attempt ──failed──▶ unknown, passing ──▶ pause ──▶ attempt
//                             ├───▶ too large, not sent ──▶ plan again ──▶ attempt
//                             └───▶ anything else, or no time, or no attempt left ──▶ fail
//
// An attempt of which nobody knows whether it arrived makes the whole message unknown: whatever a
// later attempt says, but for success, that first copy may be in somebody's hands. A refusal that
// may pass (nobody listens while a leader is elected) is waited out only after such an attempt.
//
// Pauses double. Copies are told apart by their id: by receivers, and by a stream for as long as
// its duplicate window lasts, so that nothing is repeated behind that.

package import NATSCore

/// Decides whether and when a message is published again.
package struct PublishRetryMachine: Sendable {
    package enum Action: Equatable, Sendable {
        /// Publish, and wait for so long.
        case attempt(limit: Duration)
        /// Wait for so long, then go on.
        case pause(Duration)
        /// Make the message smaller, then go on.
        case planAgain
        /// Give up; this is known of the message.
        case fail(PublishOutcome)
    }

    /// What a failed attempt says about trying again.
    package enum Failure: Equatable, Sendable, CaseIterable {
        /// It may pass: no answer, a lost connection, nobody there.
        case passing
        /// The message is too large for where it goes.
        case tooLarge
        /// It will be the same the next time.
        case lasting
    }

    /// Most attempts whose outcome stays unknown.
    package static let maxAttempts = 5
    /// Most times that a message is made smaller: each needs a server with a smaller limit.
    package static let maxPlans = 3
    /// The first pause; each next one is twice as long.
    package static let firstPause: Duration = .milliseconds(100)
    /// Within this time a stream recognises a second copy: JetStream's default, which streams may
    /// shorten. Not repeated later, a message is stored once.
    package static let duplicateWindow: Duration = .seconds(120)
    /// Least share of the time for an attempt that leaves some for others.
    package static let leastShare: Duration = .seconds(1)
    /// Longest limit: a year is longer than anybody waits, and keeps sums in range.
    package static let longestLimit: Duration = .seconds(366 * 86_400)

    private let limit: Duration
    private let repeats: Bool
    private let sharesTime: Bool
    private var plans = 0
    /// Whether there was an attempt of which nobody knows whether it arrived.
    package private(set) var isUnsure = false
    /// How often it was published, or tried to be.
    package private(set) var attempts = 0

    /// - Parameters:
    ///   - limit: Longest time for all attempts and pauses; more than zero.
    ///   - repeats: Whether an unknown outcome is tried again.
    ///   - sharesTime: Whether an answer can get lost while all else is well, as a stream's can:
    ///     an attempt waits for half of the time that is left then, not for all of it, unless
    ///     there is too little left for another.
    package init(limit: Duration, repeats: Bool, sharesTime: Bool = false) {
        self.limit = min(limit, Self.longestLimit)
        self.repeats = repeats
        self.sharesTime = sharesTime
    }

    /// What is known of the message while no attempt runs and none has succeeded.
    package var outcome: PublishOutcome { isUnsure ? .unknown : .lost }

    /// It is time to publish: at the beginning, behind a pause and behind a new plan.
    /// - Parameter elapsed: Time since the beginning.
    package mutating func proceed(at elapsed: Duration) -> Action {
        guard elapsed < end else { return .fail(outcome) }
        attempts += 1
        let rest = limit - elapsed
        let share = (min(limit, Self.duplicateWindow) - elapsed) / 2
        let leavesTime = sharesTime && repeats && attempts < Self.maxAttempts
        return .attempt(limit: leavesTime && share >= Self.leastShare ? share : rest)
    }

    /// An attempt has failed.
    package mutating func failed(
        _ outcome: PublishOutcome, _ failure: Failure, at elapsed: Duration
    ) -> Action {
        if outcome == .unknown { isUnsure = true }
        let known = isUnsure && outcome != .sent ? .unknown : outcome
        switch failure {
        case .tooLarge where outcome != .unknown && outcome != .sent && plans < Self.maxPlans:
            plans += 1
            return .planAgain
        case .passing where isUnsure && repeats && attempts < Self.maxAttempts:
            let pause = Self.firstPause * (1 << (attempts - 1))
            return elapsed + pause < end ? .pause(pause) : .fail(known)
        case .passing, .tooLarge, .lasting: return .fail(known)
        }
    }

    /// When nothing is begun any more.
    private var end: Duration {
        sharesTime && isUnsure ? min(limit, Self.duplicateWindow) : limit
    }
}
