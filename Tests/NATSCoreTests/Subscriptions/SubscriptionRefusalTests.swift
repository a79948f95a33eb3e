import BridgeBytes
import NATSCore
import NATSWire
import TestKit
import Testing

/// What a server does not take, and what is asked for beyond reason.
@Suite(.needsNATSServer) struct SubscriptionRefusalTests {
    private func connect(_ server: NATSServerFixture) async throws -> NATSClient {
        var options = NATSClientOptions(servers: [server.url])
        options.reconnectWait = .milliseconds(20)
        return try await NATSClient.connect(options)
    }

    /// How often a client that is closed was connected.
    private func connections(of client: NATSClient) async -> Int {
        var count = 0
        for await event in client.events {
            if case .connected = event { count += 1 }
        }
        return count
    }

    @Test func `a refused inbox fails requests at once, until it is granted`() async throws {
        func config(_ allowed: String) -> String {
            "authorization { users = [ { user: u, password: p, permissions: "
                + "{ publish: \">\", subscribe: [\(allowed)] } } ] }"
        }
        try await NATSServerFixture.run(
            jetStream: false, config: config("\"service\"")
        ) { server in
            var options = NATSClientOptions(servers: ["nats://u:p@\(server.address)"])
            options.reconnectWait = .milliseconds(20)
            let client = try await NATSClient.connect(options)
            let service = try client.subscribe(to: "service")
            let answering = Task {
                for try await message in service {
                    if let reply = message.replyTo { try client.publish([1], to: reply) }
                }
            }
            for _ in 0..<2 {
                let error = await #expect(throws: NATSError.self) {
                    try await client.request([], to: "service", timeout: patience)
                }
                #expect(error?.code == .permissionDenied)
            }
            try await server.reload(config: config("\"service\", \"_INBOX.>\""))
            // The server may close the connection over a change of permissions.
            try await client.flush(timeout: patience)
            let answer = try await within {
                while true {
                    do throws(NATSError) {
                        return try await client.request([], to: "service", timeout: patience)
                    } catch {
                        guard error.code == .disconnected || error.code == .permissionDenied else {
                            throw error
                        }
                    }
                }
            }
            #expect(answer.payload == [1])
            await client.close()
            try await answering.value
        }
    }

    @Test func `a subject too long for the server costs its own subscription only`() async throws {
        try await NATSServerFixture.run(
            jetStream: false, config: "max_control_line: 1024"
        ) { server in
            let client = try await connect(server)
            let good = try client.subscribe(to: "good")
            try await client.flush()
            let long = try client.subscribe(
                to: SubjectPattern(String(repeating: "a", count: 2000)))
            let error = await #expect(throws: NATSError.self) {
                _ = try await long.nextBatch(until: .now + patience)
            }
            #expect(error?.code == .limitExceeded && error?.stage == .subscribe)
            try await client.flush(timeout: patience)
            try client.publish([7], to: "good")
            #expect(try await good.nextBatch(until: .now + patience)?.map(\.payload) == [[7]])
            await client.close()
            #expect(await connections(of: client) == 2)
        }
    }

    @Test func `the one subscription too many ends, and the others go on`() async throws {
        try await NATSServerFixture.run(
            jetStream: false, config: "max_subscriptions: 2"
        ) { server in
            let client = try await connect(server)
            let taken = try [client.subscribe(to: "a"), client.subscribe(to: "b")]
            let refused = try client.subscribe(to: "c")
            let error = await #expect(throws: NATSError.self) {
                _ = try await refused.nextBatch(until: .now + patience)
            }
            #expect(error?.code == .limitExceeded && error?.subject == "c")
            for (subscription, subject) in zip(taken, ["a", "b"] as [Subject]) {
                try client.publish([1], to: subject)
                #expect(try await subscription.nextBatch(until: .now + patience)?.count == 1)
            }
            await client.close()
            #expect(await connections(of: client) == 1)
        }
    }

    private static let durations: [Duration] = [
        .zero, .seconds(-1), .seconds(Int64.min), .seconds(Int64.max), .nanoseconds(1),
    ]

    @Test(arguments: durations)
    func `no time that is asked for is too much`(time: Duration) async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let client = try await connect(server)
            let echo = try client.subscribe(to: "echo")
            let answering = Task {
                // A request whose time was over at once may reach the echo as the client closes.
                for try await message in echo {
                    if let reply = message.replyTo { try? client.publish([1], to: reply) }
                }
            }
            /// Done, or over in time.
            func run(_ body: () async throws(NATSError) -> Void) async {
                do throws(NATSError) {
                    try await body()
                } catch {
                    #expect(error.code == .timeout && time < .seconds(1), "\(error)")
                }
            }
            await run { () throws(NATSError) in
                _ = try await client.request([], to: "echo", timeout: time)
            }
            await run { () throws(NATSError) in try await client.flush(timeout: time) }
            var options = RequestManyOptions()
            options.total = time
            options.stall = time
            options.maxMessages = 1
            let replies = try client.requestMany([], to: "echo", options: options)
            await run { () throws(NATSError) in for try await _ in replies {} }
            var limits = SubscriptionLimits(maxMessages: 0, maxBytes: -1)
            limits.patience = time
            let one = try client.subscribe(to: "one", limits: limits)
            try client.publish([1, 2, 3], to: "one")
            #expect(try await one.nextBatch(until: .now + patience)?.count == 1)
            for count in [0, Int.min] {
                let none = try client.subscribe(to: "none")
                none.unsubscribe(after: count)
                #expect(try await none.nextBatch(until: .now + patience) == nil)
            }
            await run { () throws(NATSError) in try await one.drain(timeout: time) }
            await client.close()
            try await answering.value
        }
    }
}
