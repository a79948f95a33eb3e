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
        outcome = error.outcome?.rawValue
    }

    /// Runs a call of the bridge.
    static func translating<T>(
        _ body: () async throws(BridgeError) -> T
    ) async throws(CommandFailure) -> T {
        do throws(BridgeError) { return try await body() } catch { throw CommandFailure(error) }
    }

    /// A sequence of messages that ended before its time: it was cancelled, or the client closed.
    static func ended(_ stage: String, _ target: String) -> CommandFailure {
        Task.isCancelled
            ? CommandFailure(
                .interrupted, code: BridgeError.Code.cancelled, stage: stage, target: target,
                detail: "interrupted")
            : CommandFailure(
                .retryable, code: BridgeError.Code.closed, stage: stage, target: target,
                detail: "the connection is closed")
    }

    /// The code decides; the bridge's stage, where the table does not have it.
    private static func exit(_ error: BridgeError) -> ExitCode {
        // A first connection that broke off before the handshake is one that there is not.
        if error.stage == .connect, error.code == NATSError.Code.disconnected.rawValue {
            return .connection
        }
        // What our own message breaks is refused; what a peer's does is damage.
        let isOutgoing = error.stage == .plan || error.stage == .encode
        if isOutgoing, EnvelopeError.Code(rawValue: error.code) != nil { return .refused }
        if let exit = ExitCode.of(code: error.code) { return exit }
        return switch error.stage {
        case .receive, .decode, .deserialize: .integrity
        case .plan: .refused
        default: .other
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
            ExitCode.of(code: error.code.rawValue) ?? .other, code: error.code.rawValue,
            stage: error.operation, target: error.stream.isEmpty ? nil : error.stream,
            detail: error.detail.isEmpty ? error.code.rawValue : error.detail)
        outcome = error.outcome?.rawValue
    }
}
