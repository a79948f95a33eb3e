internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSWire
internal import Synchronization

/// Drives a `PullMachine` over one inbox: sends its requests, tells it what came.
struct PullSession: Sendable {
    private let consumer: PullConsumer
    private let requests: Subject
    private var machine: PullMachine
    private let group: PriorityGroup?
    let account: PullAccount
    private let inbox: PullInbox
    /// What the messages hold; nil when there will be no more of them.
    private var handOut: HandOut?
    private let start = ContinuousClock.now
    /// Whether it has ended because the client drains.
    private(set) var isDrained = false

    /// - Throws: `JetStreamError` with the code `invalidArgument` when no server would take such
    ///   a request, and `disconnected` when the client drains or is closed.
    init(
        _ consumer: PullConsumer, _ configuration: PullMachine.Configuration
    ) throws(JetStreamError) {
        if let fault = configuration.fault {
            throw JetStreamError(
                .invalidArgument, operation: "pull", stream: consumer.stream, detail: fault)
        }
        self.consumer = consumer
        let jetStream = consumer.jetStream
        requests = try jetStream.api.nextMessage(consumer.stream, consumer.name)
        group = configuration.group
        var configuration = configuration
        configuration.patience = jetStream.options.timeout
        machine = PullMachine(configuration)
        account = try PullAccount(
            client: jetStream.client,
            isAcknowledged: consumer.cachedInfo.configuration.ackPolicy != .none)
        handOut = HandOut(account)
        do throws(NATSError) {
            inbox = try PullInbox(client: jetStream.client, account: account)
        } catch {
            throw JetStreamError(error, operation: "pull", stream: consumer.stream)
        }
    }

    private var client: NATSClient { consumer.jetStream.client }
    private var stream: String { consumer.stream }
    private var isDraining: Bool { account.isDraining.load(ordering: .sequentiallyConsistent) }

    /// The number of the consumer's last delivery, when `next` has ended because a heartbeat told
    /// it; nil when it ended for another reason.
    private(set) var heartbeat: UInt64?

    /// Whether `next` has ended because everything that may be held is.
    private(set) var isHolding = false

    /// Messages that were handed out are done with.
    mutating func release(messages: Int, bytes: Int) {
        machine.released(messages: messages, bytes: bytes)
    }

    /// The next message; nil when the requests are finished, a heartbeat came whose word is
    /// wanted, or something has to be released first.
    mutating func next() async throws(JetStreamError) -> JetStreamMessage? {
        (heartbeat, isHolding) = (nil, false)
        if let message = try takeBuffered() { return message }
        while true {
            heartbeat = machine.takeHeartbeat()
            if heartbeat != nil { return nil }
            if isDraining { machine.drainBegan() }
            switch machine.step(now: ContinuousClock.now - start) {
            case .pull(let request): try send(request)
            case .finish(let end): return try finish(end)
            case .wait(let limit):
                if let message = try await receive(until: start + limit) { return message }
            case .hold:
                isHolding = true
                return nil
            case .collect:
                if let message = try await receive(until: nil) { return message }
            }
        }
    }

    /// A message that came together with others, when there is nothing to decide: neither a clock
    /// nor a suspension is worth its cost then. The last of them goes the long way, so that the
    /// machine knows when it was last heard of.
    mutating func takeBuffered() throws(JetStreamError) -> JetStreamMessage? {
        guard machine.hasNothingToDecide, !isDraining, let message = inbox.takeFollowed() else {
            return nil
        }
        return try hand(message, now: nil)
    }

    /// Those that can be handed out without a wait.
    mutating func takeBuffered(
        into messages: inout [JetStreamMessage]
    ) throws(JetStreamError) {
        while let message = try takeBuffered() { messages.append(message) }
    }

    private mutating func finish(
        _ end: PullMachine.End
    ) throws(JetStreamError) -> JetStreamMessage? {
        handOut = nil
        account.loopEnded()
        switch end {
        case .filled, .exhausted: return nil
        case .drained:
            isDrained = true
            return nil
        case .failed(let code, let detail):
            throw JetStreamError(code, operation: "pull", stream: stream, detail: detail)
        }
    }

    private func send(_ request: PullMachine.Request) throws(JetStreamError) {
        var body = JSONObject()
        body.set("batch", request.batch)
        if request.expires > .zero {
            body.set("expires", request.expires)
        } else {
            body["no_wait"] = .bool(true)
        }
        if let bytes = request.maxBytes { body.set("max_bytes", bytes) }
        if let heartbeat = request.heartbeat { body.set("idle_heartbeat", heartbeat) }
        group?.add(to: &body, pin: machine.pin)
        do throws(NATSError) {
            try client.publish(
                JSONValue.object(body).encoded(), to: requests, replyTo: inbox.subject)
        } catch {
            throw JetStreamError(error, operation: "pull", stream: stream)
        }
    }

    /// Waits for one message. Nil: something came that is none, or nothing came in time.
    private mutating func receive(
        until deadline: ContinuousClock.Instant?
    ) async throws(JetStreamError) -> JetStreamMessage? {
        let event: PullInbox.Event
        do throws(NATSError) {
            event = try await inbox.next(until: deadline)
            // The machine takes its requests as lost. What they still bring must not be taken
            // for an answer to the next ones, hence another inbox.
            if case .timeout = event { try inbox.renew() }
        } catch {
            throw JetStreamError(error, operation: "pull", stream: stream)
        }
        switch event {
        case .message(let message): return try await take(message)
        case .reconnected: machine.reconnected(now: ContinuousClock.now - start)
        case .timeout: break
        case .ended: try ended()
        }
        return nil
    }

    /// Nothing more will come to the inbox.
    private mutating func ended() throws(JetStreamError) {
        let code: ErrorCode = Task.isCancelled ? .cancelled : .closed
        guard isDraining, code == .closed else {
            throw JetStreamError(code, operation: "pull", stream: stream)
        }
        machine.drainBegan()
        machine.inboxEnded()
    }

    private mutating func take(
        _ message: NATSMessage
    ) async throws(JetStreamError) -> JetStreamMessage? {
        let now = ContinuousClock.now - start
        if let words = message.refusal {
            if message.subject == requests { machine.requestForbidden(words) }
            return nil
        }
        if !message.isDelivery, message.hasHeaders, let status = message.status {
            machine.statusReceived(status, headers: (try? message.headers) ?? [:], now: now)
            if status.code == HeaderStatus.noRespondersCode, await isGone() {
                machine.consumerGone()
            }
            return nil
        }
        return try hand(message, now: now)
    }

    private mutating func hand(
        _ message: NATSMessage, now: Duration?
    ) throws(JetStreamError) -> JetStreamMessage {
        machine.messageReceived(size: message.pulledSize, now: now)
        if group != nil, message.hasHeaders, let pin = (try? message.headers)?[Self.pinName] {
            machine.pinned(as: pin)
        }
        let handed = try JetStreamMessage(
            message, client: client, handOut: handOut, known: (stream, consumer.name))
        account.handedOut(handed.metadata.consumerSequence)
        return handed
    }

    private static let pinName: HeaderName = "Nats-Pin-Id"

    /// Whether JetStream answers and says that there is no such consumer: nobody answers a pull
    /// also while JetStream starts.
    private func isGone() async -> Bool {
        do throws(JetStreamError) {
            _ = try await consumer.info()
            return false
        } catch {
            return error.code == .consumerNotFound || error.code == .streamNotFound
        }
    }
}
