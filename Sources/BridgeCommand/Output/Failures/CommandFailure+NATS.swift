internal import NATSCore

extension CommandFailure {
    /// What the NATS client could not do.
    init(_ error: NATSError, correlationID: String? = nil) {
        let target = error.subject.isEmpty ? error.server : error.subject
        self.init(
            ExitCode.of(code: error.code.rawValue) ?? .other, code: error.code.rawValue,
            stage: error.stage.rawValue, target: target, correlationID: correlationID,
            detail: error.detail, hint: Self.hint(error.code))
        outcome = error.outcome?.rawValue
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
