internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// A connection that takes over, from nobody or from one that is left: see `ClientCore+Moving`.
extension ClientDriver {
    /// The flush that proves that the subscriptions of a new connection are made. Numbers that no
    /// waiting flush ever has, as those count from 1.
    static let joinID = ConnectionMachine.FlushID(.max)
    /// The last flush of a connection that is left.
    private static let leaveID = ConnectionMachine.FlushID(.max - 1)
    /// How long the news of a subscription may take from one server of a cluster to the others.
    static let settlingTime: Duration = .milliseconds(200)

    /// The server will stop: has the supervisor look for another one.
    func beginLeaving(_ link: Link) {
        core.tell(.lameDuck)
        guard isAttached else { return }
        core.beginLeaving(link.handle)
        report(.leaving)
    }

    /// Subscribes to everything beside the connection in use.
    func join(_ link: Link) {
        for item in core.subscriptions.withLock({ $0.resubscriptions }) {
            earlySIDs.insert(item.sid)
            item.write(into: &writing.text)
        }
        guard machine.flushRequested(Self.joinID) == .sendPing else { return }
        FrameWriter.ping(into: &writing.text)
        pingMarks.append(0)
        drainHandshake(link)
    }

    /// Ends the subscriptions, writes what was published so far, and asks for the last PONG.
    func leave(_ link: Link) {
        guard isAttached, !isLeaving, machine.flushRequested(Self.leaveID) == .sendPing else {
            return
        }
        isLeaving = true
        core.suspendLink()
        let sids = core.subscriptions.withLock { $0.sids }
        let mark = core.outbox.release(into: &writing) { text in
            for sid in sids { FrameWriter.unsubscribe(sid: sid, into: &text) }
            FrameWriter.ping(into: &text)
        }
        pingMarks.append(mark)
        drain(link)
    }

    /// The last PONG has come: everything is here and there, so that nothing is lost by closing.
    func left(_ link: Link) {
        isLeaving = false
        isAttached = false
        if core.completeMove() {
            core.tell(.moved(from: server.name))
        } else {
            core.disconnected(NATSError(.requested, server: server))
        }
        close(link, machine.closeRequested())
    }

    /// From now on the outbox feeds this connection.
    func takeOver(_ link: Link) {
        guard !isAttached, machine.isConnected else { return }
        isAttached = true
        settlesAt = nil
        core.outbox.attach(link.handle, tap: tap) { [core, earlySIDs] writer in
            let items = core.subscriptions.withLock { $0.resubscriptions }
            for item in items {
                if earlySIDs.contains(item.sid) {
                    // Messages may have come over the other connection meanwhile.
                    if let remaining = item.remaining {
                        FrameWriter.unsubscribe(sid: item.sid, max: remaining, into: &writer)
                    }
                } else {
                    item.write(into: &writer)
                }
            }
            for sid in earlySIDs.subtracting(items.map(\.sid)) {
                FrameWriter.unsubscribe(sid: sid, into: &writer)
            }
        }
        guard let parked = core.connected(link.handle, info, server: server) else {
            return closeOnRequest(link)
        }
        flush(parked, link)
        if core.receipts.awaited != nil { fence(link) }
        drain(link)
        if info.isLameDuck { beginLeaving(link) }
        // Whoever suspended the client in the meantime found no connection to close.
        if core.isSuspended { closeOnRequest(link) }
    }
}

extension SubscriptionTable.Resubscription {
    /// Appends SUB, and UNSUB with the rest of its count if it has one.
    func write(into writer: inout ByteWriter) {
        FrameWriter.subscribe(sid: sid, pattern, queueGroup: queueGroup, into: &writer)
        if let remaining { FrameWriter.unsubscribe(sid: sid, max: remaining, into: &writer) }
    }
}
