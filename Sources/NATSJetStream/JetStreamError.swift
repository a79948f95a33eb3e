public import NATSCore

/// What JetStream itself said was wrong (ADR-7).
public struct JetStreamAPIError: Sendable, Hashable, CustomStringConvertible {
    /// A class of errors in the manner of HTTP: 400, 404, 500, 503.
    public let code: Int
    /// The exact error (`err_code`); 0 when an old server sent none.
    public let errorCode: Int
    /// The server's words.
    public let text: String

    /// An error as the server wrote it.
    public init(code: Int, errorCode: Int, text: String) {
        self.code = code
        self.errorCode = errorCode
        self.text = text
    }

    /// No consumer has that name.
    public static let consumerNotFound = 10014
    /// The account has no JetStream.
    public static let notEnabledForAccount = 10039
    /// The message is larger than the stream's `max_msg_size`.
    public static let messageTooLarge = 10054
    /// A stream of that name has another configuration.
    public static let streamNameInUse = 10058
    /// No stream has that name.
    public static let streamNotFound = 10059
    /// `Nats-Expected-Stream` does not hold.
    public static let wrongStream = 10060
    /// Another stream stores one of the subjects.
    public static let subjectsOverlap = 10065
    /// `Nats-Expected-Last-Msg-Id` does not hold.
    public static let wrongLastMessageID = 10070
    /// One of the expected sequences does not hold.
    public static let wrongLastSequence = 10071
    /// The expected sequence of a subject cannot be checked just now.
    public static let lastSequenceNotReady = 10163
    /// One of the expected sequences does not hold, said by a leader that does not tell which
    /// number would: the usual word on a replicated stream.
    public static let wrongLastSequenceInRace = 10164
    /// The server has no JetStream.
    public static let notEnabled = 10076
    /// A consumer of that name has another configuration.
    public static let consumerAlreadyExists = 10148

    public var description: String { "\(text) (\(code), err_code \(errorCode))" }
}

/// Why a JetStream call failed.
public struct JetStreamError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Stable names of the failures.
    public enum Code: String, Sendable, CaseIterable {
        /// A name or setting that no server would take; nothing was sent.
        case invalidArgument = "invalid_argument"
        /// No JetStream answers: it is not enabled, or no stream listens on the subject.
        case unavailable
        case streamNotFound = "stream_not_found"
        case consumerNotFound = "consumer_not_found"
        case streamNameInUse = "stream_name_in_use"
        /// The message is larger than the stream's `max_msg_size`.
        case messageTooLarge = "message_too_large"
        /// A condition of the publisher, such as the expected last sequence, does not hold.
        case conditionFailed = "condition_failed"
        /// The server refused for a reason that `apiError` tells.
        case refused
        /// The answer is not what JetStream answers.
        case malformedAnswer = "malformed_answer"
        /// A message without the metadata that JetStream gives to each delivery.
        case notFromJetStream = "not_from_jetstream"
        /// The consumer was deleted while messages were asked for.
        case consumerDeleted = "consumer_deleted"
        /// The server was silent for two heartbeats: the request may be lost.
        case heartbeatMissed = "heartbeat_missed"
        /// The message is larger than the request's byte limit.
        case batchBytesExceeded = "batch_bytes_exceeded"
        /// No answer came in time; what was asked may have been done.
        case timeout
        /// The connection was lost or closed; what was asked may have been done.
        case disconnected
        case cancelled
        /// The server's permissions forbid the subject; nothing was done.
        case permissionDenied = "permission_denied"
        /// The message is larger than the server's `max_payload`; nothing was sent.
        case payloadTooLarge = "payload_too_large"
        /// The client could not send: see `detail`.
        case notSent = "not_sent"
    }

    /// What went wrong, as a stable name.
    public let code: Code
    /// What was being done, such as `stream create` or `fetch`.
    public let operation: String
    /// The stream concerned; empty when it is not known.
    public let stream: String
    /// What the server said, if it did.
    public let apiError: JetStreamAPIError?
    /// A sentence for people.
    public let detail: String
    /// What is known of the message that the failing call was to publish; nil when the call
    /// publishes none. `denied` also means that no stream stored it: the answer said so, or
    /// nobody answers on the subject.
    public let outcome: PublishOutcome?

    /// A failure with everything that is known of it.
    public init(
        _ code: Code, operation: String, stream: String = "", apiError: JetStreamAPIError? = nil,
        detail: String = "", outcome: PublishOutcome? = nil
    ) {
        self.code = code
        self.operation = operation
        self.stream = stream
        self.apiError = apiError
        self.detail = detail
        self.outcome = outcome
    }

    /// The same failure with what is known of the message.
    func knowing(_ outcome: PublishOutcome) -> JetStreamError {
        JetStreamError(
            code, operation: operation, stream: stream, apiError: apiError, detail: detail,
            outcome: outcome)
    }

    /// The error that an answer of the server stands for.
    package init(_ apiError: JetStreamAPIError, operation: String, stream: String) {
        self.init(
            Self.code(of: apiError), operation: operation, stream: stream, apiError: apiError,
            detail: apiError.description)
    }

    private static func code(of error: JetStreamAPIError) -> Code {
        switch error.errorCode {
        case JetStreamAPIError.streamNotFound: .streamNotFound
        case JetStreamAPIError.consumerNotFound: .consumerNotFound
        case JetStreamAPIError.streamNameInUse: .streamNameInUse
        case JetStreamAPIError.messageTooLarge: .messageTooLarge
        case JetStreamAPIError.wrongLastMessageID, JetStreamAPIError.wrongLastSequence,
            JetStreamAPIError.wrongLastSequenceInRace, JetStreamAPIError.wrongStream:
            .conditionFailed
        case JetStreamAPIError.notEnabled, JetStreamAPIError.notEnabledForAccount,
            JetStreamAPIError.lastSequenceNotReady:
            .unavailable
        default: .refused
        }
    }

    public var description: String {
        let place = stream.isEmpty ? "" : " on stream \(stream)"
        let reason = detail.isEmpty ? "" : ": \(detail)"
        return "\(operation)\(place) failed (\(code.rawValue))\(reason)"
    }
}
