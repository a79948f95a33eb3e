// Theory of operation.
//
// Messages are numbered in the order in which they are published. Each is in one of three
// states: sent and without an answer, waiting to be sent again because nobody listened, or
// settled and forgotten. The window is full when the first two together reach its size. When
// only messages that wait to be sent again are left, it is time to pause and send those.
//
// Answers come nearly in the order of the messages, so the last numbers stand in a ring whose
// places they are by division; hashing each would cost more than all the rest. The ring grows with
// what is outstanding, up to `greatestRing`. A message that is passed by the ring (its answer has
// not come while a whole turn of later ones was settled, or waits too) moves to `stragglers`.

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
        var number: Int
        var message: Message
        /// How often it was sent.
        var tries = 1
        var isWaiting = false
    }

    /// Most places of the ring; windows are rarely larger, and more is only memory.
    private static var greatestRing: Int { 1 << 16 }
    private static var leastRing: Int { 64 }

    private let size: Int
    private let retries: Int
    /// A power of two of places; a message stands at its number modulo that.
    private var ring: [Place?]
    private var stragglers: [Int: Place] = [:]
    private var sentCount = 0
    private var waitingCount = 0
    /// Number of the next message.
    package private(set) var next = 0

    package init(size: Int, retries: Int) {
        precondition(size > 0, "a window has room for one message at least")
        self.size = size
        self.retries = retries
        ring = Array(repeating: nil, count: Self.leastRing)
    }

    package var isFull: Bool { sentCount + waitingCount >= size }
    package var isEmpty: Bool { sentCount + waitingCount == 0 }
    /// Whether no answer can come before something is sent again.
    package var mustSendAgain: Bool { sentCount == 0 && waitingCount > 0 }

    /// A message goes out for the first time; returns its number.
    package mutating func opened(_ message: Message) -> Int {
        let number = next
        next += 1
        if sentCount + waitingCount >= ring.count, ring.count < Self.greatestRing { grow() }
        let index = number & (ring.count - 1)
        if let passed = ring[index] { stragglers[passed.number] = passed }
        ring[index] = Place(number: number, message: message)
        sentCount += 1
        return number
    }

    private mutating func grow() {
        var larger = [Place?](repeating: nil, count: ring.count * 2)
        for case let place? in ring { larger[place.number & (larger.count - 1)] = place }
        ring = larger
    }

    /// The message of a number that is outstanding; nil for all others.
    package func message(_ number: Int) -> Message? {
        guard number >= 0 else { return nil }
        if let place = ring[number & (ring.count - 1)], place.number == number {
            return place.message
        }
        return stragglers.isEmpty ? nil : stragglers[number]?.message
    }

    /// An answer came; returns whether anybody waits for it. The message is forgotten then.
    package mutating func answered(_ number: Int) -> Bool {
        guard number >= 0 else { return false }
        let index = number & (ring.count - 1)
        if let place = ring[index], place.number == number, !place.isWaiting {
            ring[index] = nil
        } else {
            guard !stragglers.isEmpty, stragglers[number]?.isWaiting == false else { return false }
            stragglers[number] = nil
        }
        sentCount -= 1
        return true
    }

    /// Nobody listened. The message is forgotten if it is given up.
    package mutating func nobodyListened(_ number: Int) -> Refusal {
        var refusal = Refusal.ignore
        change(number) { [retries] place in
            guard !place.isWaiting else { return true }
            refusal = place.tries <= retries ? .retryLater : .giveUp
            place.isWaiting = refusal == .retryLater
            return place.isWaiting
        }
        guard refusal != .ignore else { return refusal }
        sentCount -= 1
        if refusal == .retryLater { waitingCount += 1 }
        return refusal
    }

    /// Changes an outstanding message, which stays so if `change` says so.
    private mutating func change(_ number: Int, _ change: (inout Place) -> Bool) {
        guard number >= 0 else { return }
        let index = number & (ring.count - 1)
        if var place = ring[index], place.number == number {
            ring[index] = change(&place) ? place : nil
        } else if var place = stragglers[number] {
            stragglers[number] = change(&place) ? place : nil
        }
    }

    /// The numbers to be sent again, in order; they count as sent from now on.
    package mutating func takeWaiting() -> [Int] {
        guard waitingCount > 0 else { return [] }
        var numbers = ring.compactMap { $0 }.filter(\.isWaiting).map(\.number)
        numbers += stragglers.values.filter(\.isWaiting).map(\.number)
        for number in numbers {
            change(number) { place in
                place.tries += 1
                place.isWaiting = false
                return true
            }
        }
        sentCount += waitingCount
        waitingCount = 0
        return numbers.sorted()
    }
}
