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
/// them. If there are as many refusals as such messages, or more (others may have been published
/// to that subject without a receipt), all of them are denied. If there are fewer, permissions
/// have changed in between and nobody can tell which: all are unknown. A message that is published
/// with a PING before and behind it stands alone between two marks.
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
}

extension SendLedger {
    /// From so many noted messages behind the last PING on, another PING is due.
    static let notedLimit = 4096

    /// A message was appended of which somebody may ask what became of it.
    package mutating func noteAppended(_ subject: Subject, replyTo: Subject?) {
        refusals.noted.append(
            RefusalWindow.Noted(number: appended, subject: subject, replyTo: replyTo))
    }

    /// Whether so many messages are noted that a PING should stand behind them.
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
            passed.append(first)
        }
        guard hasRefusals else { return [] }
        var notices: [Notice] = []
        for (operation, count) in refusals.refusals {
            let concerned = passed.filter { $0.isMeant(by: operation) }
            let outcome: PublishOutcome = count >= concerned.count ? .denied : .unknown
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
