internal import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import HTTPWire

/// One connection of the client on the reactor's thread: writes a request, reads its answer.
///
/// ## Theory of operation
/// ```
/// connecting ──▶ idle ──start──▶ head ──▶ undemanded ──stream──▶ streaming ──┐
///                 ▲                            └───collect──▶ collecting ──┤
///                 └───────────── the answer is whole, reusable ────────────┘
/// ```
/// Reading goes on while the request is written, so that an early answer is seen; a refusal stops
/// the writing. What of the body came with the head is kept; then reading stops until the body is
/// demanded: as a stream, which stops reading again whenever its reader falls behind, or whole,
/// which reads into the final memory. Any byte or end on an idle connection closes it: it would be
/// an answer that nobody asked for (RFC 9112, section 9.2).
final class ClientConnectionHandler: LinkHandler {
    enum Mode { case head, undemanded, streaming, collecting }

    /// The exchange that the connection works on.
    struct Active {
        let exchange: Exchange
        var wire: ClientExchange
        var timers: ExchangeTimers
        var output = WriteQueue()
        /// Bytes that the socket has taken.
        var sent = 0
        /// Whether more output will be pushed.
        var expectsOutput: Bool
        var isChunked: Bool
        var isSent = false
        var mode = Mode.head
        /// Length of the body where the head told it.
        var length: Int?
        /// Body bytes that came before anybody asked for them.
        var pending: [Bytes] = []
        /// Told of the bytes of a body that is being collected.
        var progress: (@Sendable (Int) -> Void)?
        /// Why writing ended early; told only if no answer comes.
        var writeFailure: String?
    }

    let connection: ClientConnection
    private let address: Address
    private let target: ConnectionTarget
    private var url: HTTPURL { target.url }
    private let context: TLSContext?
    /// Told how connecting has ended; says whether this is to be the connection.
    private let connected: @Sendable (Result<Void, HTTPError>) -> Bool
    private var isOpen = false
    /// Whether another attempt has become the connection.
    private var isWithdrawn = false
    var active: Active?
    var collector: BodyCollector?
    var input = ReceiveBuffer(chunk: 64 << 10, limit: 128 << 10)

    init(
        _ connection: ClientConnection, to address: Address, for target: ConnectionTarget,
        with context: TLSContext?,
        connected: @escaping @Sendable (Result<Void, HTTPError>) -> Bool
    ) {
        self.connection = connection
        self.address = address
        self.target = target
        self.context = context
        self.connected = connected
    }

    func opened(_ link: Link) {
        guard let context else { return transformed(link) }
        do throws(TLSError) {
            let session = try TLSSession(
                context, to: url.host, at: "\(url.host):\(url.port)")
            guard let tunnel = target.tunnel else { return link.begin(session) }
            link.begin(StackedTransform(session, over: tunnel.tunnel(to: url)))
        } catch {
            link.close(error: SocketError(error))
        }
    }

    /// The connection stands, with TLS if that is wanted.
    func transformed(_ link: Link) {
        isOpen = true
        link.deadline = nil
        if !connected(.success(())) { withdraw(link) }
    }

    func deadlineReached(_ link: Link, now: Duration) {
        guard isOpen else {
            _ = connected(
                .failure(
                    HTTPError(
                        .connectTimeout, .connect, url: url.description,
                        "no connection to \(address) within \(connection.options.connectTimeout)"))
            )
            return link.close()
        }
        guard let active else { return link.close() }
        guard let (reason, message) = self.active?.timers.timeCame(now) else {
            link.deadline = self.active?.timers.deadline
            return
        }
        fail(active.exchange.error(reason, stage, message), link)
    }

    func closed(_ link: Link, error: SocketError?) {
        guard isOpen else {
            _ = connected(.failure(failure(of: error)))
            return
        }
        guard !isWithdrawn else { return }
        if let exchange = active?.exchange {
            let detail = error?.detail ?? "the connection was closed"
            active = nil
            collector.take()?.breakOff()
            exchange.fail(exchange.error(.connectionLost, .request, detail))
        }
        let cause = error?.underlying as? TLSError
        let refusal = cause?.reason == .truncated ? nil : cause
        connection.closed(refusal)
    }

    /// Why there is no connection.
    private func failure(of error: SocketError?) -> HTTPError {
        switch error?.underlying {
        case let tls as TLSError: HTTPError(tls, .connect, url: url.description)
        case let refusal as TunnelError: HTTPError(refusal, url: url.description)
        default:
            HTTPError(
                .connectFailed, .connect, url: url.description,
                "\(address): \(error?.detail ?? "closed")")
        }
    }

    /// How far the exchange has come, for errors.
    var stage: HTTPError.Stage {
        guard let active else { return .connect }
        if active.mode != .head { return .body }
        return active.isSent ? .response : .request
    }

    /// Ends the exchange with an error, and the connection with it.
    func fail(_ error: HTTPError, _ link: Link) {
        let exchange = active?.exchange
        active = nil
        collector.take()?.breakOff()
        exchange?.fail(error)
        link.close()
    }

    /// Another attempt has become the connection, so this one is of no use.
    func withdraw(_ link: Link) {
        isWithdrawn = true
        link.close()
    }

    func cancel(_ link: Link) {
        if !isOpen {
            _ = connected(
                .failure(
                    HTTPError(
                        .cancelled, .connect, url: url.description, "cancelled while connecting")))
        }
        guard let exchange = active?.exchange else { return link.close() }
        fail(exchange.error(.cancelled, stage, "cancelled"), link)
    }

    /// Sets the link's deadline after bytes came.
    func noteReceived(_ count: Int, _ link: Link) {
        active?.timers.received(count, at: MonotonicClock.now)
        link.deadline = active?.timers.deadline
    }

    /// Sets the link's deadline after bytes went out, and tells of them.
    func noteSent(_ count: Int, _ link: Link) {
        active?.sent += count
        if let active, let told = active.exchange.sent, active.sent > told.head {
            told.tell(active.sent - told.head)
        }
        active?.timers.sent(count, at: MonotonicClock.now)
        link.deadline = active?.timers.deadline
    }

    func enter(_ phase: ExchangeTimers.Phase, _ link: Link) {
        active?.timers.enter(phase, at: MonotonicClock.now)
        link.deadline = active?.timers.deadline
    }

    /// The answer is whole: the connection goes back or away, then the reader is told.
    func finish(reusable: Bool, _ link: Link) {
        guard let done = active.take() else { return }
        let collected = collector.take()?.finish()
        if !done.isSent { done.exchange.stopPushing() }
        connection.finished()
        // The pool comes first, so that a request that follows at once finds the connection.
        if reusable, !link.isClosed {
            link.wantsRead = true
            link.deadline = MonotonicClock.now + connection.options.idleConnectionTimeout
            if !connection.released() { link.close() }
        } else {
            link.close()
        }
        if done.mode == .undemanded, !done.pending.isEmpty {
            let weight = done.pending.reduce(0) { $0 + $1.count }
            _ = done.exchange.body.yield(done.pending, weight: weight)
        }
        done.exchange.ended(with: done.mode == .collecting ? collected : nil)
    }
}
