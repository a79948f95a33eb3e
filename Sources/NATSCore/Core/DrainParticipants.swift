internal import Synchronization

/// Work of a layer above that has to end before the client's own subscriptions are drained, such
/// as the loop over a consumer's messages, whose acknowledgements need the connection.
package protocol DrainParticipant: AnyObject, Sendable {
    /// Asks for nothing new, and lets what was begun be finished, at most until that time.
    /// - Returns: How many messages were left.
    func drain(until deadline: ContinuousClock.Instant) async -> Int
}

extension NATSClient {
    /// Has the client's `drain` end this work first. The client does not keep it: one that is
    /// gone takes no part.
    /// - Returns: False when the drain has begun already, and the work must not begin.
    package func addDrainParticipant(_ participant: some DrainParticipant) -> Bool {
        core.drainParticipants.add(participant)
    }

    /// Number of those that would take part now.
    package var drainParticipantCount: Int { core.drainParticipants.count }

    /// Forgets the work; called by its end, from `deinit` at the latest.
    package func removeDrainParticipant(_ participant: some DrainParticipant) {
        core.drainParticipants.remove(ObjectIdentifier(participant))
    }
}

/// Who takes part in the drain of a client.
final class DrainParticipants: Sendable {
    private struct Member {
        weak var participant: (any DrainParticipant)?
    }

    private struct State {
        var members: [ObjectIdentifier: Member] = [:]
        var hasBegun = false
    }

    private let state = Mutex(State())

    func add(_ participant: some DrainParticipant) -> Bool {
        state.withLock { state in
            guard !state.hasBegun else { return false }
            state.members[ObjectIdentifier(participant)] = Member(participant: participant)
            return true
        }
    }

    func remove(_ id: ObjectIdentifier) { state.withLock { $0.members[id] = nil } }

    var count: Int { state.withLock { $0.members.count } }

    /// Ends the work of all at the same time; nobody joins from now on.
    /// - Returns: How many messages were left.
    func drain(until deadline: ContinuousClock.Instant) async -> Int {
        // A participant that is released here would ask for the lock in its `deinit`.
        let members = state.withLock { state in
            state.hasBegun = true
            return Array(state.members.values)
        }
        return await withTaskGroup(of: Int.self) { group in
            for member in members {
                guard let participant = member.participant else { continue }
                group.addTask { await participant.drain(until: deadline) }
            }
            return await group.reduce(0, +)
        }
    }
}
