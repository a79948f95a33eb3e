internal import HTTPWire
internal import Synchronization

/// What all connections of a server share.
final class ServerContext: Sendable {
    let service: any HTTPService
    let wireLimits: HTTPWireLimits
    let pace: ConnectionPace.Limits
    let maximumConnections: Int
    let census: Census
    let traffic: Traffic

    init(
        service: any HTTPService, wireLimits: HTTPWireLimits, pace: ConnectionPace.Limits,
        maximumConnections: Int, census: Census = Census(), traffic: Traffic = Traffic()
    ) {
        self.census = census
        self.traffic = traffic
        self.service = service
        self.wireLimits = wireLimits
        self.pace = pace
        self.maximumConnections = maximumConnections
    }
}

/// Counts what is under way, so that an orderly end can wait for it.
final class Census: Sendable {
    private struct State {
        var count = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.count } }

    /// Returns the count with the newcomer.
    @discardableResult
    func enter() -> Int {
        state.withLock { state in
            state.count += 1
            return state.count
        }
    }

    func leave() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            precondition(state.count > 0, "who leaves has entered")
            state.count -= 1
            guard state.count == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Suspends until nothing is under way.
    func whenEmpty() async {
        await withCheckedContinuation { waiter in
            let isEmpty = state.withLock { state -> Bool in
                if state.count > 0 { state.waiters.append(waiter) }
                return state.count == 0
            }
            if isEmpty { waiter.resume() }
        }
    }
}

/// Bytes and connections, counted by all connections.
final class Traffic: Sendable {
    let received = Atomic<Int>(0)
    let sent = Atomic<Int>(0)
    let accepted = Atomic<Int>(0)
    let refused = Atomic<Int>(0)
    let malformed = Atomic<Int>(0)
}
