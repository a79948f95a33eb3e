public import HTTPWire

/// An HTTP exchange that did not come to a whole answer. An answer of any status is no error.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong. The raw value is stable and may be logged.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// `https`: this client speaks plain HTTP only.
        case unsupportedScheme = "http_client.unsupported_scheme"
        /// The URL cannot be read.
        case badURL = "http_client.bad_url"
        /// The method is not a token, or the body's length is negative.
        case badRequest = "http_client.bad_request"
        /// The client's options hold what cannot be meant.
        case badOptions = "http_client.bad_options"
        /// The host's name has no address.
        case resolveFailed = "http_client.resolve_failed"
        /// No address of the host accepted a connection.
        case connectFailed = "http_client.connect_failed"
        /// No address of the host accepted within the time for it.
        case connectTimeout = "http_client.connect_timeout"
        /// The connection ended before the first byte of an answer.
        case connectionLost = "http_client.connection_lost"
        /// The answer ended before it was whole.
        case incompleteBody = "http_client.incomplete_body"
        /// The answer breaks HTTP's rules; `wire` says which.
        case protocolViolation = "http_client.protocol_violation"
        case firstByteTimeout = "http_client.first_byte_timeout"
        /// The head of the answer was not whole in time, though it came on.
        case headTimeout = "http_client.head_timeout"
        /// Nothing moved for the idle time.
        case idleTimeout = "http_client.idle_timeout"
        /// The body moved more slowly than the least rate.
        case rateTooLow = "http_client.rate_too_low"
        /// The time for the whole exchange is over.
        case totalTimeout = "http_client.total_timeout"
        /// The body is larger than the caller takes.
        case bodyTooLarge = "http_client.body_too_large"
        /// There is no memory for the body within the bound that the caller has set.
        case memoryExhausted = "http_client.memory_exhausted"
        /// The source of the request's body failed, or gave another number of bytes than promised.
        case requestBodyFailed = "http_client.request_body_failed"
        /// The task was cancelled, or the client closed.
        case cancelled = "http_client.cancelled"
    }

    /// How far the exchange had come.
    public enum Stage: String, Sendable, Hashable {
        case prepare, resolve, connect, request, response, body
    }

    /// What went wrong.
    public let code: Code
    /// How far the exchange had come.
    public let stage: Stage
    /// The request's URL without user information, its query replaced by `?…`.
    public let url: String
    /// A sentence for people; holds no content of the exchange.
    public let message: String
    /// The rule that the answer broke, with `protocolViolation` and `incompleteBody`.
    public let wire: HTTPWireError?

    package init(
        _ code: Code, _ stage: Stage, url: String, _ message: String, wire: HTTPWireError? = nil
    ) {
        self.code = code
        self.stage = stage
        self.url = url
        self.message = message
        self.wire = wire
    }

    /// The code, the stage, the URL and the sentence.
    public var description: String {
        let detail = wire.map { " [\($0)]" } ?? ""
        return "\(code.rawValue) (\(stage.rawValue)) \(url): \(message)\(detail)"
    }
}
