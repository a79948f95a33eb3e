// Theory of operation.
//
// Messages are numbered in the order in which they are published. Each is in one of three
// states: sent and without an answer, waiting to be sent again because nobody listened, or
// settled and forgotten. The window is full when the first two together reach its size. When
// only messages that wait to be sent again are left, it is time to pause and send those.

/// The account of published messages whose answers have not come.
package struct PublishWindow: Sendable {
    package enum Refusal: Equatable, Sendable {
        /// Send it again after a pause.
        case retryLater
        /// It has been tried often enough.
        case giveUp
        /// Nobody waits for that answer.
        case ignore
    }

    private let size: Int
    private let retries: Int
    /// Tries so far of each message that was sent and has no answer.
    private var sent: [Int: Int] = [:]
    /// Tries so far of each message that waits to be sent again.
    private var waiting: [Int: Int] = [:]
    /// Number of the next message.
    package private(set) var next = 0

    package init(size: Int, retries: Int) {
        precondition(size > 0, "a window has room for one message at least")
        self.size = size
        self.retries = retries
    }

    package var isFull: Bool { sent.count + waiting.count >= size }
    package var isEmpty: Bool { sent.isEmpty && waiting.isEmpty }
    /// Whether no answer can come before something is sent again.
    package var mustSendAgain: Bool { sent.isEmpty && !waiting.isEmpty }

    /// A message goes out for the first time; returns its number.
    package mutating func opened() -> Int {
        defer { next += 1 }
        sent[next] = 1
        return next
    }

    /// An answer came; returns whether anybody waits for it.
    package mutating func answered(_ number: Int) -> Bool {
        sent.removeValue(forKey: number) != nil
    }

    /// Nobody listened.
    package mutating func nobodyListened(_ number: Int) -> Refusal {
        guard let tries = sent.removeValue(forKey: number) else { return .ignore }
        guard tries <= retries else { return .giveUp }
        waiting[number] = tries
        return .retryLater
    }

    /// The numbers to be sent again, in order; they count as sent from now on.
    package mutating func takeWaiting() -> [Int] {
        for (number, tries) in waiting { sent[number] = tries + 1 }
        defer { waiting = [:] }
        return waiting.keys.sorted()
    }
}
