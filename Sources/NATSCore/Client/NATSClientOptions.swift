public import BridgeBytes
package import BridgeSockets
public import BridgeTLS
public import NATSWire

/// How a client connects and what it may hold in memory.
public struct NATSClientOptions: Sendable {
    /// Server URLs such as `nats://127.0.0.1:4222`; credentials may stand in them
    /// (`nats://user:password@host`). At least one; an element may hold several, separated by
    /// commas. One that asks for TLS (`tls://`) asks for it at all of them. Those of WebSockets
    /// (`ws://`, `wss://`), which may have a path, stand by themselves.
    public var servers: [String]
    /// Name shown by the server's monitoring.
    public var name = "natsbridge-swift"
    /// Who the client is to its servers.
    public var credentials = NATSCredentials.none
    /// When TLS is begun. Once a connection has had it, all later ones must.
    public var tls = NATSClientTLS.onDemand
    /// Whom the client trusts over TLS, and what it shows of itself.
    public var tlsConfiguration = TLSConfiguration()
    /// Fields of HTTP that a WebSocket is opened with, such as cookies, or what a proxy wants; not
    /// those of the protocol itself.
    public var webSocketHeaders = Headers()
    /// Whether the client goes on trying a server that refuses the same credentials twice in a row
    /// with the same words, rather than give it up. Changed credentials, and a connection that
    /// stands, count anew in either case.
    public var retriesRefusedCredentials = false
    /// Whether the server confirms every frame with `+OK`: for tests.
    public var verbose = false
    /// Whether the server checks subjects strictly, and complains of bad ones.
    public var pedantic = false
    /// Whether the server sends this connection's own messages back to its subscriptions.
    public var echo = true
    /// Longest wait for one server's handshake, and before it for its address and the credentials.
    public var connectTimeout: Duration = .seconds(5)
    /// Wait before a server is tried again after it failed. It doubles with each failure in a row,
    /// up to four seconds or this wait, whichever is longer.
    public var reconnectWait: Duration = .seconds(2)
    /// Upper bound of the random part of each wait, so that many clients do not come back at the
    /// same moment.
    public var reconnectJitter: Duration = .milliseconds(100)
    /// The same for servers that are reached over TLS, where a handshake costs more.
    public var reconnectJitterTLS: Duration = .seconds(1)
    /// Replaces the wait, jitter included: called with the number of failures in a row at the
    /// server that comes next.
    public var reconnectDelay: (@Sendable (Int) -> Duration)?
    /// Whether a lost connection is made again at all.
    public var reconnects = true
    /// Whether addresses that servers announce are left alone.
    public var ignoresDiscoveredServers = false
    /// Consecutive failed attempts at each server before the client gives up; nil: never.
    public var maxReconnectAttempts: Int? = 60
    /// Whether the first connection is retried like a later one instead of failing at once.
    public var retryOnFirstConnect = false
    /// Whether the order of the servers is kept instead of being shuffled.
    public var keepsServerOrder = false
    /// Time between keep-alive PINGs.
    public var pingInterval: Duration = .seconds(120)
    /// PINGs that may be unanswered before the connection counts as dead.
    public var maxPingsOutstanding = 2
    /// Longest time in which the server's system takes none of the bytes that wait; then the
    /// connection counts as dead.
    public var writeTimeout: Duration = .seconds(60)
    /// Size in bytes of the buffers that small messages are received into, within
    /// `receiveBufferLimits`. A message that is larger gets a buffer of its own size.
    public var receiveBufferSize = 128 << 10
    /// Least and greatest `receiveBufferSize`: below, a read brings hardly one message; above, a
    /// few small messages would keep much memory.
    public static let receiveBufferLimits = (4 << 10)...(2 << 20)
    /// Whether every `publish` is written at once by the calling thread when the client's is
    /// idle, at the price of a system call each. Otherwise only those are that come alone, some
    /// fifty microseconds after the last one.
    public var sendsAtOnce = false
    /// A numeric address of this machine from which connections are made, such as `127.0.0.2`;
    /// nil: the system chooses.
    public var localAddress: String?
    /// Makes connections in place of the client, for whoever must go through a proxy, a
    /// Unix-domain socket or a socket pair; called for every attempt with the server's address.
    /// An error counts as a failed attempt.
    public var dialer: (@Sendable (ServerURL) async throws -> DialedSocket)?
    /// Chooses the server of the next attempt after a connection was lost, from the servers of
    /// the pool and the last INFO; nil, or a server that is not in the pool: the client chooses.
    public var reconnectTarget: (@Sendable ([ServerURL], ServerInfo?) -> ServerURL?)?
    /// Most bytes that may wait to be written, also while disconnected. 8 MiB as in the peers.
    public var outboxCapacity = 8 << 20
    /// Longest time in which `run()` and `withClient` drain the client in the end.
    public var drainTimeout = Self.defaultDrainTimeout
    /// 30 seconds, as in the peers.
    public static let defaultDrainTimeout: Duration = .seconds(30)
    /// Whether requests that wait for an answer fail with the code `disconnected` as soon as the
    /// connection is lost, rather than wait for their timeout. A request that had not left yet
    /// is sent over the next connection all the same; its answer is dropped.
    public var failsRequestsOnDisconnect = false
    /// A loop of your own that does the client's work; nil: the client has a thread for it.
    public var eventLoop: NATSEventLoop?
    /// Where what happens to the connection is logged; nil: nowhere. Never more often than once
    /// for an event, so that messages cost nothing for it.
    public var log: LogSink?
    /// Takes what crosses the wire; nil: nobody does.
    public var trace: NATSTrace?
    /// Prefix of inbox subjects.
    public var inboxPrefix = "_INBOX"
    /// The domain of JetStream that `JetStream(client:)` means when its own options name none;
    /// nil: the server's own.
    public var jetStreamDomain: String?
    /// What the subjects of JetStream's API begin with that `JetStream(client:)` means when neither
    /// its own options nor `jetStreamDomain` say it, as where another account's API is imported
    /// under a prefix; nil: `$JS.API`.
    public var jetStreamAPIPrefix: String?
    /// What the client's own thread asks the system with; for tests of its failures.
    package var systemCalls = SystemCalls()

    /// Options for these servers; what is not given has its default.
    public init(
        servers: [String] = ["nats://127.0.0.1:4222"], name: String = "natsbridge-swift",
        credentials: NATSCredentials = .none
    ) {
        self.servers = servers
        self.name = name
        self.credentials = credentials
    }
}

/// When a NATS client begins TLS.
public enum NATSClientTLS: Sendable, Hashable, CaseIterable {
    /// When the server demands it, or the address of any server does (`tls://`).
    case onDemand
    /// After the server's first words, whatever the addresses say; a server without TLS is
    /// refused.
    case required
    /// Before the server's first words, for servers that are set to `handshake_first`. One that
    /// speaks all the same, as with `auto` where our first words come late, is called again at
    /// once and covered behind them; a server without TLS is refused.
    case handshakeFirst
}
