internal import BridgeSockets
internal import NATSWire

/// What the lock of an outbox guards: the queue, and whom to wake for it.
struct OutboxState: ~Copyable, Sendable {
    var queue = OutboxQueue()
    var link: LinkHandle?
    /// Who is shown what is written here, if anybody is.
    var tap: WireTap?
    /// The reactor has been told, or is writing and will look again.
    var isScheduled = false
    /// It has been told, has found nothing, and will look again soon by itself.
    var isNapping = false
    /// When a message found the reactor idle last, on `MonotonicClock`.
    var lastIdle = Duration.zero

    /// Whether the last message asks for more than to be appended; in a stream it does not.
    var wantsAttention: Bool {
        !isScheduled || isNapping && queue.pending.size >= Outbox.napLimit
    }

    /// Writes what waits, or says whom to wake for it, if anybody. Apart from `append`, so
    /// that a stream does not pay for holding what only this needs.
    @inline(never) mutating func attend(atOnce: Bool) -> LinkHandle? {
        if atOnce || !isScheduled && isLone(), writeNow() { return nil }
        return schedule(isUrgent: atOnce)
    }

    /// Whether a message that found the reactor idle is likely to stay alone for a while.
    private mutating func isLone() -> Bool {
        let now = MonotonicClock.now
        defer { lastIdle = now }
        return now - lastIdle >= Outbox.loneGap
    }

    /// Marks that the reactor must look; returns the link to wake if it does not know yet.
    /// - Parameter isUrgent: Whether a nap is too long a wait.
    mutating func schedule(isUrgent: Bool = false) -> LinkHandle? {
        if isScheduled {
            guard isNapping, isUrgent || queue.pending.size >= Outbox.napLimit else {
                return nil
            }
            isNapping = false
        }
        guard let link else { return nil }
        isScheduled = true
        return link
    }

    /// Writes what waits, if the reactor is idle. Returns whether nothing is left; if
    /// something is, or the connection is broken, the reactor will see to it.
    mutating func writeNow() -> Bool {
        guard !isScheduled || isNapping, let link else { return false }
        let transfer =
            tap?.sending(&queue.pending) { link.write(&$0) } ?? link.write(&queue.pending)
        guard case .moved = transfer, queue.pending.isDone else { return false }
        queue.pendingWritten()
        return true
    }

    /// No connection is fed; nobody is woken.
    mutating func disconnect() {
        link = nil
        tap = nil
        isScheduled = false
        isNapping = false
    }
}
