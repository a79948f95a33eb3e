import BridgeBytes
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

@Suite(.needsNATSServer) struct RequestTests {
    private func connect(
        _ server: NATSServerFixture, _ change: (inout NATSClientOptions) -> Void = { _ in }
    ) async throws -> NATSClient {
        var options = NATSClientOptions(servers: [server.url])
        options.reconnectWait = .milliseconds(20)
        change(&options)
        return try await NATSClient.connect(options)
    }

    /// Answers every request `count` times, then with an empty message, until the client is closed.
    private func serve(_ client: NATSClient, _ subject: SubjectPattern, count: Int) throws -> Task<
        Void, any Error
    > {
        let service = try client.subscribe(to: subject)
        return Task {
            for try await message in service {
                let reply = try #require(message.replyTo)
                do throws(NATSError) {
                    for number in 0..<count { try client.publish([UInt8(number)], to: reply) }
                    try client.publish([], to: reply)
                } catch {
                    guard error.code == .closed else { throw error }
                    return
                }
            }
        }
    }

    private func numbers(_ replies: NATSReplies) async throws -> [UInt8?] {
        var numbers: [UInt8?] = []
        for try await reply in replies {
            numbers.append(reply.payload.count > 0 ? reply.payload[0] : nil)
        }
        return numbers
    }

    @Test func `many answers end with the sentinel, the number or the time`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let service = try serve(client, "many", count: 5)
            var options = RequestManyOptions()
            options.total = patience
            options.isSentinel = RequestManyOptions.emptyPayload
            var replies = try client.requestMany([], to: "many", options: options)
            #expect(try await numbers(replies) == [0, 1, 2, 3, 4])
            options.isSentinel = nil
            options.maxMessages = 3
            replies = try client.requestMany([], to: "many", options: options)
            #expect(try await numbers(replies) == [0, 1, 2])
            options.maxMessages = nil
            options.stall = .milliseconds(50)
            replies = try client.requestMany([], to: "many", options: options)
            // On a busy machine the time may end it before all have come.
            let all: [UInt8?] = [0, 1, 2, 3, 4, nil]
            let stalled = try await numbers(replies)
            #expect(stalled == Array(all.prefix(stalled.count)))
            options.stall = nil
            options.total = .milliseconds(50)
            replies = try client.requestMany([], to: "many", options: options)
            let timed = try await numbers(replies)
            #expect(timed == Array(all.prefix(timed.count)))
            await client.close()
            try await service.value
        }
    }

    @Test func `nobody listening fails many answers at once, and closing ends them`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            var options = RequestManyOptions()
            options.total = patience
            let nobody = try client.requestMany([], to: "nobody", options: options)
            await #expect(throws: NATSError(.noResponders, stage: .request)) {
                try await numbers(nobody)
            }
            let silent = try client.subscribe(to: "silent")
            let waiting = try client.requestMany([], to: "silent", options: options)
            _ = try await silent.nextBatch()
            let task = Task { try await numbers(waiting) }
            await client.close()
            await #expect(throws: NATSError(.closed, stage: .connect)) { try await task.value }
        }
    }

    @Test func `leaving the loop ends the interest`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let service = try serve(client, "many", count: 100)
            for try await reply in try client.requestMany([], to: "many")
            where reply.payload[0] == 3 {
                break
            }
            // The rest of the answers finds nobody; requests go on working.
            let answer = try await client.request([], to: "many", timeout: patience)
            #expect(answer.payload == [0])
            await client.close()
            try await service.value
        }
    }

    /// Where threads wait for each other, so that they go on at the same moment.
    private final class Start: Sendable { let ready = Atomic(0) }

    @Test func `requests that begin at the same time all come behind the inbox's SUB`() async throws
    {
        let verbs = Mutex<[Int: [String]]>([:])
        let server = try ScriptedServer { connection, number in
            guard connection.acceptNATS() != nil else { return }
            connection.serveNATS { line, _ in
                verbs.withLock { $0[number, default: []].append(String(line.prefix(3))) }
            }
        }
        let (rounds, threads) = (200, 2)
        for _ in 0..<rounds {
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"]))
            let start = Start()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<threads {
                    group.addTask {
                        await onThread {
                            start.ready.add(1, ordering: .sequentiallyConsistent)
                            while start.ready.load(ordering: .sequentiallyConsistent) < threads {}
                            let ticket = client.newRequest()
                            try? client.publish([], to: "a", replyTo: ticket.inbox)
                        }
                    }
                }
            }
            try await client.flush(timeout: patience)
            await client.close()
        }
        let expected = ["SUB"] + Array(repeating: "PUB", count: threads)
        #expect(
            verbs.withLock { $0 }
                == [Int: [String]](
                    uniqueKeysWithValues: (0..<rounds).map { ($0, expected) }))
    }

    @Test func `what tells the last answer may use the client`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            let service = try serve(client, "many", count: 5)
            var options = RequestManyOptions()
            options.total = patience
            options.isSentinel = { message in
                guard let own = try? client.subscribe(to: "own") else { return true }
                own.unsubscribe()
                return message.payload.isEmpty
            }
            let replies = try client.requestMany([], to: "many", options: options)
            #expect(try await within { try await numbers(replies) } == [0, 1, 2, 3, 4])
            await client.close()
            try await service.value
        }
    }

    @Test func `answers find their requests, however long the numbers get`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let client = try await connect(server)
            let service = try client.subscribe(to: "echo")
            let echo = Task {
                for try await message in service {
                    try client.publish(message.payload, to: try #require(message.replyTo))
                }
            }
            // Three digits in base 36 begin at 1,296.
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<1400 {
                    if number >= 32 { #expect(try await group.next() == true) }
                    group.addTask {
                        let payload = Bytes(utf8: "\(number)")
                        let answer = try await client.request(
                            payload, to: "echo", timeout: patience)
                        return answer.payload == payload
                    }
                }
                for try await isEqual in group { #expect(isEqual) }
            }
            await client.close()
            try await echo.value
        }
    }

    @Test func `a request that may not be published fails at once`() async throws {
        let config = """
            authorization { users: [ { user: u, password: p, permissions: {
              publish: { deny: "secret.>" } } } ] }
            """
        try await NATSServerFixture.run(config: config) { server in
            let client = try await connect(server) { $0.credentials = .user("u", password: "p") }
            await #expect(throws: NATSError(.permissionDenied, stage: .request)) {
                try await client.request([], to: "secret.plans", timeout: patience)
            }
            var options = RequestManyOptions()
            options.total = patience
            let many = try client.requestMany([], to: "secret.plans", options: options)
            await #expect(throws: NATSError(.permissionDenied, stage: .request)) {
                try await numbers(many)
            }
            await client.close()
        }
    }

    @Test func `on request, a lost connection fails what waits for answers`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server) { $0.failsRequestsOnDisconnect = true }
            let silent = try client.subscribe(to: "silent")
            let waiting = Task { try await client.request([], to: "silent", timeout: patience) }
            _ = try await silent.nextBatch()
            try await server.kill()
            await #expect(throws: NATSError(.disconnected, stage: .request)) {
                try await waiting.value
            }
            await client.close()
        }
    }

    @Test func `otherwise a request outlives the connection`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await connect(server)
            try await server.kill()
            while client.isConnected { await Task.yield() }
            let service = try serve(client, "later", count: 1)
            let waiting = Task { try await client.request([], to: "later", timeout: patience) }
            try await server.restart()
            #expect(try await waiting.value.payload == [0])
            await client.close()
            try await service.value
        }
    }
}
