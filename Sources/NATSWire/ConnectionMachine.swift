// Theory of operation.
//
// One machine lives as long as one connection to one server. It is told what happened and
// answers what to do; it holds no descriptor and reads no clock: `now` is any duration that
// grows, from any start.
//
//     awaitingInfo --INFO--> awaitingPong --PONG--> connected --> closed
//           (send CONNECT and PING together)
//
// A server may say PING or a second INFO before it answers our PING, and -ERR in place of
// PONG; only the PONG tells that the credentials were taken.
//
// PONGs come in the order of the PINGs, and a server answers a PING after everything that was
// sent before it. So a queue of what each PONG stands for resolves flushes, the handshake and
// keep-alives with one mechanism, and a flush that was given up stays in the queue as a mere
// keep-alive.
//
// Any byte from the server proves that it lives. A keep-alive PING goes out when nothing came
// for `pingInterval`; when `maxOutstandingPings` of them have gone unanswered by any byte at
// all, the connection is stale. A large message that takes its time therefore never looks like
// a dead server. The other way round, bytes of ours that the server's system takes none of for
// `writeTimeout` end the connection: a peer that does not read would otherwise only be noticed
// by its silence, much later.
//
// Every input has an answer in every phase; after `closed` the answer is to do nothing.

/// The life of one connection as a pure automaton.
package struct ConnectionMachine: ~Copyable {
    package struct Configuration: Sendable, Hashable {
        /// From the start of the connection to the server's first PONG.
        package var handshakeTimeout: Duration = .seconds(5)
        /// Silence after which the server is asked whether it lives.
        package var pingInterval: Duration = .seconds(60)
        /// Number of such questions that may stay without any answer.
        package var maxOutstandingPings = 2
        /// Longest time in which none of the bytes that wait are taken.
        package var writeTimeout: Duration = .seconds(60)
        /// Most PINGs of any kind that may wait for their PONGs.
        package var maxPendingPongs = 65_536
        /// Whether the driver can secure a connection when the server demands it.
        package var canUseTLS = false

        package init() {}
    }

    /// Names one flush; the driver maps it to whoever waits.
    package struct FlushID: Hashable, Sendable {
        package let number: Int
        package init(_ number: Int) { self.number = number }
    }

    private enum Phase: Equatable { case awaitingInfo, awaitingPong, connected, closed }
    private enum Expectation: Equatable {
        case handshake, keepAlive
        case flush(FlushID)
    }

    private let configuration: Configuration
    private var phase = Phase.awaitingInfo
    /// What the next PONGs stand for, oldest first, from `pongHead` on.
    private var pongs: [Expectation] = []
    private var pongHead = 0
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
    package var isConnected: Bool { phase == .connected }
    package var isClosed: Bool { phase == .closed }

    // MARK: What the server says

    package mutating func infoReceived(_ info: ServerInfo) -> InfoAction {
        switch phase {
        case .closed: return .ignore
        case .awaitingInfo:
            if info.requiresTLS && !configuration.canUseTLS { return .close(close(.tlsRequired)) }
            isLameDuck = info.isLameDuck
            phase = .awaitingPong
            pongs.append(.handshake)
            return .sendConnectAndPing
        case .awaitingPong, .connected:
            let entered = info.isLameDuck && !isLameDuck
            isLameDuck = isLameDuck || info.isLameDuck
            return entered ? .updateAndLeave : .update
        }
    }

    package mutating func pingReceived() -> PingAction {
        phase == .closed ? .ignore : .sendPong
    }

    /// A PONG that nobody asked for is ignored, as all clients do.
    package mutating func pongReceived() -> PongAction {
        guard phase != .closed, pongHead < pongs.count else { return .ignore }
        let expectation = pongs[pongHead]
        pongHead += 1
        if pongHead == pongs.count || pongHead >= 64 && pongHead * 2 > pongs.count {
            pongs.removeFirst(pongHead)
            pongHead = 0
        }
        switch expectation {
        case .keepAlive: return .ignore
        case .flush(let id): return .flushed(id)
        case .handshake:
            phase = .connected
            return .connected
        }
    }

    package mutating func errorReceived(_ error: ServerError) -> ErrorAction {
        switch phase {
        case .closed: .ignore
        case .awaitingInfo, .awaitingPong: .close(close(.serverError(error)))
        case .connected where error.closesConnection: .close(close(.serverError(error)))
        case .connected: .report(error)
        }
    }

    /// Bytes came, whatever they mean.
    package mutating func bytesReceived(now: Duration) {
        quietSince = now
        outstandingPings = 0
    }

    // MARK: What we want

    /// Someone wants to know when the server has seen everything sent so far.
    package mutating func flushRequested(_ id: FlushID) -> FlushAction {
        guard phase == .connected else { return .refuseNotConnected }
        guard pongs.count - pongHead < configuration.maxPendingPongs else {
            return .refuseTooMany
        }
        pongs.append(.flush(id))
        return .sendPing
    }

    /// Nobody waits for that flush any longer; its PONG will still come. Complexity: O(n) in
    /// the number of waiting flushes.
    package mutating func flushAbandoned(_ id: FlushID) {
        guard let index = pongs[pongHead...].firstIndex(of: .flush(id)) else { return }
        pongs[index] = .keepAlive
    }

    package mutating func closeRequested() -> CloseAction { close(.requested) }

    // MARK: What the transport and the clock say

    /// The system takes no more bytes for now.
    package mutating func writeBlocked(now: Duration) {
        if blockedSince == nil { blockedSince = now }
    }

    /// It has taken some.
    package mutating func writeProgressed() { blockedSince = nil }

    package mutating func peerClosed() -> CloseAction { close(.peerClosed) }

    package mutating func transportFailed(_ message: String) -> CloseAction {
        close(.transportFailed(message))
    }

    package mutating func malformedBytes(_ error: WireError) -> CloseAction {
        close(.protocolViolation(error))
    }

    /// When to call `timerDue` next; nil after the end.
    package var deadline: Duration? {
        switch phase {
        case .awaitingInfo, .awaitingPong: start + configuration.handshakeTimeout
        case .connected: writeDeadline.map { min($0, keepAliveDue) } ?? keepAliveDue
        case .closed: nil
        }
    }

    private var keepAliveDue: Duration { quietSince + configuration.pingInterval }

    private var writeDeadline: Duration? { blockedSince.map { $0 + configuration.writeTimeout } }

    /// Time has passed. Calling early or late does no harm.
    package mutating func timerDue(now: Duration) -> TimerAction {
        guard let deadline, now >= deadline else { return .wait }
        guard phase == .connected else { return .close(close(.handshakeTimeout)) }
        if let writeDeadline, now >= writeDeadline { return .close(close(.writeTimeout)) }
        guard now >= keepAliveDue else { return .wait }
        guard outstandingPings < configuration.maxOutstandingPings,
            pongs.count - pongHead < configuration.maxPendingPongs
        else { return .close(close(.stale)) }
        outstandingPings += 1
        quietSince = now
        pongs.append(.keepAlive)
        return .sendPing
    }

    private mutating func close(_ reason: CloseReason) -> CloseAction {
        guard phase != .closed else { return CloseAction(reason: nil, failing: []) }
        phase = .closed
        let failing = pongs[pongHead...].compactMap { expectation -> FlushID? in
            if case .flush(let id) = expectation { id } else { nil }
        }
        pongs = []
        pongHead = 0
        return CloseAction(reason: reason, failing: failing)
    }
}
