package import ArrowIPC
internal import BridgeBytes

extension CommandFailure {
    /// A stream that is not what the Arrow format says.
    package init(_ error: ArrowError, target: String?, correlationID: String? = nil) {
        self.init(
            ExitCode.of(error.code), code: error.code, stage: "arrow \(error.stage.rawValue)",
            target: target, correlationID: correlationID, detail: error.detail)
    }
}
