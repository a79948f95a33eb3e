// Theory of operation.
//
// One inbox gets all answers; the last token of its subject is the number of the message. A
// publisher waits for a place in the window before it sends; the task that reads the inbox settles
// what was answered, sends again what nobody took, and gives up what nobody answered. Places are
// handed on in the order in which they were asked for. A message leaves the account and gets its
// result in one step under the lock, so that a window that is empty means that every ticket has its
// result; nobody is woken under it.
//
// The account is kept by the publisher and by the reading task, which ends with the publisher: it
// is cancelled when nobody has the publisher any more, and settles what is outstanding then.
public import BridgeBytes
internal import NATSCore
public import NATSWire
internal import Synchronization

extension JetStream {
    /// A publisher with many answers outstanding: for messages that come one by one and whose
    /// acknowledgements are wanted later, or not at all. For a sequence that is at hand,
    /// `publishAll` is shorter.
    /// - Parameter maxOutstanding: Most messages that may wait for their answers; more are not
    ///   taken before there is room.
    /// - Throws: `JetStreamError` with `invalidArgument` when nothing may be outstanding, or
    ///   `closed`.
    public func publisher(
        maxOutstanding: Int = 256
    ) throws(JetStreamError) -> JetStreamPublisher {
        try JetStreamPublisher(self, maxOutstanding: maxOutstanding)
    }
}

/// Publishes messages with many answers outstanding.
///
/// Any number of tasks may use it. When it is released, messages that were sent are on their way
/// all the same, and their tickets say `cancelled`, with the outcome `unknown`.
public final class JetStreamPublisher: Sendable {
    private let account: PublishAccount
    private let reading: Task<Void, Never>

    init(_ jetStream: JetStream, maxOutstanding: Int) throws(JetStreamError) {
        guard maxOutstanding > 0 else {
            throw JetStreamError(
                .invalidArgument, operation: "publish",
                detail: "at least one message may be outstanding, not \(maxOutstanding)")
        }
        let reader: InboxReader
        do throws(NATSError) {
            reader = try InboxReader(client: jetStream.client, answers: .numbered)
        } catch {
            throw JetStreamError(error, operation: "publish")
        }
        let account = PublishAccount(jetStream, inbox: reader.inbox, size: maxOutstanding)
        self.account = account
        reading = Task { await account.read(reader) }
    }

    deinit { reading.cancel() }

    /// Messages whose answers have not come.
    public var outstanding: Int { account.outstanding }
    /// Bytes of memory for these, but for what they point to.
    package var memory: Int { account.memory }

    /// Sends a message when there is room in the window, and does not wait for its answer. The
    /// messages of one task go out in their order; one that is repeated because nobody took it
    /// comes after those that were sent meanwhile.
    ///
    /// Cancelling the task ends the wait for room with the code `cancelled`; nothing was sent then.
    /// - Returns: What the stream's word will come to.
    /// - Throws: `JetStreamError` with `cancelled`, `closed` or `tooLarge`; nothing was sent then.
    ///   That the server forbids the subject (`permissionDenied`) is the ticket's word.
    @discardableResult
    public func publish(
        _ payload: some BytesConvertible, to subject: Subject, headers: Headers = Headers(),
        options: PublishOptions = PublishOptions()
    ) async throws(JetStreamError) -> PublishTicket {
        try await account.publish(
            PublishRequest(payload.bytes, to: subject, headers: headers, options: options))
    }

    /// Waits until every message has its answer, or is given up.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `cancelled`.
    public func finish() async throws(JetStreamError) { try await account.finish() }
}

/// What a publisher has sent, and who waits for room.
final class PublishAccount: Sendable {
    private struct Message: Sendable {
        let content: UnansweredMessage
        let ticket: PublishTicket
    }

    private struct State {
        var outstanding: OutstandingPublishes<Message>
        /// The stream that answered last.
        var stream: PublishTicket.StreamName?
        /// Places of the window that are taken, by messages and by those about to send one.
        var taken = 0
        var waiters = WaitingLine()
        var finishers = WaitingLine()
        var isClosed = false
    }

    private let jetStream: JetStream
    private let size: Int
    /// The inbox and a dot, before the number of a message.
    private let inbox: Bytes
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    init(_ jetStream: JetStream, inbox: Subject, size: Int) {
        self.jetStream = jetStream
        self.size = size
        self.inbox = Bytes(utf8: inbox.text + ".")
        let options = jetStream.options
        state = Mutex(
            State(
                outstanding: OutstandingPublishes(
                    patience: options.timeout, retries: options.publishRetries,
                    retryWait: options.publishRetryWait)))
    }

    private var now: Duration { ContinuousClock.now - start }
    var outstanding: Int { state.withLock { $0.outstanding.count } }
    /// Bytes of memory for what is outstanding, but for what the messages point to.
    var memory: Int { state.withLock { $0.outstanding.memory } }

    func publish(_ request: PublishRequest) async throws(JetStreamError) -> PublishTicket {
        try jetStream.require(request.options, request.subject)
        try await takePlace()
        let message = Message(content: UnansweredMessage(request), ticket: PublishTicket())
        let number: Int? = state.withLock { state in
            state.isClosed ? nil : state.outstanding.opened(message, now: now)
        }
        guard let number else {
            throw JetStreamError(.closed, operation: "publish", outcome: .lost)
        }
        do throws(NATSError) {
            try await send(message.content, number)
        } catch {
            remove(number)
            throw JetStreamError(publishing: error, to: request.subject)
        }
        return message.ticket
    }

    private func send(_ message: UnansweredMessage, _ number: Int) async throws(NATSError) {
        var reply = ByteWriter(capacity: inbox.count + 20)
        reply.append(inbox)
        reply.append(decimal: number)
        try await jetStream.client.publish(
            message.payload, to: message.subject, replyTo: Subject(received: reply.finish()),
            headers: message.headers, timeout: .forever)
    }

    private func takePlaceNow() -> Bool {
        state.withLock { state in
            guard !state.isClosed, state.taken < size, state.waiters.isEmpty else { return false }
            state.taken += 1
            return true
        }
    }

    /// Waits for a place in the window.
    private func takePlace() async throws(JetStreamError) {
        if takePlaceNow() { return }
        let hasPlace = await WaitingLine.wait { [self] entry in
            state.withLock { state in
                if state.isClosed { return .over(true) }
                guard state.taken >= size || !state.waiters.isEmpty else {
                    state.taken += 1
                    return .over(true)
                }
                state.waiters.append(entry)
                return .waiting
            }
        } leave: { [self] id in
            state.withLock { $0.waiters.remove(id) }
        }
        guard hasPlace else {
            throw JetStreamError(.cancelled, operation: "publish", outcome: .lost)
        }
        if state.withLock({ $0.isClosed }) {
            throw JetStreamError(
                .closed, operation: "publish", detail: "the client is closed", outcome: .lost)
        }
    }

    func finish() async throws(JetStreamError) {
        let isDone = await WaitingLine.wait { [self] entry in
            state.withLock { state in
                if state.outstanding.count == 0 { return .over(true) }
                state.finishers.append(entry)
                return .waiting
            }
        } leave: { [self] id in
            state.withLock { $0.finishers.remove(id) }
        }
        guard isDone else { throw JetStreamError(.cancelled, operation: "publish") }
    }

    private func fail(_ number: Int, _ error: JetStreamError) {
        remove(number, PublishTicket.Verdict(.failure(error)))
    }

    /// Takes a message out of the account, with its result if there is one to tell, and gives its
    /// place to the next who waits for one.
    private func remove(_ number: Int, _ verdict: PublishTicket.Verdict? = nil) {
        let (askers, woken) = state.withLock { state in
            guard let message = state.outstanding.take(number) else {
                return ([] as [CheckedContinuation<Void, Never>], [] as [WaitingLine.Entry])
            }
            let askers = verdict.map(message.ticket.settle) ?? []
            var woken: [WaitingLine.Entry] = []
            if let next = state.waiters.popFirst() { woken.append(next) } else { state.taken -= 1 }
            if state.outstanding.count == 0 { woken += state.finishers.takeAll() }
            return (askers, woken)
        }
        for asker in askers { asker.resume() }
        for entry in woken { entry.wake(true) }
    }
}

extension PublishAccount {
    /// Takes answers until the client is closed or nobody has the publisher any more.
    func read(_ reader: InboxReader) async {
        var reader = reader
        var refusals = PublishRefusals()
        var code = ErrorCode.closed
        reading: while true {
            let patience = jetStream.options.timeout
            let due = state.withLock { $0.outstanding.nextDue() } ?? now + patience
            do throws(NATSError) {
                switch try await reader.next(until: start + due) {
                case .message(let message):
                    if let words = message.refusal {
                        refusals.add(message.subject, words: words)
                    } else {
                        await answered(message)
                    }
                    if !refusals.isEmpty { settle(&refusals) }
                    // Answers to others do not hold up what is due.
                    if now >= due { await lookAtDue(refusals) }
                case .timeout: await lookAtDue(refusals)
                case .cancelled:
                    code = .cancelled
                    break reading
                case .closed: break reading
                }
            } catch {
                code = error.code
                break reading
            }
        }
        close(code)
    }

    private func answered(_ message: NATSMessage) async {
        let subject = message.subject.bytes
        guard subject.count > inbox.count,
            let number = Decimal.parse(subject.span.extracting(inbox.count..<subject.count))
        else { return }
        if message.hasHeaders, message.status?.code == HeaderStatus.noRespondersCode {
            let refusal = state.withLock {
                $0.outstanding.nobodyListened(number, now: now)
            }
            guard refusal == .giveUp, let subject = content(number)?.subject else { return }
            let absence = await jetStream.absence(of: subject)
            return fail(number, absence.error(subject))
        }
        if let ack = PlainAck(message) {
            return remove(number, .stored(name(ack.stream), ack.sequence))
        }
        do throws(JetStreamError) {
            remove(number, PublishTicket.Verdict(.success(try PublishAck(answer: message))))
        } catch {
            fail(number, error)
        }
    }

    /// Fails the messages that the server has refused, as far as it is clear which these are.
    private func settle(_ refusals: inout PublishRefusals) {
        let verdicts = state.withLock { state in
            refusals.settle(outstanding: state.outstanding.count) { subject in
                state.outstanding.numbers { $0.content.subject == subject }
            }
        }
        for verdict in verdicts {
            fail(
                verdict.number,
                JetStreamError(forbidden: verdict.subject, verdict.words, outcome: .denied))
        }
    }

    private func content(_ number: Int) -> UnansweredMessage? {
        state.withLock { $0.outstanding.message(number)?.content }
    }

    /// The name of a stream, shared by all that it answers while no other one does.
    private func name(_ bytes: Bytes) -> PublishTicket.StreamName {
        state.withLock { state in
            if let last = state.stream, Scan.equal(last.text.utf8Span.span, bytes.span) {
                return last
            }
            let name = PublishTicket.StreamName(String(repairing: bytes))
            state.stream = name
            return name
        }
    }

    private func lookAtDue(_ refusals: PublishRefusals) async {
        for item in state.withLock({ $0.outstanding.due(now: now) }) {
            switch item {
            case .unanswered(let number):
                fail(number, unanswered(number, refusals))
            case .sendAgain(let number):
                guard let message = content(number) else { continue }
                do throws(NATSError) {
                    try await send(message, number)
                } catch {
                    fail(number, JetStreamError(publishing: error, to: message.subject))
                }
            }
        }
    }

    /// Why no answer has come: perhaps the server has refused just that message.
    private func unanswered(_ number: Int, _ refusals: PublishRefusals) -> JetStreamError {
        if let subject = content(number)?.subject, let words = refusals.words(on: subject) {
            return JetStreamError(forbidden: subject, words, outcome: .unknown)
        }
        return JetStreamError(
            .timeout, operation: "publish", detail: "no answer in time", outcome: .unknown)
    }

    /// Nothing more is sent, and nothing more will be answered.
    private func close(_ code: ErrorCode) {
        let error = JetStreamError(code, operation: "publish", outcome: .unknown)
        let (askers, woken) = state.withLock { state in
            state.isClosed = true
            let verdict = PublishTicket.Verdict(.failure(error))
            let askers = state.outstanding.takeAll().flatMap { $0.ticket.settle(verdict) }
            return (askers, state.waiters.takeAll() + state.finishers.takeAll())
        }
        for asker in askers { asker.resume() }
        for entry in woken { entry.wake(true) }
    }
}
