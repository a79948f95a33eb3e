// Theory of operation.
//
// Messages are numbered in the order in which they are published. Each is sent and without an
// answer, or waits to be sent again because nobody listened, or is settled and forgotten. A sent
// one has a time at which it counts as unanswered; since all have the same patience, those times
// come in the order of sending, and the first of a queue that is not settled is the next. Those
// that wait are few, and have times of their own. Time is an argument.
internal import BridgeBytes

/// The account of published messages whose answers have not come, by their numbers.
package struct OutstandingPublishes: Sendable {
    package enum Refusal: Equatable, Sendable {
        /// Send it again when `due` says so.
        case retryLater
        /// It has been tried often enough.
        case giveUp
        /// Nobody waits for that answer.
        case ignore
    }

    package enum Due: Equatable, Sendable {
        /// Nobody listened a while ago: send it again.
        case sendAgain(Int)
        /// No answer came in time.
        case unanswered(Int)
    }

    private struct Message {
        /// How often it was sent.
        var tries: Int
        /// When it counts as unanswered; later ones of the queue are of earlier tries.
        var until: Duration
    }

    private let patience: Duration
    private let retries: Int
    private let retryWait: Duration
    private var sent: [Int: Message] = [:]
    /// Messages that wait to be sent again, with their tries and when.
    private var waiting: [Int: Message] = [:]
    private var order = Fifo<(number: Int, until: Duration)>()
    private var next = 0

    package init(patience: Duration, retries: Int, retryWait: Duration) {
        self.patience = patience
        self.retries = retries
        self.retryWait = retryWait
    }

    package var count: Int { sent.count + waiting.count }

    /// A message goes out for the first time; returns its number.
    package mutating func opened(now: Duration) -> Int {
        defer { next += 1 }
        send(next, tries: 1, now: now)
        return next
    }

    private mutating func send(_ number: Int, tries: Int, now: Duration) {
        sent[number] = Message(tries: tries, until: now + patience)
        order.append((number, now + patience))
    }

    /// An answer came; returns whether anybody waits for it.
    package mutating func answered(_ number: Int) -> Bool {
        sent.removeValue(forKey: number) != nil || waiting.removeValue(forKey: number) != nil
    }

    /// Nobody listened.
    package mutating func nobodyListened(_ number: Int, now: Duration) -> Refusal {
        guard var message = sent.removeValue(forKey: number) else { return .ignore }
        guard message.tries <= retries else { return .giveUp }
        message.until = now + retryWait
        waiting[number] = message
        return .retryLater
    }

    /// When something is to be done next; nil while nothing is outstanding.
    package mutating func nextDue() -> Duration? {
        while let first = order.first, sent[first.number]?.until != first.until {
            _ = order.popFirst()
        }
        let again = waiting.values.lazy.map(\.until).min()
        guard let first = order.first?.until else { return again }
        return min(first, again ?? first)
    }

    /// What is to be done now, in the order of the numbers; messages to be sent again count as sent
    /// from now on.
    package mutating func due(now: Duration) -> [Due] {
        var due: [Due] = []
        while let next = nextDue(), next <= now {
            if let first = order.first, first.until <= now {
                _ = order.popFirst()
                sent[first.number] = nil
                due.append(.unanswered(first.number))
            }
            for number in waiting.filter({ $0.value.until <= now }).keys.sorted() {
                guard let message = waiting.removeValue(forKey: number) else { continue }
                send(number, tries: message.tries + 1, now: now)
                due.append(.sendAgain(number))
            }
        }
        return due
    }

    /// All that is outstanding, in the order of the numbers; none is any more.
    package mutating func takeAll() -> [Int] {
        defer { (sent, waiting) = ([:], [:]) }
        return (Array(sent.keys) + Array(waiting.keys)).sorted()
    }
}
