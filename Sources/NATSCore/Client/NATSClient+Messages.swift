public import BridgeBytes
internal import BridgeSockets
public import NATSWire
internal import Synchronization

extension NATSClient {
    /// Puts a message into the outbox. Returns at once.
    /// - Throws: `NATSError` with `tooLarge` when headers and payload exceed the server's
    ///   `max_payload` (the server would cut the connection), `outboxFull` when the bounded outbox
    ///   cannot take it (with a `timeout:` the call waits for room), or `closed`. Nothing was sent
    ///   then.
    /// - Complexity: O(size): one copy into the outbox.
    public func publish(
        _ payload: Bytes, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers()
    ) throws(NATSError) {
        try publish(payload, subject, replyTo, headers, limit: nil)
    }

    @inline(__always)
    private func publish(
        _ payload: Bytes, _ subject: Subject, _ replyTo: Subject?, _ headers: Headers, limit: Int?
    ) throws(NATSError) {
        try checkSize(payload, headers, subject, .publish)
        // Sound: `core` keeps the outbox as long as this client lives, so a reference count of its
        // own, which all publishing threads would fight for, protects nothing.
        let result = unsafe outbox._withUnsafeGuaranteedRef {
            $0.append(
                payload, subject, replyTo: replyTo, headers: headers,
                atOnce: core.options.sendsAtOnce, limit: limit)
        }
        guard result != .appended else { return }
        throw appendError(result, subject, .publish)
    }

    /// Puts a message into the outbox, and suspends while that is over its high-water mark (half
    /// of its capacity; the rest is for those who cannot wait). Does not suspend otherwise.
    ///
    /// It returns when the message is in the outbox, as the form without a timeout does; see
    /// `publishConfirmed` for a wait until the server has it.
    ///
    /// Cancelling the task ends the wait for room; a message that is in the outbox stays there.
    /// - Parameter timeout: Longest wait for room.
    /// - Throws: `NATSError` with `tooLarge`, `closed`, `timeout`, or `cancelled`; nothing was sent
    ///   then.
    public func publish(
        _ payload: Bytes, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers(), timeout: Duration
    ) async throws(NATSError) {
        let limit = core.outbox.highWaterMark
        var deadline: ContinuousClock.Instant?
        while true {
            do throws(NATSError) {
                return try publish(payload, subject, replyTo, headers, limit: limit)
            } catch  where error.code == .outboxFull {
                if let deadline { try refuseIfOver(deadline, subject) }
                let end = deadline ?? .after(timeout)
                deadline = end
                await core.outbox.waitForRoom(until: end)
            }
        }
    }

    @inline(__always)
    func checkSize(
        _ payload: Bytes, _ headers: Headers, _ subject: Subject, _ stage: NATSError.Stage
    ) throws(NATSError) {
        let size = payload.count + (headers.isEmpty ? 0 : headers.encodedCount)
        guard size > maxPayload else { return }
        throw NATSError(
            .tooLarge, stage: stage, subject: subject.text,
            detail: "\(size) bytes with headers; the server takes \(maxPayload)", outcome: .lost)
    }

    func appendError(
        _ result: Outbox.AppendResult, _ subject: Subject, _ stage: NATSError.Stage
    ) -> NATSError {
        if result == .full {
            return NATSError(
                .outboxFull, stage: stage, subject: subject.text,
                detail: "\(core.outbox.capacity) bytes wait to be written", outcome: .lost)
        }
        return NATSError(
            .closed, stage: stage, subject: subject.text,
            detail: core.closeReason?.detail ?? "the client is closed", outcome: .lost)
    }

    /// Waits until the server has taken everything that was published before, over whatever
    /// connection it went: PING, PONG. While there is no connection it waits for the next one.
    ///
    /// Messages that the server refused for want of permission are not told of here (see
    /// `publishConfirmed` and receipts). A loss is told to those flushes that were asked for before
    /// any of them told of it: where several tasks publish, each should wait for its own
    /// messages.
    ///
    /// Cancelling the task ends the wait and takes nothing back: what was published is still sent.
    /// - Throws: `NATSError` with `disconnected` when a connection was lost with messages of which
    ///   nobody knows whether they arrived (the detail says how many); `timeout`, `cancelled` or
    ///   `closed`, after which nothing new is known.
    public func flush(timeout: Duration = .seconds(10)) async throws(NATSError) {
        try await core.flush(until: .after(timeout), stage: .flush)
    }

    /// Subscribes. Messages are delivered from now on until the subscription is ended.
    /// - Parameters:
    ///   - pattern: The subjects, perhaps with wildcards.
    ///   - queueGroup: Members of one group share the messages; nil: every message.
    ///   - limits: How much may wait for the consumer.
    /// - Throws: `NATSError` with `closed` when the client is closed or draining.
    public func subscribe(
        to pattern: SubjectPattern, queueGroup: QueueGroup? = nil,
        limits: SubscriptionLimits = .default
    ) throws(NATSError) -> NATSSubscription {
        try subscribe(to: pattern, queueGroup, limits, hearsRefusals: false)
    }

    /// Subscribes to where answers come, for layers that publish with such a subject as the reply.
    /// The server names only the subject of a message that it refuses: each refusal of this
    /// client's messages, whoever has published them, comes among the answers, behind those that
    /// came before it. See `NATSMessage.refusal`.
    /// - Throws: `NATSError` with `closed` when the client is closed or draining.
    package func subscribeToAnswers(
        _ pattern: SubjectPattern
    ) throws(NATSError) -> NATSSubscription {
        try subscribe(to: pattern, nil, .default, hearsRefusals: true)
    }

    private func subscribe(
        to pattern: SubjectPattern, _ queueGroup: QueueGroup?, _ limits: SubscriptionLimits,
        hearsRefusals: Bool
    ) throws(NATSError) -> NATSSubscription {
        try core.refuseIfEnding(.subscribe, pattern.text)
        let overflow = NATSError(
            .slowConsumer, stage: .receive, subject: pattern.text,
            detail: "more than \(limits.maxMessages) messages or \(limits.maxBytes) bytes waited")
        let delivery = Delivery<NATSMessage, NATSError>(
            limits: limits.deliveryLimits, weigh: { $0.size }, overflowFailure: overflow,
            onResume: { [weak core] in core?.resumeReading() })
        let sid = core.addSubscription(pattern, queueGroup, .delivery, limits, delivery)
        if hearsRefusals { core.subscriptions.withLock { $0.hearRefusals(sid) } }
        return NATSSubscription(id: sid, pattern: pattern, delivery: delivery, core: core)
    }

    /// A subject for answers that nobody else has.
    public func newInbox() -> Subject {
        core.inbox(core.requests.newID())
    }

    /// Asks and waits for one answer, through one shared inbox.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`. The question may have been sent
    /// by then; a late answer is dropped.
    /// - Throws: `NATSError` with `noResponders` at once when nobody listens (status 503),
    ///   `permissionDenied` at once when the server forbids the subject or our inbox, `timeout`,
    ///   `cancelled`, `tooLarge`, `outboxFull`, `closed`, or, with `failsRequestsOnDisconnect`,
    ///   `disconnected`. Its `outcome` says what is known of the question.
    public func request(
        _ payload: Bytes, to subject: Subject, headers: Headers = Headers(),
        timeout: Duration = .seconds(5)
    ) async throws(NATSError) -> NATSMessage {
        try await request(
            payload, to: subject, headers: headers, ticket: newRequest(), timeout: timeout)
    }

    /// Reserves an inbox for one answer, for layers that write it into the message as well.
    package func newRequest() -> RequestTicket {
        let refusals = core.inboxRefusals.load(ordering: .sequentiallyConsistent)
        core.subscribeToInbox()
        let id = core.requests.newID()
        return RequestTicket(id: id, inbox: core.inbox(id), refusals: refusals)
    }

    /// Asks with an inbox that was reserved before; each is good for one request.
    package func request(
        _ payload: Bytes, to subject: Subject, headers: Headers, ticket: RequestTicket,
        timeout: Duration
    ) async throws(NATSError) -> NATSMessage {
        try checkSize(payload, headers, subject, .request)
        try core.refuseIfEnding(.request, subject.text)
        let (id, inbox) = (ticket.id, ticket.inbox)
        var isAsked = false
        let ending = await core.requests.wait(
            for: id, label: subject, until: .after(timeout)
        ) { start in
            // The refusal of the inbox may have come before there was anybody to tell.
            if let refusal = core.refusal(of: ticket) {
                core.requests.resume(id, .failure(refusal))
                return
            }
            // With several in flight, coalescing is worth more than a switch of threads.
            let result = core.outbox.append(
                question: payload, subject, replyTo: inbox, headers: headers,
                atOnce: start.isAlone, number: start.waiter.note)
            isAsked = result == .appended
            if !isAsked {
                core.requests.resume(id, .failure(appendError(result, subject, .request)))
            }
        }
        let message = try answer(ending, subject, isAsked ? .unknown : .lost)
        if message.hasHeaders, message.status?.code == HeaderStatus.noRespondersCode {
            throw NATSError(
                .noResponders, stage: .request, subject: subject.text,
                detail: "nobody listens on this subject", outcome: .denied)
        }
        return message
    }
}

extension NATSClient {
    /// Makes of the end of a wait what the caller of a request is told.
    private func answer(
        _ ending: WaitList<ClientCore.Reply, Subject>.Outcome, _ subject: Subject,
        _ outcome: PublishOutcome
    ) throws(NATSError) -> NATSMessage {
        switch ending {
        case .value(.success(let message)): return message
        case .value(.failure(let error)):
            throw NATSError(
                error.code, stage: .request, subject: subject.text, server: error.server,
                detail: error.detail, outcome: error.outcome ?? outcome,
                underlying: error.underlying)
        case .timeout:
            throw NATSError(
                .timeout, stage: .request, subject: subject.text, detail: "no answer in time",
                outcome: outcome)
        case .cancelled:
            throw NATSError(.cancelled, stage: .request, subject: subject.text, outcome: outcome)
        }
    }
}

/// The inbox of one request.
package struct RequestTicket: Sendable {
    let id: UInt64
    /// How often the inbox had been refused before.
    let refusals: Int
    /// Where the answer is expected.
    package let inbox: Subject

    init(id: UInt64, inbox: Subject, refusals: Int) {
        self.id = id
        self.inbox = inbox
        self.refusals = refusals
    }
}
