internal import BridgeBytes
package import NATSCore
package import NATSJetStream

extension BridgeError {
    /// A publish or a request that the client could not carry out.
    package init(publishing error: NATSError, correlationID: String) {
        self.init(
            error, stage: .publish, correlationID: correlationID, outcome: error.publishOutcome)
    }

    /// A publish to a stream; the codes stay those of JetStream.
    package init(publishing error: JetStreamError, subject: String, correlationID: String) {
        self.init(
            error.code, stage: .publish, subject: subject, correlationID: correlationID,
            detail: error.detail, outcome: error.outcome ?? .unknown, underlying: error)
    }

    /// The same error with what is known of the message, and sentences that say more.
    func knowing(_ outcome: PublishOutcome, _ sentences: [String] = []) -> BridgeError {
        BridgeError(
            code, stage: stage, subject: subject, correlationID: correlationID,
            detail: ([detail].filter { !$0.isEmpty } + sentences).joined(separator: "; "),
            outcome: outcome, underlying: underlying)
    }

    /// What a failed attempt to publish says about trying again.
    package var publishFailure: PublishRetryMachine.Failure {
        switch code {
        // Without an answer of a stream: its leader may be on the way to another server.
        case .timeout, .disconnected, .noResponders, .outboxFull, .unavailable, .noStream,
            .jetStreamDisabled:
            .passing
        case .tooLarge: .tooLarge
        default: .lasting
        }
    }

    /// Whether a stream refused the message for its size; the server would have taken it.
    var isTooLargeForStream: Bool {
        code == .tooLarge && (underlying as? JetStreamError)?.apiError != nil
    }
}
