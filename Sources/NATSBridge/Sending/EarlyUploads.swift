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
    private struct State {
        var waiting: [EarlyClaim] = []
        var running: Task<[ClaimError], Never>?
    }

    private let state = Mutex(State())

    func add(_ claim: EarlyClaim) { state.withLock { $0.waiting.append(claim) } }

    /// Begins to bring all bytes, at most so many uploads at a time, while its caller goes on.
    func begin(atMost width: Int) { _ = running(atMost: width) }

    /// Brings all bytes. Cancelling the task ends the uploads, and their readers are told.
    /// - Returns: What failed.
    func complete(atMost width: Int) async -> [ClaimError] {
        await Self.end(of: running(atMost: width))
    }

    /// Ends what has begun; its readers are told.
    /// - Returns: Whether everything has been brought.
    func stop() async -> Bool {
        let (task, isLeft) = state.withLock { ($0.running, !$0.waiting.isEmpty) }
        task?.cancel()
        let failures = await task?.value ?? []
        return failures.isEmpty && !isLeft
    }

    private func running(atMost width: Int) -> Task<[ClaimError], Never> {
        state.withLock { state in
            let before = state.running
            if state.waiting.isEmpty, let before { return before }
            let claims = state.waiting
            state.waiting = []
            let task = Task {
                let failures = await Self.bring(claims, atMost: width)
                return await Self.end(of: before) + failures
            }
            state.running = task
            return task
        }
    }

    private static func end(of task: Task<[ClaimError], Never>?) async -> [ClaimError] {
        await withTaskCancellationHandler {
            await task?.value ?? []
        } onCancel: {
            task?.cancel()
        }
    }

    private static func bring(_ claims: [EarlyClaim], atMost width: Int) async -> [ClaimError] {
        await withTaskGroup(of: ClaimError?.self) { group in
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
