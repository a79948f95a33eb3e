import NATSCore
import NATSWire
import TestKit
import Testing

@Suite struct SendLedgerTests {
    /// A ledger with a connection, and so many messages.
    private static func ledger(_ messages: Int = 0, fed: Bool = true) -> SendLedger {
        var ledger = SendLedger()
        if fed { ledger.connectionFed() }
        for _ in 0..<messages { _ = ledger.messageAppended() }
        return ledger
    }

    private static func outcomes(_ ledger: SendLedger, _ range: ClosedRange<UInt64>)
        -> [PublishOutcome?]
    { range.map { ledger.outcome(of: $0) } }

    @Test func `a PONG settles what was published before its PING`() {
        var ledger = Self.ledger(3)
        #expect(ledger.pingAppended(.receipts, sid: 0) == true)
        #expect(ledger.messageAppended() == 4)
        #expect(ledger.pongReceived() == [])
        #expect(Self.outcomes(ledger, 1...4) == [.sent, .sent, .sent, nil])
        #expect(ledger.pongReceived() == [], "nobody asked")
        #expect(ledger.settled == 3)
    }

    @Test func `a lost connection leaves unknown what will not be sent again`() {
        var ledger = Self.ledger(1)
        _ = ledger.pingAppended(.keepAlive, sid: 0)
        _ = ledger.pongReceived()
        _ = ledger.messageAppended()
        _ = ledger.messageAppended()
        #expect(ledger.connectionLost(kept: 1) == [])
        #expect(Self.outcomes(ledger, 1...3) == [.sent, .unknown, nil])
        ledger.connectionFed()
        _ = ledger.pingAppended(.receipts, sid: 0)
        _ = ledger.pongReceived()
        #expect(Self.outcomes(ledger, 1...3) == [.sent, .unknown, .sent])
    }

    @Test func `closing settles everything`() {
        var ledger = Self.ledger(1)
        _ = ledger.pingAppended(.keepAlive, sid: 0)
        _ = ledger.pongReceived()
        for _ in 0..<3 { _ = ledger.messageAppended() }
        #expect(ledger.receiptAwaited(by: 7, 4) == nil)
        #expect(ledger.closed(unsentFrom: 3) == [.settled(waiter: 7, .lost)])
        #expect(Self.outcomes(ledger, 1...5) == [.sent, .unknown, .lost, .lost, nil])
    }

    @Test func `a flush is done when its PONG comes`() {
        var ledger = Self.ledger(2)
        #expect(ledger.flushRequested(1) == .ask)
        _ = ledger.pingAppended(.flush(1), sid: 0)
        #expect(ledger.pongReceived() == [.flushed(1)])
    }

    @Test func `a flush of messages that nobody knows of fails once, with their number`() {
        var ledger = Self.ledger(3)
        #expect(ledger.connectionLost(kept: 1) == [])
        #expect(ledger.flushRequested(1) == .fail(.init(unknown: 2)))
        #expect(ledger.flushRequested(2) == .wait)
        ledger.connectionFed()
        #expect(ledger.unaskedFlushes() == [2])
        _ = ledger.pingAppended(.flush(2), sid: 0)
        #expect(ledger.pongReceived() == [.flushed(2)])
    }

    @Test func `flushes that wait at a loss are all told of it, or asked for anew`() {
        var ledger = Self.ledger()
        #expect(ledger.flushRequested(1) == .ask)
        _ = ledger.pingAppended(.flush(1), sid: 0)
        _ = ledger.messageAppended()
        for id: UInt64 in 2...3 {
            #expect(ledger.flushRequested(id) == .ask)
            _ = ledger.pingAppended(.flush(id), sid: 0)
        }
        #expect(
            ledger.connectionLost(kept: 0) == [
                .flushFailed(2, .init(unknown: 1)), .flushFailed(3, .init(unknown: 1)),
            ])
        ledger.connectionFed()
        #expect(ledger.unaskedFlushes() == [1], "it covers nothing that was lost")
    }

    @Test func `a barrier answers for no message`() {
        var ledger = Self.ledger(1)
        #expect(ledger.flushRequested(1, isBarrier: true) == .ask)
        _ = ledger.pingAppended(.flush(1), sid: 0)
        #expect(ledger.connectionLost(kept: 0) == [])
        ledger.connectionFed()
        #expect(ledger.unaskedFlushes() == [1])
        _ = ledger.pingAppended(.flush(1), sid: 0)
        #expect(ledger.pongReceived() == [.flushed(1)])
        #expect(ledger.flushRequested(2) == .fail(.init(unknown: 1)), "told to who asks for it")
    }

    @Test func `whoever leaves is not told`() {
        var ledger = Self.ledger(1)
        _ = ledger.flushRequested(1)
        _ = ledger.pingAppended(.flush(1), sid: 0)
        _ = ledger.receiptAwaited(by: 9, 1)
        ledger.flushAbandoned(1)
        ledger.receiptAbandoned(by: 9)
        #expect(ledger.pongReceived() == [])
    }

    @Test func `a message that was taken out is lost, whatever becomes of its neighbours`() {
        var ledger = Self.ledger(4, fed: false)
        #expect(ledger.lastNumbers(3) == [2, 3, 4])
        _ = ledger.receiptAwaited(by: 5, 3)
        #expect(ledger.messagesRemoved([3]) == [.settled(waiter: 5, .lost)])
        #expect(ledger.lastNumbers(3) == [1, 2, 4])
        ledger.connectionFed()
        #expect(ledger.flushRequested(1) == .fail(.init(lost: 1)))
        _ = ledger.pingAppended(.receipts, sid: 0)
        _ = ledger.pongReceived()
        #expect(Self.outcomes(ledger, 1...4) == [.sent, .sent, .lost, .sent])
        #expect(ledger.connectionLost(kept: 0) == [])
    }

    @Test func `subscriptions are confirmed with the PINGs behind them, anew on each connection`() {
        var ledger = Self.ledger()
        _ = ledger.pingAppended(.keepAlive, sid: 2)
        _ = ledger.pingAppended(.keepAlive, sid: 2)
        #expect(ledger.pongReceived() == [.subscribed(upTo: 2)])
        #expect(ledger.pongReceived() == [])
        _ = ledger.connectionLost(kept: 0)
        ledger.connectionFed()
        _ = ledger.pingAppended(.keepAlive, sid: 2)
        #expect(ledger.pongReceived() == [.subscribed(upTo: 2)])
    }

    @Test func `the last words of a connection are heard after it was released`() {
        var ledger = Self.ledger(1)
        _ = ledger.pingAppended(.parting, sid: 0)
        ledger.connectionReleased()
        #expect(ledger.messageAppended() == 2)
        #expect(ledger.flushRequested(1) == .wait)
        #expect(ledger.pongReceived() == [.parted])
        #expect(Self.outcomes(ledger, 1...2) == [.sent, nil])
    }

    @Test func `the memory is bounded, and what was forgotten is unknown`() {
        var ledger = Self.ledger()
        let count = UInt64(SendLedger.runLimit) * 3
        for number in 1...count {
            ledger.connectionFed()
            _ = ledger.messageAppended()
            if number % 2 == 0 {
                _ = ledger.pingAppended(.receipts, sid: 0)
                _ = ledger.pongReceived()
            } else {
                _ = ledger.connectionLost(kept: 0)
            }
        }
        #expect(ledger.outcome(of: 2) == .unknown)
        #expect(ledger.outcome(of: count) == .sent && ledger.outcome(of: count - 1) == .unknown)
        #expect(ledger.outcome(of: count - 2) == .sent)
        #expect(ledger.flushRequested(1) == .fail(.init(unknown: Int(count / 2))))
    }

    // MARK: Refusals

    private static func noted(_ subjects: Subject...) -> SendLedger {
        var ledger = ledger()
        for subject in subjects {
            _ = ledger.messageAppended()
            ledger.noteAppended(subject, replyTo: nil)
        }
        return ledger
    }

    @Test func `a refusal before the PONG denies the message to that subject`() {
        var ledger = Self.noted("a", "b", "a")
        _ = ledger.receiptAwaited(by: 1, 3)
        _ = ledger.pingAppended(.receipts, sid: 0)
        ledger.messageRefused(.publish(subject: "a"))
        ledger.messageRefused(.publish(subject: "a"))
        #expect(ledger.pongReceived() == [.settled(waiter: 1, .denied)])
        #expect(Self.outcomes(ledger, 1...3) == [.denied, .sent, .denied])
        #expect(ledger.flushRequested(1) == .ask, "a flush is not about permissions")
    }

    @Test func `a refusal means no message behind the next PING`() {
        var ledger = Self.noted("a")
        _ = ledger.pingAppended(.receipts, sid: 0)
        _ = ledger.messageAppended()
        ledger.noteAppended("a", replyTo: nil)
        _ = ledger.pingAppended(.receipts, sid: 0)
        _ = ledger.pongReceived()
        ledger.messageRefused(.publish(subject: "a"))
        _ = ledger.pongReceived()
        #expect(Self.outcomes(ledger, 1...2) == [.sent, .denied])
    }

    @Test func `with fewer refusals than messages nobody can tell which`() {
        var ledger = Self.noted("a", "a")
        _ = ledger.pingAppended(.receipts, sid: 0)
        ledger.messageRefused(.publish(subject: "a"))
        _ = ledger.pongReceived()
        #expect(Self.outcomes(ledger, 1...2) == [.unknown, .unknown])
    }

    @Test func `a refused subject for answers denies the message that named it`() {
        var ledger = Self.ledger(1)
        ledger.noteAppended("a", replyTo: "answers")
        _ = ledger.pingAppended(.receipts, sid: 0)
        ledger.messageRefused(.publishWithReply(subject: "answers"))
        _ = ledger.pongReceived()
        #expect(ledger.outcome(of: 1) == .denied)
    }

    @Test func `a refusal that came before the loss is known`() {
        var ledger = Self.noted("a", "b")
        ledger.messageRefused(.publish(subject: "a"))
        _ = ledger.connectionLost(kept: 0)
        #expect(Self.outcomes(ledger, 1...2) == [.denied, .unknown])
    }

    /// Against the obvious model: one outcome for each message.
    @Test func `the runs say what a table would say`() {
        var generator = SeededGenerator("send ledger")
        for _ in 0..<200 {
            var ledger = Self.ledger()
            var table: [PublishOutcome?] = []
            for _ in 0..<30 {
                switch Int.random(in: 0..<5, using: &generator) {
                case 0, 1:
                    _ = ledger.messageAppended()
                    table.append(nil)
                case 2:
                    _ = ledger.pingAppended(.receipts, sid: 0)
                    _ = ledger.pongReceived()
                    table = table.map { $0 ?? .sent }
                case 3:
                    let pending = table.count { $0 == nil }
                    let kept = Int.random(in: 0...pending, using: &generator)
                    _ = ledger.connectionLost(kept: kept)
                    for index in table.indices.dropLast(kept) where table[index] == nil {
                        table[index] = .unknown
                    }
                    ledger.connectionFed()
                default: ledger.connectionFed()
                }
            }
            #expect(table.indices.map { ledger.outcome(of: UInt64($0 + 1)) } == table)
        }
    }
}
