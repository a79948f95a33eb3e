// Theory of operation.
//
// Messages are numbered in the order in which they are published. Each is in one of three
// states: sent and without an answer, waiting to be sent again because nobody listened, or
// settled and forgotten. The window is full when the first two together reach its size. When
// only messages that wait to be sent again are left, it is time to pause and send those.

/// The account of published messages whose answers have not come.
package struct PublishWindow<Message: Sendable>: Sendable {
    package enum Refusal: Equatable, Sendable {
        /// Send it again after a pause.
        case retryLater
        /// It has been tried often enough.
        case giveUp
        /// Nobody waits for that answer.
        case ignore
    }

    private struct Place: Sendable {
        var message: Message
        /// How often it was sent.
        var tries: UInt32 = 1
        var isWaiting = false
    }

    private let size: Int
    private let retries: UInt32
    private var ring = NumberedRing<Place>()
    private var waitingCount = 0

    package init(size: Int, retries: Int) {
        precondition(size > 0, "a window has room for one message at least")
        self.size = size
        self.retries = UInt32(clamping: retries)
    }

    /// Number of the next message.
    package var next: Int { ring.next }
    package var isFull: Bool { ring.count >= size }
    package var isEmpty: Bool { ring.count == 0 }
    /// Whether no answer can come before something is sent again.
    package var mustSendAgain: Bool { waitingCount > 0 && waitingCount == ring.count }
    /// Bytes of memory for all of it, but for what the messages point to.
    package var memory: Int { ring.memory }

    /// A message goes out for the first time; returns its number.
    package mutating func opened(_ message: Message) -> Int {
        ring.append(Place(message: message))
    }

    /// The message of a number that is outstanding; nil for all others.
    package func message(_ number: Int) -> Message? { ring[number]?.message }

    /// How many messages are outstanding.
    package var count: Int { ring.count }

    /// The numbers of what is outstanding and wanted, in their order.
    package func numbers(where isWanted: (Message) -> Bool) -> [Int] {
        ring.numbers { isWanted($0.message) }
    }

    /// An answer came; returns whether anybody waits for it. The message is forgotten then.
    package mutating func answered(_ number: Int) -> Bool {
        // One that waits was not taken by anybody, so nobody can have an answer to it.
        guard waitingCount == 0 || ring[number]?.isWaiting == false else { return false }
        return ring.discard(number)
    }

    /// Nobody listened. The message is forgotten if it is given up.
    package mutating func nobodyListened(_ number: Int) -> Refusal {
        let refusal = ring.change(number) { [retries] place in
            guard !place.isWaiting else { return Refusal.ignore }
            place.isWaiting = place.tries <= retries
            return place.isWaiting ? .retryLater : .giveUp
        }
        switch refusal {
        case .retryLater: waitingCount += 1
        case .giveUp: _ = ring.discard(number)
        case .ignore, nil: return .ignore
        }
        return refusal ?? .ignore
    }

    /// The numbers to be sent again, in order; they count as sent from now on.
    package mutating func takeWaiting() -> [Int] {
        guard waitingCount > 0 else { return [] }
        let numbers = ring.numbers(where: \.isWaiting)
        for number in numbers {
            ring.change(number) { place in
                place.tries += 1
                place.isWaiting = false
            }
        }
        waitingCount = 0
        return numbers
    }
}
