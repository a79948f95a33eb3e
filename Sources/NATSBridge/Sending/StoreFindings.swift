internal import BridgeBytes
public import BridgeClaims
internal import Synchronization

/// What a bridge has found out about its store that its user should know.
///
/// ## Theory of operation
/// The first upload is looked at: whether its link can be followed by a receiver with the same
/// settings, and leads to the payload. Who comes first looks; others do not wait for it. A look
/// that was cancelled is left to the next upload. Each kind of finding is kept once.
final class StoreFindings: Sendable {
    private struct State {
        var isChecked = false
        var found: [ClaimError] = []
    }

    private let state = Mutex(State())

    var all: [ClaimError] { state.withLock { $0.found } }

    /// Whether it is the caller who looks at a link.
    func beginCheck() -> Bool {
        state.withLock { state in
            defer { state.isChecked = true }
            return !state.isChecked
        }
    }

    /// The look came to nothing: the next upload is looked at.
    func giveUpCheck() { state.withLock { $0.isChecked = false } }

    /// Notes a finding; false when one of its kind is known.
    func note(_ finding: ClaimError) -> Bool {
        state.withLock { state in
            guard !state.found.contains(where: { $0.code == finding.code }) else { return false }
            state.found.append(finding)
            return true
        }
    }
}

extension Bridge {
    /// What this bridge has found out about its store, each kind once: that its links cannot be
    /// followed with the settings of this side (`linkRefused`), or do not lead to the payload
    /// from here, and that it keeps payloads for less than was asked for (`lifeShortened`). None
    /// of it fails a send, since receivers may be better placed. Empty when all is well, or when
    /// nothing has been uploaded yet.
    public var storeFindings: [ClaimError] { findings.all }

    /// Whether a store keeps a payload for less than was asked for. Times are told in seconds, and
    /// may count from the upload's beginning.
    package static func isShortened(
        _ asked: Duration, to granted: Duration, after time: Duration
    ) -> Bool {
        granted + time + .seconds(2) < asked
    }
}

extension Outgoing {
    /// Looks at what a store has made of an upload.
    /// - Parameter time: How long the upload took.
    /// - Throws: `ClaimError` when the store has not what was sent.
    func inspect(
        _ claim: Claim, in store: any ClaimStore, after time: Duration
    ) async throws(ClaimError) {
        let asked = bridge.options.timeToLive
        if let granted = claim.grantedLife, Bridge.isShortened(asked, to: granted, after: time) {
            tell(
                ClaimError(
                    .lifeShortened, .upload, url: Redaction.url(claim.url),
                    "the store keeps payloads for \(granted), and not for the "
                        + "\(asked) that were asked for",
                    correlationID: correlationID))
        }
        guard bridge.findings.beginCheck() else { return }
        do throws(ClaimError) {
            try await store.checkLink(
                claim, policy: bridge.options.linkPolicy, correlationID: correlationID)
        } catch {
            switch error.code {
            case .cancelled: bridge.findings.giveUpCheck()
            case .sizeMismatch, .checksumMismatch:
                bridge.findings.giveUpCheck()
                throw error
            default: tell(error.saying("receivers may not be able to follow the store's links"))
            }
        }
    }

    private func tell(_ finding: ClaimError) {
        guard bridge.findings.note(finding) else { return }
        bridge.log(
            correlationID, .upload, "the store is not as expected", level: .warning,
            [
                LogEvent.Field("code", finding.code.rawValue),
                LogEvent.Field("url", finding.url), LogEvent.Field("detail", finding.detail),
            ])
    }
}
