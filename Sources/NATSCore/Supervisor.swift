internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// Makes connections, one after the other, as `ReconnectMachine` says, until the client is closed
/// or the machine gives up.
///
/// Runs on the reactor's thread: a lost or leaving server is replaced in time also where the
/// process keeps the common threads busy. Only what the user gave runs on those.
struct Supervisor {
    private let core: ClientCore
    private let reactor: Reactor
    private var machine: ReconnectMachine

    init(core: ClientCore, reactor: Reactor, servers: [ServerURL]) {
        self.core = core
        self.reactor = reactor
        var generator = SystemGenerator()
        machine = ReconnectMachine(
            servers: servers, configuration: core.options.poolConfiguration, using: &generator)
    }

    mutating func run() async {
        var lastFailure: NATSError?
        while core.phase != .closed {
            if let servers = core.takeNewServers() { machine.replaceServers(servers) }
            await core.whenResumed()
            let random = Double.random(in: 0..<1)
            let wanted = await wantedServer()
            switch machine.nextAttempt(now: MonotonicClock.now, random: random, wanted: wanted) {
            case .giveUp(let reason):
                // A connection whose server will stop is used to its end.
                await core.whenDisconnected()
                core.close(lastFailure ?? NATSError(reason))
                return
            case .connect(let server, let wait):
                let wait = await delay(after: machine.failures(of: server)) ?? wait
                core.tell(.connecting(server: server.name, after: wait))
                if wait > .zero { try? await Task.sleep(for: wait) }
                await core.whenResumed()
                guard core.phase != .closed else { return }
                lastFailure = await connect(to: server)
            }
        }
    }

    /// Connects and stays until the connection ends or its server will stop; returns why it
    /// failed, for the last words.
    private mutating func connect(to server: ServerURL) async -> NATSError? {
        let ways: [Way]
        do {
            ways = try await self.ways(to: server)
        } catch let error as SocketError {
            return failed(.transportFailed(error.description), server)
        } catch {
            // The error is the user's and may hold a secret.
            return failed(.transportFailed("the dialer failed: \(type(of: error))"), server)
        }
        let credentials: ServerURL.Credentials?
        do {
            credentials =
                if let ask = core.options.authentication {
                    try await Self.asUser { try await ask(server) }
                } else { nil }
        } catch {
            return failed(.transportFailed("no credentials: \(type(of: error))"), server)
        }
        var failure: NATSError?
        for (index, way) in ways.enumerated() {
            guard core.phase != .closed else { return failure }
            switch await oneConnection(way, server, credentials) {
            case .leaving:
                machine.connected()
                noteDiscovered()
                machine.failed(.lost, now: MonotonicClock.now)
                return nil
            case .ended(let reason, let wasConnected, let isSlow):
                if wasConnected { machine.connected() }
                failure = failed(
                    reason, server, wasConnected: wasConnected,
                    isLast: wasConnected || index == ways.count - 1, isSlow: isSlow)
                if wasConnected { return nil }
            }
        }
        return failure
    }

    /// The user's choice among the servers, after a connection was lost.
    private func wantedServer() async -> ServerURL? {
        guard core.phase == .reconnecting, let choose = core.options.reconnectTarget else {
            return nil
        }
        let (pool, info) = (machine.pool, core.serverInfo)
        return await Task.detached { choose(pool, info) }.value
    }

    /// The user's own wait before the next attempt.
    private func delay(after failures: Int) async -> Duration? {
        guard failures > 0, let delay = core.options.reconnectDelay else { return nil }
        return await Task.detached { delay(failures) }.value
    }

    /// Calls what the user gave, where it may block: a task of its own, since a `@concurrent`
    /// function that only calls another async one is seen to stay on the caller's thread.
    private static func asUser<R: Sendable>(
        _ work: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        let task = Task.detached { try await work() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// How a server may be reached.
    private enum Way: Sendable {
        case address(Address)
        case dialed(DialedSocket)
    }

    private func ways(to server: ServerURL) async throws -> [Way] {
        if let dialer = core.options.dialer {
            return [.dialed(try await Self.asUser { try await dialer(server) })]
        }
        return try await Resolver.addresses(host: server.host, port: server.port)
            .map { .address($0) }
    }

    private func oneConnection(
        _ way: Way, _ server: ServerURL, _ credentials: ServerURL.Credentials?
    ) async -> ConnectionReport {
        await withCheckedContinuation { continuation in
            let first = FirstReport(continuation)
            let makeHandler = { @Sendable [core] (link: Link) -> any LinkHandler in
                link.deadline = MonotonicClock.now + core.options.connectTimeout
                // As a command, since the link is not in its place yet.
                if !core.began(link.handle) { link.handle.perform { _, link in link.close() } }
                return ClientDriver(core: core, server: server, credentials: credentials) {
                    first.report($0)
                }
            }
            let noLoop = { @Sendable [core] in
                core.close(
                    NATSError(.closed, stage: .connect, detail: "the event loop has ended"))
                first.report(.ended(.requested, wasConnected: false, wasSuspectedSlow: false))
            }
            switch way {
            case .address(let address):
                reactor.connect(
                    to: address, from: core.options.localSource, makeHandler: makeHandler,
                    orElse: noLoop)
            case .dialed(let socket):
                // A dialer that hands out the same socket twice gets a descriptor that is none.
                reactor.adopt(
                    socket.take() ?? Descriptor(owning: -1), makeHandler: makeHandler,
                    orElse: noLoop)
            }
        }
    }

    /// Hands the first report over; the end of a connection that was left concerns nobody.
    private final class FirstReport: Sendable {
        private let continuation: Mutex<CheckedContinuation<ConnectionReport, Never>?>

        init(_ continuation: CheckedContinuation<ConnectionReport, Never>) {
            self.continuation = Mutex(continuation)
        }

        func report(_ report: ConnectionReport) {
            continuation.withLock { $0.take() }?.resume(returning: report)
        }
    }

    private mutating func failed(
        _ reason: ConnectionMachine.CloseReason, _ server: ServerURL, wasConnected: Bool = false,
        isLast: Bool = true, isSlow: Bool = false
    ) -> NATSError {
        var error = NATSError(reason, server: server)
        if error.code == .disconnected, !wasConnected {
            // There was no connection that could have been lost.
            error = NATSError(
                .connectionFailed, stage: .connect, server: error.server, detail: error.detail)
        } else if isSlow, reason == .peerClosed || reason.isTransportFailure {
            error = NATSError(
                error.code, stage: .connect, server: error.server,
                detail: error.detail + ", perhaps since we were slow to read")
        }
        noteDiscovered()
        if isLast, let failure = reason.failure {
            machine.failed(failure, now: MonotonicClock.now, isSpare: core.isLeaving)
        }
        core.tell(wasConnected ? .disconnected(error) : .connectionFailed(error))
        return error
    }

    /// Takes over what the server said last about its cluster, while its credentials are known.
    private mutating func noteDiscovered() {
        let change = machine.discovered(core.serverInfo?.connectURLs ?? [])
        guard !change.added.isEmpty || !change.removed.isEmpty else { return }
        core.tell(
            .serversChanged(added: change.added.map(\.name), removed: change.removed.map(\.name)))
    }
}

extension ServerURL {
    /// `host:port`, as events and errors name a server.
    var name: String { "\(host):\(port)" }
}

extension ConnectionMachine.CloseReason {
    fileprivate var isTransportFailure: Bool {
        if case .transportFailed = self { true } else { false }
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

    /// The numeric address to connect from.
    var localSource: Address? { localAddress.flatMap { Address(numericHost: $0, port: 0) } }

    /// What does a new client's work.
    func reactor() throws(NATSError) -> Reactor {
        if let eventLoop { return eventLoop.driven.reactor }
        do throws(SocketError) {
            return try Reactor(name: "nats-client")
        } catch {
            throw NATSError(.connectionFailed, stage: .connect, detail: error.description)
        }
    }

    /// - Throws: `NATSError` with the code `invalidArgument`.
    func check() throws(NATSError) {
        if let localAddress, localSource == nil {
            throw NATSError(
                .invalidArgument, stage: .connect,
                detail: "\(localAddress) is not a numeric local address")
        }
        guard Self.receiveBufferLimits.contains(receiveBufferSize) else {
            throw NATSError(
                .invalidArgument, stage: .connect,
                detail: "a receive buffer of \(receiveBufferSize) bytes is outside"
                    + " \(Self.receiveBufferLimits)")
        }
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
        configuration.reconnects = reconnects
        configuration.usesDiscovered = !ignoresDiscoveredServers
        configuration.abandonsAfterSameRefusal = !retriesRefusedCredentials
        return configuration
    }

    var machineConfiguration: ConnectionMachine.Configuration {
        var configuration = ConnectionMachine.Configuration()
        configuration.handshakeTimeout = connectTimeout
        configuration.pingInterval = pingInterval
        configuration.maxOutstandingPings = maxPingsOutstanding
        configuration.writeTimeout = writeTimeout
        return configuration
    }

    /// What CONNECT says to a server.
    func connectOptions(for server: ServerURL, info: ServerInfo) -> ConnectOptions {
        var options = ConnectOptions()
        options.name = name
        options.echo = echo
        options.verbose = verbose
        options.pedantic = pedantic
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
