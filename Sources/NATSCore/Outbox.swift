internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// What waits to be written: whole frames in one buffer, bounded.
///
/// ## Theory of operation
/// Any thread appends a frame under the lock (a copy into warm memory, no system call). The first
/// append after an idle time wakes the reactor, which swaps the buffer for an empty one and
/// writes it; while it is busy, appends only append. So a stream of small publishes costs one
/// wake-up and one write for as much as was appended meanwhile, and a lone publish leaves at
/// once.
///
/// While there is no connection the frames wait, up to the capacity. Whoever wants to wait for
/// room instead of an error registers a waiter; all are resumed when the buffer has been taken.
final class Outbox: Sendable {
    private struct State: ~Copyable {
        var pending = ByteWriter(capacity: 64 << 10)
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
    }

    enum AppendResult: Equatable { case appended, full, closed, detached }

    /// Appending is refused while this many bytes wait. One frame may overrun it, so that
    /// `max_payload` can always be used.
    let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    /// Appends what `write` writes: one or several whole frames.
    func append(_ write: (inout ByteWriter) -> Void) -> AppendResult {
        var link: LinkHandle?
        let result = state.withLock { state -> AppendResult in
            if state.isClosed { return .closed }
            if state.pending.count >= capacity { return .full }
            write(&state.pending)
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
            write(&state.pending)
            link = state.schedule()
            return .appended
        }
        link?.wake()
        return result
    }

    /// Swaps what waits with an empty buffer. Returns false, and expects to be woken again, when
    /// nothing waits.
    func take(into buffer: inout ByteWriter) -> Bool {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            if state.pending.isEmpty {
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
            var fresh = ByteWriter(capacity: state.pending.count + 4096)
            first(&fresh)
            fresh.append(state.pending.span)
            swap(&state.pending, &fresh)
            state.link = link
            state.isScheduled = true
        }
    }

    /// Keeps messages for the next connection.
    /// - Parameter retain: Appends to its first argument the messages that were taken and not
    ///   sent, then those of the second argument.
    func detach(retaining retain: (inout ByteWriter, Span<UInt8>) -> Void) {
        state.withLock { state in
            var fresh = ByteWriter(capacity: max(state.pending.count, 64 << 10))
            retain(&fresh, state.pending.span)
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
