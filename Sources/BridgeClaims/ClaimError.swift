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
        /// The store holds another number of bytes than was sent.
        case sizeMismatch = "claim.size_mismatch"
        /// The bytes have a coding that is not known, or are not of the coding they claim.
        case undecodableContent = "claim.undecodable_content"
        /// The payload is larger than the receiver takes.
        case payloadTooLarge = "claim.payload_too_large"
        /// The memory for payloads is taken by others, and did not become free in time. It may
        /// go better later.
        case memoryExhausted = "claim.memory_exhausted"
        /// The store cannot be reached, or breaks off, also after every retry.
        case storeUnavailable = "claim.store_unavailable"
        /// The store refuses the request; the status says why.
        case storeRefused = "claim.store_refused"
        /// The store has no room (413 or 507).
        case storeFull = "claim.store_full"
        /// The answer is none that a store gives: a redirection, a web page, another part.
        case unexpectedAnswer = "claim.unexpected_answer"
        /// Something else is stored under the identifier that we chose.
        case uploadConflict = "claim.upload_conflict"
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
    /// How often it was tried.
    public let attempts: Int
    /// The flow that the payload belongs to.
    public let correlationID: String

    package init(
        _ code: Code, _ stage: Stage, url: String, _ message: String, status: Int? = nil,
        attempts: Int = 1, correlationID: String = ""
    ) {
        self.code = code
        self.stage = stage
        self.url = url
        self.message = message
        self.status = status
        self.attempts = attempts
        self.correlationID = correlationID
    }

    /// The code, the stage, the URL, the sentence and what it took.
    public var description: String {
        let answer = status.map { ", status \($0)" } ?? ""
        let effort = attempts > 1 ? ", after \(attempts) attempts" : ""
        let place = url.isEmpty ? "" : " \(url)"
        return "\(code.rawValue) (\(stage.rawValue))\(place): \(message)\(answer)\(effort)"
    }
}
