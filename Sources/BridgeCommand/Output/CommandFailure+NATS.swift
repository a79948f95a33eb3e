internal import NATSCore

extension CommandFailure {
    /// What the NATS client could not do.
    init(_ error: NATSError, correlationID: String? = nil) {
        let target = error.subject.isEmpty ? error.server : error.subject
        self.init(
            Self.exit(error.code), code: error.code.rawValue, stage: error.stage.rawValue,
            target: target, correlationID: correlationID, detail: error.detail,
            hint: Self.hint(error.code))
    }

    static func exit(_ code: NATSError.Code) -> ExitCode {
        switch code {
        case .connectionFailed, .authorizationFailed, .permissionDenied: .connection
        case .disconnected, .closed, .outboxFull, .noResponders, .slowConsumer: .retryable
        case .payloadTooLarge, .limitExceeded: .refused
        case .protocolViolation: .integrity
        case .timeout: .timeout
        case .cancelled: .interrupted
        case .invalidArgument: .usage
        case .serverError: .other
        }
    }

    static func hint(_ code: NATSError.Code) -> String? {
        switch code {
        case .connectionFailed: "is the server running? --server or NATS_URL names another"
        case .authorizationFailed:
            "name a --context, or put them into the URL: nats://user:password@host"
        case .noResponders: "is the service running?"
        case .payloadTooLarge: "lower --threshold, so that more goes by link"
        default: nil
        }
    }
}
