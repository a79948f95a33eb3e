// Theory of operation.
//
// The pool holds the servers that the user named (explicit) and those that servers announced
// in `connect_urls` (discovered). Explicit ones stay until they have failed too often;
// discovered ones come and go with the announcements, except the one in use. The pool is
// shuffled once, at the start, never by an announcement.
//
// Every server carries the number of its failures in a row and the earliest moment at which it
// may be tried again. The next attempt goes to the server that may be tried soonest, and among
// equals to the one that was used longest ago. The wait after failure n is
// `reconnectWait * 2^(n-1)`, at most `maxReconnectWait`; a random jitter is added to every
// attempt after the first connection, so that a thousand clients that lose one server do not
// arrive at the next one together.
//
// A server leaves the pool after `maxAttempts` failures in a row, after the same refusal of the
// same credentials twice in a row, and at once when it can never work. An empty pool ends the
// search. While a connection is still in use (its server will stop, and another is looked for)
// failures only make the next wait longer: nothing is given up before it is needed.
//
// Time and randomness are arguments.
internal import BridgeBytes

/// Which server to try next, and when.
package struct ReconnectMachine: Sendable {
    package struct Configuration: Sendable, Hashable {
        /// Wait after the first failure of a server, or after a connection to it was lost.
        package var reconnectWait: Duration = .milliseconds(250)
        /// Most that the doubling wait grows to.
        package var maxReconnectWait: Duration = .seconds(4)
        /// Upper bound of the random part of each wait.
        package var jitter: Duration = .milliseconds(100)
        /// The same for servers that are reached over TLS.
        package var jitterTLS: Duration = .seconds(1)
        /// Failures in a row after which a server is given up; nil: never.
        package var maxAttempts: Int? = 60
        /// Whether the order of the servers is drawn at the start.
        package var shuffles = true
        /// Whether announced servers are used.
        package var usesDiscovered = true
        /// Whether a first connection is tried again after every server has failed once.
        package var retriesFirstConnect = false
        /// Whether a server is given up that refuses the same credentials twice in a row.
        package var abandonsAfterSameRefusal = true
        /// Whether a lost connection is replaced at all.
        package var reconnects = true

        package init() {}
    }

    /// How an attempt or a connection ended.
    package enum Failure: Equatable, Sendable {
        /// Trying again may help.
        case lost
        /// Our credentials were refused, in these words.
        case refused(String)
        /// Trying again will never help.
        case abandon
    }

    package enum Attempt: Equatable, Sendable {
        case connect(ServerURL, after: Duration)
        case giveUp(GiveUpReason)
    }

    package enum GiveUpReason: String, Equatable, Sendable {
        /// Every server failed and nothing was ever connected.
        case noServerReachable = "no_server_reachable"
        /// The pool is empty: every server failed too often.
        case attemptsExhausted = "attempts_exhausted"
        /// The servers refuse the credentials.
        case refused
        /// Reconnecting is switched off.
        case reconnectDisabled = "reconnect_disabled"
    }

    /// What an announcement changed.
    package struct Discovery: Equatable, Sendable {
        package var added: [ServerURL] = []
        package var removed: [ServerURL] = []
        /// Number of announced addresses that are none.
        package var malformed = 0
    }

    /// Words of a server, and which credentials they were for.
    private struct Refusal: Equatable, Sendable {
        let words: String
        let credentials: Int
    }

    private struct Server: Sendable {
        let url: ServerURL
        let isExplicit: Bool
        var failures = 0
        /// Failures since the last connection while another one was still in use.
        var spareFailures = 0
        var lastRefusal: Refusal?
        var notBefore: Duration?
        var used = 0
    }

    private let configuration: Configuration
    private var servers: [Server] = []
    private var current: ServerURL?
    private var uses = 0
    /// Whether there ever was a connection.
    package private(set) var hasConnected = false
    private var wasRefused = false

    package init(
        servers urls: [ServerURL], configuration: Configuration = Configuration(),
        using generator: inout some RandomNumberGenerator
    ) {
        self.configuration = configuration
        let ordered = configuration.shuffles ? urls.shuffled(using: &generator) : urls
        for url in ordered where index(of: url) == nil {
            servers.append(Server(url: url, isExplicit: true))
        }
        precondition(!servers.isEmpty, "a client needs the address of a server")
    }

    /// The servers in the pool, explicit ones first in the order drawn.
    package var pool: [ServerURL] { servers.map(\.url) }

    /// Failures in a row of a server.
    package func failures(of url: ServerURL) -> Int {
        index(of: url).map { servers[$0].failures } ?? 0
    }

    /// Replaces the servers that the user named. The one in use stays in use, though it may not
    /// be tried again.
    package mutating func replaceServers(_ urls: [ServerURL]) {
        precondition(!urls.isEmpty, "a client needs the address of a server")
        let kept = servers
        servers = []
        for url in urls where index(of: url) == nil {
            let known = kept.first { $0.url.isSameServer(as: url) }
            var server = Server(url: url, isExplicit: true)
            server.failures = known?.failures ?? 0
            server.notBefore = known?.notBefore
            server.used = known?.used ?? 0
            servers.append(server)
        }
    }

    /// Chooses the next server.
    /// - Parameters:
    ///   - random: a number in 0..<1 for the jitter.
    ///   - wanted: the server that shall be next, if it is in the pool.
    package mutating func nextAttempt(
        now: Duration, random: Double, wanted: ServerURL? = nil
    ) -> Attempt {
        if hasConnected && !configuration.reconnects { return .giveUp(.reconnectDisabled) }
        if !hasConnected && !configuration.retriesFirstConnect
            && servers.allSatisfy({ $0.failures > 0 })
        {
            return .giveUp(wasRefused ? .refused : .noServerReachable)
        }
        guard let index = wanted.flatMap(index(of:)) ?? soonest(now) else {
            return .giveUp(wasRefused ? .refused : .attemptsExhausted)
        }
        uses += 1
        servers[index].used = uses
        current = servers[index].url
        let wait = max(.zero, (servers[index].notBefore ?? now) - now)
        let isFirstRound = !hasConnected && servers[index].failures == 0
        let bound =
            servers[index].url.scheme.asksForTLS ? configuration.jitterTLS : configuration.jitter
        let jitter = isFirstRound ? .zero : bound * min(max(random, 0), 1)
        return .connect(servers[index].url, after: wait + jitter)
    }

    private func soonest(_ now: Duration) -> Int? {
        servers.indices.min { left, right in
            let one = max(servers[left].notBefore ?? now, now)
            let other = max(servers[right].notBefore ?? now, now)
            return one != other ? one < other : servers[left].used < servers[right].used
        }
    }

    /// The handshake with the current server is done.
    package mutating func connected() {
        hasConnected = true
        wasRefused = false
        guard let index = current.flatMap(index(of:)) else { return }
        servers[index].failures = 0
        servers[index].spareFailures = 0
        servers[index].lastRefusal = nil
        servers[index].notBefore = nil
    }

    /// The attempt at, or the connection to, the current server ended.
    /// - Parameters:
    ///   - isSpare: Whether another connection is still in use.
    ///   - credentials: The number of those that were used: the same for the same ones.
    package mutating func failed(
        _ failure: Failure, now: Duration, isSpare: Bool = false, credentials: Int = 0
    ) {
        guard let index = current.flatMap(index(of:)) else { return }
        current = nil
        if isSpare, failure == .lost {
            servers[index].spareFailures += 1
            servers[index].notBefore =
                now + wait(after: servers[index].failures + servers[index].spareFailures)
            return
        }
        servers[index].failures += 1
        let failures = servers[index].failures
        switch failure {
        case .abandon:
            servers.remove(at: index)
            return
        case .refused(let words):
            wasRefused = true
            let refusal = Refusal(words: words, credentials: credentials)
            if configuration.abandonsAfterSameRefusal, servers[index].lastRefusal == refusal {
                servers.remove(at: index)
                return
            }
            servers[index].lastRefusal = refusal
        case .lost:
            servers[index].lastRefusal = nil
        }
        if let most = configuration.maxAttempts, failures >= most {
            servers.remove(at: index)
        } else {
            servers[index].notBefore = now + wait(after: failures)
        }
    }

    private func wait(after failures: Int) -> Duration {
        let doublings = min(failures - 1, 20)
        return min(configuration.reconnectWait * (1 << doublings), configuration.maxReconnectWait)
    }

    private func index(of url: ServerURL) -> Int? {
        servers.firstIndex { $0.url.isSameServer(as: url) }
    }

    /// Most addresses of an announcement that are looked at.
    package static let maxAnnounced = 512

    /// Takes over the addresses that a server announced, the first of very many. A discovered
    /// server gets the credentials with which we reached the one that announced it.
    /// - Parameter isSecured: Whether the announcement came inside TLS: a numeric address then
    ///   must have the name of the server that announced it, as a certificate seldom has those.
    package mutating func discovered(_ addresses: [String], isSecured: Bool = false) -> Discovery {
        var change = Discovery()
        guard configuration.usesDiscovered, !addresses.isEmpty else { return change }
        var announced: [ServerURL] = []
        for address in addresses.prefix(Self.maxAnnounced) {
            do throws(WireError) {
                let url = try ServerURL(address)
                // What asks for TLS is not reached without it.
                let isMore = url.scheme == .tls && current?.scheme == .nats
                // A WebSocket's path is the proxy's before all of them.
                var server = ServerURL(
                    scheme: isMore ? .tls : current?.scheme ?? url.scheme, host: url.host,
                    port: url.port, credentials: current?.credentials ?? .none,
                    target: current?.target ?? url.target)
                if isSecured, url.isNumeric, let current, !current.nameInTLS.isNumericHost {
                    server.certificateName = current.nameInTLS
                }
                announced.append(server)
            } catch {
                change.malformed += 1
            }
        }
        for server in servers where !server.isExplicit {
            let isCurrent = current.map { $0.isSameServer(as: server.url) } ?? false
            if !isCurrent && !announced.contains(where: { $0.isSameServer(as: server.url) }) {
                change.removed.append(server.url)
            }
        }
        servers.removeAll { server in change.removed.contains { $0.isSameServer(as: server.url) } }
        for url in announced where index(of: url) == nil {
            servers.append(Server(url: url, isExplicit: false))
            change.added.append(url)
        }
        return change
    }
}
