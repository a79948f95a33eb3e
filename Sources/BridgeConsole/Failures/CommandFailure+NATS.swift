internal import BridgeBytes
package import NATSCore

extension CommandFailure {
    /// What the NATS client could not do.
    package init(_ error: NATSError, correlationID: String? = nil) {
        self.init(
            ExitCode.of(error.code), code: error.code, stage: error.stage.rawValue,
            target: error.place, correlationID: correlationID, detail: error.detail,
            hint: Self.tlsHint(error) ?? Self.natsHint(error.code))
        outcome = error.outcome?.rawValue
    }
}
