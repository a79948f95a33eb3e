internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// Who is connected to a server, and from where.
///
/// ## Theory of operation
/// A connection asks to be admitted when it is open, and leaves when it is closed; all of them are
/// known in between, so that the end of the server can be told to each. There are two limits: of
/// all connections, and of those from one address. Who comes above them is told so with 503, and
/// may keep its descriptor until it has read that, but for no longer than places for refusals
/// last: the newest takes that of the oldest. So a crowd of clients that read nothing and never
/// close keeps nobody from an answer. Only what comes faster than the oldest can be closed is
/// closed without a word.
final class ConnectionTable: Sendable {
    enum Admission: Sendable, Hashable {
        case welcome
        /// There are as many connections as there may be.
        case tooMany
        /// There are as many as there may be from this address.
        case tooManyFromThere
        /// Not even a refusal may be written.
        case unanswered
    }

    struct Limits: Sendable, Hashable {
        var total: Int
        var perAddress: Int
        /// Connections that were refused and are not closed yet.
        var refusals = 64
    }

    private struct State {
        var members: [LinkID: HandlerHandle<ServerConnection>] = [:]
        var welcome = 0
        var addresses: [String: Int] = [:]
        /// Who was refused and has not been asked to go, the oldest first.
        var refused = Fifo<LinkID>()
    }

    let limits: Limits
    private let state = Mutex(State())
    private let ending = Atomic(false)

    init(limits: Limits) { self.limits = limits }

    /// Takes a connection in, whatever the verdict: it has to leave. Asks the one that was refused
    /// longest ago to go, where there are too many of those.
    func admit(
        _ id: LinkID, _ handle: HandlerHandle<ServerConnection>, from address: String
    ) -> Admission {
        let (admission, oldest) = state.withLock { state in
            state.members[id] = handle
            let there = state.addresses[address, default: 0]
            let admission = verdict(state, there)
            if admission == .welcome {
                state.welcome += 1
                state.addresses[address] = there + 1
            }
            guard admission == .tooMany || admission == .tooManyFromThere else {
                return (admission, HandlerHandle<ServerConnection>?.none)
            }
            return (admission, refuse(id, &state))
        }
        oldest?.perform { connection, link in connection.giveUp(link) }
        return admission
    }

    private func verdict(_ state: State, _ there: Int) -> Admission {
        let refused = state.members.count - 1 - state.welcome
        let isTooMany = state.welcome >= limits.total
        guard isTooMany || there >= limits.perAddress else { return .welcome }
        guard refused < limits.refusals else { return .unanswered }
        return isTooMany ? .tooMany : .tooManyFromThere
    }

    /// Half of the places are for those that are on their way out.
    private func refuse(_ id: LinkID, _ state: inout State) -> HandlerHandle<ServerConnection>? {
        state.refused.append(id)
        while let oldest = state.refused.first, state.refused.count > max(1, limits.refusals / 2) {
            _ = state.refused.popFirst()
            if let handle = state.members[oldest] { return handle }
        }
        return nil
    }

    /// - Parameter address: Where it came from, if it was welcome.
    func leave(_ id: LinkID, from address: String?) {
        state.withLock { state in
            let member = state.members.removeValue(forKey: id)
            guard member != nil, let address else { return }
            state.welcome -= 1
            let there = state.addresses[address, default: 0]
            state.addresses[address] = there > 1 ? there - 1 : nil
        }
    }

    /// Whether connections are to end with their present request.
    var isEnding: Bool { ending.load(ordering: .acquiring) }

    /// Has every connection end as soon as it has nothing to do.
    func end() {
        ending.store(true, ordering: .releasing)
        let members = state.withLock { Array($0.members.values) }
        for member in members {
            member.perform { connection, link in connection.endSoon(link) }
        }
    }
}
