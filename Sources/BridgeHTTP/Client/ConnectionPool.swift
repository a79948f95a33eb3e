internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// The connections of a client: `PoolMachine` decides, this acts.
final class ConnectionPool: Sendable {
    private typealias Machine = PoolMachine<HTTPURL.Origin>

    /// A connection that belongs to one exchange until that ends.
    struct Lease: Sendable {
        let connection: ClientConnection
        /// Whether the connection has served before, so that it may have died unnoticed.
        let isReused: Bool
    }

    private struct State: Sendable {
        var machine: Machine
        var connections: [Int: ClientConnection] = [:]
        var waiters: [Int: Promise<Machine.Grant>] = [:]
        var nextWaiter = 0
    }

    private let state: Mutex<State>
    private let options: HTTPClientOptions
    private let reactor: Reactor

    init(options: HTTPClientOptions, reactor: Reactor) {
        self.options = options
        self.reactor = reactor
        state = Mutex(State(machine: Machine(connectionsPerOrigin: options.connectionsPerOrigin)))
    }

    /// A connection to the URL's origin; waits for one while the origin has no room.
    func lease(for url: HTTPURL, fresh: Bool) async throws(HTTPError) -> Lease {
        switch try await grant(for: url, fresh: fresh) {
        case .open(let id):
            return Lease(connection: try await open(id, url), isReused: false)
        case .reuse(let id):
            if let connection = state.withLock({ $0.connections[id] }) {
                return Lease(connection: connection, isReused: true)
            }
            // It died between the grant and now.
            return try await lease(for: url, fresh: true)
        case .wait: preconditionFailure("a promise holds a connection")
        }
    }

    private func grant(for url: HTTPURL, fresh: Bool) async throws(HTTPError) -> Machine.Grant {
        let promise = Promise<Machine.Grant>()
        let waiter = state.withLock { state -> Int in
            state.nextWaiter += 1
            let waiter = state.nextWaiter
            let grant = state.machine.wanted(url.origin, by: waiter, fresh: fresh)
            if grant == .wait {
                state.waiters[waiter] = promise
            } else {
                promise.keep(.success(grant))
            }
            return waiter
        }
        let result = await withTaskCancellationHandler {
            await promise.result()
        } onCancel: {
            leave(waiter, url)
        }
        return try result.get()
    }

    private func leave(_ waiter: Int, _ url: HTTPURL) {
        let promise = state.withLock { state in
            state.machine.waiterLeft(waiter, url.origin)
                ? state.waiters.removeValue(forKey: waiter) : nil
        }
        promise?.keep(
            .failure(
                HTTPError(
                    .cancelled, .connect, url: url.description,
                    "cancelled while waiting for a connection")))
    }

    private func open(_ id: Int, _ url: HTTPURL) async throws(HTTPError) -> ClientConnection {
        let connection = ClientConnection(id: id, pool: self, options: options)
        do throws(HTTPError) {
            try await connection.connect(to: url, on: reactor)
        } catch {
            closed(id)
            throw error
        }
        state.withLock { $0.connections[id] = connection }
        // It may have died before it was entered here; then `closed` found nothing to remove.
        if connection.isClosed { closed(id) }
        return connection
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
        guard case .grant(let waiter, let grant) = action else { return }
        let promise = state.withLock { $0.waiters.removeValue(forKey: waiter) }
        promise?.keep(.success(grant))
    }

    /// Closes every connection, busy ones too.
    func closeAll() {
        let connections = state.withLock { Array($0.connections.values) }
        for connection in connections { connection.close() }
    }
}
