internal import BridgeSockets
internal import NATSWire

/// Makes connections, one after the other, as `ReconnectMachine` says, until the client is closed
/// or the machine gives up.
struct Supervisor {
    private let core: ClientCore
    private let reactor: Reactor
    private var machine: ReconnectMachine

    init(core: ClientCore, reactor: Reactor, servers: [ServerURL]) {
        self.core = core
        self.reactor = reactor
        var generator = SystemRandomNumberGenerator()
        machine = ReconnectMachine(
            servers: servers, configuration: core.options.poolConfiguration, using: &generator)
    }

    mutating func run() async {
        var lastFailure: NATSError?
        while core.phase != .closed {
            let random = Double.random(in: 0..<1)
            switch machine.nextAttempt(now: MonotonicClock.now, random: random) {
            case .giveUp(let reason):
                core.close(lastFailure ?? NATSError(reason))
                return
            case .connect(let server, let wait):
                if wait > .zero { try? await Task.sleep(for: wait) }
                guard core.phase != .closed else { return }
                lastFailure = await connect(to: server)
            }
        }
    }

    /// Connects and stays until the connection ends; returns why, for the last words.
    private mutating func connect(to server: ServerURL) async -> NATSError? {
        let addresses: [Address]
        do throws(SocketError) {
            addresses = try await Resolver.addresses(host: server.host, port: server.port)
        } catch {
            return failed(.transportFailed(error.description), server)
        }
        var failure: NATSError?
        for address in addresses {
            guard core.phase != .closed else { return failure }
            let ended = await oneConnection(to: address, server)
            if ended.wasConnected { machine.connected() }
            failure = failed(
                ended.reason, server, isLast: ended.wasConnected || address == addresses.last)
            if ended.wasConnected { return nil }
        }
        return failure
    }

    private func oneConnection(to address: Address, _ server: ServerURL) async -> ConnectionReport {
        await withCheckedContinuation { continuation in
            reactor.connect(to: address) { [core] link in
                link.deadline = MonotonicClock.now + core.options.connectTimeout
                return ClientDriver(core: core, server: server) {
                    continuation.resume(returning: $0)
                }
            }
        }
    }

    private mutating func failed(
        _ reason: ConnectionMachine.CloseReason, _ server: ServerURL, isLast: Bool = true
    ) -> NATSError {
        var error = NATSError(reason, server: server)
        if error.code == .disconnected, core.phase != .reconnecting {
            // There was no connection yet that could have been lost.
            error = NATSError(
                .connectionFailed, stage: .connect, server: error.server, detail: error.detail)
        }
        if isLast, let failure = reason.failure {
            machine.failed(failure, now: MonotonicClock.now)
        }
        core.tell(core.phase == .reconnecting ? .disconnected(error) : .connectionFailed(error))
        _ = machine.discovered(core.serverInfo?.connectURLs ?? [])
        return error
    }
}

extension NATSError {
    /// Why the search for a server ended, when no attempt says more.
    init(_ reason: ReconnectMachine.GiveUpReason) {
        let code: Code = reason == .refused ? .authorizationFailed : .connectionFailed
        self.init(code, stage: .connect, detail: reason.rawValue)
    }
}

extension NATSClientOptions {
    /// The servers, with the credentials of the options where their URLs have none.
    func parsedServers() throws(NATSError) -> [ServerURL] {
        guard !servers.isEmpty else {
            throw NATSError(.invalidArgument, stage: .connect, detail: "no server is given")
        }
        var parsed: [ServerURL] = []
        for text in servers {
            do throws(WireError) {
                parsed.append(try ServerURL(text))
            } catch {
                throw NATSError(.invalidArgument, stage: .connect, detail: error.description)
            }
        }
        return parsed
    }

    var poolConfiguration: ReconnectMachine.Configuration {
        var configuration = ReconnectMachine.Configuration()
        configuration.reconnectWait = reconnectWait
        configuration.maxReconnectWait = max(configuration.maxReconnectWait, reconnectWait)
        configuration.jitter = reconnectJitter
        configuration.jitterTLS = reconnectJitterTLS
        configuration.maxAttempts = maxReconnectAttempts
        configuration.shuffles = !keepsServerOrder
        configuration.retriesFirstConnect = retryOnFirstConnect
        return configuration
    }

    var machineConfiguration: ConnectionMachine.Configuration {
        var configuration = ConnectionMachine.Configuration()
        configuration.handshakeTimeout = connectTimeout
        configuration.pingInterval = pingInterval
        configuration.maxOutstandingPings = maxPingsOutstanding
        return configuration
    }

    /// What CONNECT says to a server.
    func connectOptions(for server: ServerURL, info: ServerInfo) -> ConnectOptions {
        var options = ConnectOptions()
        options.name = name
        options.echo = echo
        options.headers = info.supportsHeaders
        options.credentials = server.credentials
        if options.credentials == .none {
            if let token {
                options.credentials = .token(token)
            } else if let user {
                options.credentials = .user(user, password: password ?? "")
            }
        }
        return options
    }
}
