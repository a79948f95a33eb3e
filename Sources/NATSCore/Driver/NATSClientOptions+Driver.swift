internal import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import NATSWire

extension NATSClientOptions {
    /// The addresses of all servers. One that asks for TLS asks for it at all of them: no
    /// credential may go out in the clear where somebody wanted it covered.
    func parsedServers() throws(NATSError) -> [ServerURL] {
        var parsed: [ServerURL] = []
        for text in servers.flatMap(ServerURL.list) {
            do throws(WireError) {
                parsed.append(try ServerURL(text))
            } catch {
                throw NATSError(
                    error.code, stage: .connect, server: Redaction.addresses(text),
                    detail: "\(error.message); nothing was sent", underlying: error)
            }
        }
        guard !parsed.isEmpty else {
            throw NATSError(.invalidArgument, stage: .connect, detail: "no server is given")
        }
        try checkWebSocket(parsed)
        return parsed
    }

    /// The numeric address to connect from.
    var localSource: Address? { localAddress.flatMap { Address(numericHost: $0, port: 0) } }

    /// What does a new client's work.
    func reactor(_ eventLoop: NATSEventLoop?) throws(NATSError) -> Reactor {
        if let eventLoop { return eventLoop.driven.reactor }
        do throws(SocketError) {
            return try Reactor(name: "nats-client", calls: systemCalls)
        } catch {
            throw NATSError(
                .connectionFailed, stage: .connect, detail: error.description, underlying: error)
        }
    }

    /// - Throws: `NATSError` with the code `invalidArgument`.
    func check() throws(NATSError) {
        if let defect = credentials.defect {
            throw NATSError(
                .invalidArgument, stage: .connect, detail: "\(defect.message); nothing was sent",
                underlying: defect)
        }
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

    private var poolConfiguration: ReconnectMachine.Configuration {
        var configuration = ReconnectMachine.Configuration()
        configuration.reconnectWait = reconnectWait.clampedForClocks
        configuration.maxReconnectWait = max(
            configuration.maxReconnectWait, configuration.reconnectWait)
        configuration.jitter = reconnectJitter.clampedForClocks
        configuration.jitterTLS = reconnectJitterTLS.clampedForClocks
        configuration.maxAttempts = maxReconnectAttempts
        configuration.shuffles = !keepsServerOrder
        configuration.retriesFirstConnect = retryOnFirstConnect
        configuration.reconnects = reconnects
        configuration.usesDiscovered = !ignoresDiscoveredServers
        configuration.abandonsAfterSameRefusal = !retriesRefusedCredentials
        return configuration
    }

    var clientConfiguration: ClientMachine.Configuration {
        var configuration = ClientMachine.Configuration()
        configuration.connection = connectionConfiguration
        configuration.pool = poolConfiguration
        configuration.asksForTarget = reconnectTarget != nil
        configuration.asksForDelay = reconnectDelay != nil
        return configuration
    }

    private var connectionConfiguration: ConnectionMachine.Configuration {
        var configuration = ConnectionMachine.Configuration()
        configuration.handshakeTimeout = connectTimeout.clampedForClocks
        configuration.pingInterval = pingInterval.clampedForClocks
        configuration.maxOutstandingPings = maxPingsOutstanding
        configuration.writeTimeout = writeTimeout.clampedForClocks
        configuration.security =
            switch tls {
            case .onDemand: .onDemand
            case .required: .required
            case .handshakeFirst: .first
            }
        return configuration
    }

    /// Whether the options ask for TLS.
    var namesTLS: Bool { tls != .onDemand }

    /// Whether the options or an address ask for TLS, or say how it is to be.
    private func wantsTLS(_ servers: [ServerURL]) -> Bool {
        namesTLS || tlsConfiguration != TLSConfiguration()
            || servers.contains(where: \.scheme.asksForTLS)
    }

    /// Looks, where TLS is wanted, whether there can be any: before a server is called. Where the
    /// client has a thread of its own, that one does it, and nobody has to wait for another.
    ///
    /// Cancelling the task does nothing: reading certificates takes no time to speak of.
    func coverPlan(_ servers: [ServerURL]) async throws(NATSError) -> CoverPlan {
        guard wantsTLS(servers) else { return .none }
        let configuration = tlsConfiguration
        guard eventLoop != nil else { return .find(configuration) }
        let found = await BlockingPool.shared.run {
            Result { () throws(TLSError) in try FoundContext(configuration) }
        }
        do throws(TLSError) { return .found(try found.get()) } catch { throw NATSError(error) }
    }

    /// What CONNECT says to a server.
    func connectOptions(
        _ credentials: ConnectCredentials, info: ServerInfo
    ) -> ConnectOptions {
        var options = ConnectOptions()
        options.name = name
        options.echo = echo
        options.verbose = verbose
        options.pedantic = pedantic
        options.headers = info.supportsHeaders
        options.credentials = credentials
        return options
    }
}
