internal import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import HTTPWire
internal import Synchronization

/// A server of any service: a port, its connections and their end.
package final class ServiceServer: Sendable {
    /// By which names links lead here.
    package let names: LinkNames
    /// The port that was bound.
    package let port: Int
    /// The most connections that there may be, by the options and the descriptors.
    let connectionLimit: Int
    private let options: FileServerOptions
    private let reactor: Reactor
    private let listener: Listener
    private let context: ServerContext

    /// Binds the port, and begins to serve.
    /// - Parameter options: Of them what concerns the address, TLS, connections and the log.
    /// - Throws: `FileServerError`, as `FileServer.start`.
    package static func start(
        _ service: any HTTPService, _ options: FileServerOptions
    ) async throws(FileServerError) -> ServiceServer {
        try await start(service, options, census: Census(), traffic: Traffic())
    }

    static func start(
        _ service: any HTTPService, _ options: FileServerOptions, census: Census, traffic: Traffic
    ) async throws(FileServerError) -> ServiceServer {
        if let problem = options.problem { throw FileServerError(.options, problem) }
        let options = options.bounded
        let tls: TLSContext?
        do throws(TLSError) { tls = try await FileServer.certificates(of: options) } catch {
            throw FileServerError(error)
        }
        do throws(SocketError) {
            return try ServiceServer(service, options, tls, census, traffic)
        } catch {
            let place = options.inheritedSocket.map { "descriptor \($0)" }
            throw FileServerError(
                .address, place ?? "\(options.host):\(options.port)", error)
        }
    }

    private init(
        _ service: any HTTPService, _ options: FileServerOptions, _ tls: TLSContext?,
        _ census: Census, _ traffic: Traffic
    ) throws(SocketError) {
        self.options = options
        let budget = DescriptorBudget(
            limit: DescriptorLimit.current, wanted: options.maximumConnections)
        connectionLimit = budget.connections
        let context = ServerContext(
            service: service, wireLimits: .default, pace: options.pace,
            connections: ConnectionTable.Limits(
                total: budget.connections,
                perAddress: options.maximumConnectionsPerAddress
                    ?? budget.connections - budget.connections / 8,
                refusals: budget.refusals), census: census, traffic: traffic, tls: tls,
            log: options.log.map(AccessLog.recorder),
            logsSuccesses: (options.log?.level ?? .warning) <= .info)
        reactor = try Reactor(name: "http-server", calls: options.systemCalls)
        listener = try FileServer.listen(on: reactor, options) { _ in
            ServerConnection(context: context)
        }
        port = listener.address.port
        names = LinkNames(
            published: options.publicBaseURL, address: listener.address,
            allowed: options.allowedHosts.compactMap { LinkNames.Host($0) },
            scheme: tls == nil ? .http : .https)
        self.context = context
    }

    deinit { reactor.stop() }

    /// What its URLs begin with.
    package var baseURL: String { names.base }

    /// Connections that are open now.
    package var openConnections: Int { context.census.count }

    /// Whether it takes no new work.
    var isEnding: Bool { context.table.isEnding }

    /// Reads certificates and keys again, for connections that come from now on.
    /// - Throws: `FileServerError` in the stage `tls`; what was in use stays in use then.
    package func reloadCertificates() async throws(FileServerError) {
        do throws(TLSError) {
            if let fresh = try await FileServer.certificates(of: options) { context.use(fresh) }
        } catch {
            throw FileServerError(error)
        }
    }

    /// Ends in order: accepts no more, and lets every request that has begun be answered.
    /// - Returns: How many connections were cut off at the end of the time.
    package func drain(within grace: Duration) async -> Int {
        listener.stop()
        context.table.end()
        let end = ContinuousClock.now + max(.zero, grace).clampedForClocks
        let deadline = EndOfGrace()
        let id = Deadlines.shared.add(at: end) { [reactor, context] in
            deadline.came(leaving: context.census.count)
            reactor.stop()
        }
        await context.census.whenEmpty()
        Deadlines.shared.remove(id)
        await stop()
        return deadline.count
    }

    /// Closes all connections.
    package func stop() async {
        listener.stop()
        reactor.stop()
        await context.census.whenEmpty()
    }
}
