public import BridgeBytes
public import BridgeTLS
public import HTTPWire

/// An HTTP exchange that did not come to a whole answer. An answer of any status is no error.
public struct HTTPError: CodedError, Hashable {
    /// What exactly went wrong; `code` tells it in the words that all layers share.
    public enum Reason: Sendable, Hashable, CaseIterable {
        /// A proxy that is not spoken to by plain HTTP.
        case unsupportedScheme
        /// The URL cannot be read.
        case badURL
        /// The method is not a token, or the body's length is negative.
        case badRequest
        /// The client's options make no sense.
        case badOptions
        /// The host's name has no address.
        case resolveFailed
        /// No address of the host accepted a connection.
        case connectFailed
        /// No address of the host accepted within the time for it.
        case connectTimeout
        /// The connection ended before the first byte of an answer.
        case connectionLost
        /// The answer ended before it was whole.
        case incompleteBody
        /// The answer breaks HTTP's rules; `wire` says which.
        case protocolViolation
        /// What answers speaks TLS, though the URL says plain HTTP.
        case tlsPeer
        /// There is no TLS with the peer, for a reason that stays: `tls` has it.
        case tlsFailed
        /// The proxy makes no way to the host: `tunnel` has its answer.
        case proxyRefused
        /// No byte of an answer came in time.
        case firstByteTimeout
        /// The head of the answer was not whole in time, though it came on.
        case headTimeout
        /// Nothing moved for the idle time.
        case idleTimeout
        /// The body moved more slowly than the least rate.
        case rateTooLow
        /// The time for the whole exchange is over.
        case totalTimeout
        /// The body is larger than the caller takes.
        case bodyTooLarge
        /// There is no memory for the body within the bound that the caller has set.
        case memoryExhausted
        /// The source of the request's body failed, or gave another number of bytes than promised.
        case requestBodyFailed
        /// The task was cancelled, or the client closed.
        case cancelled
    }

    /// How far the exchange had come.
    public enum Stage: String, Sendable, Hashable {
        /// Checking the request, before anything is sent.
        case prepare
        /// Looking up the host's name.
        case resolve
        /// Making a connection.
        case connect
        /// Sending the request.
        case request
        /// Waiting for the head of the answer.
        case response
        /// Receiving the body of the answer.
        case body
    }

    /// What exactly went wrong.
    public let reason: Reason
    /// How far the exchange had come.
    public let stage: Stage
    /// The request's URL without user information, its query replaced by `?…`.
    public let url: String
    /// A sentence for people; holds no content of the exchange.
    public let detail: String
    /// The rule that the answer broke, with `protocolViolation` and `incompleteBody`.
    public let wire: HTTPWireError?
    /// Why there is no TLS, with `tlsFailed` and perhaps `connectFailed`.
    public let tls: TLSError?
    /// Why there is no way through a proxy, with `proxyRefused` and perhaps `connectFailed`.
    public let tunnel: TunnelError?

    package init(
        _ reason: Reason, _ stage: Stage, url: String, _ detail: String, wire: HTTPWireError? = nil,
        tls: TLSError? = nil, tunnel: TunnelError? = nil
    ) {
        self.tls = tls
        self.tunnel = tunnel
        self.reason = reason
        self.stage = stage
        self.url = url
        self.detail = detail
        self.wire = wire
    }

    /// What went wrong, the same name in every layer.
    public var code: ErrorCode {
        switch reason {
        case .unsupportedScheme: .unsupportedScheme
        case .badURL: .invalidURL
        case .badRequest, .badOptions: .invalidArgument
        case .resolveFailed, .connectFailed: .connectionFailed
        case .connectionLost, .incompleteBody: .disconnected
        case .protocolViolation: .protocolViolation
        case .tlsPeer: .tlsRequired
        case .tlsFailed: tls?.code ?? .tlsRefused
        case .proxyRefused: tunnel?.code ?? .refused
        case .connectTimeout, .firstByteTimeout, .headTimeout, .idleTimeout, .rateTooLow,
            .totalTimeout:
            .timeout
        case .bodyTooLarge: .tooLarge
        case .memoryExhausted: .memoryExhausted
        case .requestBodyFailed: .bodyFailed
        case .cancelled: .cancelled
        }
    }

    /// How far the exchange had come.
    public var stageName: String { stage.rawValue }
    /// The request's URL.
    public var place: String { url }
    /// The rule that the answer broke, or what is the matter with TLS or the proxy.
    public var underlying: (any CodedError)? { tls ?? wire ?? tunnel }

    /// There is no way through a proxy. One that cannot reach the host now, or hangs up, is no more
    /// than a connection that could not be made.
    init(_ error: TunnelError, url: String) {
        let isPassing = error.code == .unavailable || error.code == .disconnected
        self.init(
            isPassing ? .connectFailed : .proxyRefused, .connect, url: url, error.detail,
            tunnel: error)
    }

    /// There is no TLS. A server that hangs up in the handshake without a reason may have no room
    /// just now, or be about to end: that is no more than a connection that could not be made.
    init(_ error: TLSError, _ stage: Stage, url: String) {
        let place = error.place.isEmpty ? "" : "\(error.place): "
        let reason: Reason = error.reason == .endedInHandshake ? .connectFailed : .tlsFailed
        self.init(reason, stage, url: url, place + error.detail, tls: error)
    }
}

extension ErrorCode {
    /// The source of a body that was to be sent failed, or gave another number of bytes than it
    /// was said to have.
    public static let bodyFailed = ErrorCode(rawValue: "body_failed")
}
