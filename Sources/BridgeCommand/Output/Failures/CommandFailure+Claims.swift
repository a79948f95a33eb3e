internal import BridgeClaims

extension CommandFailure {
    /// What a store could not do, or must not.
    init(_ error: ClaimError) {
        var detail = error.message
        if let status = error.status { detail += ", status \(status)" }
        if error.attempts > 1 { detail += ", after \(error.attempts) attempts" }
        self.init(
            Self.exit(error), code: error.code.rawValue, stage: error.stage.rawValue,
            target: error.url.isEmpty ? nil : error.url,
            correlationID: error.correlationID.isEmpty ? nil : error.correlationID,
            detail: detail, hint: Self.hint(error.code))
    }

    private static func exit(_ error: ClaimError) -> ExitCode {
        // A redirection is an answer that is never followed, not a damaged one.
        if error.code == .unexpectedAnswer, (300...399).contains(error.status ?? 0) {
            return .refused
        }
        return ExitCode.of(code: error.code.rawValue) ?? .other
    }

    static func hint(_ code: ClaimError.Code) -> String? {
        switch code {
        case .linkRefused: "--allow-origin allows another origin"
        case .storeUnavailable: "is the file server running? --store names another"
        default: nil
        }
    }
}
