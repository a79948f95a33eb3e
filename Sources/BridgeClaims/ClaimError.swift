public import BridgeBytes
public import BridgeHTTP

/// A payload that could not be stored, fetched or removed.
public struct ClaimError: CodedError, Hashable {
    /// Which work failed.
    public enum Stage: String, Sendable, Hashable {
        /// Deciding whether a link may be followed.
        case policy
        /// Waiting for memory.
        case memory
        /// Storing a payload.
        case upload
        /// Fetching a payload.
        case download
        /// Comparing length and digest with what was stated.
        case verify
        /// Removing a payload.
        case delete
    }

    /// What went wrong.
    public let code: ErrorCode
    /// Which work failed.
    public let stage: Stage
    /// The URL without user information, its query replaced by `?…`; empty where there is none.
    public let url: String
    /// The sentence without what it took; holds no secrets and no payload.
    package let message: String
    /// The status of the store's last answer, if there was one.
    public let status: Int?
    /// What the last attempt met on the network; nil where it was answered.
    public let httpError: HTTPError?
    /// How often it was tried.
    public let attempts: Int
    /// The flow that the payload belongs to.
    public let correlationID: String

    package init(
        _ code: ErrorCode, _ stage: Stage, url: String, _ message: String, status: Int? = nil,
        httpError: HTTPError? = nil, attempts: Int = 1, correlationID: String = ""
    ) {
        // TLS and a proxy say exactly what is wrong, and nothing here could say more.
        let isExact = httpError?.reason == .tlsFailed || httpError?.reason == .proxyRefused
        self.code = isExact ? httpError?.code ?? code : code
        self.stage = stage
        self.url = url
        self.message = message
        self.status = status
        self.httpError = httpError
        self.attempts = attempts
        self.correlationID = correlationID
    }

    /// The same, with a sentence more.
    package func saying(_ sentence: String) -> ClaimError {
        ClaimError(
            code, stage, url: url, "\(message); \(sentence)", status: status, httpError: httpError,
            attempts: attempts, correlationID: correlationID)
    }

    /// The same, as it came out of this many attempts.
    func after(_ attempts: Int, _ action: RequestMachine.Action?) -> ClaimError {
        var code = code
        if case .fail(let last)? = action { code = last }
        return ClaimError(
            code, stage, url: url, message, status: status, httpError: httpError,
            attempts: attempts,
            correlationID: correlationID)
    }

    /// Which work failed.
    public var stageName: String { stage.rawValue }
    /// The URL.
    public var place: String { url }
    /// A sentence for people, with the status of the answer and what it took.
    public var detail: String {
        let answer = status.map { ", status \($0)" } ?? ""
        let effort = attempts > 1 ? ", after \(attempts) attempts" : ""
        return message + answer + effort
    }
    /// What the last attempt met on the network.
    public var underlying: (any CodedError)? { httpError }
}

extension ErrorCode {
    /// The link does not point where the policy allows.
    public static let linkRefused = ErrorCode(rawValue: "link_refused")
    /// The sender states a digest that no bytes can have: of a known name, but too short, too
    /// long or not hexadecimal.
    public static let invalidChecksum = ErrorCode(rawValue: "invalid_checksum")
    /// The store keeps a payload for less time than was asked for.
    public static let lifeShortened = ErrorCode(rawValue: "life_shortened")
    /// This machine's clock and the store's are too far apart for the store to believe a signature.
    public static let clockSkewed = ErrorCode(rawValue: "clock_skewed")
    /// The store holds another number of bytes than was sent.
    public static let sizeMismatch = ErrorCode(rawValue: "size_mismatch")
    /// The bytes have a coding that is not known, or are not of the coding they claim.
    public static let undecodableContent = ErrorCode(rawValue: "undecodable_content")
}
