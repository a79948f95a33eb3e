import BridgeBytes
import NATSCore
import NATSWire
import TestKit
import Testing

/// A client whose system calls fail, at a real server.
///
/// The promise: what is reported as sent was received, once; what is reported as lost never was;
/// nothing comes twice or damaged, and the server sees no broken frame. An answer to a request
/// is that request's, or its error is typed. The client comes back by itself.
@Suite(.needsNATSServer, .patient) struct FaultySocketTests {
    /// A payload that tells its number and can be checked.
    private static func content(_ run: Int, _ number: Int) -> Bytes {
        var generator = SeededGenerator(seed: UInt64(run * 1000 + number))
        let size = [0, 80, 3000, 30_000].randomElement(using: &generator) ?? 0
        let padding = String(repeating: "\(number % 10)", count: size)
        return Bytes(utf8: "\(run):\(number):\(padding)")
    }

    private static func publish(
        _ count: Int, _ run: Int, _ client: NATSClient, _ generator: inout SeededGenerator
    ) async throws -> [PublishOutcome] {
        var outcomes: [PublishOutcome] = []
        while outcomes.count < count {
            var receipts: [PublishReceipt] = []
            let batch = min(Int.random(in: 1...12, using: &generator), count - outcomes.count)
            for number in outcomes.count..<outcomes.count + batch {
                receipts.append(
                    try client.publishWithReceipt(content(run, number), to: "faulty"))
            }
            for receipt in receipts { outcomes.append(try await receipt.outcome()) }
        }
        return outcomes
    }

    private static func ask(_ count: Int, _ run: Int, _ client: NATSClient) async {
        for number in 0..<count {
            let question = content(run, number)
            do throws(NATSError) {
                let answer = try await client.request(
                    question, to: "echo", timeout: .milliseconds(500))
                #expect(answer.payload == question)
            } catch {
                #expect([.timeout, .disconnected, .connectionFailed].contains(error.code))
            }
        }
    }

    /// How often each message came, up to a mark that the watcher's client sends itself.
    private static func received(
        _ count: Int, _ run: Int, _ observer: NATSClient, _ watcher: NATSSubscription
    ) async throws -> [Int] {
        try observer.publish(Bytes(utf8: "mark"), to: "faulty")
        let numbers = Dictionary(
            uniqueKeysWithValues: (0..<count).map { (content(run, $0), $0) })
        var times = [Int](repeating: 0, count: count)
        while let batch = try await watcher.nextBatch() {
            for message in batch where message.payload != Bytes(utf8: "mark") {
                if let number = numbers[message.payload] {
                    times[number] += 1
                } else {
                    Issue.record("a message of \(message.payload.count) bytes is damaged")
                }
            }
            if batch.last?.payload == Bytes(utf8: "mark") { break }
        }
        return times
    }

    @Test func `receipts tell the truth, whatever the sockets do`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let observer = try await NATSClient.connect(FaultStage.options(server.url))
            let watcher = try observer.subscribe(to: "faulty")
            let echo = try observer.subscribe(to: "echo")
            try await observer.flush()
            let answering = Task {
                for try await question in echo {
                    if let inbox = question.replyTo {
                        try observer.publish(question.payload, to: inbox)
                    }
                }
            }
            for run in 0..<12 {
                var generator = SeededGenerator("faulty sockets \(run)")
                let faults = FaultySystemCalls(using: &generator)
                var options = FaultStage.options(server.url)
                options.systemCalls = faults.calls
                let client = try await NATSClient.connect(options)
                faults.arm()
                async let asked: Void = Self.ask(15, run, client)
                let outcomes = try await Self.publish(60, run, client, &generator)
                await asked
                faults.disarm()
                while (try? await client.flush(timeout: patience)) == nil {}
                await client.close()
                let times = try await Self.received(60, run, observer, watcher)
                let place: Comment = "run \(run), met \(faults.met)"
                for (outcome, count) in zip(outcomes, times) {
                    switch outcome {
                    case .sent: #expect(count == 1, place)
                    case .unknown: #expect(count <= 1, place)
                    case .lost, .denied: Issue.record("\(outcome) by a client that goes on")
                    }
                }
            }
            #expect(server.protocolErrors == [])
            await observer.close()
            _ = try? await answering.value
        }
    }
}
