internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire

/// The socket of one connection: bytes in, frames to the client's driver, bytes out. Belongs to
/// the reactor's thread.
///
/// ## Theory of operation
/// `readable`: the intake takes the bytes and hands messages over, one batch for each consumer and
/// read; all other frames are the driver's. When a consumer is too slow, reading stops until it
/// has caught up; a consumer that takes too long, or has left its loop, has messages dropped
/// instead, before the server loses its patience and cuts the connection (`SlowConsumers`).
/// `woken`: while the outbox feeds this connection it is swapped for an empty buffer and written,
/// until nothing waits or the kernel takes no more.
final class Wire: LinkHandler {
    /// Reads of one turn; then other links of the reactor and our own writes get theirs.
    private static let readsPerTurn = 16
    /// What may lie unread beyond one largest message.
    private static let slack = 1 << 20
    /// How long after a pause the end of the connection is taken for the server's impatience.
    private static let patience: Duration = .seconds(10)

    let id: ClientMachine.ConnectionID
    let link: Link
    let driver: ClientDriver
    var core: ClientCore { driver.core }
    private var intake: MessageIntake
    private var slow = SlowConsumers()
    var writing = SendBuffer(capacity: 64 << 10)
    /// How the server was reached, and what proves to it who we are.
    let approach: UserSteps.Approach
    /// What CONNECT is about to say.
    var credentials = ConnectCredentials.none
    /// Whether nobody on the way can read what is sent.
    private(set) var isSecured = false
    /// Whether nothing more is read in the clear.
    private var isBeingCovered = false
    /// What it will be covered with, and since when that stands ready.
    var preparedCover: (cover: any ByteTransform, time: Duration)?
    /// Who is shown everything that crosses the wire, if anybody is.
    let tap: WireTap?
    /// Whether the outbox feeds this connection.
    var isFed = false
    /// Whether the driver knows that it is over.
    var hasEnded = false
    /// Until when reading was paused last.
    private var pausedUntil: Duration?

    init(
        _ id: ClientMachine.ConnectionID, _ link: Link, _ driver: ClientDriver, _ tap: WireTap?,
        _ approach: UserSteps.Approach
    ) {
        self.id = id
        self.link = link
        self.driver = driver
        self.tap = tap
        self.approach = approach
        let limits = WireLimits.default
        intake = MessageIntake(
            core: driver.core, tap: tap, limits: limits,
            buffer: ReceiveBuffer(
                chunk: driver.core.options.receiveBufferSize,
                limit: limits.maxPayload + Self.slack))
    }

    func opened(_ link: Link) { driver.opened(self) }

    /// Has TLS or a WebSocket stand between the socket and what is read and written here.
    func cover(with transform: any ByteTransform) {
        link.begin(transform)
        link.wantsRead = true
    }

    /// What the peer says from now on is for TLS to judge, and in the clear it may say nothing.
    func beginCover() { isBeingCovered = true }

    /// What was prepared, once, if that is not long ago.
    func takePreparedCover() -> (any ByteTransform)? {
        guard let (cover, time) = preparedCover else { return nil }
        preparedCover = nil
        return MonotonicClock.now - time < FoundContext.lifetime ? cover : nil
    }

    func transformed(_ link: Link) {
        isBeingCovered = false
        isSecured = approach.server.scheme != .ws
        driver.secured(self)
    }

    func readable(_ link: Link) {
        for _ in 0..<Self.readsPerTurn {
            switch intake.read(link) {
            case .moved:
                // A short read emptied the socket; asking again would only cost a system call.
                let isEmptied = intake.hasSpareRoom
                do throws(WireError) {
                    try parse()
                } catch {
                    driver.malformedBytes(self, error)
                }
                guard !isEmptied, !link.isClosed, link.wantsRead else { return }
            case .wouldBlock: return
            case .ended: return driver.ended(self, .peerClosed)
            case .failed(let error): return driver.ended(self, Self.reason(error))
            }
        }
    }

    private func parse() throws(WireError) {
        driver.bytesReceived(self)
        while true {
            // What somebody puts behind INFO on the way is no part of what TLS covers.
            guard !isBeingCovered || intake.isEmpty else {
                throw WireError(
                    .trailingBytes, in: .info, "bytes in the clear where TLS was to begin")
            }
            switch try takeMessages() {
            case .needMore(let count):
                handOver()
                guard intake.reserve(count) else {
                    throw WireError(.tooLarge, in: .payload, "\(count) bytes announced")
                }
                return
            case .frame(let frame, let size):
                handOver()
                if let tap { tap.received(frame, window(0..<size)) }
                driver.received(frame, self)
                guard !link.isClosed else { return }
                intake.consume(size)
            }
        }
    }

    /// What came in front of bytes that are no protocol is handed over all the same.
    private func takeMessages() throws(WireError) -> FrameParser.Step {
        do throws(WireError) { return try intake.takeMessages() } catch {
            handOver()
            throw error
        }
    }

    /// A shared view of part of the unread bytes.
    func window(_ range: Range<Int>) -> Bytes { intake.bytes(range) }

    /// Hands the batches of this read over; pauses reading when a consumer asks for it.
    private func handOver() {
        intake.handOver()
        guard let report = intake.takeReport() else { return }
        for sink in report.dropping + report.failed {
            core.tell(.slowConsumer(subscription: sink.sid, sink.policy))
        }
        for sink in report.failed { core.unsubscribe(sink.sid) }
        guard !report.paused.isEmpty else { return }
        for sink in report.paused {
            core.tell(.slowConsumer(subscription: sink.sid, sink.policy))
        }
        slow.paused(report.paused, now: link.turnTime)
        lookAtConsumers()
    }

    /// A consumer has taken what waited, or is gone, or its time is over: read again unless
    /// another one is slow.
    func lookAtConsumers() {
        guard !link.isClosed else { return }
        for sink in slow.shed(now: MonotonicClock.now) {
            core.tell(.messagesDropped(subscription: sink.sid))
        }
        let isPaused = !slow.isEmpty
        link.deadline = slow.deadline
        guard link.wantsRead == isPaused else { return }
        link.wantsRead = !isPaused
        if !isPaused { pausedUntil = MonotonicClock.now }
    }

    func deadlineReached(_ link: Link, now: Duration) { lookAtConsumers() }

    /// Whether we do not read, or did not until a moment ago: a server that closes then has
    /// probably lost patience.
    var wasSlow: Bool {
        !link.wantsRead || pausedUntil.map { MonotonicClock.now - $0 < Self.patience } ?? false
    }

    /// What failed: of the server, which the client's error names, the reason alone.
    static func reason(_ error: SocketError) -> ConnectionMachine.CloseReason {
        if let cover = error.underlying, cover.code != .disconnected {
            return .coverFailed(ConnectionMachine.CoverFailure(cover))
        }
        return .transportFailed(
            error.operation == "bind"
                ? "bind \(error.subject): \(error.detail)" : error.detail)
    }

    func closed(_ link: Link, error: SocketError?) {
        tap?.finish()
        driver.ended(self, error.map(Self.reason) ?? .requested)
    }
}

/// The consumers that reading waits for.
struct SlowConsumers {
    private var entries: [(sink: SubscriptionSink, since: Duration)] = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func paused(_ sinks: [SubscriptionSink], now: Duration) {
        entries += sinks.map { ($0, now) }
    }

    /// Forgets those that have caught up; has those shed that cannot be waited for any longer,
    /// and returns them.
    mutating func shed(now: Duration) -> [SubscriptionSink] {
        var shedding: [SubscriptionSink] = []
        entries.removeAll { sink, since in
            guard sink.delivery.isPaused else { return true }
            let isOver = sink.patience.map { now - since >= $0 } ?? false
            guard isOver || sink.delivery.wasLeft else { return false }
            if sink.delivery.shed() { shedding.append(sink) }
            return true
        }
        return shedding
    }

    /// When the patience with the first of them is over; nil: never.
    var deadline: Duration? {
        entries.compactMap { sink, since in sink.patience.map { since + $0 } }.min()
    }
}
