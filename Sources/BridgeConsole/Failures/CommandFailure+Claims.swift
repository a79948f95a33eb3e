internal import BridgeBytes
package import BridgeClaims

extension CommandFailure {
    /// What a store could not do, or must not.
    package init(_ error: ClaimError) {
        self.init(
            Self.exit(error), code: error.code, stage: error.stage.rawValue,
            target: error.url.isEmpty ? nil : error.url,
            correlationID: error.correlationID.isEmpty ? nil : error.correlationID,
            detail: error.detail, hint: Self.storeHint(error))
    }

    static func exit(_ error: ClaimError) -> ExitCode {
        // A redirection is an answer that is never followed, not a damaged one.
        if error.code == .unexpectedAnswer, (300...399).contains(error.status ?? 0) {
            return .refused
        }
        return ExitCode.of(error.code)
    }
}
