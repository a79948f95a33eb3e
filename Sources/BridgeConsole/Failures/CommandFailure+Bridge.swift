internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
package import NATSBridge
internal import NATSCore
package import NATSJetStream

extension CommandFailure {
    /// What the bridge, or a layer below it, could not do.
    package init(_ error: BridgeError) {
        self.init(
            Self.exit(error), code: error.code, stage: error.stage.rawValue,
            target: error.subject.isEmpty ? nil : error.subject,
            correlationID: error.correlationID.isEmpty ? nil : error.correlationID,
            detail: error.detail, hint: Self.hint(error))
        outcome = error.outcome?.rawValue
    }

    /// Runs a call of the bridge.
    package static func translating<T>(
        _ body: () async throws(BridgeError) -> T
    ) async throws(CommandFailure) -> T {
        do throws(BridgeError) { return try await body() } catch { throw CommandFailure(error) }
    }

    /// Runs a call of JetStream, or of what stands on it.
    package static func jetStream<T>(
        _ body: () async throws(JetStreamError) -> T
    ) async throws(CommandFailure) -> T {
        do throws(JetStreamError) { return try await body() } catch { throw CommandFailure(error) }
    }

    /// A sequence of messages that ended before its time: it was cancelled, or the client closed.
    package static func ended(_ stage: String, _ target: String) -> CommandFailure {
        Task.isCancelled
            ? CommandFailure(
                .interrupted, code: .cancelled, stage: stage, target: target,
                detail: "interrupted")
            : CommandFailure(
                .retryable, code: .closed, stage: stage, target: target,
                detail: "the connection is closed")
    }

    /// The code decides; the bridge's stage, where the table does not have it.
    private static func exit(_ error: BridgeError) -> ExitCode {
        // A first connection that broke off before the handshake is one that there is not.
        if error.stage == .connect, error.code == .disconnected { return .connection }
        if let claim = error.underlying as? ClaimError { return exit(claim) }
        // What our own message breaks is refused; what a peer's does is damage.
        let isOutgoing = error.stage == .plan || error.stage == .encode
        if isOutgoing, error.underlying is EnvelopeError { return .refused }
        return ExitCode.of(error.code)
    }

    private static func hint(_ error: BridgeError) -> String? {
        if let error = error.underlying as? NATSError, let hint = tlsHint(error) { return hint }
        if let error = error.underlying as? ClaimError { return storeHint(error) }
        // What is sent by the bridge may go by link; nothing else may.
        if error.code == .tooLarge, [.plan, .encode, .publish].contains(error.stage) {
            return "lower --threshold, so that more goes by link"
        }
        let isMissing = error.stage == .connect && error.code == .disconnected
        return natsHint(isMissing ? .connectionFailed : error.code)
    }

    private static func hint(_ error: JetStreamError) -> String? {
        // The subjects of buckets and object stores, which were there a moment ago.
        if error.code == .noStream, error.subject.hasPrefix("$") {
            return "it was removed meanwhile"
        }
        // What is full here is not the server's.
        let isLocal = error.code == .storageFull && error.apiError == nil
        return isLocal ? "make room on the disk" : natsHint(error.code)
    }

    /// What JetStream could not do.
    package init(_ error: JetStreamError) {
        self.init(
            ExitCode.of(error.code), code: error.code, stage: error.operation,
            target: error.place.isEmpty ? nil : error.place,
            detail: error.detail.isEmpty ? error.code.rawValue : error.detail,
            hint: Self.hint(error))
        outcome = error.outcome?.rawValue
    }
}
