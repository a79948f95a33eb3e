internal import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import HTTPWire
internal import Synchronization

/// Where a connection is to lead.
struct ConnectionTarget: Sendable {
    let url: HTTPURL
    /// Nil: what the host's name resolves to.
    let addresses: [Address]?
    /// The proxy that makes a way to the host; nil: the host is connected to itself.
    let tunnel: HTTPProxy?
}

/// What tasks hold of a connection: its number and a way to its handler on the reactor's thread.
final class ClientConnection: Sendable {
    private struct State: Sendable {
        var handle: HandlerHandle<ClientConnectionHandler>?
        /// What connects, until it has.
        var race: ConnectRace?
        var isClosed = false
        /// Why the peer's TLS ended it, before an exchange had begun.
        var refusal: TLSError?
        /// Whether it is to be closed, also while it is being made.
        var isCancelled = false
        /// What was started last; failed here when the link is gone before the handler saw it.
        var exchange: Exchange?
    }

    let id: Int
    let options: HTTPClientOptions
    private let log: LogSink?
    /// Weak: a pool that is gone needs no news of its connections.
    private weak let pool: ConnectionPool?
    private let state = Mutex(State())

    init(id: Int, pool: ConnectionPool, options: HTTPClientOptions, log: LogSink?) {
        self.id = id
        self.pool = pool
        self.options = options
        self.log = log
    }

    /// Connects to the first address of the host that answers (`ConnectMachine`).
    /// - Parameter total: When the time for the exchange is over, if before the client's limit.
    func connect(
        to target: ConnectionTarget, on reactor: Reactor, until total: Duration?
    ) async throws(HTTPError) {
        let limit = MonotonicClock.now + options.connectTimeout
        let deadline = min(limit, total ?? limit)
        do throws(HTTPError) {
            try await connect(to: target, on: reactor, deadline: deadline)
        } catch {
            guard error.reason == .connectTimeout, deadline < limit else { throw error }
            throw HTTPError(.totalTimeout, error.stage, url: error.url, error.detail)
        }
    }

    private func connect(
        to target: ConnectionTarget, on reactor: Reactor, deadline: Duration
    ) async throws(HTTPError) {
        let found = try await addresses(of: target, deadline: deadline)
        guard !found.isEmpty else {
            throw HTTPError(
                .connectFailed, .connect, url: target.url.description, "the host has no address")
        }
        let context = try await tlsContext(for: target.url)
        let race = ConnectRace(
            self, to: ConnectMachine.byTurns(found, isIPv6: \.isIPv6), for: target,
            on: reactor, with: context, deadline: deadline)
        let isCancelled = state.withLock { state in
            state.race = race
            return state.isCancelled
        }
        defer { state.withLock { $0.race = nil } }
        if isCancelled { race.cancel() }
        try await race.run()
    }

    /// What TLS is begun with; nil: plain HTTP. Certificates are looked at by a thread that may
    /// block; where changed ones cannot be used, those of before are, and the log is told.
    private func tlsContext(for url: HTTPURL) async throws(HTTPError) -> TLSContext? {
        guard url.scheme == .https else { return nil }
        let configuration = options.connectionTLS
        let found = await BlockingPool.shared.run {
            Result { () throws(TLSError) in
                try TLSContextCache.shared.context(for: configuration)
            }
        }
        do throws(TLSError) {
            let found = try found.get()
            if let staleness = found.staleness { tellOfOldCertificates(staleness, url) }
            return found.context
        } catch {
            throw HTTPError(error, .connect, url: url.description)
        }
    }

    private func tellOfOldCertificates(_ reason: TLSError, _ url: HTTPURL) {
        log?.record(
            LogEvent(
                timestamp: WallClock.now, level: .warning, stage: "tls",
                message: "changed certificates cannot be used, the old ones are",
                fields: [
                    LogEvent.Field("server", url.origin.description),
                    LogEvent.Field("code", reason.code.rawValue),
                    LogEvent.Field("detail", "\(reason.place): \(reason.detail)"),
                ]))
    }

    /// The system's resolver cannot be stopped: a look-up that takes too long is left to itself.
    private func addresses(
        of target: ConnectionTarget, deadline: Duration
    ) async throws(HTTPError) -> [Address] {
        if let judged = target.addresses { return judged }
        let url = target.tunnel?.url ?? target.url
        if let address = Address(numericHost: url.host, port: url.port) { return [address] }
        let promise = Promise<[Address]>()
        let end = Deadlines.shared.add(at: MonotonicClock.instant(deadline)) {
            let message = "the host's name was not resolved in time"
            promise.keep(
                .failure(
                    HTTPError(.connectTimeout, .resolve, url: url.description, message)))
        }
        defer { Deadlines.shared.remove(end) }
        Task.detached {
            do throws(SocketError) {
                let found = try await Resolver.addresses(host: url.host, port: url.port)
                promise.keep(.success(found))
            } catch {
                promise.keep(
                    .failure(
                        HTTPError(
                            .resolveFailed, .resolve, url: url.description, error.detail)))
            }
        }
        let result = await withTaskCancellationHandler {
            await promise.result()
        } onCancel: {
            promise.keep(
                .failure(
                    HTTPError(
                        .cancelled, .resolve, url: url.description, "cancelled while resolving")))
        }
        return try result.get()
    }

    /// Told by the race: this is the link.
    func adopt(_ handle: HandlerHandle<ClientConnectionHandler>) {
        let isCancelled = state.withLock { state in
            state.handle = handle
            return state.isCancelled
        }
        if isCancelled { close() }
    }

    /// Runs work with the handler on the reactor's thread; not at all when the link is gone.
    func perform(_ work: @escaping @Sendable (ClientConnectionHandler, Link) -> Void) {
        state.withLock { $0.handle }?.perform(work)
    }

    /// Begins an exchange; a connection that is gone fails it.
    func start(_ exchange: Exchange) {
        let isClosed = state.withLock { state -> Bool in
            state.exchange = exchange
            return state.isClosed
        }
        guard !isClosed else { return closed() }
        perform { handler, link in handler.start(exchange, link) }
    }

    /// Closes the connection, now or once it is being made; its exchange, if any, ends as
    /// cancelled.
    func close() {
        let race = state.withLock { state in
            state.isCancelled = true
            return state.race
        }
        race?.cancel()
        perform { handler, link in handler.cancel(link) }
    }

    /// Told by the handler: the exchange has its outcome.
    func finished() { state.withLock { $0.exchange = nil } }

    /// Told by the handler: the connection is free. Returns false to have it closed.
    func released() -> Bool { pool?.released(id) ?? false }

    /// Told by the handler: the link is gone for good.
    /// - Parameter refusal: Why the peer's TLS ended it, if it did.
    func closed(_ refusal: TLSError? = nil) {
        let (exchange, refusal) = state.withLock { state -> (Exchange?, TLSError?) in
            state.isClosed = true
            state.refusal = state.refusal ?? refusal
            return (state.exchange.take(), state.refusal)
        }
        let url = exchange?.url.description ?? ""
        exchange?.fail(
            refusal.map { HTTPError($0, .request, url: url) }
                ?? HTTPError(
                    .connectionLost, .request, url: url,
                    "the connection was closed before the request was sent"))
        pool?.closed(id)
    }
}
