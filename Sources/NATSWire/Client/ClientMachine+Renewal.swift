internal import BridgeBytes

/// How a client changes to newer credentials before the time of those in use is over.
///
/// ## Theory of operation
/// Credentials that say when their time is over (a JWT's `exp`) are looked at again some time
/// before: half a minute, or half of what is left when that is less. If their source has others
/// then, which last longer, the client moves to a new connection as it does from a server that will
/// stop, and nothing is lost. Otherwise the source is asked again and again, each time after half
/// of what is left, until the time is over and the server ends the connection. What the clock here
/// says may be wrong: then the server ends the connection earlier, or a move was early.
extension ClientMachine {
    /// How long before the end newer credentials are looked for.
    static let renewalLead: Duration = .seconds(30)
    /// Least time between two looks.
    static let renewalPause: Duration = .seconds(1)

    /// The connection is in use from now on.
    mutating func planRenewal(_ index: Int, _ now: Duration) {
        guard let expiry = connections[index].credentials.expiry, expiry > now else { return }
        connections[index].renewal = expiry - min(Self.renewalLead, (expiry - now) / 2)
    }

    /// Has the source looked at when it is time.
    mutating func checkCredentials(_ now: Duration, _ actions: inout [Action]) {
        for index in connections.indices {
            guard let time = connections[index].renewal, now >= time else { continue }
            connections[index].renewal = nil
            guard connections[index].role == .inUse, connections[index].reason == nil else {
                continue
            }
            actions.append(
                .checkCredentials(connections[index].id, connections[index].server))
        }
    }

    /// The driver has looked for newer credentials.
    /// - Parameter found: What the source has now; nil: it failed.
    package mutating func credentialsChecked(
        _ id: ConnectionID, _ found: Credentials?, now: Duration
    ) -> [Action] {
        guard let index = index(id), connections[index].role == .inUse,
            let expiry = connections[index].credentials.expiry
        else { return [] }
        var actions: [Action] = []
        if let found, found.identity != connections[index].credentials.identity,
            found.expiry.map({ $0 > expiry }) ?? true
        {
            leave(index, now, &actions)
        } else if expiry > now {
            connections[index].renewal = now + max(Self.renewalPause, (expiry - now) / 2)
        }
        return actions
    }
}
