internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// The connections of a client: `PoolMachine` decides, this acts.
final class ConnectionPool: Sendable {
    private typealias Machine = PoolMachine<Destination>

    /// What connections can be shared for: an origin, by way of the addresses or the proxy that
    /// were asked for.
    private struct Destination: Hashable, Sendable {
        let origin: HTTPURL.Origin
        let addresses: [Address]?
        let tunnel: HTTPProxy?

        init(_ target: ConnectionTarget) {
            origin = target.url.origin
            addresses = target.addresses
            tunnel = target.tunnel
        }
    }

    /// A connection that belongs to one exchange until that ends.
    struct Lease: Sendable {
        let connection: ClientConnection
        /// Whether the connection has served before, so that it may have died unnoticed.
        let isReused: Bool
    }

    private struct Waiter: Sendable {
        let promise: Promise<Machine.Grant>
        let target: ConnectionTarget
    }

    private struct State: Sendable {
        var machine: Machine
        var connections: [Int: ClientConnection] = [:]
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        var isClosed = false
    }

    private let state: Mutex<State>
    private let options: HTTPClientOptions
    private let log: LogSink?
    private let reactor: Reactor

    init(options: HTTPClientOptions, reactor: Reactor, log: LogSink? = nil) {
        self.options = options
        self.log = log
        self.reactor = reactor
        state = Mutex(State(machine: Machine(connectionsPerOrigin: options.connectionsPerOrigin)))
    }

    /// A connection to the target's origin; waits for one while the origin has no room.
    /// - Parameter total: When the time for the exchange is over, by `MonotonicClock`.
    func lease(
        for target: ConnectionTarget, fresh: Bool, until total: Duration?
    ) async throws(HTTPError) -> Lease {
        switch try await grant(for: target, fresh: fresh, until: total) {
        case .open(let id):
            return Lease(connection: try await open(id, target, until: total), isReused: false)
        case .reuse(let id):
            if let connection = state.withLock({ $0.connections[id] }) {
                return Lease(connection: connection, isReused: true)
            }
            // It died between the grant and now.
            return try await lease(for: target, fresh: true, until: total)
        case .wait: preconditionFailure("a promise holds a connection")
        }
    }

    private func grant(
        for target: ConnectionTarget, fresh: Bool, until total: Duration?
    ) async throws(HTTPError) -> Machine.Grant {
        let promise = Promise<Machine.Grant>()
        let (waiter, waits) = state.withLock { state -> (Int, Bool) in
            state.nextWaiter += 1
            let waiter = state.nextWaiter
            guard !state.isClosed else {
                promise.keep(.failure(Self.closed(target.url)))
                return (waiter, false)
            }
            let grant = state.machine.wanted(Destination(target), by: waiter, fresh: fresh)
            if grant == .wait {
                state.waiters[waiter] = Waiter(promise: promise, target: target)
            } else {
                promise.keep(.success(grant))
            }
            return (waiter, grant == .wait)
        }
        var end: UInt64?
        if waits, let total {
            end = Deadlines.shared.add(at: MonotonicClock.instant(total)) { [weak self] in
                self?.leave(waiter, target, .totalTimeout, "no connection became free in time")
            }
        }
        defer { if let end { Deadlines.shared.remove(end) } }
        let result = await withTaskCancellationHandler {
            await promise.result()
        } onCancel: {
            leave(waiter, target, .cancelled, "cancelled while waiting for a connection")
        }
        return try result.get()
    }

    private func leave(
        _ number: Int, _ target: ConnectionTarget, _ code: HTTPError.Reason, _ message: String
    ) {
        let waiter = state.withLock { state in
            state.machine.waiterLeft(number, Destination(target))
                ? state.waiters.removeValue(forKey: number) : nil
        }
        waiter?.promise.keep(
            .failure(HTTPError(code, .connect, url: target.url.description, message)))
    }

    private func open(
        _ id: Int, _ target: ConnectionTarget, until total: Duration?
    ) async throws(HTTPError) -> ClientConnection {
        let connection = ClientConnection(id: id, pool: self, options: options, log: log)
        let isClosed = state.withLock { state in
            state.connections[id] = connection
            return state.isClosed
        }
        do throws(HTTPError) {
            if isClosed { throw Self.closed(target.url) }
            try await connection.connect(to: target, on: reactor, until: total)
        } catch {
            closed(id)
            throw error
        }
        return connection
    }

    private static func closed(_ url: HTTPURL) -> HTTPError {
        HTTPError(.cancelled, .connect, url: url.description, "the client was closed")
    }

    /// An exchange ended well. Returns false when the connection shall be closed instead.
    func released(_ id: Int) -> Bool {
        let action = state.withLock { $0.machine.released(id) }
        act(on: action)
        return action != .close
    }

    /// A connection is gone. Called once or more for each.
    func closed(_ id: Int) {
        let action = state.withLock { state in
            state.connections[id] = nil
            return state.machine.closed(id)
        }
        act(on: action)
    }

    private func act(on action: Machine.Action) {
        guard case .grant(let number, let grant) = action else { return }
        let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
        waiter?.promise.keep(.success(grant))
    }

    /// Closes every connection, busy ones and those that are being made too; whoever waits for
    /// one fails, and so does whoever comes later.
    func closeAll() {
        let (connections, waiters) = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return (Array(state.connections.values), state.waiters)
        }
        for waiter in waiters.values {
            waiter.promise.keep(.failure(Self.closed(waiter.target.url)))
        }
        for connection in connections { connection.close() }
    }
}
