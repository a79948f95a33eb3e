internal import BridgeSockets
internal import BridgeTLS
internal import HTTPWire
internal import Synchronization

/// Carries out what a `ConnectMachine` decides for one connection.
final class ConnectRace: Sendable {
    private typealias Handle = HandlerHandle<ClientConnectionHandler>

    private struct State: Sendable {
        var machine: ConnectMachine
        var handles: [Int: Handle] = [:]
        var timers: [UInt64] = []
        var lastFailure: HTTPError?
        var isCancelled = false
    }

    private let connection: ClientConnection
    private let addresses: [Address]
    private let target: ConnectionTarget
    private let reactor: Reactor
    private let deadline: Duration
    /// What TLS is begun with; nil: plain HTTP.
    private let context: TLSContext?
    private let state: Mutex<State>
    private let promise = Promise<Void>()

    /// - Parameter addresses: At least one, in the order in which they are to be tried.
    init(
        _ connection: ClientConnection, to addresses: [Address], for target: ConnectionTarget,
        on reactor: Reactor, with context: TLSContext?, deadline: Duration
    ) {
        self.context = context
        self.connection = connection
        self.addresses = addresses
        self.target = target
        self.reactor = reactor
        self.deadline = deadline
        state = Mutex(State(machine: ConnectMachine(count: addresses.count)))
    }

    /// Connects; the connection has its handle when this returns.
    func run() async throws(HTTPError) {
        act(state.withLock { $0.machine.start() })
        let result = await withTaskCancellationHandler {
            await promise.result()
        } onCancel: {
            cancel()
        }
        for timer in state.withLock({ $0.timers }) { Deadlines.shared.remove(timer) }
        try result.get()
    }

    /// Closes whatever is being made.
    func cancel() {
        let handles = state.withLock { state in
            state.isCancelled = true
            return Array(state.handles.values)
        }
        for handle in handles { handle.perform { handler, link in handler.cancel(link) } }
        promise.keep(
            .failure(
                HTTPError(
                    .cancelled, .connect, url: target.url.description,
                    "cancelled while connecting")))
    }

    private func act(_ actions: [ConnectMachine.Action]) {
        for action in actions {
            switch action {
            case .begin(let number): begin(number)
            case .drop(let number):
                state.withLock { $0.handles[number] }?.perform { handler, link in
                    handler.withdraw(link)
                }
            case .use(let number):
                if let handle = state.withLock({ $0.handles[number] }) { connection.adopt(handle) }
                promise.keep(.success(()))
            case .giveUp:
                let none = HTTPError(
                    .connectFailed, .connect, url: target.url.description,
                    "the host has no address")
                promise.keep(.failure(state.withLock { $0.lastFailure } ?? none))
            }
        }
    }

    private func begin(_ number: Int) {
        if number + 1 < addresses.count {
            let time = MonotonicClock.instant(MonotonicClock.now + ConnectMachine.stagger)
            let timer = Deadlines.shared.add(at: time) { [weak self] in
                guard let self else { return }
                act(state.withLock { $0.machine.timerFired(after: number) })
            }
            state.withLock { $0.timers.append(timer) }
        }
        let address = addresses[number]
        reactor.connect(to: address) { [self] link in
            let handle = link.handle(for: ClientConnectionHandler.self)
            let isOver = state.withLock { state in
                state.handles[number] = handle
                return state.isCancelled || state.machine.isOver
            }
            // As a command, since the link is not in its place yet.
            if isOver { handle.perform { handler, link in handler.withdraw(link) } }
            link.deadline = deadline
            return ClientConnectionHandler(
                connection, to: address, for: target, with: context
            ) { [weak self] in
                self?.ended(number, $0) ?? false
            }
        }
    }

    /// Returns whether this attempt has become the connection.
    private func ended(_ number: Int, _ result: Result<Void, HTTPError>) -> Bool {
        let actions = state.withLock { state -> [ConnectMachine.Action] in
            // Whoever has given up begins nothing more.
            guard !state.isCancelled else { return [] }
            switch result {
            case .success: return state.machine.opened(number)
            case .failure(let error):
                // What a server or a proxy said explains more than another address that is silent.
                let words: [HTTPError.Reason?] = [.tlsFailed, .proxyRefused]
                if !words.contains(state.lastFailure?.reason) { state.lastFailure = error }
                return state.machine.failed(number)
            }
        }
        act(actions)
        return actions.contains(.use(number))
    }
}
