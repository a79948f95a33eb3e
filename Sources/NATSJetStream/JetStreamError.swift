public import BridgeBytes
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
    /// JetStream's cluster has no leader just now.
    public static let clusterNotAvailable = 10008
    /// The server has no resources for it.
    public static let insufficientResources = 10023
    /// The account may hold no more in memory.
    public static let memoryResourcesExceeded = 10028
    /// The account may hold no more on disk.
    public static let storageResourcesExceeded = 10047
    /// The stream does not store the message; the text says why, such as that it is full.
    public static let storeFailed = 10077
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
    /// The stream has no such message.
    public static let messageNotFound = 10037
    /// The configuration of the stream makes no sense; the text says why.
    public static let invalidStreamConfiguration = 10052
    /// The message could not be deleted; the text says why.
    public static let deleteFailed = 10057
    /// The stream is sealed.
    public static let streamSealed = 10109
    /// `Nats-TTL` is no time.
    public static let invalidTimeToLive = 10165
    /// The stream does not allow `Nats-TTL`.
    public static let timeToLiveDisabled = 10166
    /// The stream knows no batch of that identifier, or has forgotten it.
    public static let unknownBatch = 10208
    /// The server is too old for the call.
    public static let requiredLevel = 10185

    /// The words for a number of the server's (`err_code`); nil when it is not known here.
    public static func meaning(of errorCode: Int) -> String? { ServerErrorTable[errorCode]?.text }

    public var description: String {
        let words = text.isEmpty ? Self.meaning(of: errorCode) ?? "no words" : text
        return "\(words) (\(code), err_code \(errorCode))"
    }
}

/// Why a JetStream call failed.
public struct JetStreamError: CodedError, Hashable {
    /// What went wrong, as a stable name.
    public let code: ErrorCode
    /// What was being done, such as `stream create` or `fetch`.
    public let operation: String
    /// The stream concerned; empty when it is not known.
    public let stream: String
    /// The subject of the message that was to be published; empty for other calls.
    public let subject: String
    /// What the server said, if it did.
    public let apiError: JetStreamAPIError?
    /// What the client under it met, if that is the reason.
    public let clientError: NATSError?
    /// A sentence for people.
    public let detail: String
    /// What is known of the message that the failing call was to publish; nil when the call
    /// publishes none. `denied` also means that no stream stored it: the answer said so, or
    /// nobody answers on the subject.
    public let outcome: PublishOutcome?

    /// A failure with everything that is known of it.
    public init(
        _ code: ErrorCode, operation: String, stream: String = "", subject: String = "",
        apiError: JetStreamAPIError? = nil, clientError: NATSError? = nil, detail: String = "",
        outcome: PublishOutcome? = nil
    ) {
        self.code = code
        self.operation = operation
        self.stream = stream
        self.subject = subject
        self.apiError = apiError
        self.clientError = clientError
        self.detail = detail
        self.outcome = outcome
    }

    /// What was being done.
    public var stageName: String { operation }
    /// The stream, or else the subject.
    public var place: String { stream.isEmpty ? subject : stream }
    /// What the client under it met.
    public var underlying: (any CodedError)? { clientError }

    /// The same failure with what is known of the message.
    func knowing(_ outcome: PublishOutcome?, subject: String? = nil) -> JetStreamError {
        JetStreamError(
            code, operation: operation, stream: stream, subject: subject ?? self.subject,
            apiError: apiError, clientError: clientError, detail: detail, outcome: outcome)
    }

    /// The error that an answer of the server stands for.
    package init(_ apiError: JetStreamAPIError, operation: String, stream: String) {
        self.init(
            Self.code(of: apiError), operation: operation, stream: stream, apiError: apiError,
            detail: apiError.description)
    }

    private static func code(of error: JetStreamAPIError) -> ErrorCode {
        // `maximum messages exceeded`, `maximum bytes exceeded` and their kin.
        if error.errorCode == JetStreamAPIError.storeFailed, error.text.hasPrefix("maximum ") {
            return .storageFull
        }
        // The number is one for all that goes wrong; a number that the store does not have, or has
        // lost, is told by one of these.
        if error.errorCode == JetStreamAPIError.deleteFailed,
            ["stream store EOF", "no message found"].contains(error.text)
        {
            return .messageNotFound
        }
        return ServerErrorTable[error.errorCode]?.kind ?? .refused
    }
}

extension ErrorCode {
    /// JetStream is not enabled on the server, or not for the account.
    public static let jetStreamDisabled = ErrorCode(rawValue: "jetstream_disabled")
    /// No stream stores the subject that was published to.
    public static let noStream = ErrorCode(rawValue: "no_stream")
    /// No stream has that name.
    public static let streamNotFound = ErrorCode(rawValue: "stream_not_found")
    /// No consumer has that name.
    public static let consumerNotFound = ErrorCode(rawValue: "consumer_not_found")
    /// The consumer was deleted while messages were asked for.
    public static let consumerDeleted = ErrorCode(rawValue: "consumer_deleted")
    /// A stream of that name has another configuration.
    public static let streamNameInUse = ErrorCode(rawValue: "stream_name_in_use")
    /// A consumer of that name has another configuration.
    public static let consumerNameInUse = ErrorCode(rawValue: "consumer_name_in_use")
    /// The stream has no such message.
    public static let messageNotFound = ErrorCode(rawValue: "message_not_found")
    /// The server is too old for what is asked; the detail names both versions.
    public static let serverTooOld = ErrorCode(rawValue: "server_too_old")
    /// A message without the metadata that JetStream gives to each delivery.
    public static let notFromJetStream = ErrorCode(rawValue: "not_from_jetstream")
    /// One of several messages was not sent, since those before it got no answer.
    public static let notSent = ErrorCode(rawValue: "not_sent")
    /// Messages of a fast batch did not come to the stream, and the batch ended there.
    public static let batchIncomplete = ErrorCode(rawValue: "batch_incomplete")
    /// Something final was said of this delivery before: it was acknowledged, given back or
    /// terminated.
    public static let alreadyAcknowledged = ErrorCode(rawValue: "already_acknowledged")
}
