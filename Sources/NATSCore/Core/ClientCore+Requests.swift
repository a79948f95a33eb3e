internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// Requests, through one shared inbox.
extension ClientCore {
    /// Subscribes to the shared inbox of requests, the first time and after the server has refused
    /// it. When this returns the frame is in the outbox, whoever put it there: a request comes
    /// behind it.
    func subscribeToInbox() {
        guard !hasInbox.load(ordering: .acquiring) else { return }
        inboxSetup.withLock { _ in
            guard !hasInbox.load(ordering: .relaxed) else { return }
            let unused = Delivery<NATSMessage, NATSError>(
                limits: DeliveryLimits(maxCount: 1, maxWeight: 1)
            ) {}
            // Noted under the outbox's lock: whoever sees it publishes behind the frame, and a
            // refusal that comes at once comes after it.
            _ = addSubscription(inboxPattern, nil, .requests, .default, unused) {
                hasInbox.store(true, ordering: .releasing)
            }
        }
    }

    /// Why no answer can come to a request, if its inbox was refused since it was made.
    func refusal(of ticket: RequestTicket) -> NATSError? {
        guard inboxRefusals.load(ordering: .sequentiallyConsistent) != ticket.refusals else {
            return nil
        }
        return NATSError(
            .permissionDenied, stage: .request, subject: ticket.inbox.text,
            detail: "the server forbids our inbox", outcome: .lost)
    }

    /// The inbox subject of a request.
    func inbox(_ id: UInt64) -> Subject {
        Subject(received: InboxToken.bytes(inboxPrefix, id))
    }

    /// Gives answers to the requests that their inbox subjects name.
    func settleRequests(_ messages: [NATSMessage]) {
        // A lone request is common, and worth a way without arrays.
        if messages.count == 1, let id = requestID(of: messages[0].subject.bytes) {
            if let waiter = requests.resume(id, .success(messages[0])) {
                outbox.answered(waiter.note.load(ordering: .relaxed))
            } else {
                answerMany(id, messages[0])
            }
            return
        }
        var last: UInt64 = 0
        var answers: [(id: UInt64, value: Reply)] = []
        answers.reserveCapacity(messages.count)
        for message in messages {
            guard let id = requestID(of: message.subject.bytes) else { continue }
            answers.append((id, .success(message)))
        }
        requests.resume(answers) {
            last = max(last, $0.note.load(ordering: .relaxed))
        } unclaimed: { id, reply in
            if case .success(let message) = reply { answerMany(id, message) }
        }
        outbox.answered(last)
    }

    /// The number of the request that an inbox belongs to; nil when it is not of our making.
    func requestID(of inbox: Bytes) -> UInt64? {
        let prefix = inboxPrefix
        let span = inbox.span
        guard span.count > prefix.count,
            Scan.equal(span.extracting(..<prefix.count), prefix.span)
        else { return nil }
        return InboxToken.number(span.extracting(prefix.count...))
    }
}
