import BridgeBytes
import NATSCore
import NATSWire
import TestKit
import Testing

@Suite(.needsNATSServer) struct SubscriptionTests {
    private func connect(_ server: NATSServerFixture) async throws -> NATSClient {
        var options = NATSClientOptions(servers: [server.url])
        options.reconnectWait = .milliseconds(20)
        return try await NATSClient.connect(options)
    }

    /// Publishes the numbers from 0 and waits until the server has sent them all back: the marker
    /// comes to another subscription of the same connection, behind them.
    private func flood(
        _ client: NATSClient, _ count: Int, limits: SubscriptionLimits
    ) async throws -> NATSSubscription {
        let subscription = try client.subscribe(to: "flood", limits: limits)
        let marker = try client.subscribe(to: "marker")
        for number in 0..<count {
            try await client.publish(Bytes(utf8: "\(number)"), to: "flood", timeout: .seconds(60))
        }
        try client.publish([], to: "marker")
        _ = try await marker.nextBatch()
        return subscription
    }

    /// What a subscription holds: numbers as they are, gaps as -n.
    private func contents(_ subscription: NATSSubscription) async throws -> [Int] {
        var contents: [Int] = []
        for try await delivered in subscription.deliveries {
            switch delivered {
            case .gap(let gap): if let count = gap.messages { contents.append(-count) }
            case .message(let message):
                contents.append(try #require(String(validating: message.payload).flatMap(Int.init)))
            }
        }
        return contents
    }

    @Test func `the oldest make room for the newest, and the gap is told`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try await flood(
                client, 5000,
                limits: SubscriptionLimits(
                    maxMessages: 100, maxBytes: 1 << 20, policy: .dropOldest))
            try await subscription.drain()
            let statistics = subscription.statistics
            #expect(try await contents(subscription) == [-4900] + Array(4900..<5000))
            #expect(statistics.droppedMessages == 4900 && statistics.waitingMessages == 100)
            #expect(statistics.waitingBytes == 400)
            await client.close()
        }
    }

    @Test func `after a wait that was too long the subscription goes on`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try client.subscribe(to: "a.*")
            let error = await #expect(throws: NATSError.self) {
                try await subscription.nextBatch(until: .now + .milliseconds(5))
            }
            #expect(error == NATSError(.timeout, stage: .receive))
            #expect(error?.subject == "a.*")
            try client.publish([1], to: "a.b")
            let batch = try await subscription.nextBatch(until: .now + patience)
            #expect(batch?.map(\.payload) == [[1]])
            await client.close()
        }
    }

    @Test func `the newest are dropped until there is room`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try await flood(
                client, 5000,
                limits: SubscriptionLimits(maxMessages: 9999, maxBytes: 190, policy: .dropNewest))
            try await subscription.drain()
            // Ten of one digit and ninety of two.
            #expect(try await contents(subscription) == Array(0..<100) + [-4900])
            #expect(subscription.statistics.deliveredBytes == 190)
            await client.close()
        }
    }

    @Test func `failing ends the subscription with a typed error after what waits`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try await flood(
                client, 5000,
                limits: SubscriptionLimits(maxMessages: 10, maxBytes: 1 << 20, policy: .fail))
            var seen: [String?] = []
            await #expect(throws: NATSError(.slowConsumer, stage: .receive)) {
                for try await message in subscription {
                    seen.append(String(validating: message.payload))
                }
            }
            #expect(seen == (0..<10).map { "\($0)" })
            // The server was told: nobody listens on the subject any more.
            await #expect(throws: NATSError(.noResponders, stage: .request)) {
                try await client.request([], to: "flood")
            }
            await client.close()
        }
    }

    @Test func `an episode of slowness is one event`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try await flood(
                client, 3000,
                limits: SubscriptionLimits(
                    maxMessages: 10, maxBytes: 1 << 20, policy: .dropOldest))
            await client.close()
            var slow: [SubscriptionLimits.Policy] = []
            for await event in client.events {
                if case .slowConsumer(subscription.id, let policy) = event { slow.append(policy) }
            }
            #expect(slow == [.dropOldest])
        }
    }

    @Test func `a drained subscription delivers what was sent, then ends`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try await flood(client, 1000, limits: .default)
            try await subscription.drain()
            try client.publish([], to: "flood")
            try await client.flush()
            #expect(try await contents(subscription) == Array(0..<1000))
            try await subscription.drain()
            await client.close()
        }
    }

    @Test func `a draining client lets its consumers finish and answer`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let other = try await connect(server)
            let answers = try other.subscribe(to: "answers")
            try await other.flush()
            let service = try await flood(client, 500, limits: .default)
            let consumer = Task {
                for try await message in service {
                    try client.publish(message.payload, to: "answers")
                    await Task.yield()
                }
            }
            try await client.drain()
            try await consumer.value
            try await other.flush()
            #expect(try await contentsOf(answers, count: 500) == Array(0..<500))
            #expect(throws: NATSError(.closed, stage: .subscribe)) {
                try client.subscribe(to: "late")
            }
            await other.close()
        }
    }

    private func contentsOf(_ subscription: NATSSubscription, count: Int) async throws -> [Int] {
        var numbers: [Int] = []
        while numbers.count < count, let batch = try await subscription.nextBatch() {
            numbers += batch.compactMap { String(validating: $0.payload).flatMap(Int.init) }
        }
        return numbers
    }

    @Test func `draining says what nobody consumed`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try await flood(client, 7, limits: .default)
            do throws(NATSError) {
                try await client.drain(timeout: .milliseconds(50))
                Issue.record("drained")
            } catch {
                #expect(error.code == .timeout && error.description.contains("7 received"))
            }
            #expect(subscription.backlog == 0 && !client.isConnected)
        }
    }

    @Test func `the rest of a count survives a restart of the server`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let limited = try client.subscribe(to: "some", queueGroup: "g")
            limited.unsubscribe(after: 5)
            for number in 0..<3 { try client.publish(Bytes(utf8: "\(number)"), to: "some") }
            try await client.flush()
            try await server.kill()
            while client.isConnected { await Task.yield() }
            try await server.restart()
            try await client.flush(timeout: patience)
            for number in 3..<9 { try client.publish(Bytes(utf8: "\(number)"), to: "some") }
            #expect(try await contents(limited) == Array(0..<5))
            // The server, too, counts the subscription as gone.
            await #expect(throws: NATSError(.noResponders, stage: .request)) {
                try await client.request([], to: "some")
            }
            await client.close()
        }
    }
}
