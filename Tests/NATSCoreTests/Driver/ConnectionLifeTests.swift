import BridgeBytes
import Dispatch
import Glibc
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

@Suite(.needsNATSServer) struct ConnectionLifeTests {
    private static func options(_ urls: [String]) -> NATSClientOptions {
        var options = NATSClientOptions(servers: urls)
        options.reconnectWait = .milliseconds(10)
        options.reconnectJitter = .zero
        return options
    }

    private final class Count: Sendable {
        private let value = Mutex(0)
        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
        var current: Int { value.withLock { $0 } }
    }

    @Test func `credentials are asked for before every attempt`() async throws {
        let config = "authorization { user: u, password: p }"
        try await NATSServerFixture.run(config: config) { server in
            let asked = Count()
            var options = Self.options([server.url])
            options.retryOnFirstConnect = true
            options.retriesRefusedCredentials = true
            options.credentials = .provided { url in
                #expect(url.port == server.port)
                switch asked.next() {
                case 1: throw NATSError(.timeout, stage: .connect)
                case 2, 3: return .user("u", password: "wrong")
                default: return .user("u", password: "p")
                }
            }
            let client = try await NATSClient.connect(options)
            #expect(asked.current == 4)
            await client.close()
            var failures: [ErrorCode] = []
            for await event in client.events {
                if case .connectionFailed(let error) = event { failures.append(error.code) }
            }
            #expect(
                failures == [.credentialsUnavailable, .authorizationFailed, .authorizationFailed])
        }
    }

    @Test func `the same refusal twice gives a server up`() async throws {
        let config = "authorization { token: right }"
        try await NATSServerFixture.run(config: config) { server in
            let asked = Count()
            var options = Self.options([server.url])
            options.retryOnFirstConnect = true
            options.credentials = .provided { _ in
                _ = asked.next()
                return .token("wrong")
            }
            await #expect(throws: NATSError(.authorizationFailed, stage: .connect)) {
                try await NATSClient.connect(options)
            }
            #expect(asked.current == 2)
            options.credentials = .token("right")
            let client = try await NATSClient.connect(options)
            await client.close()
        }
    }

    @Test func `a forced reconnect keeps what was accepted`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(Self.options([server.url]))
            let subscription = try client.subscribe(to: "a", queueGroup: "g")
            try await client.flush()
            client.reconnect()
            while client.statistics.connections < 2 { await Task.yield() }
            try client.publish([7], to: "a")
            #expect(try await subscription.nextBatch()?.first?.payload == [7])
            let statistics = client.statistics
            #expect(statistics.reconnects == 1 && statistics.receivedMessages == 1)
            #expect(statistics.sentMessages == 1 && statistics.sentBytes == 12)
            #expect(try await client.roundTripTime() > .zero)
            await client.close()
        }
    }

    @Test func `servers can be named anew while the client runs`() async throws {
        try await NATSServerFixture.run { first in
            try await NATSServerFixture.run { second in
                let client = try await NATSClient.connect(Self.options([first.url]))
                #expect(client.serverInfo?.port == first.port)
                let refused = #expect(throws: NATSError.self) {
                    try client.setServers(["http://x"])
                }
                #expect(refused?.code == .unsupportedScheme)
                try client.setServers([second.url])
                client.reconnect()
                while client.serverInfo?.port != second.port { await Task.yield() }
                await client.close()
            }
        }
    }

    @Test func `closing ends a connection that is being made`() async throws {
        // The first connection is lost at once; later ones never hear of their server.
        let silence = DispatchSemaphore(value: 0)
        let over = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { connection, number in
            if number == 0 {
                _ = connection.acceptNATS()
                return
            }
            silence.signal()
            while connection.readLine() != nil {}
            over.signal()
        }
        var options = Self.options(["nats://127.0.0.1:\(server.port)"])
        options.connectTimeout = .seconds(3600)
        let client = try await NATSClient.connect(options)
        #expect(await Self.isSignalled(silence))
        try await within("closing") { await client.close() }
        #expect(await Self.isSignalled(over))
        // The same before there ever was one.
        let connecting = Task { [options] in try await NATSClient.connect(options) }
        #expect(await Self.isSignalled(silence))
        connecting.cancel()
        await #expect(throws: NATSError(.cancelled, stage: .connect)) {
            try await connecting.value
        }
        #expect(await Self.isSignalled(over))
    }

    private static func isSignalled(_ semaphore: DispatchSemaphore) async -> Bool {
        let seconds = Int(patience.components.seconds)
        return await onThread { semaphore.wait(timeout: .now() + .seconds(seconds)) == .success }
    }

    @Test func `closing at any moment of a handshake leaves no connection`() async throws {
        let open = Atomic(0)
        let server = try ScriptedServer { connection, _ in
            open.add(1, ordering: .relaxed)
            if connection.acceptNATS() != nil { connection.serveNATS() }
            open.subtract(1, ordering: .relaxed)
        }
        for round in 0..<50 {
            let client = try await NATSClient.connect(
                Self.options(["nats://127.0.0.1:\(server.port)"]))
            client.reconnect()
            // Wherever the second handshake is by now.
            for _ in 0..<round * 4 { await Task.yield() }
            try await within("closing") { await client.close() }
            let events = await Self.all(client.events)
            #expect(events.last == .closed(nil))
        }
        try await within("the end of all connections") {
            while open.load(ordering: .relaxed) > 0 { await Task.yield() }
        }
        #expect(server.connectionCount >= 50)
    }

    @Test func `a loss is told once, and every attempt that fails`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(Self.options([server.url]))
            try await server.kill()
            var (losses, failures) = (0, 0)
            for await event in client.events {
                if case .disconnected(let error) = event {
                    losses += 1
                    #expect(error.code == .disconnected)
                }
                if case .connectionFailed(let error) = event {
                    failures += 1
                    #expect(error.code == .connectionFailed)
                    if failures == 3 { break }
                }
            }
            #expect(losses == 1)
            await client.close()
        }
    }

    @Test func `what the user gave does not run on the client's thread`() async throws {
        try await NATSServerFixture.run { server in
            let threads = Mutex(Set<UInt>())
            let note = { @Sendable in _ = threads.withLock { $0.insert(UInt(pthread_self())) } }
            var options = Self.options([server.url])
            options.credentials = .provided { _ in
                note()
                return .token("any")
            }
            options.reconnectDelay = { _ in
                note()
                return .milliseconds(1)
            }
            options.reconnectTarget = { servers, _ in
                note()
                return servers.first
            }
            let client = try await NATSClient.connect(options)
            client.reconnect()
            while client.statistics.connections < 2 { await Task.yield() }
            try await server.kill()
            for await event in client.events { if case .connectionFailed = event { break } }
            let own = await withTaskExecutorPreference(client.taskExecutor) {
                await Self.currentThread()
            }
            #expect(!threads.withLock { $0.isEmpty || $0.contains(own) })
            await client.close()
        }
    }

    @Test func `a task that prefers the thread of a client goes on behind its end`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(Self.options([server.url]))
            let (before, after) = await withTaskExecutorPreference(client.taskExecutor) {
                let before = await Self.currentThread()
                await client.close()
                return (before, await Self.currentThread())
            }
            #expect(before != after)
        }
    }

    @concurrent private static func currentThread() async -> UInt { UInt(pthread_self()) }

    @Test func `the user's own wait replaces ours`() async throws {
        try await NATSServerFixture.run { server in
            let asked = Mutex<[Int]>([])
            var options = Self.options([server.url])
            options.reconnectWait = .seconds(3600)
            options.reconnectDelay = { failures in
                asked.withLock { $0.append(failures) }
                return .milliseconds(5)
            }
            let client = try await NATSClient.connect(options)
            try await server.kill()
            while asked.withLock({ $0.count }) < 3 { await Task.yield() }
            try await server.restart()
            try await client.flush(timeout: patience)
            #expect(asked.withLock { Array($0.prefix(3)) } == [1, 2, 3])
            await client.close()
        }
    }

    @Test func `without reconnecting, the end of the connection is the end`() async throws {
        try await NATSServerFixture.run { server in
            var options = Self.options([server.url])
            options.reconnects = false
            let client = try await NATSClient.connect(options)
            let subscription = try client.subscribe(to: "a")
            try await server.kill()
            await #expect(throws: NATSError(.connectionFailed, stage: .connect)) {
                try await within { try await subscription.nextBatch() }
            }
            #expect(!client.isConnected)
        }
    }

    @Test func `verbose and pedantic connections work, and a bad subject is told`() async throws {
        try await NATSServerFixture.run { server in
            var options = Self.options([server.url])
            (options.verbose, options.pedantic) = (true, true)
            options.inboxPrefix = "my.inbox"
            let client = try await NATSClient.connect(options)
            let subscription = try client.subscribe(to: "a.b")
            let service = Task {
                for try await message in subscription {
                    let reply = try #require(message.replyTo)
                    #expect(reply.text.hasPrefix("my.inbox."))
                    try client.publish([1], to: reply)
                }
            }
            for _ in 0..<50 {
                let answer = try await client.request([], to: "a.b", timeout: patience)
                #expect(answer.payload == [1])
            }
            await client.close()
            try await service.value
        }
    }

    @Test func `messages of our own stay away without echo`() async throws {
        try await NATSServerFixture.run { server in
            var options = Self.options([server.url])
            options.echo = false
            let silent = try await NATSClient.connect(options)
            let other = try await NATSClient.connect(Self.options([server.url]))
            let subscription = try silent.subscribe(to: "a")
            try await silent.flush()
            try silent.publish([1], to: "a")
            try await silent.flush()
            try other.publish([2], to: "a")
            #expect(try await subscription.nextBatch()?.map(\.payload) == [[2]])
            await silent.close()
            await other.close()
        }
    }

    @Test func `servers of the cluster are discovered, unless they are ignored`() async throws {
        try await NATSClusterFixture.run { cluster in
            var options = Self.options([cluster.urls[0]])
            let client = try await NATSClient.connect(options)
            try await cluster.nodes[0].kill()
            while !client.isConnected || client.serverInfo?.port == cluster.nodes[0].port {
                await Task.yield()
            }
            await client.close()
            var added: [String] = []
            for await event in client.events {
                if case .serversChanged(let new, _) = event { added += new }
            }
            #expect(added.count >= 2)
            try await cluster.nodes[0].restart()
            options.ignoresDiscoveredServers = true
            options.maxReconnectAttempts = 3
            let alone = try await NATSClient.connect(options)
            try await cluster.nodes[0].kill()
            await #expect(throws: NATSError.self) {
                while alone.isConnected { await Task.yield() }
                try await alone.flush(timeout: patience)
            }
        }
    }

    @Test func `two loops see the same events`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(Self.options([server.url]))
            async let first = Self.all(client.events)
            async let second = Self.all(client.events)
            client.reconnect()
            while client.statistics.connections < 2 { await Task.yield() }
            await client.close()
            let (one, other) = await (first, second)
            #expect(one == other && one.last == .closed(nil))
            let connected = one.filter { $0 == .connected(server: server.address) }
            #expect(connected.count == 2)
            #expect(await Self.all(client.events) == one)
        }
    }

    private static func all(_ events: NATSEvents) async -> [NATSEvent] {
        var all: [NATSEvent] = []
        for await event in events { all.append(event) }
        return all
    }
}
