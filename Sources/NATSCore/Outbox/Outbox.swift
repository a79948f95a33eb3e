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
/// room instead of an error waits for the buffer to be taken.
///
/// What stands in the buffer, and what is known of what stood there, is `OutboxQueue`'s; here is
/// the lock, and who is woken.
final class Outbox: Sendable {
    enum AppendResult: Equatable { case appended, full, closed }

    /// What is to become known of a message.
    enum Care {
        /// Nothing, unless a flush asks.
        case none
        /// Somebody may ask later.
        case receipt
        /// This waiter of `receipts` waits from the beginning.
        case confirmation(waiter: UInt64)
    }

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
    /// So many bytes wait at most of messages that come in groups, while a connection takes what is
    /// appended: several writes, and more would only be memory. Without one they wait for it, up
    /// to the high-water mark.
    static let groupLimit = 256 << 10

    /// Appending is refused while this many bytes wait. One frame may overrun it, so that
    /// `max_payload` can always be used.
    let capacity: Int
    /// Who waits to hear what became of a message, and who for a flush.
    let receipts = WaitList<PublishOutcome, Void>()
    let flushes = WaitList<FlushOutcome, Void>()
    let room = WaitList<Void, Void>()
    let state = Mutex(OutboxState())
    /// The last message that an answer has come to.
    let lastAnswered = Atomic(UInt64(0))

    /// How a flush ended.
    enum FlushOutcome: Sendable {
        case done
        case failed(SendLedger.Shortfall)
        case closed
    }

    init(capacity: Int) { self.capacity = capacity }

    /// Appends a message as a whole frame.
    /// - Parameters:
    ///   - atOnce: Whether to write on this thread if nothing else is being written, also when
    ///     the last message was written so a moment ago.
    ///   - limit: Bytes that may wait at most; the capacity if there is none.
    ///   - number: Set to the number of the message, if it was appended.
    @inline(__always)
    func append(
        _ payload: Bytes, _ subject: Subject, replyTo: Subject?, headers: Headers,
        atOnce: Bool = false, limit: Int? = nil
    ) -> AppendResult {
        var link: LinkHandle?
        let result = state.withLock { state -> AppendResult in
            if state.queue.isClosed { return .closed }
            if state.queue.pending.size >= limit ?? capacity { return .full }
            state.queue.append(publish: payload, subject, replyTo: replyTo, headers: headers)
            if atOnce || state.wantsAttention { link = state.attend(atOnce: atOnce) }
            return .appended
        }
        link?.wake()
        return result
    }

    /// Appends messages in their order while there is room, up to `napLimit` bytes under one lock
    /// and with one wake-up for those: a wake-up for each would come between them.
    /// - Parameter position: The first of them to be appended; set behind the last that was.
    func append(_ messages: [OutgoingMessage], from position: inout Int) -> AppendResult {
        var result = AppendResult.appended
        while position < messages.count, result == .appended {
            var link: LinkHandle?
            result = state.withLock { state -> AppendResult in
                if state.queue.isClosed { return .closed }
                let limit = groupLimit(state)
                let most = min(limit, state.queue.pending.size + Self.napLimit)
                guard state.queue.pending.size < limit else { return .full }
                while position < messages.count, state.queue.pending.size < most {
                    let message = messages[position]
                    state.queue.append(
                        publish: message.payload, message.subject, replyTo: message.replyTo,
                        headers: message.headers)
                    position += 1
                }
                if state.wantsAttention { link = state.attend(atOnce: false) }
                return .appended
            }
            link?.wake()
        }
        return result
    }

    /// Appends a message that an answer is expected to. Its number is noted before the answer can
    /// come.
    func append(
        question payload: Bytes, _ subject: Subject, replyTo: Subject, headers: Headers,
        atOnce: Bool, number: borrowing Atomic<UInt64>
    ) -> AppendResult {
        var link: LinkHandle?
        let result = state.withLock { state -> AppendResult in
            if state.queue.isClosed { return .closed }
            if state.queue.pending.size >= capacity { return .full }
            state.queue.append(publish: payload, subject, replyTo: replyTo, headers: headers)
            number.store(state.queue.ledger.appended, ordering: .relaxed)
            if atOnce || state.wantsAttention { link = state.attend(atOnce: atOnce) }
            return .appended
        }
        link?.wake()
        return result
    }

    /// Appends a message of which somebody wants to know what became of it.
    func append(
        _ payload: Bytes, _ subject: Subject, replyTo: Subject?, headers: Headers, care: Care,
        limit: Int? = nil, number: inout UInt64
    ) -> AppendResult {
        var link: LinkHandle?
        let result = state.withLock { state -> AppendResult in
            if state.queue.isClosed { return .closed }
            if state.queue.pending.size >= limit ?? capacity { return .full }
            var isUrgent = false
            if case .confirmation(let waiter) = care {
                state.queue.append(
                    confirmed: payload, subject, replyTo: replyTo, headers: headers)
                number = state.queue.ledger.appended
                _ = state.queue.awaitReceipt(by: waiter, of: number)
                isUrgent = true
            } else {
                state.queue.append(noted: payload, subject, replyTo: replyTo, headers: headers)
                number = state.queue.ledger.appended
            }
            if isUrgent || state.wantsAttention { link = state.attend(atOnce: isUrgent) }
            return .appended
        }
        link?.wake()
        return result
    }

    /// Appends a frame that only the present connection is concerned with, whatever waits. Without
    /// a connection it is dropped.
    func appendControl(_ write: (inout ByteWriter) -> Void) {
        change { state in
            _ = state.queue.appendControl(write)
            return []
        }
    }

    /// Appends SUB; the subscription is registered under the lock, so that its number and its
    /// place agree. Without a connection the next one subscribes.
    func subscribe(_ register: () -> Int, _ write: (Int, inout ByteWriter) -> Void) -> Int {
        var sid = 0
        change { state in
            sid = register()
            _ = state.queue.append(subscribe: sid) { write(sid, &$0) }
            return []
        }
        return sid
    }

    /// Appends a PING that proves that the server lives.
    func ping() {
        change { state in
            _ = state.queue.appendPing(.keepAlive)
            return []
        }
    }

    /// Does something that appends control frames, wakes the reactor and tells those who wait.
    func change(_ body: (inout OutboxState) -> [SendLedger.Notice]) {
        var link: LinkHandle?
        let notices = state.withLock { state -> [SendLedger.Notice] in
            guard !state.queue.isClosed else { return [] }
            let notices = body(&state)
            if state.queue.pending.size > 0 { link = state.schedule(isUrgent: true) }
            return notices
        }
        link?.wake()
        _ = tell(notices)
    }

    /// Resumes whom notices concern; returns what is not for those who wait.
    func tell(_ notices: [SendLedger.Notice]) -> [SendLedger.Notice] {
        var rest: [SendLedger.Notice] = []
        for notice in notices {
            switch notice {
            case .flushed(let id): flushes.resume(id, .done)
            case .flushFailed(let id, let shortfall): flushes.resume(id, .failed(shortfall))
            case .settled(let waiter, let outcome): receipts.resume(waiter, outcome)
            case .parted, .subscribed: rest.append(notice)
            }
        }
        return rest
    }
}

/// Questions of what became of messages.
extension Outbox {
    /// Asks the server whether it has seen everything so far, now or over the next connection;
    /// `flushes` is resumed.
    func flush(_ id: UInt64, isBarrier: Bool) {
        var link: LinkHandle?
        let known = state.withLock { state -> FlushOutcome? in
            guard !state.queue.isClosed else { return .closed }
            switch state.queue.flush(id, isBarrier: isBarrier) {
            case .ask: link = state.attend(atOnce: true)
            case .wait: break
            case .fail(let shortfall): return .failed(shortfall)
            }
            return nil
        }
        link?.wake()
        if let known { flushes.resume(id, known) }
    }

    /// Nobody waits for that flush any more.
    func abandonFlush(_ id: UInt64) { state.withLock { $0.queue.ledger.flushAbandoned(id) } }

    /// What is known of a message now.
    func outcome(of number: UInt64) -> PublishOutcome? {
        let (notices, outcome) = state.withLock { state in
            (noteAnswers(&state), state.queue.ledger.outcome(of: number))
        }
        _ = tell(notices)
        return outcome
    }

    /// Has a waiter of `receipts` resumed as soon as it is known what became of a message; asks
    /// the server if need be.
    func awaitReceipt(by waiter: UInt64, of number: UInt64) {
        var link: LinkHandle?
        let (notices, known) = state.withLock { state in
            let notices = noteAnswers(&state)
            let outcome = state.queue.awaitReceipt(by: waiter, of: number)
            if outcome == nil, state.queue.pending.size > 0 { link = state.attend(atOnce: true) }
            return (notices, outcome)
        }
        link?.wake()
        _ = tell(notices)
        if let known { receipts.resume(waiter, known) }
    }

    /// Nobody waits for that receipt any more.
    func abandonReceipt(_ waiter: UInt64) {
        state.withLock { $0.queue.ledger.receiptAbandoned(by: waiter) }
    }

    /// Most bytes that may wait when a group of messages is to be appended.
    private func groupLimit(_ state: borrowing OutboxState) -> Int {
        state.queue.isFed ? min(highWaterMark, Self.groupLimit) : highWaterMark
    }

    /// Suspends until less than the high-water mark waits, the client is closed, or the time is
    /// over or the task cancelled.
    /// - Parameter isGroup: Whether the room is for a group of messages.
    func waitForRoom(
        until deadline: ContinuousClock.Instant? = nil, isGroup: Bool = false,
        isolation: isolated (any Actor)? = #isolation
    ) async {
        let id = room.newID()
        _ = await room.wait(for: id, until: deadline) { _ in
            let hasRoom = state.withLock { state in
                state.queue.isClosed
                    || state.queue.pending.size < (isGroup ? groupLimit(state) : highWaterMark)
            }
            if hasRoom { room.resume(id, ()) }
        }
    }

    /// From this many waiting bytes on, those who can wait do, so that those who cannot have room.
    var highWaterMark: Int { max(1, capacity / 2) }

    /// Messages appended so far, and their bytes with all that frames them.
    var totals: (messages: UInt64, bytes: UInt64) {
        state.withLock { ($0.queue.ledger.appended, $0.queue.appendedBytes) }
    }

    /// Bytes that wait to be taken.
    var backlog: Int { state.withLock { $0.queue.pending.size } }
}
