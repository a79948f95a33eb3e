internal import BridgeBytes
package import NATSWire

/// Which messages the server's refusals mean.
///
/// ## Theory of operation
/// A server that forbids a subject says so (`-ERR`) with the subject and without the message's
/// number, and in order with its other words: after the PONGs of PINGs that came before the
/// message and before those that came after. So a refusal means one of the messages to that
/// subject between two marks:
///
///     PING (5)   PUB 6 a   PUB 7 b   PUB 8 a   PING (8)
///       PONG       -ERR a              -ERR a     PONG        6 and 8 are denied
///
/// The messages that somebody may ask about are noted with their subjects until a PONG has passed
/// them, and a PING parts them from others. If there are as many refusals as such messages, all of
/// them are denied. If there are fewer, permissions have changed in between, and if others stand
/// among them (what waited for a connection is not parted), the refusals may be theirs: nobody can
/// tell which, and all are unknown. A message with a PING before and behind it stands alone.
struct RefusalWindow: Sendable {
    struct Noted: Sendable {
        let number: UInt64
        let subject: Subject
        let replyTo: Subject?
    }

    /// Messages that a refusal can mean, oldest first.
    var noted = Fifo<Noted>()
    /// Refusals since the last PONG, by the server's words for the subject.
    var refusals: [ServerError.Operation: Int] = [:]
    /// How many of them stand behind the last PING.
    var notedBehindPing = 0
}

extension SendLedger {
    /// From this many noted messages behind the last PING on, another PING is due.
    static let notedLimit = 4096

    /// A message was appended of which somebody may ask what became of it.
    package mutating func noteAppended(_ subject: Subject, replyTo: Subject?) {
        refusals.noted.append(
            RefusalWindow.Noted(number: appended, subject: subject, replyTo: replyTo))
        refusals.notedBehindPing += 1
    }

    /// Whether a noted message stands behind the last PING, so that another one must be parted
    /// from it.
    package var hasNotedBehindPing: Bool { refusals.notedBehindPing > 0 }

    /// Whether another message than noted ones stands behind the last PING.
    package var hasOtherBehindPing: Bool {
        appended - lastMark > UInt64(refusals.notedBehindPing)
    }

    /// Whether this many messages are noted that a PING should stand behind them.
    package var wantsMark: Bool { refusals.noted.count >= Self.notedLimit && hasMessageBehindPing }

    /// The server refuses a message to a subject, or with one to reply to.
    package mutating func messageRefused(_ operation: ServerError.Operation) {
        refusals.refusals[operation, default: 0] += 1
    }

    /// Whether a refusal waits for a PONG to tell which messages it means.
    package var hasRefusals: Bool { !refusals.refusals.isEmpty }

    /// Settles the noted messages up to a mark that were refused.
    mutating func settleRefusals(upTo mark: UInt64) -> [Notice] {
        guard !refusals.noted.isEmpty || hasRefusals else { return [] }
        var passed: [RefusalWindow.Noted] = []
        while let first = refusals.noted.first, first.number <= mark {
            _ = refusals.noted.popFirst()
            // One that was taken out was never sent.
            if !isExcepted(first.number) { passed.append(first) }
        }
        guard hasRefusals else { return [] }
        var notices: [Notice] = []
        let areAlone = passed.count { $0.number > settled } >= unsettled(upTo: mark)
        for (operation, count) in refusals.refusals {
            let concerned = passed.filter { $0.isMeant(by: operation) }
            let isClear = areAlone && count >= concerned.count
            let outcome: PublishOutcome = isClear ? .denied : .unknown
            for message in concerned { notices += except(message.number, outcome) }
        }
        refusals.refusals = [:]
        return notices
    }
}

extension RefusalWindow.Noted {
    fileprivate func isMeant(by operation: ServerError.Operation) -> Bool {
        switch operation {
        case .publish(let text): subject.text == text
        case .publishWithReply(let text): replyTo?.text == text
        case .subscribe: false
        }
    }
}
