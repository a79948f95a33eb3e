// Theory of operation.
//
// One machine lives as long as one connection to one server. It is told what happened and
// answers what to do; it holds no descriptor and reads no clock: `now` is any duration that
// grows, from any start.
//
//     awaitingInfo --INFO--> authenticating --> awaitingPong --PONG--> ready --> fed --> closed
//            (sign the nonce)     (send CONNECT and PING together)    (own      (the outbox's
//                                                                      buffer)   messages)
//
// TLS is begun before or after INFO (ConnectionMachine+Security).
//
// Signing may ask somebody, and so takes time, which counts as the handshake's. A server may say
// PING or a second INFO before it answers our PING, and -ERR in place of PONG; only the PONG tells
// that the credentials were taken, and none counts before CONNECT is sent.
//
// PONGs come in the order of the PINGs. Those that this machine asked for are the handshake's, that
// of a connection which is to take over from another one and has subscribed, and keep-alives. Once
// the outbox feeds the connection, questions stand between its messages and are kept there: a
// PONG that answers none of ours is passed on.
//
// Any byte from the server proves that it lives. A keep-alive PING goes out when nothing came
// for `pingInterval`; when `maxOutstandingPings` of them have gone unanswered by any byte at
// all, the connection is stale. A large message that takes its time therefore never looks like
// a dead server. The other way round, bytes of ours that the server's system takes none of for
// `writeTimeout` end the connection: a peer that does not read would otherwise only be noticed
// by its silence, much later.
//
// Every input has an answer in every phase; after `closed` the answer is to do nothing.

internal import BridgeBytes

/// The life of one connection as a pure automaton.
package struct ConnectionMachine: Sendable {
    package struct Configuration: Sendable, Hashable {
        /// From the start of the connection to the server's first PONG.
        package var handshakeTimeout: Duration = .seconds(5)
        /// Silence after which the server is asked whether it lives.
        package var pingInterval: Duration = .seconds(60)
        /// Number of such questions that may stay without any answer.
        package var maxOutstandingPings = 2
        /// Longest time in which none of the bytes that wait are taken.
        package var writeTimeout: Duration = .seconds(60)
        /// When the connection is covered by TLS.
        package var security = Security.onDemand
        /// What NATS is spoken over.
        package var carrier = Carrier.plain

        package init() {}
    }

    enum Phase: Equatable {
        case awaitingInfo, securing, authenticating, awaitingPong, ready, fed, closed
    }

    private enum Expectation { case greeting, handshake, joined, keepAlive }

    let configuration: Configuration
    var phase = Phase.awaitingInfo
    /// Whether the connection is covered, whether nobody can read it then, and whether INFO came
    /// before that.
    var isCovered = false
    var isSecured: Bool { isCovered && configuration.carrier != .webSocket }
    var isUpgrade = false
    /// What the next PONGs stand for, of those that this machine asked for.
    private var pongs = Fifo<Expectation>()
    private var outstandingPings = 0
    private var quietSince: Duration
    private let start: Duration
    private var isLameDuck = false
    /// Since when nothing of what waits was taken; nil while nothing waits.
    private var blockedSince: Duration?

    package init(configuration: Configuration = Configuration(), now: Duration) {
        self.configuration = configuration
        start = now
        quietSince = now
    }

    /// Whether the handshake is done and the connection stands.
    package var isConnected: Bool { phase == .ready || phase == .fed }
    package var isClosed: Bool { phase == .closed }

    // MARK: What the server says

    package mutating func infoReceived(_ info: ServerInfo) -> InfoAction {
        switch phase {
        case .closed: return .ignore
        case .awaitingInfo:
            if let upgrade = upgrade(info) { return upgrade }
            isLameDuck = info.isLameDuck
            phase = .authenticating
            return .authenticate
        case .securing:
            // The driver reads nothing in the clear then.
            return .ignore
        case .authenticating, .awaitingPong, .ready, .fed:
            let entered = info.isLameDuck && !isLameDuck
            isLameDuck = isLameDuck || info.isLameDuck
            return entered ? .updateAndLeave : .update
        }
    }

    /// Returns whether to send PONG.
    package mutating func pingReceived() -> Bool { phase != .closed }

    /// A PONG that nobody asked for is ignored, as all clients do.
    package mutating func pongReceived() -> PongAction {
        guard phase != .closed else { return .ignore }
        switch pongs.popFirst() {
        case .handshake:
            phase = .ready
            return .connected
        case .joined: return .joined
        case .greeting, .keepAlive: return .ignore
        case nil: return phase == .fed ? .passOn : .ignore
        }
    }

    package mutating func errorReceived(_ error: ServerError) -> ErrorAction {
        switch phase {
        case .closed: return .ignore
        case .ready, .fed:
            guard error.closesConnection else { return .report(error) }
        case .awaitingInfo, .securing, .authenticating, .awaitingPong: break
        }
        close()
        return .close(.serverError(error))
    }

    /// Bytes came, whatever they mean.
    package mutating func bytesReceived(now: Duration) {
        quietSince = now
        outstandingPings = 0
    }

    // MARK: What we want

    /// The credentials are there. Returns how many PINGs to send with CONNECT; 0: nothing.
    package mutating func authenticated() -> Int {
        guard phase == .authenticating else { return 0 }
        phase = .awaitingPong
        if isUpgrade { pongs.append(.greeting) }
        pongs.append(.handshake)
        return pongs.count
    }

    /// Whether the server has yet to take the credentials.
    var isBeforePong: Bool {
        switch phase {
        case .awaitingInfo, .securing, .authenticating, .awaitingPong: true
        case .ready, .fed, .closed: false
        }
    }

    /// All subscriptions and a PING are about to be sent. Returns false when there is no
    /// connection to send them on.
    package mutating func joinBegan() -> Bool {
        guard phase == .ready else { return false }
        pongs.append(.joined)
        return true
    }

    /// From now on the outbox feeds the connection.
    package mutating func fed() {
        if phase == .ready { phase = .fed }
    }

    /// The connection is over, for whatever reason. Returns false when that was known.
    @discardableResult package mutating func close() -> Bool {
        guard phase != .closed else { return false }
        phase = .closed
        pongs = Fifo()
        return true
    }

    // MARK: What the transport and the clock say

    /// The system takes no more bytes for now.
    package mutating func writeBlocked(now: Duration) {
        if blockedSince == nil { blockedSince = now }
    }

    /// It has taken some.
    package mutating func writeProgressed() { blockedSince = nil }

    /// When to call `timerDue` next; nil after the end.
    package var deadline: Duration? {
        switch phase {
        case .awaitingInfo, .securing, .authenticating, .awaitingPong:
            start + configuration.handshakeTimeout
        case .ready, .fed: writeDeadline.map { min($0, keepAliveDue) } ?? keepAliveDue
        case .closed: nil
        }
    }

    private var keepAliveDue: Duration { quietSince + configuration.pingInterval }

    private var writeDeadline: Duration? { blockedSince.map { $0 + configuration.writeTimeout } }

    /// Time has passed. Calling early or late does no harm.
    package mutating func timerDue(now: Duration) -> TimerAction {
        guard let deadline, now >= deadline else { return .wait }
        guard isConnected else {
            close()
            return .close(.handshakeTimeout)
        }
        if let writeDeadline, now >= writeDeadline {
            close()
            return .close(.writeTimeout)
        }
        guard outstandingPings < configuration.maxOutstandingPings else {
            close()
            return .close(.stale)
        }
        outstandingPings += 1
        quietSince = now
        guard phase == .ready else { return .sendPing(.outbox) }
        pongs.append(.keepAlive)
        return .sendPing(.own)
    }
}
