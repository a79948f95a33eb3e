import BridgeBytes
import NATSCore
import NATSWire
import Synchronization
import TestKit

/// One client that publishes numbered messages to itself, and the book that it keeps.
///
/// Publisher and subscriber share a connection on purpose: the server puts a message into the
/// connection's output before it answers the PING behind it. So whatever happens to servers and
/// networks, a message that is reported as sent must have been delivered here, without any
/// allowance for what a killed server had not passed on yet.
final class ChaosFlow: Sendable {
    /// What is known of the messages, by their number.
    struct Book {
        var outcomes: [PublishOutcome] = []
        var received: [Int: Int] = [:]
        var damaged = 0
        /// Numbers that came for the first time after a later one had come.
        var disordered: [Int] = []
        /// Numbers that were published around a move: they may come over two connections.
        var moved: [ClosedRange<Int>] = []
        fileprivate var published = 0
        fileprivate var latest = -1

        func count(_ outcome: PublishOutcome) -> Int { outcomes.count { $0 == outcome } }

        /// Messages that came more than once.
        var repeated: Int { received.values.count { $0 > 1 } }

        /// Numbers that came twice although no move allows it.
        var strayRepeats: [Int] {
            received.filter { $0.value > 1 && !isMoved($0.key) }.keys.sorted()
        }

        /// Numbers that came late although they were sent over one connection and confirmed. One
        /// that is reported as unknown may be on its way for long: the network has it.
        var strayDisorder: [Int] {
            disordered.filter { !isMoved($0) && outcomes[$0] == .sent }
        }

        private func isMoved(_ number: Int) -> Bool { moved.contains { $0.contains(number) } }

        /// Numbers that were reported as sent and never came.
        var missing: [Int] {
            outcomes.indices.filter { outcomes[$0] == .sent && received[$0] == nil }
        }
    }

    let client: NATSClient
    private let id: Int
    private let subject: Subject
    private let subscription: NATSSubscription
    private let book = Mutex(Book())

    init(_ client: NATSClient, id: Int) throws {
        self.client = client
        self.id = id
        subject = try Subject("flow.\(id)")
        subscription = try client.subscribe(to: SubjectPattern("flow.\(id)"))
    }

    var snapshot: Book { book.withLock { $0 } }
    var settled: Int { book.withLock { $0.outcomes.count } }

    /// Runs a body in which the client may move, so that messages may come over both.
    static func moving(_ flows: [ChaosFlow], _ body: () async throws -> Void) async throws {
        let first = flows.map(\.settled)
        try await body()
        for (flow, first) in zip(flows, first) {
            flow.book.withLock { $0.moved.append(first...max(first, $0.published)) }
        }
    }

    /// Publishes and settles batch after batch until told to stop, and then a last mark that
    /// ends `receive`.
    func publish(until stop: ChaosSwitch) async throws {
        var generator = SeededGenerator("chaos flow \(id)")
        var number = 0
        while !stop.isOn {
            let count = Int.random(in: 1...40, using: &generator)
            var receipts: [PublishReceipt] = []
            for _ in 0..<count {
                let payload = content(number, size: Self.size(&generator))
                receipts.append(try client.publishWithReceipt(payload, to: subject))
                number += 1
            }
            book.withLock { $0.published = number }
            for receipt in receipts {
                let outcome = try await receipt.outcome()
                book.withLock { $0.outcomes.append(outcome) }
            }
        }
        // A mark of which nobody knows whether it arrived is sent again.
        repeat {
            let mark = try client.publishWithReceipt(Bytes(utf8: "end"), to: subject)
            if try await mark.outcome() == .sent { return }
        } while true
    }

    /// Takes messages up to the mark.
    func receive() async throws {
        for try await message in subscription {
            if message.payload == Bytes(utf8: "end") { return }
            note(message.payload)
        }
    }

    private func note(_ payload: Bytes) {
        let colon = Scan.firstIndex(of: UInt8(ascii: ":"), in: payload.span) ?? 0
        let text = String(validating: payload[0..<colon])
        guard let number = text.flatMap({ Int($0) }), content(number, like: payload) == payload
        else { return book.withLock { $0.damaged += 1 } }
        book.withLock { book in
            book.received[number, default: 0] += 1
            guard book.received[number] == 1 else { return }
            if number < book.latest { book.disordered.append(number) }
            book.latest = max(book.latest, number)
        }
    }

    /// Mostly small, some of a few kilobytes, a few that are sent from where they lie.
    private static func size(_ generator: inout SeededGenerator) -> Int {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<90: Int.random(in: 0...200, using: &generator)
        case 90..<98: Int.random(in: 200...4000, using: &generator)
        default: Int.random(in: 16_000...60_000, using: &generator)
        }
    }

    /// A number, and bytes that follow from it and from the flow, so that loss, damage and
    /// mixing are told apart.
    private func content(_ number: Int, size: Int) -> Bytes {
        var generator = SeededGenerator(seed: UInt64(number) << 8 | UInt64(id))
        return Bytes(Array("\(number):".utf8) + generator.bytes(size))
    }

    private func content(_ number: Int, like payload: Bytes) -> Bytes {
        content(number, size: payload.count - "\(number):".utf8.count)
    }
}

/// Set once, from any task.
final class ChaosSwitch: Sendable {
    private let value = Atomic(false)
    var isOn: Bool { value.load(ordering: .relaxed) }
    func turnOn() { value.store(true, ordering: .relaxed) }
}

/// Answers questions with themselves, in a queue group.
enum ChaosService {
    static func run(_ client: NATSClient) throws -> Task<Void, any Error> {
        let subscription = try client.subscribe(to: "ask", queueGroup: "service")
        return Task {
            for try await message in subscription {
                guard let reply = message.replyTo else { continue }
                try client.publish(message.payload, to: reply)
            }
        }
    }
}

/// Asks, and asks again until there is an answer.
final class ChaosAsker: Sendable {
    struct Tally {
        var asked = 0
        var answered = 0
        var retries = 0
        var wrong = 0
    }

    private let client: NATSClient
    private let id: Int
    private let tally = Mutex(Tally())

    init(_ client: NATSClient, id: Int) {
        self.client = client
        self.id = id
    }

    var snapshot: Tally { tally.withLock { $0 } }

    func run(until stop: ChaosSwitch) async throws {
        var number = 0
        while !stop.isOn {
            number += 1
            let question = Bytes(utf8: "\(id).\(number)")
            tally.withLock { $0.asked += 1 }
            while true {
                do throws(NATSError) {
                    let answer = try await client.request(
                        question, to: "ask", timeout: .milliseconds(500))
                    tally.withLock { tally in
                        tally.answered += 1
                        if answer.payload != question { tally.wrong += 1 }
                    }
                    break
                } catch {
                    guard error.code != .closed, error.code != .cancelled else { throw error }
                    tally.withLock { $0.retries += 1 }
                    await Task.yield()
                }
            }
        }
    }
}
