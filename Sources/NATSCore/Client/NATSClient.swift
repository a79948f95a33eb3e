internal import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
public import NATSWire
internal import Synchronization

/// A connection to NATS that keeps itself alive.
///
/// Every call may come from any task or thread; none depends on the caller's actor. `publish` is
/// a plain synchronous call that copies the message into a bounded outbox; a thread of the
/// client's own writes, reads and parses. A lost connection is made again, with jitter, at any
/// server of the pool; subscriptions go on, and messages that were not sent yet are kept.
///
/// What core NATS promises is "at most once": a message is known to have reached the server only
/// when a later `flush` has returned, or `publishConfirmed` or a receipt says so.
@safe public final class NATSClient: Sendable {
    let core: ClientCore
    /// The core's outbox, for `publish`. Sound: `core` keeps it as long as this client lives.
    @unsafe let outbox: Unmanaged<Outbox>
    private let reactor: Reactor

    private init(core: ClientCore, reactor: Reactor) {
        LibrarySHA256.offer()
        self.core = core
        // Sound: see the property.
        unsafe outbox = Unmanaged.passUnretained(core.outbox)
        self.reactor = reactor
    }

    deinit { core.close(nil) }

    /// Connects and waits for the first handshake.
    ///
    /// Cancelling the task ends the attempt: the client is closed, and the call throws `cancelled`.
    /// - Throws: `NATSError` with `invalidURL` or `unsupportedScheme` for an address,
    ///   `invalidArgument`, `tlsUnavailable` or `invalidTLSConfiguration` for what else the options
    ///   ask for, before anything is sent; `connectionFailed` (each server was
    ///   tried once, or as often as `retryOnFirstConnect` says), `authorizationFailed`,
    ///   `tlsRequired` (the server has no TLS), `certificateRejected`, `tlsRefused`,
    ///   `protocolViolation`, or `cancelled`. `underlying` has what the server or the system said.
    public static func connect(
        _ options: NATSClientOptions = NATSClientOptions()
    ) async throws(NATSError) -> NATSClient {
        let servers = try options.parsedServers()
        try options.check()
        let cover = try await options.coverPlan(servers)
        var generator = SystemGenerator()
        let token = InboxToken.text(generator.next(), generator.next())
        let seed = generator.next()
        let eventLoop = options.eventLoop
        var options = options
        // Only its owner keeps it: what a loop holds must not hold the loop.
        options.eventLoop = nil
        let core = try ClientCore(options: options, inboxToken: token)
        // Late, so that its thread finds something to do when it begins.
        let reactor = try options.reactor(eventLoop)
        if let log = options.log { NATSEvents(hub: core.events).log(to: log) }
        reactor.reside { [weak reactor] link in
            let steps = UserSteps(
                core.options, reactor: reactor, home: link.handle(for: ClientDriver.self))
            return ClientDriver(
                core: core, link: link, steps: steps, servers: servers, seed: seed,
                cover: cover, ownsLoop: eventLoop == nil)
        } orElse: {
            core.abandon()
        }
        let client = NATSClient(core: core, reactor: reactor)
        if let failure = await core.waitUntilReady() {
            await client.close(failure)
            throw failure
        }
        return client
    }

    /// Connects, lends the client to `body`, and drains it afterwards, also when `body` throws:
    /// then its error is thrown, however draining ends.
    ///
    /// Cancelling the task is for `body` to notice: its waits end. The drain behind it then ends at
    /// once, with the code `cancelled`, and closes the client without waiting.
    /// - Throws: `NATSError` as `connect(_:)` and `drain(timeout:)`, and what `body` throws.
    public static func withClient<R>(
        _ options: NATSClientOptions = NATSClientOptions(),
        _ body: (NATSClient) async throws -> R
    ) async throws -> R {
        let client = try await connect(options)
        let result: R
        do {
            result = try await body(client)
        } catch {
            try? await client.drain(timeout: options.drainTimeout)
            throw error
        }
        try await client.drain(timeout: options.drainTimeout)
        return result
    }

    /// What the connected server said last; nil before the first handshake.
    public var serverInfo: ServerInfo? { core.serverInfo }

    /// Most bytes of headers and payload that the connected server takes in one message.
    public var maxPayload: Int { core.maxPayload.load(ordering: .relaxed) }

    /// The domain of JetStream that the options name.
    package var jetStreamDomain: String? { core.options.jetStreamDomain }
    /// The prefix of JetStream's API that the options name.
    package var jetStreamAPIPrefix: String? { core.options.jetStreamAPIPrefix }

    /// Whether the connection stands now.
    public var isConnected: Bool { core.phase == .connected }

    /// Drops the connection and makes another, at any server of the pool: after credentials have
    /// changed, or to spread clients anew. What waits in the outbox is kept, subscriptions go on;
    /// messages that the server has not confirmed count as after any lost connection.
    /// While another attempt is waited for, it comes now.
    public func reconnect() {
        core.withDriver { $0.input { $0.reconnectRequested(now: MonotonicClock.now) } }
    }

    /// Leaves the server and stays away until `resume()`: a device that sleeps, a network that is
    /// known to be down. Subscriptions are kept, and what is published waits in the outbox, up to
    /// its capacity; calls that wait for the server go on waiting until their time is over.
    public func suspend() {
        core.withDriver { $0.input { $0.suspended(now: MonotonicClock.now) } }
    }

    /// Connects again after `suspend()`; otherwise does nothing.
    public func resume() {
        core.withDriver { $0.input { $0.resumed(now: MonotonicClock.now) } }
    }

    /// Replaces the servers that the options named, from the next attempt to connect on. The
    /// connection in use stays; `reconnect()` leaves it.
    ///
    /// TLS that was asked for before stays asked for.
    /// - Throws: `NATSError` with `invalidURL`, `unsupportedScheme` or `invalidArgument`; nothing
    ///   has changed then.
    public func setServers(_ servers: [String]) throws(NATSError) {
        var options = core.options
        options.servers = servers
        let parsed = try options.parsedServers()
        core.withDriver { $0.input { $0.serversReplaced(parsed, now: MonotonicClock.now) } }
    }

    /// Time from a PING to its PONG, behind everything that was published.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `NATSError` with `timeout`, `cancelled` or `closed`.
    public func roundTripTime(timeout: Duration = .seconds(10)) async throws(NATSError) -> Duration
    {
        let clock = ContinuousClock()
        let start = clock.now
        try await core.flush(until: .after(timeout), stage: .flush, isBarrier: true)
        return clock.now - start
    }

    /// Connections that were made so far.
    package var connectionCount: Int { core.traffic.connectionCount }

    /// What the client has done so far.
    public var statistics: NATSStatistics {
        core.traffic.statistics(sent: core.outbox.totals)
    }

    /// Bytes that wait to be written.
    public var outboxBacklog: Int { core.outbox.backlog }

    /// The client's own thread, or whoever gives the turns of its `NATSEventLoop`, as an executor
    /// for tasks that want the least latency.
    ///
    /// A task that prefers it (`withTaskExecutorPreference(client.taskExecutor) { … }`) goes on
    /// right where its message was read, so that no other thread has to be woken: a request or an
    /// answer takes half to nine tenths of the time, the less the busier the machine is, and half
    /// to three quarters of the processor. Such a task must not block or compute for long:
    /// meanwhile the client neither reads nor writes.
    public var taskExecutor: any TaskExecutor { reactor }

    /// What happens to the connection. Every loop over it begins with the last 1,024 events, and
    /// misses the oldest when more than that wait for it.
    public var events: NATSEvents { NATSEvents(hub: core.events) }

    /// Closes at once: what waits in the outbox is dropped, waiting calls end with the code
    /// `closed`. Closing twice does nothing.
    ///
    /// A cancelled task waits to the end all the same: closing asks nothing of the server.
    public func close() async { await close(nil) }

    private func close(_ error: NATSError?) async {
        core.close(error)
        await core.whenFinished()
    }

    /// Ends every subscription at the server, waits until what it had sent is consumed, writes
    /// what waits, and closes. From the beginning on new subscriptions and requests are refused;
    /// the consumers may publish their answers.
    ///
    /// Consumers of JetStream come first, and requests are accepted until they are done: they ask
    /// for no more messages, hand out what has come, and what was handed out can be acknowledged.
    /// What could not be handed out in time is given back to the server, for others.
    ///
    /// Draining twice waits for the first time to end, as long as that may take.
    ///
    /// Cancelling the task ends the waits: what was not written is dropped, the client is closed,
    /// and the call throws `cancelled`.
    /// - Parameter timeout: Longest wait for the server and for the consumers; 30 s as in the
    ///   peers.
    /// - Throws: `NATSError` with `timeout` (the detail says what was not consumed), `disconnected`
    ///   when a connection was lost with messages of which nobody knows whether they arrived,
    ///   `cancelled`, or `closed`; the client is closed all the same.
    public func drain(
        timeout: Duration = NATSClientOptions.defaultDrainTimeout
    ) async throws(NATSError) {
        // Whoever comes second waits for the first, whose work a `close` would cut short.
        guard core.beginsDraining() else { return await core.whenFinished() }
        do throws(NATSError) {
            try await core.drainAll(timeout: timeout)
        } catch {
            await close()
            throw NATSError(
                error.code, stage: .drain, server: error.server, detail: error.detail,
                underlying: error.underlying)
        }
        await close()
    }
}
