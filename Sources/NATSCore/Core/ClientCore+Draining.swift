internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// Waiting for the server, and the orderly ends: of one subscription, and of the client.
extension ClientCore {
    /// Throws the code `closed` when the client takes no new work any more.
    func refuseIfEnding(_ stage: NATSError.Stage, _ subject: String) throws(NATSError) {
        let isDraining = isDraining.load(ordering: .relaxed)
        guard isDraining || phase == .closed else { return }
        throw NATSError(
            .closed, stage: stage, subject: subject,
            detail: isDraining ? "the client is draining" : "the client is closed", outcome: .lost)
    }

    /// Waits until the server has seen everything that was sent before: PING, PONG.
    /// - Parameter isBarrier: Whether nothing is to be said of messages.
    func flush(
        until deadline: ContinuousClock.Instant, stage: NATSError.Stage, isBarrier: Bool = false,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(NATSError) {
        let id = outbox.flushes.newID()
        let ending = await outbox.flushes.wait(for: id, until: deadline) { _ in
            outbox.flush(id, isBarrier: isBarrier)
        }
        switch ending {
        case .value(.done): return
        case .value(.failed(let shortfall)):
            throw NATSError(.disconnected, stage: stage, detail: shortfall.description)
        case .value(.closed):
            throw NATSError(.closed, stage: stage, detail: closeReason?.detail ?? "")
        case .timeout:
            outbox.abandonFlush(id)
            throw NATSError(.timeout, stage: stage, detail: "no answer in time")
        case .cancelled:
            outbox.abandonFlush(id)
            throw NATSError(.cancelled, stage: stage)
        }
    }

    /// Ends one subscription after what the server had sent for it.
    func drain(
        _ sid: Int, timeout: Duration, isolation: isolated (any Actor)? = #isolation
    ) async throws(NATSError) {
        guard subscriptions.withLock({ $0.contains(sid) }) else { return }
        outbox.appendControl { FrameWriter.unsubscribe(sid: sid, into: &$0) }
        // Once more in the end: a connection that was made meanwhile has subscribed again.
        defer { unsubscribe(sid) }
        // The PONG comes after every message that the server had sent before the UNSUB.
        try await flush(until: .after(timeout), stage: .drain, isBarrier: true)
    }

    /// Whether the end begins now, and is the caller's to bring about.
    func beginsDraining() -> Bool {
        !hasBegunDraining.exchange(true, ordering: .relaxed)
    }

    /// Ends the consumers of streams, then every subscription, lets the consumers finish, and
    /// confirms what they published; all before the time is over.
    func drainAll(
        timeout: Duration, isolation: isolated (any Actor)? = #isolation
    ) async throws(NATSError) {
        let timeout = timeout.clampedForClocks
        let end = ContinuousClock.now + timeout
        // What consumers publish at last is to be confirmed, too.
        let consumersEnd = end - min(.seconds(1), timeout / 4)
        // Before requests are refused: an acknowledgement may ask to be confirmed.
        let unfinished = await drainParticipants.drain(until: consumersEnd)
        isDraining.store(true, ordering: .relaxed)
        let sids = subscriptions.withLock { $0.drainableSIDs }
        for sid in sids {
            outbox.appendControl { FrameWriter.unsubscribe(sid: sid, into: &$0) }
        }
        var failure: NATSError?
        do throws(NATSError) {
            try await flush(until: consumersEnd, stage: .drain, isBarrier: true)
        } catch {
            failure = error
        }
        let sinks = subscriptions.withLock { registry in sids.compactMap { registry.remove($0) } }
        for sink in sinks { sink.delivery.finish() }
        let unconsumed = await Self.consumed(sinks, until: consumersEnd)
        // What the consumers published goes out, also when one of them did not finish.
        // What was given back has to be written, however late it is.
        let least: Duration = unfinished == 0 ? .zero : .seconds(1)
        do throws(NATSError) {
            try await flush(until: max(end, .after(least)), stage: .drain)
        } catch {
            failure = failure ?? error
        }
        // What was left says more than that the time was over.
        guard unconsumed + unfinished == 0 else {
            throw NATSError(
                .timeout, stage: .drain,
                detail: "\(unconsumed) received messages were not consumed in time, "
                    + "\(unfinished) of JetStream's consumers not finished")
        }
        if let failure { throw failure }
    }

    /// Waits until all were consumed or the time is over; returns how many messages are left.
    private static func consumed(
        _ sinks: [SubscriptionSink], until end: ContinuousClock.Instant
    ) async -> Int {
        let left = Atomic(0)
        let watch = Deadlines.shared.add(at: end) {
            // Ends the waits below; nobody consumes what is left.
            left.add(sinks.reduce(0) { $0 + $1.delivery.backlog.count }, ordering: .relaxed)
            for sink in sinks { sink.delivery.cancel() }
        }
        for sink in sinks { await consumed(sink) }
        Deadlines.shared.remove(watch)
        return left.load(ordering: .relaxed)
    }

    /// Waits until nothing of a subscription is left to consume, or the task is cancelled.
    private static func consumed(_ sink: SubscriptionSink) async {
        let consumption = WaitList<Void, Void>()
        let id = consumption.newID()
        _ = await consumption.wait(for: id) { _ in
            sink.delivery.whenConsumed { consumption.resume(id, ()) }
        }
    }
}

extension SendLedger.Shortfall: CustomStringConvertible {
    package var description: String {
        let parts = [
            unknown > 0 ? "\(unknown) messages may or may not have arrived" : nil,
            lost > 0 ? "\(lost) messages were not sent: the server does not take their size" : nil,
        ]
        return "the connection was lost: " + parts.compactMap { $0 }.joined(separator: ", and ")
    }
}
