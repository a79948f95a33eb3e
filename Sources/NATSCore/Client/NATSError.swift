/// What went wrong in the NATS client, where, and about which subject or server.
///
/// Two errors are equal when their codes are: tests compare codes, people read descriptions.
public struct NATSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Stable names of the failures.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// An option, URL or subject is not usable. Nothing was sent.
        case invalidArgument = "invalid_argument"
        /// No server of the pool could be reached.
        case connectionFailed = "connection_failed"
        /// The server refused the credentials.
        case authorizationFailed = "authorization_failed"
        /// The connection was lost while the call waited; what was asked may or may not have
        /// been done.
        case disconnected = "disconnected"
        /// The client is closed or draining; nothing was sent.
        case closed = "closed"
        /// Headers and payload are larger than the server's `max_payload`; nothing was sent.
        case payloadTooLarge = "payload_too_large"
        /// The bounded outbox is full; nothing was sent.
        case outboxFull = "outbox_full"
        /// A message that is to be answered names no subject for the answer; nothing was sent.
        case noReplySubject = "no_reply_subject"
        /// Nobody listens on the subject of a request (status 503).
        case noResponders = "no_responders"
        /// No answer came in time.
        case timeout = "timeout"
        /// The task was cancelled.
        case cancelled = "cancelled"
        /// The server's permissions forbid the subject.
        case permissionDenied = "permission_denied"
        /// The consumer of a subscription with the policy `fail` was too slow.
        case slowConsumer = "slow_consumer"
        /// A limit of the server's refuses a subscription: its length, or their number.
        case limitExceeded = "limit_exceeded"
        /// The peer broke the protocol; the connection was closed.
        case protocolViolation = "protocol_violation"
        /// The server reported an error that closes nothing and concerns no subject.
        case serverError = "server_error"
    }

    /// The step in which it happened.
    public enum Stage: String, Sendable, Hashable {
        case connect, publish, subscribe, receive, request, flush, drain
    }

    /// What went wrong.
    public let code: Code
    /// The step that failed.
    public let stage: Stage
    /// The subject concerned; empty when there is none.
    public let subject: String
    /// `host:port` of the server concerned; empty when there is none. Never credentials.
    public let server: String
    /// A sentence for people. Holds no payload and no secret.
    public let detail: String
    /// What is known of the message that the failing call was to publish; nil when the call
    /// publishes none.
    public let outcome: PublishOutcome?

    /// An error with its parts.
    public init(
        _ code: Code, stage: Stage, subject: String = "", server: String = "", detail: String = "",
        outcome: PublishOutcome? = nil
    ) {
        self.code = code
        self.stage = stage
        self.subject = subject
        self.server = server
        self.detail = detail
        self.outcome = outcome
    }

    public var description: String {
        var text = "\(stage.rawValue) failed (\(code.rawValue))"
        if !subject.isEmpty { text += " on subject \(subject)" }
        if !server.isEmpty { text += " at \(server)" }
        return detail.isEmpty ? text : text + ": " + detail
    }

    public static func == (left: NATSError, right: NATSError) -> Bool { left.code == right.code }

    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
