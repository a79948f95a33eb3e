package import BridgeBytes
package import BridgeSockets
package import NATSWire

/// What waits to be written, and what is known of what was: the outbox without its lock.
///
/// ## Theory of operation
/// Whole frames stand in one buffer in the order in which they leave. The reactor swaps the buffer
/// for an empty one and writes it, so that messages are in three places: written and not yet
/// settled, in the reactor's buffer, and here. When a connection is lost, those that the kernel has
/// not taken whole come back (`lost`) and wait for the next one; SUB, UNSUB and PING are dropped,
/// since the next handshake subscribes anew. `ledger` counts along.
///
/// While no connection is fed, messages wait and control frames are refused.
package struct OutboxQueue: ~Copyable, Sendable {
    package var pending = SendBuffer(capacity: 64 << 10)
    package var ledger = SendLedger()
    /// The last subscription that a SUB was appended for.
    private var lastSID = 0
    /// Messages up to this one were handed to the reactor, or written by the caller.
    private(set) var taken: UInt64 = 0
    /// Bytes of all messages on the wire.
    private(set) var appendedBytes: UInt64 = 0
    private(set) var isClosed = false
    /// The longest control line since the last PONG, if it is long.
    private var longestLine = (length: 0, number: UInt64(0))
    /// A control line of this length was refused by a server.
    private var refusedLine = Int.max

    /// What a control line holds at least besides its names: `PUB`, blanks, a digit, CR LF.
    private static let leastFrame = 8
    /// Control lines up to this length are taken by whatever server.
    package static let unsuspiciousLine = 256

    package init() {}

    /// Whether a connection takes what is appended.
    package var isFed: Bool { ledger.isFed }

    // MARK: Appending

    /// Appends a message.
    @inline(__always) package mutating func append(
        publish payload: Bytes, _ subject: Subject, replyTo: Subject?, headers: Headers
    ) {
        if ledger.hasNotedBehindPing, isFed { _ = appendPing(.receipts) }
        add(payload, subject, replyTo, headers)
    }

    @inline(__always) private mutating func add(
        _ payload: Bytes, _ subject: Subject, _ replyTo: Subject?, _ headers: Headers
    ) {
        let before = pending.size
        pending.append(publish: payload, subject, replyTo: replyTo, headers: headers)
        let number = ledger.messageAppended()
        appendedBytes += UInt64(pending.size - before)
        let names = subject.bytes.count + (replyTo?.bytes.count ?? 0)
        if names > Self.unsuspiciousLine { noteLine(names, number) }
    }

    /// Apart from `append`, so that a stream does not pay for it.
    @inline(never) private mutating func noteLine(_ names: Int, _ number: UInt64) {
        guard names > longestLine.length else { return }
        longestLine = (names, number)
    }

    /// Appends a message of which somebody may ask what became of it.
    package mutating func append(
        noted payload: Bytes, _ subject: Subject, replyTo: Subject?, headers: Headers
    ) {
        if isFed, ledger.hasOtherBehindPing { _ = appendPing(.keepAlive) }
        add(payload, subject, replyTo, headers)
        ledger.noteAppended(subject, replyTo: replyTo)
        if ledger.wantsMark { _ = appendPing(.receipts) }
    }

    /// Appends a message between two PINGs, so that whatever the server says between their PONGs
    /// is about this one.
    package mutating func append(
        confirmed payload: Bytes, _ subject: Subject, replyTo: Subject?, headers: Headers
    ) {
        if isFed, ledger.hasMessageBehindPing { _ = appendPing(.keepAlive) }
        add(payload, subject, replyTo, headers)
        ledger.noteAppended(subject, replyTo: replyTo)
        if isFed { _ = appendPing(.receipts) }
    }

    /// Appends a PING. Returns false when no connection is fed or too many wait for an answer.
    package mutating func appendPing(_ purpose: SendLedger.Purpose) -> Bool {
        guard isFed, ledger.pingAppended(purpose, sid: lastSID) else { return false }
        FrameWriter.ping(into: &pending.text)
        return true
    }

    /// Appends a frame that only the present connection is concerned with. Returns false when
    /// there is none.
    package mutating func appendControl(_ write: (inout ByteWriter) -> Void) -> Bool {
        guard isFed else { return false }
        write(&pending.text)
        return true
    }

    /// Appends SUB. Returns false when no connection is fed: the next one subscribes.
    package mutating func append(
        subscribe sid: Int, _ write: (inout ByteWriter) -> Void
    ) -> Bool {
        guard isFed else { return false }
        lastSID = max(lastSID, sid)
        write(&pending.text)
        return true
    }

    // MARK: Questions

    package mutating func flush(_ id: UInt64, isBarrier: Bool) -> SendLedger.FlushAction {
        let action = ledger.flushRequested(id, isBarrier: isBarrier)
        if action == .ask { _ = appendPing(.flush(id)) }
        return action
    }

    package mutating func awaitReceipt(
        by waiter: UInt64, of number: UInt64
    ) -> PublishOutcome? {
        let outcome = ledger.receiptAwaited(by: waiter, number)
        if ledger.needsPing { _ = appendPing(.receipts) }
        return outcome
    }

    package mutating func pongReceived() -> [SendLedger.Notice] {
        let notices = ledger.pongReceived()
        if ledger.settled >= longestLine.number { longestLine.length = 0 }
        for id in ledger.unaskedFlushes() { _ = appendPing(.flush(id)) }
        return notices
    }

    /// The server refuses a message. A PING sees to it that soon it is known which.
    package mutating func messageRefused(_ operation: ServerError.Operation) {
        ledger.messageRefused(operation)
        if ledger.hasMessageBehindPing { _ = appendPing(.receipts) }
    }

    /// The names' length of the longest control line that no PONG covers; 0: none is long.
    package var longestUnconfirmedLine: Int { longestLine.length }

    /// A server closed since the longest line is too long for it: such messages are lost.
    package mutating func longestLineRefused() {
        refusedLine = min(refusedLine, longestLine.length + Self.leastFrame)
    }

    // MARK: Connections

    /// Swaps what waits with an empty buffer. Returns the number of messages; nil: nothing waits.
    package mutating func take(into buffer: inout SendBuffer) -> Int? {
        guard pending.size > 0 else { return nil }
        swap(&pending, &buffer)
        pending.removeAll()
        defer { taken = ledger.appended }
        return Int(clamping: ledger.appended - taken)
    }

    /// Everything that waited was written where it lies.
    package mutating func pendingWritten() {
        pending.removeAll()
        taken = ledger.appended
    }

    /// A connection is fed from now on.
    /// - Parameters:
    ///   - maxPayload: Larger messages are taken out: its server would cut the connection.
    ///   - first: Appends what must go before everything that waits, and returns the last
    ///     subscription in it.
    package mutating func feed(
        maxPayload: Int, first: (inout ByteWriter) -> Int
    ) -> [SendLedger.Notice] {
        var fresh = SendBuffer(capacity: pending.text.count + 4096)
        lastSID = first(&fresh.text)
        let refusedLine = refusedLine
        let (count, unwanted) = RetainedFrames.filter(pending, into: &fresh) {
            $0.payload <= maxPayload && $0.line < refusedLine
        }
        swap(&pending, &fresh)
        var notices: [SendLedger.Notice] = []
        if !unwanted.isEmpty {
            let numbers = ledger.lastNumbers(count)
            notices = ledger.messagesRemoved(unwanted.map { numbers[$0] })
        }
        ledger.connectionFed()
        for id in ledger.unaskedFlushes() { _ = appendPing(.flush(id)) }
        if ledger.needsPing || lastSID > 0 { _ = appendPing(.receipts) }
        return notices
    }

    /// The connection is given up: appends its last words and a PING, and hands everything over.
    package mutating func release(
        into buffer: inout SendBuffer, last: (inout ByteWriter) -> Void
    ) {
        last(&pending.text)
        _ = appendPing(.parting)
        if buffer.isDone {
            swap(&pending, &buffer)
        } else {
            // The reactor is writing, so nothing of what waits was written by others.
            buffer.append(pending)
        }
        pending.removeAll()
        taken = ledger.appended
        ledger.connectionReleased()
    }

    /// The connection is gone. Keeps for the next one what was taken and not sent whole, and what
    /// waits.
    package mutating func lost(unsent: borrowing SendBuffer) -> [SendLedger.Notice] {
        var fresh = SendBuffer(capacity: max(pending.text.count, 64 << 10))
        var kept = RetainedFrames.keep(unsent, into: &fresh)
        kept += RetainedFrames.keep(pending, into: &fresh)
        swap(&pending, &fresh)
        let notices = ledger.connectionLost(kept: kept)
        taken = kept == 0 ? ledger.appended : (ledger.lastNumbers(kept).first ?? 1) - 1
        longestLine = (0, 0)
        return notices
    }

    /// Refuses everything from now on.
    package mutating func close() -> [SendLedger.Notice] {
        guard !isClosed else { return [] }
        isClosed = true
        // A message of which a part was written here may have left whole.
        let left = pending.sent > 0 ? ledger.appended : taken
        return ledger.closed(unsentFrom: left + 1)
    }
}
