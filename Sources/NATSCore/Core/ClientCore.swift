internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// What the faces of a client (the client, its subscriptions) and its driver share.
///
/// The life of the client is `ClientMachine`'s, with the driver on the reactor's thread; here is
/// what others see of it, and who waits. Locks, in the order in which they may nest: inbox set-up,
/// outbox, subscriptions. Nothing else nests.
final class ClientCore: Sendable {
    /// Where the client stands.
    enum Phase: Equatable { case connecting, connected, reconnecting, closed }

    struct Status {
        var phase = Phase.connecting
        var info: ServerInfo?
        var closeReason: NATSError?
        /// How the driver is reached, once it is there.
        var home: HandlerHandle<ClientDriver>?
        /// Why the client is to be closed, if that was asked for before there was a driver.
        var earlyClose: NATSError??
        var isFinished = false
    }

    /// What is waited for by a request: an answer, or why there is none.
    typealias Reply = Result<NATSMessage, NATSError>

    let options: NATSClientOptions
    let outbox: Outbox
    let subscriptions = Mutex(SubscriptionRegistry())
    /// Who waits for an answer, and to what subject the question went, for refusals that name it.
    /// The note is the number of the question, which an answer proves to have arrived.
    let requests = WaitList<Reply, Subject>()
    /// Requests with many answers, by the number in their inbox.
    let manyAnswers = Mutex<[UInt64: ManyAnswers]>([:])
    let drainParticipants = DrainParticipants()
    let events = EventHub()
    /// Who waits for the first handshake, or for the end.
    private let ready = WaitList<NATSError?, Void>()
    private let finished = WaitList<Void, Void>()
    /// Whether `subscribeToInbox` has been through.
    let hasInbox = Atomic(false)
    let inboxSetup = Mutex(())
    /// How often the server has refused it.
    let inboxRefusals = Atomic(0)
    /// Everything before the token of our inboxes, such as `_INBOX.abc.`.
    let inboxPrefix: Bytes
    let inboxPattern: SubjectPattern
    let maxPayload = Atomic(ServerInfo.defaultMaxPayload)
    let traffic = TrafficCounters()
    /// Of what was warned already.
    private let warnings = Mutex<Set<NATSEvent>>([])
    /// Connections that a trace was begun for.
    private let tracedConnections = Atomic(0)
    /// Whether new subscriptions and requests are refused since the end has begun.
    let isDraining = Atomic(false)
    let hasBegunDraining = Atomic(false)
    private let status = Mutex(Status())

    /// - Throws: `NATSError` with the code `invalidArgument` when the inbox prefix is no subject.
    init(options: NATSClientOptions, inboxToken: String) throws(NATSError) {
        self.options = options
        outbox = Outbox(capacity: options.outboxCapacity)
        let prefix = "\(options.inboxPrefix).\(inboxToken)."
        inboxPrefix = Bytes(utf8: prefix)
        do throws(SubjectError) {
            inboxPattern = try SubjectPattern(prefix + "*")
        } catch {
            throw NATSError(
                .invalidArgument, stage: .connect, subject: prefix,
                detail: "inbox prefix: \(error.detail)", underlying: error)
        }
    }

    /// Says what happened to whoever listens.
    func tell(_ event: NATSEvent) { events.tell(event) }

    /// Says it the first time that it happens.
    func warnOnce(_ event: NATSEvent) {
        if warnings.withLock({ $0.insert(event).inserted }) { tell(event) }
    }

    func nextTracedConnection() -> Int {
        tracedConnections.add(1, ordering: .relaxed).newValue
    }
}

/// What others see and want of the client's life.
extension ClientCore {
    var phase: Phase { status.withLock { $0.phase } }
    var serverInfo: ServerInfo? { status.withLock { $0.info } }
    var closeReason: NATSError? { status.withLock { $0.closeReason } }

    /// Runs `work` with the driver on its thread; does nothing when the client is over.
    func withDriver(_ work: @escaping @Sendable (ClientDriver) -> Void) {
        status.withLock { $0.home }?.perform { driver, _ in work(driver) }
    }

    /// Has the driver close the client, and whoever waits told `error` or the code `closed`.
    func close(_ error: NATSError?) {
        let home = status.withLock { status -> HandlerHandle<ClientDriver>? in
            if status.home == nil { status.earlyClose = .some(error) }
            return status.home
        }
        home?.perform { driver, _ in
            driver.close(error)
        } orElse: { [self] in
            abandon()
        }
    }

    /// Suspends until the first handshake is done or the client has given up. Returns why it has.
    func waitUntilReady() async -> NATSError? {
        let id = ready.newID()
        let ending = await ready.wait(for: id) { _ in
            let (phase, reason) = status.withLock { ($0.phase, $0.closeReason) }
            switch phase {
            case .connected: ready.resume(id, nil)
            case .closed: ready.resume(id, reason)
            case .connecting, .reconnecting: break
            }
        }
        guard case .value(let error) = ending else {
            return NATSError(.cancelled, stage: .connect)
        }
        return error
    }

    /// Suspends until the task is cancelled or nothing is left of a client that is closed; whether
    /// it was the task.
    func isCancelledBeforeTheEnd(
        isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        let id = finished.newID()
        let ending = await finished.wait(for: id) { _ in
            if status.withLock({ $0.isFinished }) { finished.resume(id, ()) }
        }
        if case .cancelled = ending { return true }
        return false
    }

    /// Suspends until nothing is left of a client that is closed.
    func whenFinished() async {
        let id = finished.newID()
        // Whoever closes waits to the end, cancelled or not.
        _ = await finished.waitUncancelled(for: id, label: ()) { _ in
            if status.withLock({ $0.isFinished }) { finished.resume(id, ()) }
        }
    }
}

/// What the driver tells.
extension ClientCore {
    /// The driver can be reached. Returns why it is to close at once, if it is.
    func settleIn(_ home: HandlerHandle<ClientDriver>) -> NATSError?? {
        status.withLock { status in
            status.home = home
            return status.earlyClose
        }
    }

    func infoReceived(_ info: ServerInfo) {
        maxPayload.store(info.maxPayload, ordering: .relaxed)
        status.withLock { $0.info = info }
    }

    /// The outbox feeds a connection from now on.
    func feed(_ wire: Wire) {
        var interrupted: [SubscriptionSink] = []
        var refused: [SubscriptionSink] = []
        outbox.feed(
            wire.link.handle, tap: wire.tap, maxPayload: maxPayload.load(ordering: .relaxed)
        ) { writer in
            subscriptions.withLock { registry in
                interrupted = registry.interrupted
                let change = registry.resubscribe(wire.id)
                for item in change.items { item.write(into: &writer) }
                for sid in change.ended { FrameWriter.unsubscribe(sid: sid, into: &writer) }
                refused = change.refused
                return registry.lastSID
            }
        }
        endUnnamed(refused)
        // Before anything of the new connection is read.
        for sink in interrupted { sink.delivery.addOpenGap() }
        status.withLock { status in
            if status.phase != .closed { status.phase = .connected }
        }
        traffic.connected()
    }

    func announce(_ news: ClientMachine.News) {
        switch news {
        case .connecting(let server, let wait): tell(.connecting(server: server.name, after: wait))
        case .connected(let server):
            tell(.connected(server: server.name))
            ready.resumeAll(nil)
        case .lost(let loss): lost(NATSError(loss))
        case .failed(let loss): tell(.connectionFailed(NATSError(loss)))
        case .serversChanged(let added, let removed):
            tell(.serversChanged(added: added.map(\.name), removed: removed.map(\.name)))
        case .lameDuck: tell(.lameDuck)
        case .moved(let server):
            // No server says when the others have heard of the new place.
            subscriptions.withLock { $0.connectionEnded() }
            tell(.moved(from: server.name))
        case .suspended: tell(.suspended)
        }
    }

    /// The connection in use is gone; the client tries again unless it is over.
    private func lost(_ error: NATSError) {
        status.withLock { status in
            if status.phase == .connected { status.phase = .reconnecting }
        }
        subscriptions.withLock { $0.connectionEnded() }
        tell(.disconnected(error))
        guard options.failsRequestsOnDisconnect else { return }
        requests.resumeAll(.failure(error))
        failManyAnswers(error) { _ in true }
    }

    /// Ends everything, once; whoever waits gets `error` or the code `closed`.
    func end(_ error: NATSError?) {
        let reason = error ?? NATSError(.closed, stage: .connect, detail: "the client was closed")
        let isFirst = status.withLock { status -> Bool in
            guard status.phase != .closed else { return false }
            status.phase = .closed
            status.closeReason = reason
            return true
        }
        guard isFirst else { return }
        outbox.close()
        // Nothing comes behind the end; what the connections say of theirs is of no interest.
        events.finish(.closed(error))
        ready.resumeAll(reason)
        requests.resumeAll(.failure(reason))
        failManyAnswers(reason) { _ in true }
        for sink in subscriptions.withLock({ $0.removeAll() }) { sink.delivery.finish(error) }
    }

    /// Nothing is left.
    func finish() {
        status.withLock { status in
            status.isFinished = true
            status.home = nil
        }
        finished.resumeAll(())
    }

    /// What drives the client has ended.
    func abandon() {
        end(NATSError(.closed, stage: .connect, detail: "the event loop has ended"))
        finish()
    }
}

extension NATSError {
    /// Why a connection, or an attempt to make one, ended.
    init(_ loss: ClientMachine.Loss) {
        let (code, detail): (ErrorCode, String) =
            switch loss.reason {
            case .requested: (.disconnected, "closed on request")
            case .handshakeTimeout:
                (.connectionFailed, "no handshake in time; \(NATSError.tlsFirstGuess)")
            case .tlsNotOffered:
                (.tlsRequired, "TLS is wanted and the server offers none; nothing was sent")
            case .coverFailed(let failure): (failure.code, failure.words)
            case .refusedWithoutWords(let words):
                (.tlsRefused, "TLS or the credentials were refused by the server: \(words)")
            case .stale: (.disconnected, "the server did not answer PING")
            case .writeTimeout: (.disconnected, "the server took no bytes for too long")
            case .serverError(let error):
                (Self.code(of: error), error.text)
            case .protocolViolation(let error): (.protocolViolation, error.detail)
            case .credentials(let failure): (failure.code, "\(failure.words); nothing was sent")
            case .closedBeforeInfo:
                (
                    .disconnected,
                    "the server closed before its first words; \(NATSError.tlsFirstGuess)"
                )
            case .peerClosed: (.disconnected, "the server closed the connection")
            case .transportFailed(let words): (.disconnected, words)
            }
        // Where there was no connection, none was lost.
        let isAttempt = code == .disconnected && !loss.wasInUse
        let isImpatience =
            switch loss.reason {
            case .peerClosed, .transportFailed: loss.wasSlow && loss.wasInUse
            default: false
            }
        self.init(
            isAttempt ? .connectionFailed : code, stage: .connect, server: loss.server.name,
            detail: isImpatience ? detail + ", perhaps since we were slow to read" : detail,
            underlying: loss.reason.underlying)
    }

    private static let tlsFirstGuess = "does the server expect TLS first?"

    /// Whether the server may be one that says nothing before TLS is begun.
    package var mayWantTLSFirst: Bool { detail.hasSuffix(Self.tlsFirstGuess) }

    /// A complaint that a connection ends with: the credentials, TLS, or else a lost connection.
    private static func code(of error: ServerError) -> ErrorCode {
        switch error.code {
        case .authorizationFailed, .credentialsExpired, .credentialsRevoked,
            .authenticationTimeout, .tlsRequired:
            error.code
        default: .disconnected
        }
    }

    /// Why a client is over; nil: it was asked for.
    init?(_ end: ClientMachine.End) {
        guard case .gaveUp(let reason, let last) = end else { return nil }
        if let last {
            self.init(last)
        } else {
            self.init(
                reason == .refused ? .authorizationFailed : .connectionFailed, stage: .connect,
                detail: reason.rawValue)
        }
    }
}

extension ConnectionMachine.CloseReason {
    /// What the server said, or which bytes broke the protocol.
    fileprivate var underlying: (any CodedError)? {
        switch self {
        case .serverError(let error): error
        case .protocolViolation(let error): error
        case .credentials(let failure): failure.underlying
        case .coverFailed(let failure): failure.underlying
        default: nil
        }
    }
}

extension ServerURL {
    /// `host:port`, as events and errors name a server.
    var name: String { "\(host):\(port)" }
}
