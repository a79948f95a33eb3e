// Theory of operation.
//
// One machine lives as long as a client. It owns the machines of its connections, of which there
// is mostly one and never more than three, and the pool of servers, and decides when which
// connection is made, used, left and given up. Everything that happens is an input; the answer is
// a list of actions, which the driver carries out in their order. Inputs and time come from one
// thread.
//
//     search      asking ─▶ waiting ─▶ preparing ─▶ trying ways 1, 2 …   (ClientMachine+Search)
//
//     connection  attempt ──────────────────────────────▶ inUse ─▶ gone
//                    └─▶ joining ─▶ settling ─▶ joined ──┘  └─▶ leaving ─▶ released ─▶ gone
//                                                                        (ClientMachine+Moving)
//
//     credentials  known at the attempt ─▶ looked at again before they expire ─▶ moved, if newer
//                                                                       (ClientMachine+Renewal)
//
// The outbox feeds at most one connection: the one that is `inUse` or `leaving`. What is promised
// of messages is not this machine's business but that of `SendLedger`, which stands with the
// outbox under its lock; this machine says when a connection begins to be fed, is released, and
// is gone, each exactly once and in this order.
//
// What must hold, whatever happens, and is simulated (`ClientPair`):
// - `feed`, `release` and `settle` come in an order that never leaves two connections fed: between
//   two `feed` there is a `settle`, or a `release` whose last PONG has come.
// - Whenever the client is neither closed nor suspended, and no connection is in use or being made,
//   a search goes on, and it has a deadline or waits for an answer of the driver's.
// - Every connection that was opened is closed or ends, and nothing is asked of it afterwards.
// - `end` is said once, and `finish` after it, when nothing is left.

/// The life of a client as a pure automaton: connections, reconnection, moves, suspension, end.
package struct ClientMachine: Sendable {
    package struct Configuration: Sendable {
        package var connection = ConnectionMachine.Configuration()
        package var pool = ReconnectMachine.Configuration()
        /// Whether the user chooses the server of an attempt after a loss.
        package var asksForTarget = false
        /// Whether the user says how long to wait after a failure.
        package var asksForDelay = false

        package init() {}
    }

    /// What a connection is there for.
    enum Role: Equatable {
        case attempt
        /// It has subscribed beside the one in use, and waits for the PONG.
        case joining
        /// The other servers of the cluster get to know of its subscriptions.
        case settling(until: Duration)
        /// It can take over.
        case joined
        case inUse
        /// In use, and its server will stop.
        case leaving
        /// Its last words are written; it must answer in time.
        case released(until: Duration)
        /// Left, with nothing to settle; only its end is to come.
        case left

        var isInUse: Bool { self == .inUse || self == .leaving }

        /// Whether the outbox feeds it, or did until it was released.
        var hasCarried: Bool {
            if case .released = self { true } else { isInUse }
        }

        /// Whether it can take over at once.
        var isReady: Bool {
            if case .settling = self { true } else { self == .joined }
        }

        /// Whether no other one need be looked for beside it.
        var willDo: Bool {
            switch self {
            case .attempt, .joining, .settling, .joined, .inUse: true
            case .leaving, .released, .left: false
            }
        }
    }

    struct Connection {
        let id: ConnectionID
        let server: ServerURL
        var machine: ConnectionMachine
        var role = Role.attempt
        /// What CONNECT is made with.
        let credentials: Credentials
        /// When newer ones are looked for; nil: not now.
        var renewal: Duration?
        var info = ServerInfo()
        var reason: ConnectionMachine.CloseReason?
    }

    /// How far the search for a server has come.
    enum Search: Equatable {
        case idle
        case askingTarget
        case askingDelay(ServerURL, Duration)
        case waiting(ServerURL, until: Duration)
        /// The driver must answer until then.
        case preparing(ServerURL, until: Duration)
        /// The ways from `next` on have not been tried.
        case trying(ServerURL, next: Int, count: Int)
    }

    enum Phase { case idle, running, closed, finished }

    let configuration: Configuration
    var pool: ReconnectMachine
    /// When connections are covered: never later than any address or option asked for, whichever
    /// server it is about.
    private(set) var security: ConnectionMachine.Security
    var phase = Phase.idle
    var isSuspended = false
    var connections: [Connection] = []
    var search = Search.idle
    /// The server of this attempt that answered TLS in the clear: asked once more, for its first
    /// words.
    var speaker: ServerURL?
    /// Names the present search, so that late answers of the driver's reach no other one.
    var token = 0
    /// Those of the present attempt.
    var credentials = Credentials()
    /// Why no other server is looked for, while the one in use still serves.
    var givenUp: ReconnectMachine.GiveUpReason?
    var lastLoss: Loss?
    private var lastID = 0
    private var generator: SplitMix

    /// - Parameter seed: Decides the jitter of waits and the order of the servers.
    package init(servers: [ServerURL], configuration: Configuration, seed: UInt64) {
        self.configuration = configuration
        generator = SplitMix(state: seed)
        security = configuration.connection.security
        pool = ReconnectMachine(
            servers: servers, configuration: configuration.pool, using: &generator)
        note(security: servers)
    }

    /// One address that asks for TLS binds all.
    mutating func note(security servers: [ServerURL]) {
        if servers.contains(where: \.scheme.asksForTLS) { security = max(security, .required) }
    }

    /// What an address asks for counts for it also where it was announced.
    private func security(of server: ServerURL) -> ConnectionMachine.Security {
        if server == speaker { return .required }
        return server.scheme.asksForTLS ? max(security, .required) : security
    }

    /// A connection was covered: later ones are, too.
    mutating func noteSecured() { security = max(security, .required) }

    /// A number in 0..<1.
    mutating func random() -> Double { Double.random(in: 0..<1, using: &generator) }

    func index(_ id: ConnectionID) -> Int? { connections.firstIndex { $0.id == id } }

    /// A connection that can take over.
    var readyIndex: Int? { connections.firstIndex { $0.role.isReady && $0.reason == nil } }

    mutating func newConnection(to server: ServerURL, now: Duration) -> ConnectionID {
        lastID += 1
        let id = ConnectionID(lastID)
        var configuration = configuration.connection
        configuration.security = security(of: server)
        configuration.carrier =
            switch server.scheme {
            case .nats, .tls: .plain
            case .ws: .webSocket
            case .wss: .webSocketOverTLS
            }
        connections.append(
            Connection(
                id: id, server: server,
                machine: ConnectionMachine(configuration: configuration, now: now),
                credentials: credentials))
        return id
    }

    /// The connection that the outbox feeds.
    package var connectionInUse: ConnectionID? { connections.first { $0.role.isInUse }?.id }

    /// Whether nothing more will happen.
    package var isFinished: Bool { phase == .finished }

    /// When to call `timerDue` next; nil: only after another input.
    package var deadline: Duration? {
        var times = connections.compactMap(\.machine.deadline)
        for connection in connections {
            switch connection.role {
            case .settling(let time), .released(let time): times.append(time)
            case .attempt, .joining, .joined, .inUse, .leaving, .left: break
            }
        }
        times += connections.compactMap(\.renewal)
        switch search {
        case .waiting(_, let time), .preparing(_, let time): times.append(time)
        case .idle, .askingTarget, .askingDelay, .trying: break
        }
        return times.min()
    }
}

/// The generator of Steele, Lea and Flood (2014): enough for jitter, and a value.
struct SplitMix: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
