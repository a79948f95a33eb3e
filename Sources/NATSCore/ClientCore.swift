internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// What the faces of a client (the client, its subscriptions) and its driver share.
///
/// Locks, in the order in which they may nest: inbox set-up, outbox, subscriptions. Nothing else
/// nests.
final class ClientCore: Sendable {
    /// Where the client stands.
    enum Phase: Equatable { case connecting, connected, reconnecting, closed }

    struct Status {
        var phase = Phase.connecting
        var info: ServerInfo?
        var link: LinkHandle?
        var readyWaiters: [CheckedContinuation<NATSError?, Never>] = []
        var closeReason: NATSError?
        /// The connection in use, when its server will stop soon.
        var leaving: LinkHandle?
        /// A new connection that is ready to take over from it.
        var joined: LinkHandle?
        /// The connection that is being made, until it is in use or has ended.
        var attempt: LinkHandle?
        /// Who waits for the end of the connection in use.
        var goneWaiters: [CheckedContinuation<Void, Never>] = []
        /// Servers that the user named anew.
        var newServers: [ServerURL]?
        /// Flushes asked for while there is no connection.
        var parkedFlushes: [UInt64] = []
        /// Whether the user wants no connection at present.
        var isSuspended = false
        /// Who waits for the user to want one again.
        var resumeWaiters: [CheckedContinuation<Void, Never>] = []
    }

    let options: NATSClientOptions
    let outbox: Outbox
    let subscriptions = Mutex(SubscriptionRegistry())
    let requests = PendingReplies<NATSMessage>()
    let flushes = PendingReplies<Void>()
    /// Requests with many answers, by the number in their inbox.
    let manyAnswers = Mutex<[UInt64: ManyAnswers]>([:])
    let receipts = Receipts()
    let events = EventHub()
    /// What ends before the client's own subscriptions when it drains.
    let drainParticipants = DrainParticipants()
    /// Whether `subscribeToInbox` has been through.
    private let hasInbox = Atomic(false)
    private let inboxSetup = Mutex(())
    /// Everything before the token of our inboxes, such as `_INBOX.abc.`.
    private let inboxPrefix: Bytes
    private let inboxPattern: SubjectPattern
    let maxPayload = Atomic(ServerInfo.defaultMaxPayload)
    let traffic = TrafficCounters()
    /// Connections that a trace was begun for.
    let tracedConnections = Atomic(0)
    /// Whether new subscriptions and requests are refused since the end has begun.
    let isDraining = Atomic(false)
    let status = Mutex(Status())

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
                detail: "inbox prefix: \(error)")
        }
    }

    /// Says what happened to whoever listens.
    func tell(_ event: NATSEvent) { events.tell(event) }
}

extension ClientCore {
    var phase: Phase { status.withLock { $0.phase } }
    var serverInfo: ServerInfo? { status.withLock { $0.info } }
    var closeReason: NATSError? { status.withLock { $0.closeReason } }

    func infoReceived(_ info: ServerInfo) {
        maxPayload.store(info.maxPayload, ordering: .relaxed)
        status.withLock { $0.info = info }
    }

    /// A connection is being made. Returns false when none is wanted any more.
    func began(_ link: LinkHandle) -> Bool {
        status.withLock { status in
            guard status.phase != .closed else { return false }
            status.attempt = link
            return true
        }
    }

    /// The handshake is done. Returns the flushes that waited for it; nil when the client was
    /// closed in the meantime.
    func connected(_ link: LinkHandle, _ info: ServerInfo, server: ServerURL) -> [UInt64]? {
        maxPayload.store(info.maxPayload, ordering: .relaxed)
        let parked = status.withLock { status -> [UInt64]? in
            guard status.phase != .closed else { return nil }
            status.phase = .connected
            status.info = info
            status.link = link
            (status.leaving, status.joined, status.attempt) = (nil, nil, nil)
            defer { status.parkedFlushes = [] }
            return status.parkedFlushes
        }
        guard let parked else { return nil }
        tell(.connected(server: server.name))
        traffic.connected()
        let waiters = status.withLock { status in
            defer { status.readyWaiters = [] }
            return status.readyWaiters
        }
        for waiter in waiters { waiter.resume(returning: nil) }
        return parked
    }

    /// The connection is gone; the client tries again unless it is closed.
    func disconnected(_ error: NATSError) {
        if options.failsRequestsOnDisconnect {
            requests.settleAll(.failure(error))
            failManyAnswers(error) { _ in true }
        }
        let waiters = status.withLock { status in
            if status.phase == .connected { status.phase = .reconnecting }
            status.link = nil
            status.leaving = nil
            defer { status.goneWaiters = [] }
            return status.goneWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Has the driver send a PING after everything that was published so far.
    func requestFlush(_ id: UInt64) {
        let link = status.withLock { status -> LinkHandle? in
            if status.link == nil { status.parkedFlushes.append(id) }
            return status.link
        }
        link?.perform { handler, link in
            (handler as? ClientDriver)?.flush([id], link)
        } orElse: { [weak self] in
            // The connection was lost in the meantime; that is noted by now.
            self?.requestFlush(id)
        }
    }

    /// Has the driver ask the server for news of what was published, unless it has already.
    /// Without a connection the next one is asked.
    func requestFence() {
        status.withLock { $0.link }?.perform { handler, link in
            (handler as? ClientDriver)?.fence(link)
        }
    }

    /// Suspends until the first handshake is done or the client has given up.
    func waitUntilReady() async -> NATSError? {
        await withCheckedContinuation { continuation in
            let outcome = status.withLock { status -> (isOver: Bool, error: NATSError?) in
                switch status.phase {
                case .connected: return (true, nil)
                case .closed: return (true, status.closeReason)
                case .connecting, .reconnecting:
                    status.readyWaiters.append(continuation)
                    return (false, nil)
                }
            }
            if outcome.isOver { continuation.resume(returning: outcome.error) }
        }
    }

    /// Closes everything, once; whoever waits gets `error` or the code `closed`.
    func close(_ error: NATSError?) {
        let reason = error ?? NATSError(.closed, stage: .connect, detail: "the client was closed")
        let closed = status.withLock {
            status -> (links: [LinkHandle?], waiters: [CheckedContinuation<NATSError?, Never>])? in
            guard status.phase != .closed else { return nil }
            status.phase = .closed
            status.closeReason = reason
            status.isSuspended = false
            let waiters = status.goneWaiters + status.resumeWaiters
            defer {
                (status.readyWaiters, status.goneWaiters, status.resumeWaiters) = ([], [], [])
            }
            for waiter in waiters { waiter.resume() }
            let links = [status.link.take(), status.leaving, status.joined, status.attempt]
            return (links, status.readyWaiters)
        }
        guard let closed else { return }
        let (unsentFrom, last) = outbox.close()
        receipts.update { $0.closed(unsentFrom: unsentFrom, last: last) }
        // Nothing comes behind the end; what the connections say of theirs is of no interest.
        events.finish(.closed(error))
        for link in closed.links { link?.perform { _, link in link.close() } }
        for waiter in closed.waiters { waiter.resume(returning: reason) }
        requests.settleAll(.failure(reason))
        failManyAnswers(reason) { _ in true }
        flushes.settleAll(.failure(reason))
        for sink in subscriptions.withLock({ $0.removeAll() }) { sink.delivery.finish(error) }
    }

    /// Has the driver look again whether it may go on reading.
    func resumeReading() {
        status.withLock { $0.link }?.perform { handler, link in
            (handler as? ClientDriver)?.consumerCaughtUp(link)
        }
    }

    /// Ends the interest in a subscription, at once or after `count` messages in all.
    func unsubscribe(_ sid: Int, after count: Int? = nil) {
        let (ending, sink) = subscriptions.withLock { $0.unsubscribe(sid, after: count) }
        if case .tellServer(let max) = ending {
            _ = outbox.appendControl { FrameWriter.unsubscribe(sid: sid, max: max, into: &$0) }
        }
        sink?.delivery.finish()
    }

    /// Registers a subscription and tells the server, now or when it is connected.
    func addSubscription(
        _ pattern: SubjectPattern, _ queueGroup: QueueGroup?,
        _ policy: SubscriptionLimits.Policy, _ delivery: Delivery<NATSMessage, NATSError>
    ) -> Int {
        let sid = subscriptions.withLock {
            $0.add(pattern, queueGroup, .delivery, policy, delivery)
        }
        _ = outbox.appendControl {
            FrameWriter.subscribe(sid: sid, pattern, queueGroup: queueGroup, into: &$0)
        }
        return sid
    }

    /// Subscribes to the shared inbox of requests, the first time. When this returns the frame is
    /// in the outbox, whoever put it there: a request comes behind it.
    func subscribeToInbox() {
        guard !hasInbox.load(ordering: .acquiring) else { return }
        inboxSetup.withLock { _ in
            guard !hasInbox.load(ordering: .relaxed) else { return }
            let unused = Delivery<NATSMessage, NATSError>(
                limits: DeliveryLimits(maxCount: 1, maxWeight: 1)
            ) {}
            let sid = subscriptions.withLock {
                $0.add(inboxPattern, nil, .requests, .suspend, unused)
            }
            _ = outbox.appendControl {
                FrameWriter.subscribe(sid: sid, inboxPattern, into: &$0)
            }
            hasInbox.store(true, ordering: .releasing)
        }
    }

    /// The inbox subject of a request.
    func inbox(_ id: UInt64) -> Subject {
        Subject(received: InboxToken.bytes(inboxPrefix, id))
    }

    /// Gives answers to the requests that their inbox subjects name.
    func settleRequests(_ messages: [NATSMessage]) {
        // A lone request is common, and worth a way without arrays.
        if messages.count == 1, let id = requestID(of: messages[0]) {
            if !requests.settle(id, .success(messages[0])) { answerMany(id, messages[0]) }
            return
        }
        let answers = messages.compactMap { message in
            requestID(of: message).map { (id: $0, reply: message) }
        }
        requests.settle(answers) { answerMany($0, $1) }
    }

    /// The number of the request that a message answers; nil when its subject is not of our making.
    private func requestID(of message: NATSMessage) -> UInt64? {
        let subject = message.subject.bytes.span
        let prefix = inboxPrefix.count
        guard subject.count > prefix else { return nil }
        return InboxToken.number(subject.extracting(prefix..<subject.count))
    }
}
