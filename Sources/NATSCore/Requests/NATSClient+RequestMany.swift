public import BridgeBytes
internal import BridgeSockets
public import NATSWire
internal import Synchronization

/// When a request with many answers is over (ADR-47): at whichever of these comes first.
public struct RequestManyOptions: Sendable {
    /// Longest time in all.
    public var total: Duration = .seconds(5)
    /// Longest time between two answers; nil: only the total counts.
    public var stall: Duration?
    /// Number of answers; nil: no limit.
    public var maxMessages: Int?
    /// Whether an answer says that it is the last one; it is not delivered itself. Called on the
    /// client's thread, so it must be quick.
    public var isSentinel: (@Sendable (NATSMessage) -> Bool)?
    /// How many answers may wait for the consumer; one more ends the sequence with the code
    /// `slowConsumer`, whatever their policy says.
    public var limits = SubscriptionLimits.default

    /// Five seconds in all, and no other end.
    public init() {}

    /// The sentinel that most services use: an answer without a payload.
    public static let emptyPayload: @Sendable (NATSMessage) -> Bool = { $0.payload.count == 0 }
}

/// The answers to one request, in the order in which they came.
///
/// Leaving the loop, cancelling the task or releasing this ends the interest; later answers are
/// dropped.
public final class NATSReplies: AsyncSequence, Sendable {
    public typealias Element = NATSMessage
    public typealias Failure = NATSError

    private let id: UInt64
    private let many: ManyAnswers
    var subject: Subject { many.subject }
    private let core: ClientCore

    init(id: UInt64, many: ManyAnswers, core: ClientCore) {
        self.id = id
        self.many = many
        self.core = core
    }

    deinit { core.endManyAnswers(id, .success(())) }

    /// Hands out one answer at a time.
    public struct Iterator: AsyncIteratorProtocol {
        let replies: NATSReplies
        private var batch: [NATSMessage] = []
        private var position = 0

        init(_ replies: NATSReplies) { self.replies = replies }

        /// The next answer; nil when the request is over. Cancelling the task ends it.
        /// - Throws: `NATSError` with `noResponders`, `permissionDenied`, `slowConsumer`,
        ///   `disconnected` or `closed`.
        public mutating func next() async throws(NATSError) -> NATSMessage? {
            try await next(isolation: #isolation)
        }

        /// The next answer, on the caller's actor; nil when the request is over. Cancelling the
        /// task ends it.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(NATSError) -> NATSMessage? {
            while position >= batch.count {
                switch await replies.many.delivery.next() {
                case .batch(let next): (batch, position) = (next, 0)
                case .gap, .timeout: continue
                case .failed(let error): throw error
                case .end: return nil
                case .cancelled:
                    replies.core.endManyAnswers(replies.id, .success(()))
                    return nil
                }
            }
            defer { position += 1 }
            return batch[position]
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}

/// One request with many answers, between the reactor's thread and the consumer.
final class ManyAnswers: Sendable {
    let machine: Mutex<RequestManyMachine>
    let delivery: Delivery<NATSMessage, NATSError>
    let isSentinel: (@Sendable (NATSMessage) -> Bool)?
    let stall: Duration?
    let subject: Subject
    /// The callback that looks at its time; 0: there is none yet.
    let look = Atomic(UInt64(0))

    init(_ options: RequestManyOptions, subject: Subject) {
        let limits = options.limits
        machine = Mutex(
            RequestManyMachine(
                total: options.total.clampedForClocks,
                stall: options.stall?.clampedForClocks, maxMessages: options.maxMessages,
                now: MonotonicClock.now))
        isSentinel = options.isSentinel
        stall = options.stall?.clampedForClocks
        self.subject = subject
        let overflow = NATSError(
            .slowConsumer, stage: .request, subject: subject.text,
            detail: "more than \(limits.maxMessages) answers waited")
        delivery = Delivery(
            limits: DeliveryLimits(
                maxCount: max(1, limits.maxMessages), maxWeight: max(1, limits.maxBytes),
                overflow: .fail),
            weigh: { $0.size }, overflowFailure: overflow, onResume: {})
    }
}

extension NATSClient {
    /// Asks and takes any number of answers, through the shared inbox (ADR-47).
    /// - Returns: The answers, which throw `noResponders` at once when nobody listens,
    ///   `permissionDenied`, `disconnected` (only with `failsRequestsOnDisconnect`), `slowConsumer`
    ///   or `closed`. No answer at all within the time is an empty sequence.
    /// - Throws: `NATSError` with `tooLarge`, `outboxFull`, `permissionDenied` (our inbox is
    ///   forbidden) or `closed`; nothing was sent then.
    public func requestMany(
        _ payload: Bytes, to subject: Subject, headers: Headers = Headers(),
        options: RequestManyOptions = RequestManyOptions()
    ) throws(NATSError) -> NATSReplies {
        try checkSize(payload, headers, subject, .request)
        try core.refuseIfEnding(.request, subject.text)
        let ticket = newRequest()
        let many = ManyAnswers(options, subject: subject)
        core.begin(many, id: ticket.id)
        if let refusal = core.refusal(of: ticket) {
            core.endManyAnswers(ticket.id, .success(()))
            throw refusal
        }
        let result = core.outbox.append(
            payload, subject, replyTo: ticket.inbox, headers: headers)
        guard result == .appended else {
            core.endManyAnswers(ticket.id, .success(()))
            throw appendError(result, subject, .request)
        }
        return NATSReplies(id: ticket.id, many: many, core: core)
    }
}

extension ClientCore {
    /// Registers the request, and ends it when its time is over.
    func begin(_ many: ManyAnswers, id: UInt64) {
        manyAnswers.withLock { $0[id] = many }
        watch(many, id: id)
    }

    /// Has the request ended when its time is over.
    private func watch(_ many: ManyAnswers, id: UInt64) {
        guard let deadline = many.machine.withLock({ $0.deadline }) else { return }
        // An answer may bring the deadline forward to a stall time from then on.
        let wait = min(deadline - MonotonicClock.now, many.stall ?? .forever)
        let look = Deadlines.shared.add(at: .after(wait)) { [weak self, weak many] in
            guard let self, let many else { return }
            if many.machine.withLock({ $0.timerDue(now: MonotonicClock.now) }) {
                endManyAnswers(id, .success(()))
            } else {
                watch(many, id: id)
            }
        }
        many.look.store(look, ordering: .relaxed)
    }

    func endManyAnswers(_ id: UInt64, _ outcome: Result<Void, NATSError>) {
        guard let many = manyAnswers.withLock({ $0.removeValue(forKey: id) }) else { return }
        Deadlines.shared.remove(many.look.load(ordering: .relaxed))
        if case .failure(let error) = outcome {
            many.delivery.finish(error)
        } else {
            many.delivery.finish()
        }
    }

    /// Ends those requests with a failure.
    func failManyAnswers(_ error: NATSError, where isConcerned: (ManyAnswers) -> Bool) {
        let ids = manyAnswers.withLock { all in
            all.filter { isConcerned($0.value) }.map(\.key)
        }
        for id in ids { endManyAnswers(id, .failure(error)) }
    }

    /// Gives an answer to a request with many answers.
    func answerMany(_ id: UInt64, _ message: NATSMessage) {
        guard let many = manyAnswers.withLock({ $0[id] }) else { return }
        let isNoResponders =
            message.hasHeaders && message.status?.code == HeaderStatus.noRespondersCode
        let isSentinel = !isNoResponders && many.isSentinel?(message) ?? false
        let action = many.machine.withLock {
            $0.answerReceived(
                isNoResponders: isNoResponders, isSentinel: isSentinel, now: MonotonicClock.now)
        }
        switch action {
        case .ignore: break
        case .end: endManyAnswers(id, .success(()))
        case .failNoResponders:
            endManyAnswers(
                id,
                .failure(
                    NATSError(
                        .noResponders, stage: .request, subject: many.subject.text,
                        detail: "nobody listens on this subject")))
        case .deliver, .deliverAndEnd:
            let outcome = many.delivery.add([message], weight: message.size)
            if outcome == .failed || action == .deliverAndEnd {
                endManyAnswers(id, .success(()))
            }
        }
    }
}
