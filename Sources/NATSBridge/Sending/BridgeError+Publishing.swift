package import NATSCore
package import NATSJetStream

extension BridgeError {
    /// A publish or a request that the client could not carry out.
    package init(publishing error: NATSError, correlationID: String) {
        self.init(
            error.code.rawValue, stage: .publish,
            subject: error.subject.isEmpty ? error.server : error.subject,
            correlationID: correlationID, detail: error.detail, outcome: error.publishOutcome)
    }

    /// A publish to a stream; the codes stay those of JetStream.
    package init(publishing error: JetStreamError, subject: String, correlationID: String) {
        self.init(
            error.code.rawValue, stage: .publish, subject: subject, correlationID: correlationID,
            detail: error.detail, outcome: error.outcome ?? .unknown)
    }

    /// The same error with what is known of the message, and sentences that say more.
    func knowing(_ outcome: PublishOutcome, _ sentences: [String] = []) -> BridgeError {
        BridgeError(
            code, stage: stage, subject: subject, correlationID: correlationID,
            detail: ([detail].filter { !$0.isEmpty } + sentences).joined(separator: "; "),
            outcome: outcome)
    }

    /// What a failed attempt to publish says about trying again.
    package var publishFailure: PublishRetryMachine.Failure {
        if let code = NATSError.Code(rawValue: code) {
            switch code {
            case .timeout, .disconnected, .noResponders, .outboxFull: return .passing
            case .payloadTooLarge: return .tooLarge
            default: return .lasting
            }
        }
        switch JetStreamError.Code(rawValue: code) {
        case .unavailable: return .passing
        case .messageTooLarge: return .tooLarge
        default: return .lasting
        }
    }
}
