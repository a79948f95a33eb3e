import BridgeBytes
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// How connections are made and what they may cost: dialers, local addresses, buffers, deadlines.
@Suite struct TransportTests {
    private static func options(_ url: String) -> NATSClientOptions {
        var options = NATSClientOptions(servers: [url])
        options.reconnectWait = .milliseconds(10)
        options.reconnectJitter = .zero
        // What is slow here is the machine, and not what is called.
        options.connectTimeout = patience
        return options
    }

    /// A pair of connected sockets without a network.
    private static func socketPair() throws -> (Int32, Int32) {
        var ends: (Int32, Int32) = (-1, -1)
        // Sound: a tuple of two equal integers lies in memory as an array of two.
        let status = unsafe withUnsafeMutablePointer(to: &ends) { pointer in
            unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) {
                unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, $0)
            }
        }
        guard status == 0 else { throw FixtureError("socketpair: errno \(errno)") }
        return ends
    }

    @Test func `a dialer may connect inside the process, over a socket pair`() async throws {
        let lines = Mutex<[String]>([])
        var options = Self.options("nats://inside.the.process")
        let dialed = Atomic(0)
        options.dialer = { server in
            #expect(server.host == "inside.the.process")
            dialed.add(1, ordering: .relaxed)
            let (ours, theirs) = try Self.socketPair()
            let peer = ScriptedConnection(theirs)
            let thread = Thread {
                guard peer.acceptNATS() != nil else { return }
                peer.serveNATS { line, body in
                    let text = "\(line) \(String(decoding: body, as: UTF8.self))"
                    lines.withLock { $0.append(text) }
                }
            }
            thread.start()
            return DialedSocket(owning: ours)
        }
        let client = try await NATSClient.connect(options)
        try client.publish(Bytes(utf8: "hello"), to: "a.b")
        try await client.flush()
        #expect(lines.withLock { $0 } == ["PUB a.b 5 hello"])
        client.reconnect()
        while client.statistics.connections < 2 { await Task.yield() }
        try await client.flush(timeout: patience)
        #expect(dialed.load(ordering: .relaxed) == 2)
        await client.close()
    }

    @Test func `a dialer that fails is a failed attempt, and its words stay its own`() async throws
    {
        struct Secret: Error { let word = "hunter2" }
        var options = Self.options("nats://h")
        options.dialer = { _ in throw Secret() }
        let error = await #expect(throws: NATSError.self) { try await NATSClient.connect(options) }
        #expect(error?.code == .connectionFailed)
        #expect(error.map { !"\($0)".contains("hunter2") && "\($0)".contains("Secret") } == true)
        // A socket that was handed out before is none.
        let (one, other) = try Self.socketPair()
        close(other)
        let socket = DialedSocket(owning: one)
        options.dialer = { _ in socket }
        options.retryOnFirstConnect = true
        options.maxReconnectAttempts = 3
        await #expect(throws: NATSError(.connectionFailed, stage: .connect)) {
            try await NATSClient.connect(options)
        }
    }

    @Test(.needsNATSServer) func `connections are made from the address that is asked for`()
        async throws
    {
        try await NATSServerFixture.run(jetStream: false) { server in
            var options = Self.options(server.url)
            options.localAddress = "127.0.0.2"
            let client = try await NATSClient.connect(options)
            #expect(client.serverInfo?.clientIP == "127.0.0.2")
            await client.close()
            options.localAddress = "192.0.2.1"
            let error = await #expect(throws: NATSError(.connectionFailed, stage: .connect)) {
                try await NATSClient.connect(options)
            }
            #expect(error?.detail.contains("bind") == true)
            options.localAddress = "localhost"
            await #expect(throws: NATSError(.invalidArgument, stage: .connect)) {
                try await NATSClient.connect(options)
            }
        }
    }

    @Test(.needsNATSServer) func `a server is reached over IPv6`() async throws {
        try await NATSServerFixture.run(jetStream: false, host: "::1") { server in
            #expect(server.url.hasPrefix("nats://[::1]:"))
            let client = try await NATSClient.connect(Self.options(server.url))
            #expect(client.serverInfo?.clientIP == "::1")
            await client.close()
        }
    }

    @Test(.needsNATSServer, arguments: [4 << 10, 64 << 10, 2 << 20])
    func `messages of all sizes pass through buffers of every size`(_ size: Int) async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            var options = Self.options(server.url)
            options.receiveBufferSize = size
            let client = try await NATSClient.connect(options)
            let subscription = try client.subscribe(to: "a")
            var generator = SeededGenerator("buffers of \(size)")
            let sizes = (0..<60).map { _ in
                Int.random(
                    in: 0..<1 << Int.random(in: 1...20, using: &generator), using: &generator)
            }
            let publisher = Task {
                for (index, size) in sizes.enumerated() {
                    let payload = [UInt8](repeating: UInt8(index), count: size)
                    try await client.publish(Bytes(payload), to: "a", timeout: .seconds(60))
                }
            }
            var kept: [NATSMessage] = []
            for try await message in subscription {
                kept.append(message)
                if kept.count == sizes.count { break }
            }
            try await publisher.value
            #expect(kept.map(\.payload.count) == sizes)
            for (index, message) in kept.enumerated() {
                #expect(message.payload.allSatisfy { $0 == UInt8(index) })
            }
            await client.close()
        }
    }

    @Test(arguments: [0, 4095, (2 << 20) + 1])
    func `a receive buffer outside its limits is refused`(_ size: Int) async {
        var options = Self.options("nats://127.0.0.1:1")
        options.receiveBufferSize = size
        await #expect(throws: NATSError(.invalidArgument, stage: .connect)) {
            try await NATSClient.connect(options)
        }
    }

    @Test(.needsNATSServer) func `publishes that are sent at once keep their order`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            var options = Self.options(server.url)
            options.sendsAtOnce = true
            let client = try await NATSClient.connect(options)
            let subscription = try client.subscribe(to: "a")
            for number in 0..<2000 { try client.publish(Bytes(utf8: "\(number)"), to: "a") }
            var next = 0
            for try await message in subscription {
                #expect(String(validating: message.payload) == "\(next)")
                next += 1
                if next == 2000 { break }
            }
            await client.close()
        }
    }

    @Test func `a server that takes no bytes is given up in time`() async throws {
        let isOver = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { connection, number in
            guard connection.acceptNATS() != nil else { return }
            // The first connection is never read again; the next ones are served.
            if number == 0 { isOver.wait() } else { connection.serveNATS() }
        }
        var options = Self.options("nats://127.0.0.1:\(server.port)")
        options.writeTimeout = .seconds(2)
        let client = try await NATSClient.connect(options)
        let receipts = try (0..<6).map { _ in
            try client.publishWithReceipt(Bytes([UInt8](repeating: 1, count: 1 << 20)), to: "a")
        }
        let reason = try await within {
            for await event in client.events {
                if case .disconnected(let error) = event { return error.detail }
            }
            return ""
        }
        #expect(reason == "the server took no bytes for too long")
        // What the first connection may have taken is unknown; the last was not taken whole.
        #expect(try await receipts[5].outcome() == .sent)
        isOver.signal()
        await client.close()
    }
}
