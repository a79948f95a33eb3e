internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// What waits to be written: whole frames in one buffer, bounded.
///
/// ## Theory of operation
/// Any thread appends a frame under the lock (a copy into warm memory, no system call; a large
/// payload is not copied, see `SendBuffer`). The first append after an idle time wakes the
/// reactor, which swaps the buffer for an empty one and writes it; while it is busy, appends only
/// append. So a stream of small publishes costs one wake-up and one write for as much as was
/// appended meanwhile, and a lone publish leaves at once.
///
/// While messages come faster than they are written one by one (a turn of the reactor has taken
/// `streamCount` of them), the reactor naps before it declares itself idle: for at most a
/// millisecond nobody need wake it, unless `napLimit` bytes wait or somebody waits for an answer.
/// A wake-up costs as much as a hundred appends, and would otherwise come after each few of them.
///
/// A lone message, such as an answer or a request, is written at once, on the caller's own thread,
/// which saves the switch to the reactor's: allowed only while the reactor is idle, that is while
/// nothing waits and it has not been told anything, and under the lock, so that frames keep
/// their order. What the kernel does not take then is the reactor's to write. A message is taken
/// for a lone one when the last such moment is `loneGap` ago: a stream pays the system call once.
///
/// While there is no connection the frames wait, up to the capacity. Whoever wants to wait for
/// room instead of an error registers a waiter; all are resumed when the buffer has been taken.
///
/// Messages are numbered as they are appended, for `ReceiptLedger`.
final class Outbox: Sendable {
    private struct State: ~Copyable {
        var pending = SendBuffer(capacity: 64 << 10)
        var link: LinkHandle?
        /// Who is shown what is written here, if anybody is.
        var tap: WireTap?
        /// The reactor has been told, or is writing and will look again.
        var isScheduled = false
        /// It has been told, has found nothing, and will look again soon by itself.
        var isNapping = false
        var isClosed = false
        var roomWaiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        /// Messages appended so far, and their bytes on the wire.
        var appended: UInt64 = 0
        var appendedBytes: UInt64 = 0
        /// Messages up to this one were handed to the reactor, or written here.
        var taken: UInt64 = 0
        /// When a message found the reactor idle last, on `MonotonicClock`.
        var lastIdle = Duration.zero

        /// Whether the last message asks for more than to be appended; in a stream it does not.
        var wantsAttention: Bool {
            !isScheduled || isNapping && pending.count >= Outbox.napLimit
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

        /// Takes out everybody who waits for room.
        mutating func room() -> [CheckedContinuation<Void, Never>] {
            guard !roomWaiters.isEmpty else { return [] }
            defer { roomWaiters = [:] }
            return Array(roomWaiters.values)
        }

        /// Marks that the reactor must look; returns the link to wake if it does not know yet.
        /// - Parameter isUrgent: Whether a nap is too long a wait.
        mutating func schedule(isUrgent: Bool = false) -> LinkHandle? {
            if isScheduled {
                guard isNapping, isUrgent || pending.count >= Outbox.napLimit else { return nil }
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
                tap?.sending(&pending) { link.write(&$0) } ?? link.write(&pending)
            guard case .moved = transfer, pending.isDone else { return false }
            pending.removeAll()
            taken = appended
            return true
        }
    }

    enum AppendResult: Equatable { case appended, full, closed, detached }

    /// What taking came to.
    enum Taking: Equatable {
        /// So many messages, and perhaps control frames, are in the buffer.
        case taken(messages: Int)
        /// Nothing waits; the reactor is woken by whoever appends next.
        case idle
        /// Nothing waits; the reactor looks again soon without being told.
        case nap
    }

    /// From this many messages in one turn on, more are expected at once.
    static let streamCount = 100
    /// Messages that are so far apart cost less when their own threads write them: as long as the
    /// reactor takes to be woken and to write.
    static let loneGap = Duration.microseconds(50)
    /// So many waiting bytes end a nap: as much as one write takes well.
    static let napLimit = 64 << 10

    /// Appending is refused while this many bytes wait. One frame may overrun it, so that
    /// `max_payload` can always be used.
    let capacity: Int
    private let state = Mutex(State())
    private let nextWaiter = Atomic(UInt64(0))

    init(capacity: Int) { self.capacity = capacity }

    /// Appends what `write` writes: one message as a whole frame.
    /// - Parameters:
    ///   - atOnce: Whether to write on this thread if nothing else is being written, also when
    ///     the last message was written so a moment ago.
    ///   - limit: Bytes that may wait at most; the capacity if there is none.
    ///   - number: Set to the number of the message, if it was appended.
    func append(
        atOnce: Bool = false, limit: Int? = nil, number: inout UInt64,
        _ write: (inout SendBuffer) -> Void
    ) -> AppendResult {
        var link: LinkHandle?
        let result = state.withLock { state -> AppendResult in
            if state.isClosed { return .closed }
            let before = state.pending.count
            if before >= limit ?? capacity { return .full }
            write(&state.pending)
            state.appended += 1
            state.appendedBytes += UInt64(state.pending.count - before)
            number = state.appended
            if atOnce || state.wantsAttention { link = state.attend(atOnce: atOnce) }
            return .appended
        }
        link?.wake()
        return result
    }

    /// Appends a PING of the present connection. Returns the number of the last message before
    /// it; nil when there is no connection.
    func appendPing() -> UInt64? {
        var link: LinkHandle?
        let number = state.withLock { state -> UInt64? in
            guard !state.isClosed, state.link != nil else { return nil }
            FrameWriter.ping(into: &state.pending.text)
            link = state.schedule(isUrgent: true)
            return state.appended
        }
        link?.wake()
        return number
    }

    /// Appends a frame that only the present connection is concerned with, whatever waits.
    func appendControl(_ write: (inout ByteWriter) -> Void) -> AppendResult {
        var link: LinkHandle?
        let result = state.withLock { state -> AppendResult in
            if state.isClosed { return .closed }
            guard state.link != nil else { return .detached }
            write(&state.pending.text)
            link = state.schedule(isUrgent: true)
            return .appended
        }
        link?.wake()
        return result
    }

    /// Swaps what waits with an empty buffer.
    /// - Parameter isStreaming: Whether to nap when nothing waits.
    func take(into buffer: inout SendBuffer, isStreaming: Bool = false) -> Taking {
        let (taking, waiters) = state.withLock {
            state -> (Taking, [CheckedContinuation<Void, Never>]) in
            guard state.pending.count > 0 else {
                state.isNapping = isStreaming
                state.isScheduled = isStreaming
                return (isStreaming ? .nap : .idle, [])
            }
            state.isNapping = false
            swap(&state.pending, &buffer)
            state.pending.removeAll()
            let messages = state.appended - state.taken
            state.taken = state.appended
            return (.taken(messages: Int(clamping: messages)), state.room())
        }
        for waiter in waiters { waiter.resume() }
        return taking
    }

    /// Begins to wake a link; called on the reactor's thread when the handshake is done, which
    /// then looks for itself.
    /// - Parameter first: Appends what must go before everything that waits.
    func attach(
        _ link: LinkHandle, tap: WireTap?, first: (inout ByteWriter) -> Void
    ) {
        state.withLock { state in
            var fresh = SendBuffer(capacity: state.pending.text.count + 4096)
            first(&fresh.text)
            fresh.append(state.pending)
            swap(&state.pending, &fresh)
            state.link = link
            state.tap = tap
            state.isScheduled = true
            state.isNapping = false
        }
    }

    /// Appends the last words of a connection, hands everything to it, and keeps what comes later
    /// for the next one. Returns the number of the last message before the last words.
    func release(into buffer: inout SendBuffer, last: (inout ByteWriter) -> Void) -> UInt64 {
        let (waiters, number) = state.withLock { state in
            last(&state.pending.text)
            if buffer.isDone {
                swap(&state.pending, &buffer)
            } else {
                // The reactor is writing, so nothing of what waits was written by others.
                buffer.append(state.pending)
            }
            state.pending.removeAll()
            state.link = nil
            state.isScheduled = false
            state.isNapping = false
            state.taken = state.appended
            return (state.room(), state.appended)
        }
        for waiter in waiters { waiter.resume() }
        return number
    }

    /// Keeps messages for the next connection: those that were taken and not sent, then those
    /// that wait. Returns the number of the first one that will be sent again, or of the next
    /// message when there is none.
    func detach(unsent: consuming SendBuffer) -> UInt64 {
        state.withLock { state in
            var fresh = SendBuffer(capacity: max(state.pending.text.count, 64 << 10))
            var kept = RetainedFrames.keep(unsent, into: &fresh)
            kept += RetainedFrames.keep(state.pending, into: &fresh)
            swap(&state.pending, &fresh)
            state.link = nil
            state.isScheduled = false
            state.isNapping = false
            state.taken = state.appended - UInt64(kept)
            return state.taken + 1
        }
    }

    /// Refuses everything from now on and lets go of who waits. Returns the number of the first
    /// message that never left, and of the last one there was.
    func close() -> (unsentFrom: UInt64, last: UInt64) {
        let (waiters, numbers) = state.withLock { state in
            state.isClosed = true
            state.link = nil
            // A message of which a part was written here may have left whole.
            let taken = state.pending.sent > 0 ? state.appended : state.taken
            return (state.room(), (taken + 1, state.appended))
        }
        for waiter in waiters { waiter.resume() }
        return numbers
    }

    /// Messages appended so far, and their bytes with all that frames them.
    var totals: (messages: UInt64, bytes: UInt64) {
        state.withLock { ($0.appended, $0.appendedBytes) }
    }

    /// Bytes that wait to be taken.
    var backlog: Int { state.withLock { $0.pending.count } }

    /// From this many waiting bytes on, those who can wait do, so that those who cannot have room.
    var highWaterMark: Int { max(1, capacity / 2) }

    /// Suspends until less than the high-water mark waits, the client is closed or the task is
    /// cancelled.
    func waitForRoom(isolation: isolated (any Actor)? = #isolation) async {
        let id = nextWaiter.add(1, ordering: .relaxed).newValue
        await withTaskCancellationHandler {
            _ = isolation
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state -> Bool in
                    let hasRoom = state.isClosed || state.pending.count < highWaterMark
                    if hasRoom || Task.isCancelled { return true }
                    state.roomWaiters[id] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            // Whoever is cancelled before it waits finds that out under the lock.
            let waiter = state.withLock { $0.roomWaiters.removeValue(forKey: id) }
            waiter?.resume()
        }
    }
}
