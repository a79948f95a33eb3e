import BridgeBytes
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

@Suite(.needsNATSServer) struct LameDuckTests {
    private static func connect(_ urls: [String]) async throws -> NATSClient {
        var options = NATSClientOptions(servers: urls)
        options.reconnectWait = .milliseconds(20)
        options.reconnectJitter = .milliseconds(10)
        return try await NATSClient.connect(options)
    }

    /// Publishes numbers without a pause until told to stop; returns their receipts.
    private static func publishing(
        _ client: NATSClient, until stop: Stop
    ) async throws -> [PublishReceipt] {
        var receipts: [PublishReceipt] = []
        while !stop.flag.load(ordering: .relaxed) {
            for _ in 0..<5 {
                receipts.append(
                    try client.publishWithReceipt(Bytes(utf8: "\(receipts.count)"), to: "flow"))
            }
            try await client.flush(timeout: patience)
        }
        return receipts
    }

    private final class Stop: Sendable { let flag = Atomic(false) }

    @Test func `a rolling restart of a cluster loses nothing that is not told`() async throws {
        try await NATSClusterFixture.run { cluster in
            let publisher = try await Self.connect(cluster.urls)
            let subscriber = try await Self.connect(cluster.urls.reversed())
            let plain = try subscriber.subscribe(to: "flow")
            let group = try subscriber.subscribe(to: "flow", queueGroup: "g")
            try await Self.publisherKnows(of: subscriber, publisher)
            let stop = Stop()
            let onceTask = Task { try await Self.numbers(plain) }
            let groupTask = Task { try await Self.numbers(group) }
            let flow = Task { try await Self.publishing(publisher, until: stop) }
            for node in cluster.nodes {
                try await roll(node, cluster, [publisher, subscriber])
            }
            stop.flag.store(true, ordering: .relaxed)
            let receipts = try await flow.value
            var outcomes = Set<PublishOutcome>()
            for receipt in receipts { outcomes.insert(try await receipt.outcome()) }
            #expect(outcomes == [.sent])
            try publisher.publish(Bytes(utf8: "end"), to: "flow")
            let (plainSeen, groupSeen) = try await within {
                (try await onceTask.value, try await groupTask.value)
            }
            // It has left one server at least, and no server says when the others know of that:
            // what is missing, is missing where it was told.
            #expect(!plainSeen.gaps.isEmpty)
            #expect(plainSeen.gaps.allSatisfy { $0.cause == .disconnected })
            let untold = plainSeen.untold(of: receipts.count)
            #expect(untold.isEmpty)
            // Two members of a group share the messages: each comes once, in whatever order.
            #expect(Set(groupSeen.numbers).count == groupSeen.numbers.count)
            #expect(groupSeen.numbers.count == receipts.count || !groupSeen.gaps.isEmpty)
            let most = receipts.count / 2
            #expect(plainSeen.numbers.count > most && groupSeen.numbers.count > most)
            #expect(receipts.count > 100)
            await publisher.close()
            await subscriber.close()
        }
    }

    /// Sends a node away in its orderly way once all clients have left it, and starts it again.
    private func roll(
        _ node: NATSServerFixture, _ cluster: NATSClusterFixture, _ clients: [NATSClient]
    ) async throws {
        let ports = clients.map { $0.serverInfo?.port }
        node.signal(SIGUSR2)
        try await within("the move") {
            while clients.contains(where: { $0.serverInfo?.port == node.port || !$0.isConnected }) {
                try await clients[0].flush(timeout: patience)
                await Task.yield()
            }
        }
        for (client, port) in zip(clients, ports) where port == node.port {
            try await within("the event of the move") {
                for await event in client.events {
                    if case .moved(node.address) = event { return }
                }
            }
        }
        try await node.restart()
        try await cluster.whenJoined(node)
    }

    /// What a subscription has brought up to the end mark.
    private struct Seen: Sendable {
        var numbers: [Int] = []
        var gaps: [SubscriptionGap] = []
        /// How many numbers had come when a gap was told.
        var places: [Int] = []

        /// The numbers that are missing though no gap was told before a later one came.
        func untold(of count: Int) -> [Int] {
            Set(0..<count).subtracting(numbers).filter { missing in
                let later = numbers.firstIndex { $0 > missing } ?? numbers.endIndex
                return !places.contains { $0 <= later }
            }
        }
    }

    /// Waits until what is published reaches the subscriber: its server has told the publisher's of
    /// this subscription, and so of all before.
    private static func publisherKnows(
        of subscriber: NATSClient, _ publisher: NATSClient
    ) async throws {
        let probe = try subscriber.subscribe(to: "ready")
        try await subscriber.flush()
        try await within("the first message") {
            while true {
                try publisher.publish(Bytes(), to: "ready")
                try await publisher.flush(timeout: patience)
                if probe.statistics.waitingMessages > 0 { return }
                await Task.yield()
            }
        }
        probe.unsubscribe()
    }

    private static func numbers(_ subscription: NATSSubscription) async throws -> Seen {
        var seen = Seen()
        for try await delivered in subscription.deliveries {
            switch delivered {
            case .gap(let gap):
                seen.gaps.append(gap)
                seen.places.append(seen.numbers.count)
            case .message(let message):
                guard let number = message.text.flatMap({ Int($0) }) else { return seen }
                seen.numbers.append(number)
            }
        }
        return seen
    }

    @Test func `the end of a server that is being left is told once`() async throws {
        let isConnected = DispatchSemaphore(value: 0)
        let isLost = DispatchSemaphore(value: 0)
        let connections = Atomic(0)
        // Whichever of the two comes first leaves, and is gone before the other one answers.
        let servers = try (0..<2).map { _ in
            try ScriptedServer { connection, _ in
                if connections.add(1, ordering: .relaxed).newValue > 1 {
                    isLost.wait()
                    if connection.acceptNATS() != nil { connection.serveNATS() }
                } else if connection.acceptNATS() != nil {
                    isConnected.wait()
                    connection.send("INFO {\"server_id\":\"scripted\",\"ldm\":true}\r\n")
                }
            }
        }
        let client = try await Self.connect(servers.map { "nats://127.0.0.1:\($0.port)" })
        isConnected.signal()
        let told = try await within {
            var told: [String] = []
            for await event in client.events {
                switch event {
                case .lameDuck: told.append("lame duck")
                case .disconnected(let error):
                    told.append(error.detail)
                    isLost.signal()
                case .connected: told.append("connected")
                case .moved, .connectionFailed: told.append("\(event)")
                default: continue
                }
                if told.count == 4 { break }
            }
            return told
        }
        #expect(
            told == ["connected", "lame duck", "the server closed the connection", "connected"])
        await client.close()
    }

    @Test func `with no other server the connection is used to its end`() async throws {
        // The grace period outlasts what comes before the server is stopped.
        let config = "lame_duck_duration: \"120s\"\nlame_duck_grace_period: \"60s\""
        try await NATSServerFixture.run(config: config) { server in
            let client = try await Self.connect([server.url])
            let subscription = try client.subscribe(to: "a")
            try await client.flush()
            try await server.enterLameDuck()
            try await within("lame duck") {
                for await event in client.events { if event == .lameDuck { return } }
            }
            try client.publish([1], to: "a")
            #expect(try await subscription.nextBatch()?.first?.payload == [1])
            // A server that is leaving does not end when asked to.
            try await server.kill()
            try await server.restart()
            try client.publish([2], to: "a")
            #expect(try await subscription.nextBatch()?.first?.payload == [2])
            await client.close()
        }
    }
}
