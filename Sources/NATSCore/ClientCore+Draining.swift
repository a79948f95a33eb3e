internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// The orderly ends: of one subscription, and of the client.
extension ClientCore {
    /// Throws the code `closed` when the client takes no new work any more.
    func refuseIfEnding(_ stage: NATSError.Stage, _ subject: String) throws(NATSError) {
        let isDraining = isDraining.load(ordering: .relaxed)
        guard isDraining || phase == .closed else { return }
        throw NATSError(
            .closed, stage: stage, subject: subject,
            detail: isDraining ? "the client is draining" : "the client is closed")
    }

    /// Waits until the server has seen everything that was sent before: PING, PONG.
    func flush(
        timeout: Duration, stage: NATSError.Stage, isolation: isolated (any Actor)? = #isolation
    ) async throws(NATSError) {
        let id = flushes.newID()
        let outcome = await flushes.wait(for: id, stage: stage, timeout: timeout) { _ in
            if phase == .closed {
                flushes.settle(id, .failure(NATSError(.closed, stage: stage)))
            } else {
                requestFlush(id)
            }
        }
        try outcome.get()
    }

    /// Ends one subscription after what the server had sent for it.
    func drain(
        _ sid: Int, timeout: Duration, isolation: isolated (any Actor)? = #isolation
    ) async throws(NATSError) {
        guard subscriptions.withLock({ $0.contains(sid) }) else { return }
        _ = outbox.appendControl { FrameWriter.unsubscribe(sid: sid, into: &$0) }
        defer { subscriptions.withLock { $0.remove(sid) }?.delivery.finish() }
        // The PONG comes after every message that the server had sent before the UNSUB.
        try await flush(timeout: timeout, stage: .drain)
    }

    /// Ends every subscription, lets the consumers finish, and writes what they published.
    func drainAll(
        timeout: Duration, isolation: isolated (any Actor)? = #isolation
    ) async throws(NATSError) {
        let end = ContinuousClock.now + timeout
        // Before requests are refused: an acknowledgement may ask to be confirmed.
        let unfinished = await drainParticipants.drain(until: end)
        guard !isDraining.exchange(true, ordering: .relaxed) else { return }
        let sids = subscriptions.withLock { $0.drainableSIDs }
        for sid in sids {
            _ = outbox.appendControl { FrameWriter.unsubscribe(sid: sid, into: &$0) }
        }
        // What was given back has to be written, however late it is.
        let least: Duration = unfinished == 0 ? .zero : .seconds(1)
        try await flush(timeout: max(least, end - .now), stage: .drain)
        let sinks = subscriptions.withLock { registry in sids.compactMap { registry.remove($0) } }
        for sink in sinks { sink.delivery.finish() }
        let unconsumed = await Self.consumed(sinks, until: end)
        // What the consumers published goes out, also when one of them did not finish.
        try await flush(timeout: max(.seconds(1), end - .now), stage: .drain)
        guard unconsumed + unfinished == 0 else {
            throw NATSError(
                .timeout, stage: .drain,
                detail: "\(unconsumed) received messages were not consumed in time, "
                    + "\(unfinished) of JetStream's consumers not finished")
        }
    }

    /// Waits until all were consumed or the time is over; returns how many messages are left.
    private static func consumed(
        _ sinks: [SubscriptionSink], until end: ContinuousClock.Instant
    ) async -> Int {
        let watch = Task.detached {
            guard (try? await Task.sleep(until: end)) != nil else { return 0 }
            // Ends the waits below; nobody consumes what is left.
            let left = sinks.reduce(0) { $0 + $1.delivery.backlog.count }
            for sink in sinks { sink.delivery.cancel() }
            return left
        }
        for sink in sinks { await sink.delivery.whenConsumed() }
        watch.cancel()
        return await watch.value
    }
}
