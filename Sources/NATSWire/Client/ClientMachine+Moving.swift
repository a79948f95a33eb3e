/// How a client moves from a server that will stop to another one, and loses nothing that it
/// published.
///
/// ## Theory of operation
/// The old connection goes on while a new one is made. The new one subscribes to everything and
/// waits for a PONG; a settling time later the other servers of the cluster can be expected to know
/// of it, too, so that hardly a message misses both. Then the old one ends its subscriptions,
/// writes what the outbox holds, and asks for a last PONG; meanwhile what is published waits in the
/// outbox. That PONG comes after every message that the old server had for us, and proves that it
/// has all of ours. Only then the old connection is closed and the outbox feeds the new one, so
/// that the order of publishing is kept.
///
///     old   in use ────────────────────── UNSUB… PING ──▶ PONG, closed
///     new      INFO CONNECT PING PONG, SUB… PING ──▶ PONG, settle ──▶ fed by the outbox
///
/// Between the SUB on the new connection and the UNSUB on the old one, a message may come over
/// both, and one that comes over the new one may overtake those before it, which the old one has
/// yet to bring; members of a queue group are not concerned. If either connection is lost on the
/// way, the other goes on as usual. An old server that does not answer the last PING in time is
/// given up: what it has not confirmed is unknown then.
extension ClientMachine {
    /// How long the news of a subscription may take from one server of a cluster to the others. No
    /// server says when they have it: where it takes longer, a message can miss both connections,
    /// so that a move is a gap that subscriptions tell.
    package static let settlingTime: Duration = .milliseconds(200)
    /// How long a server that stops may take to answer the last question.
    package static let partingTime: Duration = .seconds(10)

    /// The outbox feeds this connection from now on.
    mutating func feed(_ index: Int, _ now: Duration) -> [Action] {
        connections[index].machine.fed()
        connections[index].role = .inUse
        planRenewal(index, now)
        let (id, info) = (connections[index].id, connections[index].info)
        var actions: [Action] = [
            .update(info), .feed(id), .tell(.connected(connections[index].server)),
        ]
        noteDiscovered(info, index, &actions)
        if info.isLameDuck { beginLeaving(index, now, &actions) }
        return actions
    }

    /// The server will stop: another one is looked for.
    mutating func beginLeaving(_ index: Int, _ now: Duration, _ actions: inout [Action]) {
        actions.append(.tell(.lameDuck))
        guard connections[index].role == .inUse else { return }
        pool.failed(.lost, now: now)
        leave(index, now, &actions)
    }

    /// Another connection is looked for, and takes over when it is ready.
    mutating func leave(_ index: Int, _ now: Duration, _ actions: inout [Action]) {
        connections[index].role = .leaving
        connections[index].renewal = nil
        advance(now, &actions)
    }

    /// The server has the subscriptions of a connection that is to take over.
    mutating func joined(_ index: Int, _ now: Duration) -> [Action] {
        guard connections[index].role == .joining else { return [] }
        guard connections.contains(where: { $0.role.hasCarried }) else { return feed(index, now) }
        connections[index].role = .settling(until: now + Self.settlingTime)
        return []
    }

    /// Ends the settling time, and the patience with a server that was left.
    mutating func moveOn(_ now: Duration, _ actions: inout [Action]) {
        for index in connections.indices {
            switch connections[index].role {
            case .settling(let time) where now >= time:
                connections[index].role = .joined
                let old = connections.firstIndex { $0.role == .leaving && $0.reason == nil }
                guard let old else { continue }
                connections[old].role = .released(until: now + Self.partingTime)
                actions.append(.release(connections[old].id))
            case .released(let time) where now >= time: actions += close(index, .stale)
            case .attempt, .joining, .settling, .joined, .inUse, .leaving, .released, .left: break
            }
        }
    }

    /// The last PONG of a released connection has come: nothing is lost by closing it.
    package mutating func parted(_ id: ConnectionID, now: Duration) -> [Action] {
        guard let index = index(id), case .released = connections[index].role else { return [] }
        // Without another connection this one is lost as any other.
        guard let next = readyIndex else { return close(index, .requested) }
        connections[index].role = .left
        return close(index, .requested) + [.tell(.moved(from: connections[index].server))]
            + feed(next, now)
    }
}
