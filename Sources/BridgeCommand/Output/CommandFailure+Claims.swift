internal import BridgeClaims

extension CommandFailure {
    /// What a store could not do, or must not.
    init(_ error: ClaimError) {
        var detail = error.message
        if let status = error.status { detail += ", status \(status)" }
        if error.attempts > 1 { detail += ", after \(error.attempts) attempts" }
        self.init(
            Self.exit(error.code, status: error.status), code: error.code.rawValue,
            stage: error.stage.rawValue,
            target: error.url,
            correlationID: error.correlationID.isEmpty ? nil : error.correlationID,
            detail: detail, hint: Self.hint(error.code))
    }

    static func exit(_ code: ClaimError.Code, status: Int?) -> ExitCode {
        switch code {
        case .linkRefused, .payloadTooLarge, .storeRefused, .storeFull: .refused
        case .payloadExpired, .payloadMissing: .notFound
        case .checksumMismatch, .checksumMalformed, .sizeMismatch, .undecodableContent:
            .integrity
        case .unexpectedAnswer: (300...399).contains(status ?? 0) ? .refused : .integrity
        case .storeUnavailable, .memoryExhausted, .totalTimeout: .retryable
        case .uploadConflict: .other
        case .cancelled: .interrupted
        }
    }

    static func hint(_ code: ClaimError.Code) -> String? {
        switch code {
        case .linkRefused: "--allow-origin allows another origin"
        case .storeUnavailable: "is the file server running? --store names another"
        default: nil
        }
    }
}
