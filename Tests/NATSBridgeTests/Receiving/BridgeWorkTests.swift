import BridgeBytes
import NATSBridge
import NATSCore
import NATSJetStream
import NATSWire
import Synchronization
import TestKit
import Testing

/// Work on the messages of a stream, with their payloads as values (failures.md B3, B4).
@Suite(.needsNATSServer) struct BridgeWorkTests {
    /// A stream of everything that is published to `in`, and a consumer of it.
    private static func run(
        ackWait: Duration = patience,
        _ body: @escaping @Sendable (ReceiverBench, PullConsumer) async throws -> Void
    ) async throws {
        try await ReceiverBench.run { bench in
            let jetStream = bench.bridge.client.jetStream
            try await jetStream.createStream(StreamConfiguration(name: "JOBS", subjects: ["in"]))
            var configuration = ConsumerConfiguration(durableName: "worker")
            configuration.ackWait = ackWait
            try await body(bench, try await jetStream.createConsumer(configuration, on: "JOBS"))
        }
    }

    @Test func `what is sent to a stream is worked on as values, and done`() async throws {
        try await Self.run { bench, consumer in
            var stored = SendOptions()
            stored.mode = .jetStream
            for number in 0..<5 {
                _ = try await bench.bridge.send("job \(number)", to: "in", options: stored)
            }
            let texts = Mutex<Set<String>>([])
            let (all, allDone) = AsyncStream.makeStream(of: Void.self)
            let work = Task {
                try await bench.bridge.work(on: consumer) { job in
                    let count = texts.withLock {
                        $0.insert(job.text ?? "")
                        return $0.count
                    }
                    #expect(job.position?.stream == "JOBS")
                    if count == 5 { allDone.yield() }
                }
            }
            for await _ in all { break }
            try await bench.bridge.drain()
            _ = try await work.value
            let seen = texts.withLock { $0 }
            #expect(seen == Set((0..<5).map { "job \($0)" }))
        }
    }

    @Test func `the server hears that work goes on while a link is fetched`() async throws {
        try await Self.run(ackWait: .seconds(3)) { bench, consumer in
            let said = try bench.bridge.client.subscribe(to: "$JS.ACK.JOBS.worker.>")
            try bench.publish("big", .link("big", 9))
            let sizes = Mutex<[Int]>([])
            let work = Task {
                try await bench.bridge.work(on: consumer) { job in
                    sizes.withLock { $0.append(job.payload?.bytes.count ?? 0) }
                }
            }
            var words: [String?] = []
            for try await message in said {
                words.append(message.text)
                if words.count == 2 { bench.store.open("big") }
                if message.text == "+ACK" { break }
            }
            work.cancel()
            _ = try await work.value
            let seen = sizes.withLock { $0 }
            #expect(seen.first == 9 && words.count > 2)
            #expect(words.dropLast().allSatisfy { $0 == "+WPI" })
        }
    }

    @Test func `what can never be read is given up, and the next one is worked on`()
        async throws
    {
        try await Self.run { bench, consumer in
            let (events, telling) = AsyncStream.makeStream(of: WorkEvent.self)
            var options = BridgeWorkOptions()
            options.working.onEvent = { telling.yield($0) }
            options.working.concurrency = 1
            let asked = options
            bench.store.open("gone")
            bench.store.setMissing("gone", true)
            try bench.bridge.client.publish("no envelope", to: "in")
            try bench.publish("gone", .text("here"), .link("gone", 1))
            try bench.publish("whole", .text("x"))
            let (done, telling2) = AsyncStream.makeStream(of: String.self)
            let work = Task {
                try await bench.bridge.work(on: consumer, options: asked) {
                    telling2.yield($0.messageID)
                }
            }
            var letters: [DeadLetter] = []
            for await event in events {
                if case .rejected(let letter) = event { letters.append(letter) }
                if letters.count == 2 { break }
            }
            for await id in done {
                #expect(id == "whole")
                break
            }
            await bench.bridge.close()
            _ = try await work.value
            #expect(letters.map(\.sequence) == [1, 2])
            #expect(letters.map(\.code) == ["invalid_json", "payload_not_found"])
            #expect(letters[1].reason == "download failed: payload_not_found")
        }
    }

    @Test func `a message with a part missing can be asked for`() async throws {
        try await Self.run { bench, consumer in
            var options = BridgeWorkOptions()
            options.takesIncomplete = true
            let asked = options
            bench.store.open("gone")
            bench.store.setMissing("gone", true)
            try bench.publish("half", .text("here"), .link("gone", 1))
            let (done, telling) = AsyncStream.makeStream(of: Received.self)
            let work = Task {
                try await bench.bridge.work(on: consumer, options: asked) { telling.yield($0) }
            }
            for await job in done {
                #expect(job.text == "here" && job.failures.map(\.code) == [.payloadNotFound])
                break
            }
            work.cancel()
            _ = try await work.value
        }
    }

    @Test func `what is done is removed behind the confirmed acknowledgement, and nothing else`()
        async throws
    {
        try await Self.run { bench, consumer in
            // The store's removals are told beside what the server is asked to confirm.
            let said = try bench.bridge.client.subscribe(to: "$JS.ACK.JOBS.worker.>")
            for name in ["one", "two", "bad"] { bench.store.open(name) }
            bench.store.setKept("two")
            try bench.publish("m1", .link("one", 1), .link("two", 2), .text("x"))
            try bench.publish("m2", .link("bad", 3))
            try bench.publish("m3", .text("y"))
            var options = BridgeWorkOptions()
            options.removesPayloads = true
            options.working.concurrency = 1
            options.working.verdict = { _ in .reject(reason: "no") }
            let asked = options
            let work = Task {
                try await bench.bridge.work(on: consumer, options: asked) { job in
                    #expect(bench.store.removed.isEmpty || job.messageID != "m1")
                    if job.messageID == "m2" { throw WorkVerdict.reject(reason: "no") }
                }
            }
            var words: [String] = []
            for try await message in said {
                // Acknowledgements that are to be confirmed say where.
                if message.text == "+ACK" { #expect(message.replyTo != nil) }
                if message.text != "+WPI" { words.append(message.text ?? "") }
                if words.count == 3 { break }
            }
            work.cancel()
            _ = try await work.value
            #expect(words.first == "+ACK" && words.last == "+ACK")
            #expect(bench.store.removed == ["http://store/one/1"])
            #expect(bench.bridge.statistics.payloadsRemoved == 1)
            #expect(bench.bridge.statistics.payloadsFailed == 0)
        }
    }

    @Test func `the end of a bridge is the end of its work, also where the client stays`()
        async throws
    {
        try await Self.run { bench, consumer in
            let bridge = Bridge(client: bench.bridge.client, options: BridgeOptions())
            try bench.publish("one", .text("x"))
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            let (freed, freeing) = AsyncStream.makeStream(of: Void.self)
            let work = Task {
                try await bridge.work(on: consumer) { _ in
                    beginning.yield()
                    for await _ in freed { break }
                }
            }
            for await _ in begun { break }
            let drain = Task { try await bridge.drain() }
            freeing.yield()
            try await drain.value
            _ = try await work.value
            while try await consumer.info().ackPending > 0 {}
            let code = await #expect(throws: BridgeError.self) {
                try await bridge.work(on: consumer) { _ in }
            }
            #expect(code?.code == .closed)
        }
    }
}
