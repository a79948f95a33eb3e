import BridgeBytes
internal import NATSWire
internal import Testing

/// A `ClientMachine` and its clock: inputs in, and what it wants in words.
struct ClientLife {
    typealias Machine = ClientMachine

    var machine: Machine
    var now = Duration.zero
    /// The token of the last question that was asked.
    private(set) var token = 0

    init(
        _ hosts: [String], change: (inout Machine.Configuration) -> Void = { _ in }
    ) {
        var configuration = Machine.Configuration()
        configuration.pool.shuffles = false
        configuration.pool.jitter = .zero
        change(&configuration)
        machine = Machine(
            servers: hosts.map { ServerURL(host: $0) }, configuration: configuration, seed: 1)
    }

    /// A client whose connection 1 to the first server is in use.
    static func connected(
        to hosts: [String], change: (inout Machine.Configuration) -> Void = { _ in }
    ) -> ClientLife {
        var life = ClientLife(hosts, change: change)
        _ = life.start()
        _ = life.connect(1)
        return life
    }

    // MARK: Inputs

    mutating func start() -> [String] { words(machine.start(now: now)) }
    mutating func suspend() -> [String] { words(machine.suspended(now: now)) }
    mutating func resume() -> [String] { words(machine.resumed(now: now)) }
    mutating func reconnect() -> [String] { words(machine.reconnectRequested(now: now)) }
    mutating func close() -> [String] { words(machine.closeRequested()) }

    mutating func replaced(_ hosts: [String]) -> [String] {
        words(machine.serversReplaced(hosts.map { ServerURL(host: $0) }, now: now))
    }

    /// Answers the last question, or an earlier one: so many ways lead to the server.
    mutating func prepared(
        _ ways: Int, token other: Int? = nil, credentials: Int = 0, expiry: Duration? = nil
    ) -> [String] {
        let means = Machine.Means(
            ways: ways, credentials: .init(identity: credentials, expiry: expiry))
        return words(machine.prepared(token: other ?? token, .success(means), now: now))
    }

    /// There are no credentials for the server.
    mutating func withoutCredentials(
        _ failure: CredentialsFailure, identity: Int = 0
    ) -> [String] {
        let failure = Machine.Unreachable(failure, .init(identity: identity))
        return words(machine.prepared(token: token, .failure(failure), now: now))
    }

    /// The nonce is signed, or could not be.
    mutating func authenticated(_ id: Int, _ failure: CredentialsFailure? = nil) -> [String] {
        words(machine.authenticated(.init(id), failure))
    }

    mutating func checked(_ id: Int, _ identity: Int?, expiry: Duration? = nil) -> [String] {
        let found = identity.map { Machine.Credentials(identity: $0, expiry: expiry) }
        return words(machine.credentialsChecked(.init(id), found, now: now))
    }

    mutating func unreachable(_ why: String) -> [String] {
        words(machine.prepared(token: token, .failure(.init(why)), now: now))
    }

    mutating func target(_ host: String?, token other: Int? = nil) -> [String] {
        let target = host.map { ServerURL(host: $0) }
        return words(machine.targetChosen(token: other ?? token, target, now: now))
    }

    mutating func delay(_ delay: Duration?, token other: Int? = nil) -> [String] {
        words(machine.delayGiven(token: other ?? token, delay, now: now))
    }

    mutating func opened(_ id: Int) -> [String] { words(machine.connectionOpened(.init(id))) }
    mutating func secured(_ id: Int) -> [String] { words(machine.secured(.init(id))) }

    mutating func info(
        _ id: Int, lameDuck: Bool = false, tls: Bool = false, urls: [String] = []
    ) -> [String] {
        var info = ServerInfo()
        info.requiresTLS = tls
        info.isLameDuck = lameDuck
        info.connectURLs = urls
        return words(machine.infoReceived(.init(id), info, now: now))
    }

    /// INFO, and the credentials for it at once.
    mutating func greet(_ id: Int) -> [String] { info(id) + authenticated(id) }

    mutating func ping(_ id: Int) -> [String] { words(machine.pingReceived(.init(id))) }
    mutating func pong(_ id: Int) -> [String] { words(machine.pongReceived(.init(id), now: now)) }
    mutating func parted(_ id: Int) -> [String] { words(machine.parted(.init(id), now: now)) }

    mutating func error(_ id: Int, _ text: String) -> [String] {
        words(machine.errorReceived(.init(id), ServerError(parsing: text)))
    }

    mutating func malformed(_ id: Int) -> [String] {
        words(machine.malformedBytes(.init(id), WireError(.unknownVerb, in: .controlLine, "?")))
    }

    mutating func ended(
        _ id: Int, _ reason: ConnectionMachine.CloseReason = .peerClosed
    ) -> [String] {
        words(machine.connectionEnded(.init(id), reason, wasSlow: false, now: now))
    }

    mutating func at(_ time: Duration) -> [String] {
        now = time
        return words(machine.timerDue(now: now))
    }

    /// Answers the last question, and does the handshake.
    mutating func connect(_ id: Int) -> [String] {
        prepared(1) + greet(id) + pong(id)
    }

    // MARK: Answers

    private mutating func words(_ actions: [Machine.Action]) -> [String] {
        for action in actions {
            switch action {
            case .askTarget(let token, _), .askDelay(let token, _), .prepare(let token, _):
                self.token = token
            default: break
            }
        }
        return actions.map(Self.words)
    }

    private static func words(_ action: Machine.Action) -> String {
        switch action {
        case .askTarget: "ask target"
        case .askDelay(_, let failures): "ask delay \(failures)"
        case .prepare(_, let server): "prepare \(server.host)"
        case .open(let id, _, let way): "open \(id.number) way \(way)"
        case .authenticate(let id, _): "authenticate \(id.number)"
        case .checkCredentials(let id, let server):
            "check \(id.number) \(server.host)"
        case .secure(let id): "secure \(id.number)"
        case .sendConnect(let id, _, 1): "connect \(id.number)"
        case .sendConnect(let id, _, let pings): "connect \(id.number), \(pings) pings"
        case .sendPing(let id): "ping \(id.number)"
        case .sendPong(let id): "pong \(id.number)"
        case .appendPing: "ping"
        case .appendPong: "pong"
        case .subscribe(let id): "subscribe \(id.number)"
        case .feed(let id): "feed \(id.number)"
        case .release(let id): "release \(id.number)"
        case .settle(let id): "settle \(id.number)"
        case .close(let id): "close \(id.number)"
        case .passPong(let id): "pass pong \(id.number)"
        case .update: "update"
        case .report(let id, let error): "report \(id.number): \(error.text)"
        case .tell(let news): words(news)
        case .end(.requested): "end"
        case .end(.gaveUp(let reason, _)): "gave up: \(reason.rawValue)"
        case .finish: "finish"
        }
    }

    private static func words(_ news: Machine.News) -> String {
        switch news {
        case .connecting(let server, let wait): "connecting \(server.host) after \(wait)"
        case .connected(let server): "connected \(server.host)"
        case .lost(let loss): "lost \(words(loss))"
        case .failed(let loss): "failed \(words(loss))"
        case .serversChanged(let added, let removed):
            "servers +\(added.map(\.host)) -\(removed.map(\.host))"
        case .lameDuck: "lame duck"
        case .moved(let server): "moved from \(server.host)"
        case .suspended: "suspended"
        }
    }

    private static func words(_ loss: Machine.Loss) -> String {
        let reason =
            switch loss.reason {
            case .serverError(let error): error.text
            case .transportFailed(let words): words
            case .credentials(let failure): failure.words
            case .protocolViolation: "malformed"
            default: "\(loss.reason)"
            }
        return "\(loss.server.host): \(reason)"
    }
}

/// All of its state would be pages in the report of a run.
extension ClientLife: CustomTestStringConvertible {
    var testDescription: String { "a client at \(now)" }
}
