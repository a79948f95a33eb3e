internal import BridgeSockets
internal import Synchronization

/// Who is connected to a server, and from where.
///
/// ## Theory of operation
/// A connection asks to be admitted when it is open, and leaves when it is closed; all of them are
/// known in between, so that the end of the server can be told to each. There are two limits: of
/// all connections, and of those from one address. Who comes above them is told so with 503; the
/// few descriptors for those last answers are bounded too, and whoever comes above that as well is
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
        /// Connections above `total` that still get an answer.
        var refusals = 64
    }

    private struct State {
        var members: [LinkID: HandlerHandle<ServerConnection>] = [:]
        var addresses: [String: Int] = [:]
    }

    let limits: Limits
    private let state = Mutex(State())
    private let ending = Atomic(false)

    init(limits: Limits) { self.limits = limits }

    /// Takes a connection in, whatever the verdict: it has to leave.
    func admit(
        _ id: LinkID, _ handle: HandlerHandle<ServerConnection>, from address: String
    ) -> Admission {
        state.withLock { state in
            state.members[id] = handle
            let sum = state.members.count
            guard sum <= limits.total else {
                return sum <= limits.total + limits.refusals ? .tooMany : .unanswered
            }
            let there = state.addresses[address, default: 0]
            guard there < limits.perAddress else { return .tooManyFromThere }
            state.addresses[address] = there + 1
            return .welcome
        }
    }

    /// - Parameter address: Where it came from, if it was welcome.
    func leave(_ id: LinkID, from address: String?) {
        state.withLock { state in
            state.members[id] = nil
            guard let address, let there = state.addresses[address] else { return }
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
