/// Which request gets which connection.
///
/// ## Theory of operation
/// Every origin has a lane: its idle connections, the number of open ones (idle, busy or being
/// opened) and the requests that wait. A request takes the idle connection that was used last,
/// since that one is the least likely to be dead; else it opens a new one while the lane has
/// room; else it waits in order. A connection that comes back goes to the first waiter. One that
/// is gone makes room, which the first waiter fills with a new one.
///
/// Connections and waiters are numbers here; sockets and continuations lie beside the machine.
package struct PoolMachine<Origin: Hashable & Sendable>: Sendable {
    package typealias ConnectionID = Int
    package typealias WaiterID = Int

    package enum Grant: Equatable, Sendable {
        /// Use this idle connection.
        case reuse(ConnectionID)
        /// Open a connection under this number, and report `closed` if that fails.
        case open(ConnectionID)
        /// Wait; a later action names the waiter.
        case wait
    }

    package enum Action: Equatable, Sendable {
        /// Nothing to do; a connection that came back is idle now.
        case none
        case grant(WaiterID, Grant)
        /// The connection that came back is one too many: close it.
        case close
    }

    private struct Lane {
        var idle: [ConnectionID] = []
        var open = 0
        var waiters: [WaiterID] = []
    }

    private let connectionsPerOrigin: Int
    private var lanes: [Origin: Lane] = [:]
    private var origins: [ConnectionID: Origin] = [:]
    private var nextConnection = 0

    package init(connectionsPerOrigin: Int) {
        precondition(connectionsPerOrigin > 0, "an origin has at least one connection")
        self.connectionsPerOrigin = connectionsPerOrigin
    }

    /// Number of open connections of an origin, and how many of them are idle.
    package func connections(of origin: Origin) -> (open: Int, idle: Int) {
        let lane = lanes[origin] ?? Lane()
        return (lane.open, lane.idle.count)
    }

    /// A request wants a connection.
    /// - Parameter fresh: A new one is better: the last idle one turned out to be dead.
    package mutating func wanted(_ origin: Origin, by waiter: WaiterID, fresh: Bool = false)
        -> Grant
    {
        var lane = lanes[origin] ?? Lane()
        defer { lanes[origin] = lane }
        let isFull = lane.open >= connectionsPerOrigin
        // With no room for a new one, an idle one is better than to wait for nobody.
        if !fresh || isFull, let connection = lane.idle.popLast() { return .reuse(connection) }
        guard !isFull else {
            lane.waiters.append(waiter)
            return .wait
        }
        lane.open += 1
        return .open(makeConnection(origin))
    }

    private mutating func makeConnection(_ origin: Origin) -> ConnectionID {
        nextConnection += 1
        origins[nextConnection] = origin
        return nextConnection
    }

    /// A connection ended its exchange and can take another one.
    package mutating func released(_ connection: ConnectionID) -> Action {
        guard let origin = origins[connection], var lane = lanes[origin] else { return .close }
        defer { lanes[origin] = lane }
        guard !lane.waiters.isEmpty else {
            lane.idle.append(connection)
            return .none
        }
        return .grant(lane.waiters.removeFirst(), .reuse(connection))
    }

    /// A connection, idle or not, is gone or could not be opened.
    package mutating func closed(_ connection: ConnectionID) -> Action {
        guard let origin = origins.removeValue(forKey: connection), var lane = lanes[origin]
        else { return .none }
        lane.open -= 1
        lane.idle.removeAll { $0 == connection }
        guard !lane.waiters.isEmpty else {
            lanes[origin] = lane.open == 0 ? nil : lane
            return .none
        }
        let waiter = lane.waiters.removeFirst()
        lane.open += 1
        lanes[origin] = lane
        return .grant(waiter, .open(makeConnection(origin)))
    }

    /// A waiting request gave up. Returns false when it has been granted a connection already.
    package mutating func waiterLeft(_ waiter: WaiterID, _ origin: Origin) -> Bool {
        guard let place = lanes[origin]?.waiters.firstIndex(of: waiter) else { return false }
        lanes[origin]?.waiters.remove(at: place)
        return true
    }
}
