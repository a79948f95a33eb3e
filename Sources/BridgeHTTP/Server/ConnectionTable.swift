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
/// last: the newest takes that of the oldest, which is closed there and then. Were it asked to go
/// by a command instead, the commands of a whole turn of the reactor would come behind all that is
/// accepted in it. So a crowd of clients that read nothing and never close keeps nobody from an
/// answer, however fast it comes.
final class ConnectionTable: Sendable {
    enum Admission: Sendable, Hashable {
        case welcome
        /// There are as many connections as there may be.
        case tooMany
        /// There are as many as there may be from this address.
        case tooManyFromThere
        /// There are too many, and too many to be told so.
        case unheard
    }

    struct Limits: Sendable, Hashable {
        var total: Int
        var perAddress: Int
        /// Most connections that were refused and are not closed yet.
        var refusals = 64
    }

    private struct State {
        var members: [LinkID: HandlerHandle<ServerConnection>] = [:]
        var welcome = 0
        var addresses: [String: Int] = [:]
        /// Who was refused, the oldest first; some may have gone by themselves.
        var refused = Fifo<LinkID>()
    }

    let limits: Limits
    private let state = Mutex(State())
    private let ending = Atomic(false)

    init(limits: Limits) { self.limits = limits }

    /// Takes a connection in, whatever the verdict: it has to leave.
    /// - Parameter staysRefused: Asked of one that is refused: whether it will be told why. Else it
    ///   is closed at once, and takes nobody's place.
    /// - Returns: Also the one that was refused longest ago, where there are too many of those: it
    ///   is to be closed before anybody else is admitted.
    func admit(
        _ id: LinkID, _ handle: HandlerHandle<ServerConnection>, from address: String,
        staysRefused: () -> Bool
    ) -> (Admission, leaving: LinkID?) {
        state.withLock { state in
            state.members[id] = handle
            let there = state.addresses[address, default: 0]
            let admission = verdict(state, there)
            if admission == .welcome {
                state.welcome += 1
                state.addresses[address] = there + 1
            }
            if admission != .welcome, !staysRefused() { return (.unheard, nil) }
            return (admission, admission == .welcome ? nil : refuse(id, &state))
        }
    }

    private func verdict(_ state: State, _ there: Int) -> Admission {
        if state.welcome >= limits.total { return .tooMany }
        return there >= limits.perAddress ? .tooManyFromThere : .welcome
    }

    /// The newest has a descriptor while the oldest still has, hence one place less.
    private func refuse(_ id: LinkID, _ state: inout State) -> LinkID? {
        state.refused.append(id)
        while let oldest = state.refused.first, state.refused.count > max(1, limits.refusals - 1) {
            _ = state.refused.popFirst()
            if state.members[oldest] != nil { return oldest }
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
