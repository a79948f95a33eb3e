internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// What the driver does, on the reactor's thread.
extension Outbox {
    /// Swaps what waits with an empty buffer.
    /// - Parameter isStreaming: Whether to nap when nothing waits.
    func take(into buffer: inout SendBuffer, isStreaming: Bool = false) -> Taking {
        let taking = state.withLock { state -> Taking in
            guard let messages = state.queue.take(into: &buffer) else {
                state.isNapping = isStreaming
                state.isScheduled = isStreaming
                return isStreaming ? .nap : .idle
            }
            state.isNapping = false
            return .taken(messages: messages)
        }
        if case .taken = taking, !room.isEmpty { room.resumeAll(()) }
        return taking
    }

    /// Begins to wake a link, which then looks for itself.
    /// - Parameter first: Appends what must go before everything that waits, and returns the last
    ///   subscription in it.
    func feed(
        _ link: LinkHandle, tap: WireTap?, maxPayload: Int, first: (inout ByteWriter) -> Int
    ) {
        let notices = state.withLock { state in
            state.link = link
            state.tap = tap
            state.isScheduled = true
            state.isNapping = false
            return state.queue.feed(maxPayload: maxPayload, first: first)
        }
        _ = tell(notices)
    }

    /// Appends the last words of a connection, hands everything to it, and keeps what comes later
    /// for the next one.
    func release(into buffer: inout SendBuffer, last: (inout ByteWriter) -> Void) {
        state.withLock { state in
            state.queue.release(into: &buffer, last: last)
            state.disconnect()
        }
        room.resumeAll(())
    }

    /// The connection is over, and nobody must write to it any more; `lost` comes later.
    func cutOff() { state.withLock { $0.disconnect() } }

    /// The connection is gone: keeps messages for the next one, and tells those who wait for
    /// others.
    func lost(unsent: borrowing SendBuffer) {
        let notices = state.withLock { state in
            let notices = noteAnswers(&state)
            state.disconnect()
            return notices + state.queue.lost(unsent: unsent)
        }
        _ = tell(notices)
        // Groups of messages may wait here now, up to a higher mark.
        room.resumeAll(())
    }

    /// A PONG has come that answers a PING from here. Returns what is not for those who wait.
    func pongReceived() -> [SendLedger.Notice] {
        var link: LinkHandle?
        let notices = state.withLock { state in
            let notices = state.queue.pongReceived()
            if state.queue.pending.count > 0 { link = state.schedule(isUrgent: true) }
            return notices
        }
        link?.wake()
        return tell(notices)
    }

    /// An answer to a message has come: the server has it, and all before it. Only noted here,
    /// without the lock, for which many tasks may be waiting; the ledger hears of it before it
    /// decides anything. Called on the reactor's thread alone.
    func answered(_ number: UInt64) {
        guard number > lastAnswered.load(ordering: .relaxed) else { return }
        lastAnswered.store(number, ordering: .releasing)
    }

    /// Lets the ledger hear of answers. Under the lock.
    func noteAnswers(_ state: inout OutboxState) -> [SendLedger.Notice] {
        let number = lastAnswered.load(ordering: .acquiring)
        return state.queue.ledger.answerReceived(to: number)
    }

    /// The server refuses a message.
    func messageRefused(_ operation: ServerError.Operation) {
        change { state in
            let notices = noteAnswers(&state)
            state.queue.messageRefused(operation)
            return notices
        }
    }

    /// The names' length of the longest control line that no PONG covers; 0: none is long.
    var longestUnconfirmedLine: Int { state.withLock { $0.queue.longestUnconfirmedLine } }

    /// A server closed the connection since the longest line is too long for it.
    func longestLineRefused() { state.withLock { $0.queue.longestLineRefused() } }

    /// Refuses everything from now on, and tells those who wait.
    func close() {
        let notices = state.withLock { state in
            let notices = noteAnswers(&state)
            state.disconnect()
            return notices + state.queue.close()
        }
        _ = tell(notices)
        flushes.resumeAll(.closed)
        room.resumeAll(())
    }
}
