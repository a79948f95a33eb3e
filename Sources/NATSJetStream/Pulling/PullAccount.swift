// Theory of operation.
//
// A session pulls messages into its inbox, hands them out one by one, and whoever took them says
// what became of each. When the client drains, all of that has to come to an end: the account is
// what the client's drain knows of a session.
//
// The interest in the inbox ends first, so that the server delivers nothing more; what it had
// sent is handed out. The session is *settled* when its loop has ended and all that was handed
// out is acknowledged, or nobody holds it any more. When the time is over before that, what was
// not handed out is given back to the server with a negative acknowledgement, so that others get
// it at once, and counts as left, together with what is in somebody's hands.
//
// Three objects, by what keeps them: the session keeps its inbox, and with it the subscription;
// session and messages keep the hand-out, whose end means that nobody can acknowledge any more;
// all of them keep the account, and the client's drain does only while it waits.
internal import BridgeBytes
internal import NATSCore
internal import Synchronization

/// What was handed out and not acknowledged of one session, and how the session ends.
final class PullAccount: DrainParticipant {
    private struct State {
        /// Messages that were handed out, and of which nobody has begun to say something final.
        var unspoken = DeliverySet()
        var hasLoopEnded = false
        weak var inbox: PullInbox?
        /// Those who drain, until all is settled.
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    /// Whether the client drains: nothing more is to be asked for.
    let isDraining = Atomic(false)
    private let client: NATSClient
    private let isAcknowledged: Bool
    private let state = Mutex(State())
    /// Messages that were handed out, and of which nothing final was said. Not under the lock,
    /// since each message counts twice; whoever brings it to zero looks under the lock.
    private let open = Atomic(0)

    /// - Parameter isAcknowledged: Whether anything is to be said of the messages.
    init(client: NATSClient, isAcknowledged: Bool) throws(JetStreamError) {
        self.client = client
        self.isAcknowledged = isAcknowledged
        guard client.addDrainParticipant(self) else {
            throw JetStreamError(
                .closed, operation: "pull", detail: "the client is draining or closed")
        }
    }

    deinit { client.removeDrainParticipant(self) }

    /// Where the session's messages come.
    func opened(_ inbox: PullInbox) { state.withLock { $0.inbox = inbox } }

    /// A message goes to whoever will acknowledge it.
    /// - Parameter number: The consumer's number of the delivery.
    func handedOut(_ number: UInt64) {
        guard isAcknowledged else { return }
        open.wrappingAdd(1, ordering: .sequentiallyConsistent)
        state.withLock { $0.unspoken.insert(number) }
    }

    /// Whether something final may be said of a delivery now: nobody has before.
    func claim(_ number: UInt64) -> Bool {
        guard isAcknowledged else { return true }
        return state.withLock { $0.unspoken.remove(number) }
    }

    /// What was to be said was not, or nobody knows.
    func takeBack(_ number: UInt64) {
        guard isAcknowledged else { return }
        state.withLock { $0.unspoken.insert(number) }
    }

    /// Something final was said about a message.
    func acknowledged() {
        guard isAcknowledged else { return }
        let rest = open.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
        if rest <= 0 { change { _ in } }
    }

    /// The session asks for nothing more and has handed out everything.
    func loopEnded() {
        change { $0.hasLoopEnded = true }
    }

    /// Nobody has a message of the session, nor the session itself.
    func released() {
        open.store(0, ordering: .sequentiallyConsistent)
        change { $0.hasLoopEnded = true }
    }

    private func isSettled(_ hasLoopEnded: Bool) -> Bool {
        hasLoopEnded && open.load(ordering: .sequentiallyConsistent) <= 0
    }

    private func change(_ body: (inout State) -> Void) {
        let settled = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            body(&state)
            guard isSettled(state.hasLoopEnded) else { return [] }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for continuation in settled { continuation.resume() }
    }

    /// Has the session ask for nothing more and end behind what had been sent.
    func stop(within patience: Duration) async {
        isDraining.store(true, ordering: .sequentiallyConsistent)
        await state.withLock { $0.inbox }?.endInterest(until: .now + patience)
    }

    func drain(until deadline: ContinuousClock.Instant) async -> Int {
        isDraining.store(true, ordering: .sequentiallyConsistent)
        await state.withLock { $0.inbox }?.endInterest(until: deadline)
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let watch = Task.detached { [weak self] in
            guard (try? await ContinuousClock().sleep(until: deadline)) != nil else { return }
            self?.state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if isSettled(state.hasLoopEnded) || ContinuousClock.now >= deadline { return true }
                state.waiters[id] = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
        watch.cancel()
        let rest = await state.withLock { $0.inbox }?.close() ?? []
        for message in rest { giveBack(message) }
        let held = state.withLock { isSettled($0.hasLoopEnded) } ? 0 : open.load(ordering: .relaxed)
        return rest.count + max(held, 0)
    }

    /// Has the server deliver a message again, at once and to anybody; not where a delivery is
    /// the last word.
    func giveBack(_ message: NATSMessage) {
        guard isAcknowledged, let reply = message.replyTo else { return }
        // A client that cannot send it leaves it to the consumer's `ackWait`.
        try? client.publish(Acknowledgement.notDone(delay: nil).body, to: reply)
    }
}

/// Held by a session and by every message that it has handed out.
final class HandOut: Sendable {
    let account: PullAccount

    init(_ account: PullAccount) { self.account = account }

    deinit { account.released() }
}
