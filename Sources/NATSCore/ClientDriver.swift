internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// Feeds one connection's machine from its socket; belongs to the reactor's thread.
///
/// ## Theory of operation
/// `readable`: the intake takes the bytes and hands messages over, one batch for each consumer and
/// read; all other frames are the machine's. When a consumer is too slow, reading stops until it
/// has caught up, so that nothing is dropped.
/// `woken`: the outbox is swapped for an empty buffer and written, until nothing waits or the
/// kernel takes no more.
final class ClientDriver: LinkHandler {
    /// Reads of one turn; then other links of the reactor and our own writes get theirs.
    private static let readsPerTurn = 16
    /// What may lie unread beyond one largest message.
    private static let slack = 1 << 20

    let core: ClientCore
    let server: ServerURL
    let credentials: ServerURL.Credentials?
    let report: @Sendable (ConnectionReport) -> Void
    var machine: ConnectionMachine
    var info = ServerInfo()
    private var intake: MessageIntake
    /// Sinks whose consumers must catch up before reading goes on.
    private var slowSinks: [SubscriptionSink] = []
    var writing = SendBuffer(capacity: 64 << 10)
    /// Who is shown everything that crosses the wire, if anybody is.
    let tap: WireTap?
    /// Whether the handshake was done, so that the outbox feeds this connection.
    var isAttached = false
    var closeReason: ConnectionMachine.CloseReason?
    /// For each PING that is not answered yet, the last message before it; 0 for the handshake.
    var pingMarks = Fifo<UInt64>()
    /// The subscriptions that were made before this connection took over from another.
    var earlySIDs: Set<Int> = []
    /// When the news of those subscriptions is through, and the other connection may go.
    var settlesAt: Duration?
    /// Whether this connection has given up its subscriptions for another one's.
    var isLeaving = false
    /// Until when reading was paused last; a server that closes soon after has lost patience.
    var pausedUntil: Duration?
    /// Whether a PING for receipts is on its way.
    var isFenced = false

    /// - Parameters:
    ///   - credentials: What wins over those of the options and the URL.
    ///   - report: Told that the connection has ended, or that its server will stop.
    init(
        core: ClientCore, server: ServerURL, credentials: ServerURL.Credentials?,
        report: @escaping @Sendable (ConnectionReport) -> Void
    ) {
        self.core = core
        self.server = server
        self.credentials = credentials
        self.report = report
        tap = core.options.trace.map {
            let number = core.tracedConnections.add(1, ordering: .relaxed).newValue
            return WireTap($0, connection: number, server: server)
        }
        let limits = WireLimits.default
        machine = ConnectionMachine(
            configuration: core.options.machineConfiguration, now: MonotonicClock.now)
        intake = MessageIntake(
            core: core, tap: tap, limits: limits,
            buffer: ReceiveBuffer(
                chunk: core.options.receiveBufferSize, limit: limits.maxPayload + Self.slack))
    }

    func opened(_ link: Link) { updateDeadline(link) }

    func readable(_ link: Link) {
        for _ in 0..<Self.readsPerTurn {
            switch intake.read(link) {
            case .moved:
                // A short read emptied the socket; asking again would only cost a system call.
                let isEmptied = intake.hasSpareRoom
                do throws(WireError) {
                    try parse(link)
                } catch {
                    close(link, machine.malformedBytes(error))
                }
                guard !isEmptied, !link.isClosed, link.wantsRead else { return }
            case .wouldBlock: return
            case .ended: return close(link, machine.peerClosed())
            case .failed(let error):
                return close(link, machine.transportFailed(error.description))
            }
        }
    }

    private func parse(_ link: Link) throws(WireError) {
        machine.bytesReceived(now: link.turnTime)
        while true {
            switch try intake.takeMessages() {
            case .needMore(let count):
                handOver(link)
                guard intake.reserve(count) else {
                    throw WireError(.payloadTooLarge, in: .payload, "\(count) bytes announced")
                }
                return
            case .frame(let frame, let size):
                handOver(link)
                if let tap { tap.received(frame, window(0..<size)) }
                handle(frame, link)
                guard !link.isClosed else { return }
                intake.consume(size)
            }
        }
    }

    /// A shared view of part of the unread bytes.
    func window(_ range: Range<Int>) -> Bytes { intake.bytes(range) }

    /// Hands the batches of this read over; pauses reading when a consumer asks for it.
    private func handOver(_ link: Link) {
        intake.handOver()
        guard let report = intake.takeReport() else { return }
        for sink in report.dropping + report.failed {
            core.tell(.slowConsumer(subscription: sink.sid, sink.policy))
        }
        for sink in report.failed { core.unsubscribe(sink.sid) }
        slowSinks += report.paused
        guard !slowSinks.isEmpty, link.wantsRead else { return }
        link.wantsRead = false
        for sink in slowSinks { core.tell(.slowConsumer(subscription: sink.sid, sink.policy)) }
        // A consumer may have caught up, or left, before reading was paused.
        consumerCaughtUp(link)
    }

    /// A consumer has taken what waited, or is gone: read again unless another one is slow.
    func consumerCaughtUp(_ link: Link) {
        slowSinks.removeAll { !$0.delivery.isPaused }
        guard slowSinks.isEmpty, !link.wantsRead else { return }
        link.wantsRead = true
        pausedUntil = MonotonicClock.now
    }
}
