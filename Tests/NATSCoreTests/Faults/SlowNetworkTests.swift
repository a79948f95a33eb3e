import BridgeBytes
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// Networks that are slow, stand still or say nothing, in bounded time.
@Suite(.needsNATSServer) struct SlowNetworkTests {
    private static func events(_ client: NATSClient) async -> [NATSEvent] {
        var all: [NATSEvent] = []
        for await event in client.events { all.append(event) }
        return all
    }

    /// How many messages come before the one with that text.
    private static func count(
        _ subscription: NATSSubscription, until mark: String
    ) async throws -> Int {
        var count = 0
        for try await message in subscription {
            if message.payload == Bytes(utf8: mark) { break }
            count += 1
        }
        return count
    }

    @Test func `a large message at 50 KB a second starves no keep-alive`() async throws {
        var hasPassed = false
        // A machine that stands still for longer than the silence that is allowed gets more of it.
        for scale in [1, 4, 16] where !hasPassed {
            hasPassed = try await Self.passesSlowly(scale: scale)
        }
        #expect(hasPassed)
    }

    /// Receives messages that take a second each, times `scale`, on a connection that is stale
    /// after one and a half seconds of silence, times `scale`. Returns whether it held.
    private static func passesSlowly(scale: Int) async throws -> Bool {
        try await FaultStage.run { stage in
            for direction in FlowDirection.allCases {
                stage.proxy.set(.with { $0.bytesPerSecond = 50_000 }, direction)
            }
            let client = try await stage.connect {
                $0.pingInterval = .milliseconds(500 * scale)
                $0.maxPingsOutstanding = 2
            }
            let subscription = try client.subscribe(to: "slow")
            var generator = SeededGenerator(#function)
            let payloads = (0..<2).map { _ in Bytes(generator.bytes(50_000 * scale)) }
            let receipts = try payloads.map { try client.publishWithReceipt($0, to: "slow") }
            var outcomes = Set<PublishOutcome>()
            for receipt in receipts { outcomes.insert(try await receipt.outcome()) }
            // What the server sent before its PONG is here: nothing below waits.
            let isFlushed = (try? await client.flush(timeout: patience)) != nil
            guard isFlushed, client.statistics.connections == 1 else {
                await client.close()
                return false
            }
            var received: [Bytes] = []
            while received.count < payloads.count {
                received += try #require(try await subscription.nextBatch()).map(\.payload)
            }
            #expect(received == payloads && outcomes == [.sent])
            await client.close()
            return true
        }
    }

    @Test func `a client that cannot be written to is cut off, and comes back`() async throws {
        try await FaultStage.run(config: "max_pending: 1MB") { stage in
            let client = try await stage.connect()
            let subscription = try client.subscribe(to: "flood")
            try await client.flush()
            let publisher = try await stage.connectDirectly()
            stage.proxy.set(.with { $0.stalls = true }, .toClient)
            let chunk = Bytes([UInt8](repeating: 1, count: 64 << 10))
            try await within("the server's patience") {
                while stage.lines("Slow Consumer") == 0 {
                    try await publisher.publish(chunk, to: "flood", timeout: .seconds(60))
                    try await publisher.flush()
                }
            }
            stage.proxy.clear()
            try await FaultStage.wait("the next connection") {
                client.statistics.connections == 2
            }
            try await client.flush()
            try publisher.publish(Bytes(utf8: "after"), to: "flood")
            _ = try await Self.count(subscription, until: "after")
            #expect(publisher.statistics.connections == 1)
            await client.close()
            await publisher.close()
            let lost = await Self.events(client).contains {
                if case .disconnected = $0 { true } else { false }
            }
            #expect(lost)
        }
    }

    @Test func `a consumer that stands still is named before the server loses patience`()
        async throws
    {
        try await FaultStage.run(config: "max_pending: 1MB") { stage in
            let client = try await stage.connect()
            var limits = SubscriptionLimits(maxMessages: 4, maxBytes: 1 << 20)
            // However long the server takes to lose its own.
            limits.patience = nil
            let subscription = try client.subscribe(to: "flood", limits: limits)
            try await client.flush()
            let publisher = try await stage.connectDirectly()
            let chunk = Bytes([UInt8](repeating: 1, count: 64 << 10))
            try await within("the server's patience") {
                while stage.lines("Slow Consumer") == 0 {
                    try await publisher.publish(chunk, to: "flood", timeout: .seconds(60))
                    try await publisher.flush()
                }
            }
            // It reads on, finds the end of the connection, and then what comes over the next.
            let consumer = Task { try await Self.count(subscription, until: "mark") }
            try await FaultStage.wait("the next connection") {
                client.statistics.connections == 2
            }
            try await client.flush()
            try publisher.publish(Bytes(utf8: "mark"), to: "flood")
            #expect(try await consumer.value >= limits.maxMessages)
            await client.close()
            await publisher.close()
            let events = await Self.events(client)
            let slow = events.firstIndex(of: .slowConsumer(subscription: 1, .suspend))
            let lost = events.firstIndex {
                if case .disconnected(let error) = $0 {
                    error.detail.contains("slow to read")
                } else {
                    false
                }
            }
            #expect(try #require(slow) < #require(lost))
        }
    }

    @Test func `a connection that swallows everything is found stale`() async throws {
        try await FaultStage.run { stage in
            let client = try await stage.connect {
                $0.pingInterval = .milliseconds(50)
                $0.maxPingsOutstanding = 2
            }
            for direction in FlowDirection.allCases {
                stage.proxy.set(.with { $0.swallows = true }, direction, scope: .present)
            }
            let receipt = try client.publishWithReceipt([1], to: "a")
            #expect(try await within { try await receipt.outcome() } == .unknown)
            // On a busy machine the next connection may be taken for stale as well.
            while (try? await client.flush(timeout: patience)) == nil {}
            #expect(client.statistics.connections >= 2)
            await client.close()
        }
    }

    @Test func `a network that is down is waited for, and what was accepted is kept`()
        async throws
    {
        try await FaultStage.run { stage in
            let observer = try await stage.connectDirectly()
            let watcher = try observer.subscribe(to: "kept")
            try await observer.flush()
            let client = try await stage.connect()
            stage.proxy.goDown()
            try await FaultStage.wait("the loss") { !client.isConnected }
            let receipts = try (0..<100).map {
                try client.publishWithReceipt([UInt8($0)], to: "kept")
            }
            #expect(receipts.allSatisfy { $0.current == nil })
            try stage.proxy.comeUp()
            for receipt in receipts { #expect(try await receipt.outcome() == .sent) }
            var received: [Bytes] = []
            while received.count < 100 {
                received += try #require(try await watcher.nextBatch()).map(\.payload)
            }
            #expect(received == (0..<100).map { [UInt8($0)] })
            await client.close()
            await observer.close()
        }
    }

    @Test func `sliced and delayed frames are the same frames`() async throws {
        try await FaultStage.run { stage in
            for direction in FlowDirection.allCases {
                stage.proxy.set(
                    .with {
                        $0.sliceSize = 3
                        $0.latency = .milliseconds(2)
                        $0.jitter = .milliseconds(3)
                    }, direction)
            }
            let client = try await stage.connect()
            let subscription = try client.subscribe(to: "sliced")
            try await client.flush()
            var generator = SeededGenerator(#function)
            let payloads = (0..<20).map { Bytes(generator.bytes($0 * $0)) }
            for payload in payloads { try client.publish(payload, to: "sliced") }
            var received: [Bytes] = []
            while received.count < payloads.count {
                received += try #require(try await subscription.nextBatch()).map(\.payload)
            }
            #expect(received == payloads && client.statistics.connections == 1)
            await client.close()
        }
    }
}
