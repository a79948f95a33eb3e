import BridgeBytes
import NATSCore
import NATSWire
import TestKit
import Testing

@Suite(.needsNATSServer) struct NATSClientTests {
    private func connect(_ server: NATSServerFixture) async throws -> NATSClient {
        var options = NATSClientOptions(servers: [server.url])
        options.reconnectWait = .milliseconds(20)
        return try await NATSClient.connect(options)
    }

    @Test func `messages arrive whole and in order, with their headers`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try client.subscribe(to: "orders.*")
            for number in 0..<1000 {
                let payload = Bytes(utf8: String(repeating: "\(number),", count: number % 50))
                try client.publish(
                    payload, to: "orders.new", headers: ["Number": "n", "X-Kind": "a b"])
            }
            try await client.flush()
            var number = 0
            for try await message in subscription {
                #expect(message.subject == "orders.new")
                #expect(try message.headers["X-Kind"] == "a b")
                #expect(
                    String(validating: message.payload)
                        == String(repeating: "\(number),", count: number % 50))
                number += 1
                if number == 1000 { break }
            }
            #expect(number == 1000)
            try await client.drain()
        }
    }

    @Test func `a large message is received into one piece`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try client.subscribe(to: "big")
            let size = client.maxPayload
            let payload = Bytes((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) })
            for _ in 0..<5 { try client.publish(payload, to: "big") }
            var count = 0
            for try await message in subscription {
                #expect(message.payload == payload)
                count += 1
                if count == 5 { break }
            }
            await client.close()
        }
    }

    @Test func `one byte over the server's limit is refused here, headers counted`() async throws {
        try await NATSServerFixture.run(config: "max_payload: 1000") { server in
            let client = try await connect(server)
            #expect(client.maxPayload == 1000)
            let subscription = try client.subscribe(to: "edge")
            let fits = Bytes([UInt8](repeating: 1, count: 1000))
            let over = Bytes([UInt8](repeating: 1, count: 1001))
            #expect(throws: NATSError(.tooLarge, stage: .publish)) {
                try client.publish(over, to: "edge")
            }
            #expect(throws: NATSError(.tooLarge, stage: .publish)) {
                try client.publish(fits, to: "edge", headers: ["A": "b"])
            }
            try client.publish(fits, to: "edge")
            try await client.flush()
            let batch = try await subscription.nextBatch()
            #expect(batch?.first?.payload.count == 1000)
            await client.close()
        }
    }

    @Test func `requests share one inbox and find their answers`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let service = try client.subscribe(to: "double")
            let responder = Task {
                for try await message in service {
                    let reply = try #require(message.replyTo)
                    try client.publish(
                        Bytes(Array(message.payload) + Array(message.payload)), to: reply)
                }
            }
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let text = "\(number)."
                        let answer = try await client.request(
                            Bytes(utf8: text), to: "double", timeout: patience)
                        return String(validating: answer.payload) == text + text
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
            await client.close()
            try await responder.value
        }
    }

    @Test func `nobody listening is told at once, silence after the timeout`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            await #expect(throws: NATSError(.noResponders, stage: .request)) {
                try await client.request([], to: "nobody", timeout: patience)
            }
            let silent = try client.subscribe(to: "silent")
            await #expect(throws: NATSError(.timeout, stage: .request)) {
                try await client.request([], to: "silent", timeout: .milliseconds(30))
            }
            let waiting = Task {
                try await client.request([], to: "silent", timeout: patience)
            }
            waiting.cancel()
            await #expect(throws: NATSError(.cancelled, stage: .request)) {
                try await waiting.value
            }
            try await within("the first request") {
                while silent.backlog == 0 { await Task.yield() }
            }
            await client.close()
        }
    }

    @Test func `a queue group shares, and a count ends a subscription`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let one = try client.subscribe(to: "work", queueGroup: "g")
            let other = try client.subscribe(to: "work", queueGroup: "g")
            let limited = try client.subscribe(to: "work")
            limited.unsubscribe(after: 3)
            for _ in 0..<100 { try client.publish([1], to: "work") }
            try await client.flush()
            var counted = 0
            for try await _ in limited { counted += 1 }
            #expect(counted == 3)
            #expect(one.backlog + other.backlog == 100)
            await client.close()
        }
    }

    @Test func `after a restart subscriptions go on and waiting messages are sent`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try client.subscribe(to: "s.>")
            let service = try client.subscribe(to: "ask", queueGroup: "q")
            try client.publish([0], to: "s.before")
            try await client.flush()
            try await server.kill()
            while client.isConnected { await Task.yield() }
            for number in 1...50 { try client.publish([UInt8(number)], to: "s.while.away") }
            try await server.restart()
            try await client.flush(timeout: patience)
            var seen: [UInt8] = []
            for try await message in subscription {
                seen.append(message.payload[0])
                if seen.count == 51 { break }
            }
            #expect(seen == (0...50).map { UInt8($0) })
            let answerer = Task {
                for try await message in service {
                    try client.publish([42], to: #require(message.replyTo))
                }
            }
            let answer = try await client.request([], to: "ask", timeout: patience)
            #expect(answer.payload == [42])
            await client.close()
            try await answerer.value
        }
    }

    @Test func `wrong credentials are told as such`() async throws {
        let config = "authorization { user: u, password: p }"
        try await NATSServerFixture.run(config: config) { server in
            await #expect(throws: NATSError(.authorizationFailed, stage: .connect)) {
                try await connect(server)
            }
            var options = NATSClientOptions(servers: [server.url])
            options.credentials = .user("u", password: "p")
            let client = try await NATSClient.connect(options)
            #expect(client.isConnected)
            await client.close()
        }
    }

    @Test func `a refused subscription ends with the server's reason`() async throws {
        let config = """
            authorization { users: [ { user: u, password: p, permissions: {
              subscribe: { deny: "secret.>" } } } ] }
            """
        try await NATSServerFixture.run(config: config) { server in
            var options = NATSClientOptions(servers: [server.url])
            options.credentials = .user("u", password: "p")
            let client = try await NATSClient.connect(options)
            let subscription = try client.subscribe(to: "secret.plans")
            await #expect(throws: NATSError(.permissionDenied, stage: .subscribe)) {
                try await subscription.nextBatch()
            }
            await client.close()
        }
    }

    @Test func `a slow consumer pauses the flow and loses nothing`() async throws {
        try await NATSServerFixture.run { server in
            let sender = try await connect(server)
            let receiver = try await connect(server)
            let subscription = try receiver.subscribe(
                to: "flood", limits: SubscriptionLimits(maxMessages: 100, maxBytes: 1 << 20))
            try await receiver.flush()
            let total = 20_000
            for number in 0..<total {
                try await sender.publish(
                    Bytes(utf8: "\(number)"), to: "flood", timeout: .seconds(60))
            }
            try await sender.flush(timeout: patience)
            var expected = 0
            for try await message in subscription {
                guard String(validating: message.payload) == "\(expected)" else {
                    Issue.record("message \(expected) is missing or out of order")
                    break
                }
                expected += 1
                if expected == total { break }
            }
            #expect(expected == total)
            await sender.close()
            await receiver.close()
        }
    }

    @Test func `a full outbox refuses, and takes more when the server is back`() async throws {
        try await NATSServerFixture.run { server in
            var options = NATSClientOptions(servers: [server.url])
            options.outboxCapacity = 1000
            options.reconnectWait = .milliseconds(20)
            let client = try await NATSClient.connect(options)
            try await server.kill()
            while client.isConnected { await Task.yield() }
            let payload = Bytes([UInt8](repeating: 7, count: 600))
            try client.publish(payload, to: "a")
            try client.publish(payload, to: "a")
            #expect(throws: NATSError(.outboxFull, stage: .publish)) {
                try client.publish(payload, to: "a")
            }
            let waiting = Task { try await client.publish(payload, to: "a", timeout: .seconds(60)) }
            try await server.restart()
            try await waiting.value
            try await client.flush(timeout: patience)
            await client.close()
        }
    }

    @Test func `a closed client refuses everything and ends its subscriptions`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let subscription = try client.subscribe(to: "x")
            await client.close()
            #expect(throws: NATSError(.closed, stage: .publish)) {
                try client.publish([], to: "x")
            }
            await #expect(throws: NATSError(.closed, stage: .flush)) { try await client.flush() }
            #expect(try await subscription.nextBatch() == nil)
        }
    }

    @Test func `nobody at the address is told with the server's name`() async throws {
        do throws(NATSError) {
            _ = try await NATSClient.connect(NATSClientOptions(servers: ["nats://127.0.0.1:1"]))
            Issue.record("connected to nothing")
        } catch {
            #expect(error.code == .connectionFailed)
            #expect(error.description.contains("127.0.0.1:1"))
        }
    }
}
