import NATSCore
import TestKit
import Testing

@Suite struct ReceiptLedgerTests {
    @Test func `a PONG settles what was published before its PING`() {
        var ledger = ReceiptLedger()
        ledger.confirmed(upTo: 3)
        #expect((1...4).map(ledger.outcome) == [.sent, .sent, .sent, nil])
        ledger.confirmed(upTo: 2)
        #expect(ledger.settled == 3)
    }

    @Test func `a lost connection leaves unknown what will not be sent again`() {
        var ledger = ReceiptLedger()
        ledger.confirmed(upTo: 1)
        ledger.connectionLost(resumingFrom: 3)
        #expect((1...3).map(ledger.outcome) == [.sent, .unknown, nil])
        ledger.confirmed(upTo: 4)
        #expect((1...4).map(ledger.outcome) == [.sent, .unknown, .sent, .sent])
    }

    @Test func `a lost connection that resumes with the first message settles nothing`() {
        var ledger = ReceiptLedger()
        ledger.connectionLost(resumingFrom: 1)
        #expect(ledger.outcome(of: 1) == nil)
    }

    @Test func `closing settles everything`() {
        var ledger = ReceiptLedger()
        ledger.confirmed(upTo: 1)
        ledger.closed(unsentFrom: 3, last: 4)
        #expect((1...5).map(ledger.outcome) == [.sent, .unknown, .lost, .lost, nil])
    }

    @Test func `the memory is bounded, and what was forgotten is unknown`() {
        var ledger = ReceiptLedger()
        let count = UInt64(ReceiptLedger.runLimit) * 3
        for number in 1...count {
            if number % 2 == 0 {
                ledger.confirmed(upTo: number)
            } else {
                ledger.connectionLost(resumingFrom: number + 1)
            }
        }
        #expect(ledger.outcome(of: 2) == .unknown)
        #expect(ledger.outcome(of: count) == .sent && ledger.outcome(of: count - 1) == .unknown)
        #expect(ledger.outcome(of: count - 2) == .sent)
    }

    /// Against the obvious model: one outcome for each message.
    @Test func `the runs say what a table would say`() {
        var generator = SeededGenerator("receipt ledger")
        for _ in 0..<200 {
            var ledger = ReceiptLedger()
            var table = [PublishOutcome?](repeating: nil, count: 61)
            func settle(_ end: Int, _ outcome: PublishOutcome) {
                for number in 1...60 where number <= end && table[number] == nil {
                    table[number] = outcome
                }
            }
            for _ in 0..<12 {
                let number = Int.random(in: 1...60, using: &generator)
                if Bool.random(using: &generator) {
                    ledger.confirmed(upTo: UInt64(number))
                    settle(number, .sent)
                } else {
                    ledger.connectionLost(resumingFrom: UInt64(number))
                    settle(number - 1, .unknown)
                }
            }
            #expect((1...60).map { ledger.outcome(of: UInt64($0)) } == Array(table[1...]))
        }
    }
}
