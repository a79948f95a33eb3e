internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// Where a connection is to lead.
struct ConnectionTarget: Sendable {
    let url: HTTPURL
    /// Nil: what the host's name resolves to.
    let addresses: [Address]?
}

/// What tasks hold of a connection: its number and a way to its handler on the reactor's thread.
final class ClientConnection: Sendable {
    private struct State: Sendable {
        var handle: HandlerHandle<ClientConnectionHandler>?
        var isClosed = false
        /// Whether it is to be closed, also while it is being made.
        var isCancelled = false
        /// What was started last; failed here when the link is gone before the handler saw it.
        var exchange: Exchange?
    }

    let id: Int
    let options: HTTPClientOptions
    /// Weak: a pool that is gone needs no news of its connections.
    private weak let pool: ConnectionPool?
    private let state = Mutex(State())

    init(id: Int, pool: ConnectionPool, options: HTTPClientOptions) {
        self.id = id
        self.pool = pool
        self.options = options
    }

    /// Connects to the first address of the host that answers, in the resolver's order.
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
        let url = target.url
        var last = HTTPError(
            .connectFailed, .connect, url: url.description, "the host has no address")
        for address in try await addresses(of: target, deadline: deadline) {
            do throws(HTTPError) {
                return try await connect(to: address, for: url, on: reactor, deadline: deadline)
            } catch {
                guard error.reason == .connectFailed else { throw error }
                last = error
            }
        }
        throw last
    }

    /// The system's resolver cannot be stopped: a look-up that takes too long is left to itself.
    private func addresses(
        of target: ConnectionTarget, deadline: Duration
    ) async throws(HTTPError) -> [Address] {
        if let judged = target.addresses { return judged }
        let url = target.url
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

    private func connect(
        to address: Address, for url: HTTPURL, on reactor: Reactor, deadline: Duration
    ) async throws(HTTPError) {
        let promise = Promise<Void>()
        reactor.connect(to: address) { link in
            let isCancelled = self.state.withLock { state in
                state.handle = link.handle(for: ClientConnectionHandler.self)
                return state.isCancelled
            }
            // As a command, since the link is not in its place yet.
            if isCancelled { self.close() }
            link.deadline = deadline
            return ClientConnectionHandler(self, to: address, for: url, connected: promise)
        }
        let result = await withTaskCancellationHandler {
            await promise.result()
        } onCancel: {
            close()
        }
        try result.get()
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
        state.withLock { $0.isCancelled = true }
        perform { handler, link in handler.cancel(link) }
    }

    /// Told by the handler: the exchange has its outcome.
    func finished() { state.withLock { $0.exchange = nil } }

    /// Told by the handler: the connection is free. Returns false to have it closed.
    func released() -> Bool { pool?.released(id) ?? false }

    /// Told by the handler: the link is gone for good.
    func closed() {
        let exchange = state.withLock { state -> Exchange? in
            state.isClosed = true
            return state.exchange.take()
        }
        exchange?.fail(
            HTTPError(
                .connectionLost, .request, url: exchange?.url.description ?? "",
                "the connection was closed before the request was sent"))
        pool?.closed(id)
    }
}
