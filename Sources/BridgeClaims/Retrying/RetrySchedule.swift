internal import BridgeBytes
internal import BridgeHTTP

/// Whether another attempt follows a failed one, and after which wait.
///
/// ## Theory of operation
/// Four counts and a clock decide, each against its limit in `RetryPolicy`: attempts since
/// anything was gained, attempts that met a 404, attempts in a row that ended in silence, attempts
/// in all, and the time since the first one began. The first limit that is reached ends it. A wait
/// that would reach beyond the end of the time is not begun.
///
/// The time comes from the caller, counted from the beginning of the first attempt.
struct RetrySchedule: Sendable {
    enum Step: Equatable, Sendable {
        case wait(Duration)
        case usedUp
        case outOfTime
    }

    /// Least bytes that a silent attempt must have brought to count as progress: 64 KiB, more
    /// than a peer brings that drips.
    static let leastGain = 64 << 10

    private let policy: RetryPolicy
    /// Attempts so far.
    private(set) var attempts = 0
    /// Failures since anything was gained.
    private var fruitless = 0
    private var missing = 0
    private var silent = 0

    init(policy: RetryPolicy) { self.policy = policy }

    /// An attempt is over, however it ended.
    mutating func attemptEnded() {
        attempts += 1
        fruitless += 1
    }

    /// The attempt met the network's limits.
    /// - Parameter gained: Bytes from which the next attempt can go on.
    mutating func failed(_ code: HTTPError.Reason, gained: Int) {
        let isSilent = code.isSilence && gained < Self.leastGain
        silent = isSilent ? silent + 1 : gained > 0 ? 0 : silent
        if gained > 0, attempts < policy.maxResumptions { fruitless = 1 }
    }

    /// The attempt met a 404.
    mutating func missed() { missing += 1 }

    /// What comes next.
    /// - Parameters:
    ///   - elapsed: Since the first attempt began.
    ///   - random: Drawn evenly from `0..<1`.
    func next(at elapsed: Duration, random: Double, retryAfter: Duration? = nil) -> Step {
        guard fruitless < policy.maxAttempts,
            missing == 0 || missing < policy.missingAttempts,
            silent == 0 || silent < policy.silentAttempts
        else { return .usedUp }
        let delay = policy.delay(afterAttempt: fruitless, random: random, retryAfter: retryAfter)
        guard let total = policy.total?.clampedForClocks else { return .wait(delay) }
        return elapsed < total - delay ? .wait(delay) : .outOfTime
    }
}

/// The time that all attempts at one payload take together.
struct TransferClock: Sendable {
    private let began = ContinuousClock.now
    private let total: Duration?

    init(total: Duration?) { self.total = total?.clampedForClocks }

    /// Since the first attempt began.
    var elapsed: Duration { ContinuousClock.now - began }

    /// What is left for an attempt; nil where there is no bound.
    var left: Duration? { total.map { $0 - elapsed } }
}

extension HTTPError.Reason {
    /// Whether the peer had the connection and let the time pass.
    var isSilence: Bool {
        switch self {
        case .firstByteTimeout, .headTimeout, .idleTimeout, .rateTooLow: true
        default: false
        }
    }

    /// Whether it may go better next time.
    var isPassing: Bool {
        switch self {
        case .resolveFailed, .connectFailed, .connectTimeout, .connectionLost, .incompleteBody:
            true
        default: isSilence
        }
    }

    /// What it means for a payload when it is not tried again.
    var claimCode: ErrorCode {
        switch self {
        case .resolveFailed, .connectFailed, .connectTimeout, .connectionLost, .incompleteBody,
            .firstByteTimeout, .headTimeout, .idleTimeout, .rateTooLow, .requestBodyFailed:
            .unavailable
        case .totalTimeout: .timeout
        case .bodyTooLarge: .tooLarge
        case .memoryExhausted: .memoryExhausted
        case .cancelled: .cancelled
        case .protocolViolation: .unexpectedAnswer
        case .tlsPeer: .tlsRequired
        // `ClaimError` has the exact one.
        case .tlsFailed: .tlsRefused
        case .proxyRefused: .refused
        case .unsupportedScheme, .badURL: .linkRefused
        case .badRequest, .badOptions: .invalidArgument
        }
    }
}
