internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// What a server refuses finds its owner: a subscription, a message, a request.
extension ClientCore {
    /// The server complains, and the connection stands.
    func refused(_ error: ServerError, on connection: ClientMachine.ConnectionID) {
        tell(.serverError(error))
        switch error.operation {
        case .subscribe(let subject, let queueGroup, let sid):
            let sinks = subscriptions.withLock {
                $0.removeRefused(subject: subject, queueGroup: queueGroup, sid: sid)
            }
            end(sinks, denial(error, .subscribe, subject))
        case .publish(let subject):
            outbox.messageRefused(.publish(subject: subject))
            let failure = denial(error, .request, subject)
            // Of several requests to one subject nobody can tell which one is meant.
            requests.resume {
                $0.text == subject
            } value: { count in
                .failure(failure.with(outcome: count == 1 ? .denied : .unknown))
            }
            failManyAnswers(failure) { $0.subject.text == subject }
            let hearers = subscriptions.withLock { $0.refusalHearers }
            guard !hearers.isEmpty else { return }
            let refusal = NATSMessage(refusing: subject, words: error.text)
            for sink in hearers { _ = sink.delivery.add([refusal], weight: refusal.size) }
        case .publishWithReply(let reply):
            outbox.messageRefused(.publishWithReply(subject: reply))
            guard let id = requestID(of: Bytes(utf8: reply)) else { return }
            let failure = denial(error, .request, reply).with(outcome: .denied)
            requests.resume(id, .failure(failure))
            endManyAnswers(id, .failure(failure))
        case nil:
            guard error.kind == .maximumSubscriptionsExceeded else { return }
            // A PONG tells which ones are meant: that of a connection that joins comes anyway.
            if subscriptions.withLock({ $0.refusedUnnamed(on: connection) }) { outbox.ping() }
        }
    }

    /// The server has taken or refused all subscriptions up to this one. As it takes no more once
    /// it has enough, those that it refused are the last ones.
    func subscribed(upTo sid: Int) {
        endUnnamed(subscriptions.withLock { $0.confirm(upTo: sid) })
    }

    /// Ends those that the server refused for their number.
    func endUnnamed(_ sinks: [SubscriptionSink]) {
        end(
            sinks,
            NATSError(
                .limitExceeded, stage: .subscribe, server: serverInfo?.serverName ?? "",
                detail: "the server takes no more subscriptions from this connection"))
    }

    /// The server closes the connection since a control line is too long for it, and does not say
    /// which. The longest that it has not confirmed is, whatever its limit may be; so that one is
    /// not sent again.
    func isolateLongestLine(_ error: ServerError) {
        let published = outbox.longestUnconfirmedLine
        let sink = subscriptions.withLock { $0.removeLongest(above: published) }
        if let sink {
            end(
                [sink],
                NATSError(
                    .limitExceeded, stage: .subscribe, subject: sink.pattern.text,
                    detail: "the subject is too long for the server: \(error.text)",
                    underlying: error))
        } else if published > 0 {
            outbox.longestLineRefused()
        }
    }

    private func end(_ sinks: [SubscriptionSink], _ failure: NATSError) {
        for sink in sinks {
            let error = NATSError(
                failure.code, stage: failure.stage, subject: sink.pattern.text,
                server: failure.server, detail: failure.detail, underlying: failure.underlying)
            sink.delivery.finish(error)
            guard sink.target == .requests else { continue }
            // The next request asks again: permissions may have changed by then.
            hasInbox.store(false, ordering: .releasing)
            // Whoever has its inbox and does not wait yet finds out by this.
            inboxRefusals.add(1, ordering: .sequentiallyConsistent)
            requests.resumeAll(.failure(error.with(outcome: .unknown)))
            failManyAnswers(error) { _ in true }
        }
    }

    private func denial(
        _ error: ServerError, _ stage: NATSError.Stage, _ subject: String
    ) -> NATSError {
        NATSError(
            .permissionDenied, stage: stage, subject: subject, detail: error.text,
            underlying: error)
    }
}

extension NATSError {
    /// The same error, with what is known of the message.
    func with(outcome: PublishOutcome?) -> NATSError {
        NATSError(
            code, stage: stage, subject: subject, server: server, detail: detail, outcome: outcome,
            underlying: underlying)
    }
}
