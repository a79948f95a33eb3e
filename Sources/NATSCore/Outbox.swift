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
/// Whoever waits for an answer anyway (a lone request) may write at once, on its own thread,
/// which saves the switch to the reactor's: allowed only while the reactor is idle, that is while
/// nothing waits and it has not been told anything, and under the lock, so that frames keep
/// their order. What the kernel does not take then is the reactor's to write.
///
/// While there is no connection the frames wait, up to the capacity. Whoever wants to wait for
/// room instead of an error registers a waiter; all are resumed when the buffer has been taken.
final class Outbox: Sendable {
    private struct State: ~Copyable {
        var pending = SendBuffer(capacity: 64 << 10)
        var link: LinkHandle?
        /// The reactor has been told, or is writing and will look again.
        var isScheduled = false
        var isClosed = false
        var roomWaiters: [CheckedContinuation<Void, Never>] = []

        /// Marks that the reactor must look; returns the link to wake if it does not know yet.
        mutating func schedule() -> LinkHandle? {
            guard !isScheduled, let link else { return nil }
            isScheduled = true
            return link
        }

        /// Writes what waits, if the reactor is idle. Returns whether nothing is left; if
        /// something is, or the connection is broken, the reactor will see to it.
        mutating func writeNow() -> Bool {
            guard !isScheduled, let link else { return false }
            guard case .moved = link.write(&pending), pending.isDone else { return false }
            pending.removeAll()
            return true
        }
    }

    enum AppendResult: Equatable { case appended, full, closed, detached }

    /// Appending is refused while this many bytes wait. One frame may overrun it, so that
    /// `max_payload` can always be used.
    let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    /// Appends what `write` writes: one or several whole frames.
    /// - Parameter atOnce: Whether to write on this thread if nothing else is being written.
    func append(atOnce: Bool = false, _ write: (inout SendBuffer) -> Void) -> AppendResult {
        var link: LinkHandle?
        let result = state.withLock { state -> AppendResult in
            if state.isClosed { return .closed }
            if state.pending.count >= capacity { return .full }
            write(&state.pending)
            if atOnce, state.writeNow() { return .appended }
            link = state.schedule()
            return .appended
        }
        link?.wake()
        return result
    }

    /// Appends a frame that only the present connection is concerned with, whatever waits.
    func appendControl(_ write: (inout ByteWriter) -> Void) -> AppendResult {
        var link: LinkHandle?
        let result = state.withLock { state -> AppendResult in
            if state.isClosed { return .closed }
            guard state.link != nil else { return .detached }
            write(&state.pending.text)
            link = state.schedule()
            return .appended
        }
        link?.wake()
        return result
    }

    /// Swaps what waits with an empty buffer. Returns false, and expects to be woken again, when
    /// nothing waits.
    func take(into buffer: inout SendBuffer) -> Bool {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            if state.pending.count == 0 {
                state.isScheduled = false
                return nil
            }
            swap(&state.pending, &buffer)
            state.pending.removeAll()
            defer { state.roomWaiters = [] }
            return state.roomWaiters
        }
        guard let waiters else { return false }
        for waiter in waiters { waiter.resume() }
        return true
    }

    /// Begins to wake a link; called on the reactor's thread when the handshake is done, which
    /// then looks for itself.
    /// - Parameter first: Appends what must go before everything that waits.
    func attach(_ link: LinkHandle, first: (inout ByteWriter) -> Void) {
        state.withLock { state in
            var fresh = SendBuffer(capacity: state.pending.text.count + 4096)
            first(&fresh.text)
            fresh.append(state.pending)
            swap(&state.pending, &fresh)
            state.link = link
            state.isScheduled = true
        }
    }

    /// Keeps messages for the next connection: those that were taken and not sent, then those
    /// that wait.
    func detach(unsent: consuming SendBuffer) {
        state.withLock { state in
            var fresh = SendBuffer(capacity: max(state.pending.text.count, 64 << 10))
            RetainedFrames.keep(unsent, into: &fresh)
            RetainedFrames.keep(state.pending, into: &fresh)
            swap(&state.pending, &fresh)
            state.link = nil
            state.isScheduled = false
        }
    }

    /// Refuses everything from now on and lets go of who waits.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            state.link = nil
            defer { state.roomWaiters = [] }
            return state.roomWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Bytes that wait to be taken.
    var backlog: Int { state.withLock { $0.pending.count } }

    /// Suspends while the buffer is full. Returns at once when it is not, or is closed. Ends by
    /// itself when the buffer is taken or the client is closed; cancellation does not end it.
    func waitForRoom() async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state -> Bool in
                if state.isClosed || state.pending.count < capacity { return true }
                state.roomWaiters.append(continuation)
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}
