/// The kinds that more than one layer knows.
extension ErrorCode {
    /// The task was cancelled, or the part that did the work was closed.
    public static let cancelled = ErrorCode(rawValue: "cancelled")
    /// No answer, or no progress, in time. What was asked may have been done.
    public static let timeout = ErrorCode(rawValue: "timeout")
    /// A connection was lost during the work. What was asked may have been done.
    public static let disconnected = ErrorCode(rawValue: "disconnected")
    /// No connection could be made: the name has no address, nobody accepts, or no handshake.
    public static let connectionFailed = ErrorCode(rawValue: "connection_failed")
    /// The peer refused the credentials.
    public static let authorizationFailed = ErrorCode(rawValue: "authorization_failed")
    /// There are no credentials, or their source failed: a file that cannot be read, a callback
    /// that throws.
    public static let credentialsUnavailable = ErrorCode(rawValue: "credentials_unavailable")
    /// A credentials file, a key, a seed or a JWT that cannot be used.
    public static let invalidCredentials = ErrorCode(rawValue: "invalid_credentials")
    /// The server's, or the system's, permissions forbid it.
    public static let permissionDenied = ErrorCode(rawValue: "permission_denied")
    /// TLS was asked for and the peer does not speak it, or the peer speaks TLS only; no credential
    /// was sent.
    public static let tlsRequired = ErrorCode(rawValue: "tls_required")
    /// OpenSSL 3 is not on this machine, or not whole; nothing was sent.
    public static let tlsUnavailable = ErrorCode(rawValue: "tls_unavailable")
    /// A certificate, a key or a name for TLS cannot be used; nothing was sent.
    public static let invalidTLSConfiguration = ErrorCode(rawValue: "invalid_tls_configuration")
    /// The peer's certificate cannot be trusted, or is for another name; nothing was sent.
    public static let certificateRejected = ErrorCode(rawValue: "certificate_rejected")
    /// The peer refused during or right after the handshake: our certificate, our version of TLS,
    /// or, where it says nothing, perhaps our credentials.
    public static let tlsRefused = ErrorCode(rawValue: "tls_refused")
    /// The client, the bridge or the server object is closed or draining; nothing was done.
    public static let closed = ErrorCode(rawValue: "closed")
    /// An argument, an option or a setting that makes no sense; nothing was done.
    public static let invalidArgument = ErrorCode(rawValue: "invalid_argument")
    /// The reply subject is missing, holds wildcards, or is one of the server's own.
    public static let unusableReply = ErrorCode(rawValue: "unusable_reply")
    /// More bytes than a message, a body or a text may have.
    public static let tooLarge = ErrorCode(rawValue: "too_large")
    /// A limit other than one of bytes was reached: a count, a depth, a length of a name.
    public static let limitExceeded = ErrorCode(rawValue: "limit_exceeded")
    /// The peer refuses for a reason that its answer tells.
    public static let refused = ErrorCode(rawValue: "refused")
    /// The peer says, or shows, that it cannot now.
    public static let unavailable = ErrorCode(rawValue: "unavailable")
    /// The peer broke the rules of the protocol.
    public static let protocolViolation = ErrorCode(rawValue: "protocol_violation")
    /// The answer can be read, and is none that such a peer gives.
    public static let unexpectedAnswer = ErrorCode(rawValue: "unexpected_answer")
    /// The disk, the stream, or the share that one may have of it, is full.
    public static let storageFull = ErrorCode(rawValue: "storage_full")
    /// There is no memory for it within the bound that was set.
    public static let memoryExhausted = ErrorCode(rawValue: "memory_exhausted")
    /// A condition that the caller set, such as an expected sequence, does not hold.
    public static let conditionFailed = ErrorCode(rawValue: "condition_failed")
    /// The store does not know the payload (404): the link is wrong, or it was deleted long ago.
    public static let payloadNotFound = ErrorCode(rawValue: "payload_not_found")
    /// The store had the payload and has it no longer (410): it expired or was deleted.
    public static let payloadExpired = ErrorCode(rawValue: "payload_expired")
    /// The sender had announced a payload, and gave its upload up.
    public static let uploadAborted = ErrorCode(rawValue: "upload_aborted")
    /// Something else is stored under the identifier that was chosen.
    public static let uploadConflict = ErrorCode(rawValue: "upload_conflict")
    /// The bytes are not those that were sent: their digest differs.
    public static let checksumMismatch = ErrorCode(rawValue: "checksum_mismatch")
    /// There is no such file.
    public static let fileNotFound = ErrorCode(rawValue: "file_not_found")
    /// The system refused a call for a reason without a name of its own here.
    public static let systemError = ErrorCode(rawValue: "system_error")

    /// Nobody listens on the subject of a request now.
    public static let noResponders = ErrorCode(rawValue: "no_responders")
    /// The client's bounded outbox is full; nothing was sent.
    public static let outboxFull = ErrorCode(rawValue: "outbox_full")
    /// Messages came faster than their consumer took them.
    public static let slowConsumer = ErrorCode(rawValue: "slow_consumer")
    /// The server was silent for two heartbeats: the request may be lost.
    public static let heartbeatMissed = ErrorCode(rawValue: "heartbeat_missed")
}

/// The kinds of damage that more than one format knows.
extension ErrorCode {
    /// The input ends before it is whole.
    public static let truncated = ErrorCode(rawValue: "truncated")
    /// Bytes stand behind the end.
    public static let trailingBytes = ErrorCode(rawValue: "trailing_bytes")
    /// Text is not valid UTF-8.
    public static let invalidUTF8 = ErrorCode(rawValue: "invalid_utf8")
    /// A number has a form, or a size, that the format does not allow.
    public static let invalidNumber = ErrorCode(rawValue: "invalid_number")
    /// A URL that cannot be read.
    public static let invalidURL = ErrorCode(rawValue: "invalid_url")
    /// A URL whose scheme is not spoken here.
    public static let unsupportedScheme = ErrorCode(rawValue: "unsupported_scheme")
    /// A version of the format that is not known here.
    public static let unsupportedVersion = ErrorCode(rawValue: "unsupported_version")
    /// A value of another type than the one that must stand there, or that was asked for.
    public static let typeMismatch = ErrorCode(rawValue: "type_mismatch")
    /// A key stands twice in one object, perhaps in two spellings.
    public static let duplicateKey = ErrorCode(rawValue: "duplicate_key")
    /// A key that must be there is absent, or its value is null or empty.
    public static let missingKey = ErrorCode(rawValue: "missing_key")
    /// A value that the rule of its key, or its type, does not allow.
    public static let invalidValue = ErrorCode(rawValue: "invalid_value")
    /// A header block, or the head of an HTTP message, with more fields than it may have.
    public static let tooManyHeaders = ErrorCode(rawValue: "too_many_headers")
}
