// Theory of operation.
//
// Messages are numbered in the order in which they are published. Each is sent and without an
// answer, or waits to be sent again because nobody listened, or is given up and still kept, until
// it is known what to say of it; then it is taken out. A sent one has a time at which it counts as
// unanswered; since all have the same patience, those times come in the order of sending: of first
// tries the next is the oldest number that is on its first try, and those that are sent again, and
// those that wait for that, stand in a queue each, in the order of their times. What was settled
// meanwhile stays in a queue until its turn comes. Time is an argument, since the beginning.
internal import BridgeBytes

/// The account of published messages whose answers have not come, by their numbers.
package struct OutstandingPublishes<Message: Sendable>: Sendable {
    package enum Refusal: Equatable, Sendable {
        /// Send it again when `due` says so.
        case retryLater
        /// It has been tried often enough; it is kept until it is taken.
        case giveUp
        /// Nobody waits for that answer.
        case ignore
    }

    package enum Due: Equatable, Sendable {
        /// Nobody listened a while ago: send it again.
        case sendAgain(Int)
        /// No answer came in time; it is kept until it is taken.
        case unanswered(Int)

        fileprivate var number: Int {
            switch self {
            case .sendAgain(let number), .unanswered(let number): number
            }
        }
    }

    private enum Phase: UInt8 {
        case sent, waiting, givenUp
    }

    private struct Place: Sendable {
        let message: Message
        /// Nanoseconds; when it counts as unanswered, or is to be sent again.
        var until: Int
        /// How often it was sent.
        var tries: UInt32 = 1
        var phase = Phase.sent
    }

    private struct Turn: Sendable {
        let number: Int
        let until: Int
    }

    private let patience: Int
    private let retries: UInt32
    private let retryWait: Int
    private var ring = NumberedRing<Place>()
    /// No message before this one is sent for the first time and without an answer.
    private var oldest = 0
    /// Messages that were sent again.
    private var repeated = Fifo<Turn>()
    /// Messages that wait to be sent again.
    private var waiting = Fifo<Turn>()

    package init(patience: Duration, retries: Int, retryWait: Duration) {
        self.patience = patience.wholeNanoseconds
        self.retries = UInt32(clamping: retries)
        self.retryWait = retryWait.wholeNanoseconds
    }

    /// A patience without end stays one.
    private static func sum(_ now: Duration, _ wait: Int) -> Int {
        let (sum, overflow) = now.wholeNanoseconds.addingReportingOverflow(wait)
        return overflow ? .max : sum
    }

    package var count: Int { ring.count }
    /// Bytes of memory for all of it, but for what the messages point to.
    package var memory: Int { ring.memory }

    /// A message goes out for the first time; returns its number.
    package mutating func opened(_ message: Message, now: Duration) -> Int {
        ring.append(Place(message: message, until: Self.sum(now, patience)))
    }

    /// A message that is outstanding; nil for all others.
    package func message(_ number: Int) -> Message? { ring[number]?.message }

    /// The numbers of what is outstanding and wanted, in their order.
    package func numbers(where isWanted: (Message) -> Bool) -> [Int] {
        ring.numbers { isWanted($0.message) }
    }

    /// It is known what became of a message. It is forgotten, and returned if it was outstanding.
    package mutating func take(_ number: Int) -> Message? { ring.remove(number)?.message }

    /// Nobody listened.
    package mutating func nobodyListened(_ number: Int, now: Duration) -> Refusal {
        let until = Self.sum(now, retryWait)
        let refusal = ring.change(number) { [retries] place -> Refusal in
            guard place.phase == .sent else { return .ignore }
            place.phase = place.tries <= retries ? .waiting : .givenUp
            place.until = until
            return place.phase == .waiting ? .retryLater : .giveUp
        }
        if refusal == .retryLater { waiting.append(Turn(number: number, until: until)) }
        return refusal ?? .ignore
    }

    /// When something is to be done next; nil while nothing is outstanding.
    package mutating func nextDue() -> Duration? {
        let turns = [
            firstTry(), Self.next(of: &repeated, .sent, ring),
            Self.next(of: &waiting, .waiting, ring),
        ]
        return turns.compactMap { $0?.until }.min().map { .nanoseconds($0) }
    }

    /// What is to be done now, in the order of the numbers; messages to be sent again count as sent
    /// from now on.
    package mutating func due(now: Duration) -> [Due] {
        let (now, until) = (now.wholeNanoseconds, Self.sum(now, patience))
        var due: [Due] = []
        while let turn = firstTry(), turn.until <= now { giveUp(turn, &due) }
        while let turn = Self.next(of: &repeated, .sent, ring), turn.until <= now {
            giveUp(turn, &due)
        }
        while let turn = Self.next(of: &waiting, .waiting, ring), turn.until <= now {
            ring.change(turn.number) { place in
                place.phase = .sent
                place.tries += 1
                place.until = until
            }
            repeated.append(Turn(number: turn.number, until: until))
            due.append(.sendAgain(turn.number))
        }
        return due.sorted { $0.number < $1.number }
    }

    private mutating func giveUp(_ turn: Turn, _ due: inout [Due]) {
        ring.change(turn.number) { $0.phase = .givenUp }
        due.append(.unanswered(turn.number))
    }

    private mutating func firstTry() -> Turn? {
        while oldest < ring.next {
            if let place = ring[oldest], place.phase == .sent, place.tries == 1 {
                return Turn(number: oldest, until: place.until)
            }
            oldest += 1
        }
        return nil
    }

    /// The first turn of a queue that still holds.
    private static func next(
        of queue: inout Fifo<Turn>, _ phase: Phase, _ ring: borrowing NumberedRing<Place>
    ) -> Turn? {
        while let turn = queue.first {
            if let place = ring[turn.number], place.phase == phase, place.until == turn.until {
                return turn
            }
            queue.dropFirst()
        }
        return nil
    }

    /// All that is outstanding, in the order of the numbers; nothing is any more.
    package mutating func takeAll() -> [Message] {
        ring.numbers { _ in true }.compactMap { ring.remove($0)?.message }
    }
}
