internal import BridgeClaims
internal import BridgeEnvelope
internal import NATSBridge
internal import NATSCore
internal import NATSJetStream

extension CommandFailure {
    /// What the bridge, or a layer below it, could not do.
    init(_ error: BridgeError) {
        self.init(
            Self.exit(error), code: error.code, stage: error.stage.rawValue,
            target: error.subject.isEmpty ? nil : error.subject,
            correlationID: error.correlationID.isEmpty ? nil : error.correlationID,
            detail: error.detail, hint: Self.hint(error))
    }

    /// The layer's own code decides; the bridge's stage, where no layer claims the code.
    private static func exit(_ error: BridgeError) -> ExitCode {
        if let code = NATSError.Code(rawValue: error.code) {
            // A first connection that broke off before the handshake is one that there is not.
            return error.stage == .connect && code == .disconnected ? .connection : exit(code)
        }
        if let code = ClaimError.Code(rawValue: error.code) { return exit(code, status: nil) }
        switch error.code {
        case BridgeError.Code.invalidArgument, BridgeError.Code.unusableReply: return .usage
        case BridgeError.Code.cancelled: return .interrupted
        case BridgeError.Code.noStore: return .refused
        default: break
        }
        if let code = JetStreamError.Code(rawValue: error.code) { return exit(code) }
        switch error.stage {
        case .receive, .decode, .deserialize: return .integrity
        case .plan: return .refused
        default: return .other
        }
    }

    private static func hint(_ error: BridgeError) -> String? {
        if let code = NATSError.Code(rawValue: error.code) {
            return hint(error.stage == .connect && code == .disconnected ? .connectionFailed : code)
        }
        if let code = ClaimError.Code(rawValue: error.code) { return hint(code) }
        return nil
    }

    /// What JetStream could not do.
    init(_ error: JetStreamError) {
        self.init(
            Self.exit(error.code), code: error.code.rawValue, stage: error.operation,
            target: error.stream.isEmpty ? nil : error.stream,
            detail: error.detail.isEmpty ? error.code.rawValue : error.detail)
    }

    private static func exit(_ code: JetStreamError.Code) -> ExitCode {
        switch code {
        case .invalidArgument: .usage
        case .streamNotFound, .consumerNotFound, .consumerDeleted: .notFound
        case .unavailable, .disconnected, .heartbeatMissed, .notSent: .retryable
        case .messageTooLarge, .conditionFailed, .refused, .batchBytesExceeded: .refused
        case .malformedAnswer, .notFromJetStream: .integrity
        case .timeout: .timeout
        case .cancelled: .interrupted
        default: .other
        }
    }
}
