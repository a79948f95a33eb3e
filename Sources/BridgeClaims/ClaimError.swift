public import BridgeHTTP

/// A payload that could not be stored, fetched or removed.
public struct ClaimError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong. The raw value is stable and may be logged.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The link does not point where the policy allows.
        case linkRefused = "claim.link_refused"
        /// The store said that the payload's time is over (410). Trying again is of no use.
        case payloadExpired = "claim.payload_expired"
        /// The store does not know the payload (404), also not after a short wait.
        case payloadMissing = "claim.payload_missing"
        /// The bytes are not those that were sent: their digest differs.
        case checksumMismatch = "claim.checksum_mismatch"
        /// The sender states a digest that no bytes can have: of a known name, but too short, too
        /// long or not hexadecimal.
        case checksumMalformed = "claim.checksum_malformed"
        /// The store holds another number of bytes than was sent.
        case sizeMismatch = "claim.size_mismatch"
        /// The bytes have a coding that is not known, or are not of the coding they claim.
        case undecodableContent = "claim.undecodable_content"
        /// The payload is larger than the receiver takes.
        case payloadTooLarge = "claim.payload_too_large"
        /// The memory for payloads is taken by others, and did not become free in time. It may
        /// go better later.
        case memoryExhausted = "claim.memory_exhausted"
        /// The store cannot be reached, breaks off, is silent or says that it cannot now (408,
        /// 425, 429, 5xx), also after every retry.
        case storeUnavailable = "claim.store_unavailable"
        /// The time for all attempts at one payload is over (`RetryPolicy.total`).
        case totalTimeout = "claim.total_timeout"
        /// The store refuses the request; the status says why.
        case storeRefused = "claim.store_refused"
        /// The store has no room (413 or 507).
        case storeFull = "claim.store_full"
        /// The answer is none that a store gives: a redirection, a web page, another part.
        case unexpectedAnswer = "claim.unexpected_answer"
        /// Something else is stored under the identifier that we chose.
        case uploadConflict = "claim.upload_conflict"
        /// The task was cancelled, or the client closed.
        case cancelled = "claim.cancelled"
    }

    /// Which work failed.
    public enum Stage: String, Sendable, Hashable {
        case policy, memory, upload, download, verify, delete
    }

    /// What went wrong.
    public let code: Code
    /// Which work failed.
    public let stage: Stage
    /// The URL without user information, its query replaced by `?…`; empty where there is none.
    public let url: String
    /// A sentence for people; holds no secrets and no payload.
    public let message: String
    /// The status of the store's last answer, if there was one.
    public let status: Int?
    /// What the last attempt met on the network, such as `headTimeout`; nil where it was answered.
    public let cause: HTTPError.Code?
    /// How often it was tried.
    public let attempts: Int
    /// The flow that the payload belongs to.
    public let correlationID: String

    package init(
        _ code: Code, _ stage: Stage, url: String, _ message: String, status: Int? = nil,
        cause: HTTPError.Code? = nil, attempts: Int = 1, correlationID: String = ""
    ) {
        self.code = code
        self.stage = stage
        self.url = url
        self.message = message
        self.status = status
        self.cause = cause
        self.attempts = attempts
        self.correlationID = correlationID
    }

    /// The same, with a sentence more.
    func saying(_ sentence: String) -> ClaimError {
        ClaimError(
            code, stage, url: url, "\(message); \(sentence)", status: status, cause: cause,
            attempts: attempts, correlationID: correlationID)
    }

    /// The same, as it came out of so many attempts.
    func after(_ attempts: Int, _ action: RequestMachine.Action) -> ClaimError {
        var code = code
        if case .fail(let last) = action { code = last }
        return ClaimError(
            code, stage, url: url, message, status: status, cause: cause, attempts: attempts,
            correlationID: correlationID)
    }

    /// The code, the stage, the URL, the sentence and what it took.
    public var description: String {
        let answer = status.map { ", status \($0)" } ?? ""
        let effort = attempts > 1 ? ", after \(attempts) attempts" : ""
        let place = url.isEmpty ? "" : " \(url)"
        return "\(code.rawValue) (\(stage.rawValue))\(place): \(message)\(answer)\(effort)"
    }
}
