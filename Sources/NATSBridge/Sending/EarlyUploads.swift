internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import NATSWire
internal import Synchronization

/// The uploads of one send whose links go out before their bytes.
///
/// Payloads are announced while the message is prepared; their bytes are sent when it is out. What
/// fails then is told to the sender, and readers find the code `uploadAborted`.
final class EarlyUploads: Sendable {
    private let waiting = Mutex<[EarlyClaim]>([])

    func add(_ claim: EarlyClaim) { waiting.withLock { $0.append(claim) } }

    /// Brings all bytes, at most so many uploads at a time.
    /// - Returns: What failed.
    func complete(atMost width: Int) async -> [ClaimError] {
        let claims = waiting.withLock { claims in
            defer { claims = [] }
            return claims
        }
        return await withTaskGroup(of: ClaimError?.self) { group in
            var left = claims[...]
            var failures: [ClaimError] = []
            for _ in 0..<max(1, width) {
                guard let claim = left.popFirst() else { break }
                group.addTask { await claim.complete() }
            }
            for await failure in group {
                if let failure { failures.append(failure) }
                guard let claim = left.popFirst() else { continue }
                group.addTask { await claim.complete() }
            }
            return failures
        }
    }
}

extension Outgoing {
    /// Announces a payload, where the send wants that and the store can.
    func announce(
        _ content: ClaimContent, to store: any ClaimStore
    ) async throws(ClaimError) -> Claim? {
        guard let early, let store = store as? any EarlyClaimStore,
            let announced = try await store.announce(content, correlationID: correlationID)
        else { return nil }
        early.add(announced)
        return announced.claim
    }

    /// Brings what was announced.
    /// - Returns: What failed.
    func bringEarlyUploads() async -> [ClaimError] {
        await early?.complete(atMost: bridge.options.maxParallelUploads) ?? []
    }

    /// Brings what was announced, once the message is out.
    func completeEarlyUploads() async throws(BridgeError) {
        guard let first = await bringEarlyUploads().first else { return }
        throw bridge.logged(
            BridgeError(
                first, stage: .upload, correlationID: correlationID,
                detail: first.detail
                    + "; the message is out, and who has not got its payload by now is told that"
                    + " it will not come"
            ).knowing(.sent))
    }

    /// Refuses links before their bytes where others read the message later.
    func checkEarlyLinks() throws(BridgeError) {
        guard options.sendsLinksEarly, options.mode == .jetStream else { return }
        throw bridge.logged(
            BridgeError(
                .invalidArgument, stage: .plan, subject: subject.text,
                correlationID: correlationID,
                detail: "a link that may fail does not go into a stream: its upload comes first",
                outcome: .lost))
    }
}
