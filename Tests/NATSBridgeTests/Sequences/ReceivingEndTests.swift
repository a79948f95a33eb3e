import BridgeBytes
import BridgeEnvelope
import NATSBridge
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// How a sequence of messages ends, and what that leaves behind.
@Suite(.needsNATSServer) struct ReceivingEndTests {
    private typealias Bench = ReceiverBench

    private final class Consumed: Sendable {
        let ids = Mutex<[String]>([])
    }

    @Test func `leaving the loop ends the interest and the downloads`() async throws {
        try await Bench.run { bench in
            let messages = try await bench.messages { $0.patience = .zero }
            try bench.publish("dead", .link("dead", 1, stated: 1000))
            try bench.publish("next", .text("x"))
            for try await message in messages {
                #expect(message.envelope.messageID == "next")
                try await bench.store.awaitBeginnings(1)
                #expect(bench.bridge.statistics.memoryHeld == 1000)
                break
            }
            try await bench.cancellations(of: ["dead"])
            var iterator = messages.results.makeAsyncIterator()
            #expect(try await iterator.next() == nil)
            // Nobody listens any more.
            await #expect(throws: NATSError.self) {
                _ = try await bench.bridge.client.request(Bytes(), to: "in", timeout: patience)
            }
        }
    }

    @Test func `unsubscribing ends the loop that waits and the downloads`() async throws {
        try await Bench.run { bench in
            let messages = try await bench.messages()
            try bench.publish("dead", .link("dead", 1))
            let loop = Task {
                for try await _ in messages { Issue.record("nothing is ready") }
            }
            try await bench.store.awaitBeginnings(1)
            messages.unsubscribe()
            try await loop.value
            try await bench.cancellations(of: ["dead"])
        }
    }

    @Test func `a cancelled wait loses nothing`() async throws {
        try await Bench.run { bench in
            let messages = try await bench.messages()
            var iterator = messages.results.makeAsyncIterator()
            for number in 0..<50 {
                let waiting = Task {
                    var other = messages.results.makeAsyncIterator()
                    return try await Bench.ids(1, &other)
                }
                try bench.publish("\(number)", .text("x"))
                waiting.cancel()
                // Either it has the message, or the next one who asks gets it.
                let got = try await waiting.value
                if got.isEmpty {
                    #expect(try await Bench.ids(1, &iterator) == ["\(number)"])
                } else {
                    #expect(got == ["\(number)"])
                }
            }
        }
    }

    @Test func `what was received is handed out when the subscription ends`() async throws {
        try await Bench.run { bench in
            var iterator = try await bench.messages().results.makeAsyncIterator()
            try bench.publish("slow", .link("slow", 1))
            try bench.publish("next", .text("x"))
            try await bench.store.awaitBeginnings(1)
            try await bench.bridge.client.flush()
            await bench.bridge.client.close()
            bench.store.open("slow")
            #expect(try await Bench.ids(3, &iterator) == ["slow", "next"])
        }
    }

    @Test(arguments: [false, true])
    func `a drain waits for what is being prepared and worked on`(
        _ drainsClient: Bool
    ) async throws {
        try await Bench.run { bench in
            let messages = try await bench.messages()
            try bench.publish("slow", .link("slow", 1))
            try bench.publish("next", .text("x"))
            let consumed = Consumed()
            let consumer = Task {
                for try await message in messages {
                    let id = message.envelope.messageID
                    // The connection is still there, for an answer.
                    try bench.bridge.client.publish(Bytes(), to: "answers")
                    try await bench.bridge.client.flush()
                    consumed.ids.withLock { $0.append(id) }
                }
            }
            try await bench.store.awaitBeginnings(1)
            let drain = Task {
                if drainsClient {
                    try await bench.bridge.client.drain(timeout: patience)
                } else {
                    try await bench.bridge.drain()
                }
            }
            bench.store.open("slow")
            try await drain.value
            #expect(consumed.ids.withLock { $0 } == ["slow", "next"])
            try await consumer.value
        }
    }

    @Test func `closing ends the downloads and tells which messages lack them`() async throws {
        try await Bench.run { bench in
            var iterator = try await bench.messages().results.makeAsyncIterator()
            try bench.publish("dead", .link("dead", 1), .text("beside"))
            try await bench.store.awaitBeginnings(1)
            await bench.bridge.close()
            let received = try #require(try await iterator.next()).get()
            #expect(received.failures.map(\.code) == [.cancelled])
            #expect(received.payloads[1].value != nil && !received.isUnusable)
            #expect(try await iterator.next() == nil)
        }
    }

    @Test func `a subscription that the server refuses fails after what came`() async throws {
        try await NATSServerFixture.run(
            config: """
                authorization { users = [{user: a, password: b, permissions: {
                  subscribe: {deny: "secret"}}}] }
                """
        ) { server in
            let client = NATSClientOptions(servers: ["nats://a:b@\(server.address)"])
            let bridge = try await Bridge.connect(BridgeOptions(client: client))
            let messages = bridge.messages(on: "secret")
            await #expect(throws: BridgeError.self) {
                for try await _ in messages { Issue.record("a message came") }
            }
            await bridge.close()
        }
    }
}
