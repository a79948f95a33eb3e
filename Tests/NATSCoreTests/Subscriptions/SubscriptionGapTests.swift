import BridgeBytes
import NATSCore
import NATSWire
import TestKit
import Testing

/// Consumers that stand still or have left, and what a subscription says of what it missed.
@Suite(.needsNATSServer) struct SubscriptionGapTests {
    private func connect(_ server: NATSServerFixture) async throws -> NATSClient {
        var options = NATSClientOptions(servers: [server.url])
        options.reconnectWait = .milliseconds(20)
        return try await NATSClient.connect(options)
    }

    /// Publishes the numbers of a range, one at a time to the flood and all to the other one,
    /// which must get them.
    private func flood(
        _ client: NATSClient, _ numbers: Range<Int>, other: NATSSubscription
    ) async throws {
        for number in numbers {
            try await client.publish(Bytes(utf8: "\(number)"), to: "flood", timeout: .seconds(60))
        }
        try await client.publish([], to: "other", timeout: .seconds(60))
        #expect(try await other.nextBatch(until: .now + patience)?.count == 1)
    }

    /// What comes up to a number, gaps as -n.
    private func contents(
        _ subscription: NATSSubscription, upTo last: Int
    ) async throws -> [Int] {
        var seen: [Int] = []
        for try await delivered in subscription.deliveries {
            switch delivered {
            case .gap(let gap): seen.append(try -#require(gap.messages))
            case .message(let message):
                let number = String(validating: message.payload).flatMap(Int.init)
                seen.append(try #require(number))
                if number == last { return seen }
            }
        }
        return seen
    }

    private func isTold(_ client: NATSClient, _ subscription: NATSSubscription) async -> Bool {
        for await event in client.events {
            if event == .messagesDropped(subscription: subscription.id) { return true }
        }
        return false
    }

    @Test func `a loop that was left holds nobody up, and it is told`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let client = try await connect(server)
            var limits = SubscriptionLimits(maxMessages: 10, maxBytes: 1 << 20)
            // Nobody waits for a consumer that has left, whatever this says.
            limits.patience = nil
            let left = try client.subscribe(to: "flood", limits: limits)
            let other = try client.subscribe(to: "other")
            try client.publish(Bytes(utf8: "0"), to: "flood")
            for try await message in left {
                #expect(message.payload == Bytes(utf8: "0"))
                break
            }
            // One batch overruns the limits, and what comes behind it does not fit.
            try await flood(client, 1..<20, other: other)
            try await flood(client, 20..<1000, other: other)
            #expect(left.statistics.droppedMessages > 0)
            #expect(
                left.statistics.droppedMessages + left.statistics.waitingMessages == 999)
            await client.close()
            #expect(await isTold(client, left))
        }
    }

    @Test func `one that stands still for too long loses its own messages only`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let client = try await connect(server)
            var limits = SubscriptionLimits(maxMessages: 10, maxBytes: 1 << 20)
            limits.patience = .milliseconds(2)
            let slow = try client.subscribe(to: "flood", limits: limits)
            let other = try client.subscribe(to: "other")
            // One batch overruns the limits, and what comes behind it does not fit.
            try await flood(client, 0..<20, other: other)
            try await flood(client, 20..<1000, other: other)
            let dropped = slow.statistics.droppedMessages
            #expect(dropped > 0)
            // Behind what waits there is a gap, and then it goes on.
            slow.unsubscribe(after: 1001)
            try client.publish(Bytes(utf8: "1000"), to: "flood")
            try await client.flush()
            let seen = try await contents(slow, upTo: 1000)
            #expect(seen.reduce(0) { $0 + ($1 < 0 ? -$1 : 1) } >= 1000)
            #expect(seen.contains { $0 < 0 })
            var next = 0
            for number in seen {
                if number < 0 {
                    next += -number
                } else {
                    #expect(number == next)
                    next = number + 1
                }
            }
            await client.close()
            #expect(await isTold(client, slow))
        }
    }

    @Test func `a reconnection is a gap of which nobody knows the size`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let client = try await connect(server)
            let subscription = try client.subscribe(to: "a")
            try client.publish([1], to: "a")
            try await client.flush()
            try await server.kill()
            while client.isConnected { await Task.yield() }
            try await server.restart()
            try await client.flush(timeout: patience)
            try client.publish([2], to: "a")
            var deliveries = subscription.deliveries.makeAsyncIterator()
            guard case .message(let first) = try await deliveries.next(),
                case .gap(let gap) = try await deliveries.next(),
                case .message(let second) = try await deliveries.next()
            else {
                Issue.record("not in this order")
                return
            }
            #expect(first.payload == [1] && second.payload == [2])
            #expect(gap.cause == .disconnected && gap.messages == nil && gap.bytes == nil)
            await client.close()
        }
    }
}
