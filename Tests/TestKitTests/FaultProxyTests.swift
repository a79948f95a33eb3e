import Dispatch
import Synchronization
import TestKit
import Testing

/// The proxy between real sockets.
@Suite struct FaultProxyTests {
    /// What the servers of a test have received, by connection.
    private final class Record: Sendable {
        private let received = Mutex<[Int: [UInt8]]>([:])
        let ends = Mutex<[Int]>([])

        func add(_ bytes: [UInt8], _ number: Int) {
            received.withLock { $0[number, default: []] += bytes }
        }

        func bytes(_ number: Int) -> [UInt8] { received.withLock { $0[number] ?? [] } }
    }

    /// A server that answers each byte with itself, and the proxy before it.
    private static func echo() throws -> (ScriptedServer, FaultProxy, Record) {
        let record = Record()
        let server = try ScriptedServer { connection, number in
            while let byte = connection.read(1).first {
                record.add([byte], number)
                connection.send([byte])
            }
            record.ends.withLock { $0.append(number) }
        }
        return (server, try FaultProxy(to: server.port), record)
    }

    private static func connect(_ proxy: FaultProxy) throws -> ScriptedConnection {
        try #require(ScriptedConnection(connectingTo: proxy.port))
    }

    private static func wait(_ what: String, until isTrue: @escaping @Sendable () -> Bool)
        async throws
    {
        try await within(what) {
            while !isTrue() {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    @Test func `bytes and the end pass in both directions`() async throws {
        let (server, proxy, record) = try Self.echo()
        let client = try Self.connect(proxy)
        let text = Array("twelve bytes".utf8)
        client.send(text)
        #expect(client.read(12) == text)
        client.finish()
        #expect(client.read(1).isEmpty)
        try await Self.wait("the end") { record.ends.withLock { $0 } == [0] }
        try await Self.wait("the connection's end") { proxy.openCount == 0 }
        #expect(proxy.passed(.toServer) == 12 && proxy.passed(.toClient) == 12)
        #expect(proxy.connectionCount == 1 && server.connectionCount == 1)
    }

    @Test(arguments: [Toxics.Ending.close, .halfClose, .reset])
    func `a limit lets exactly so many bytes pass`(ending: Toxics.Ending) async throws {
        let (server, proxy, record) = try Self.echo()
        for limit in 0...9 {
            proxy.set(
                .with {
                    $0.limit = limit
                    $0.ending = ending
                }, .toServer)
            let client = try Self.connect(proxy)
            let text = Array("nine byte".utf8)
            client.send(text)
            let answer = client.read(9)
            #expect(answer == Array(text.prefix(answer.count)))
            if ending == .halfClose { #expect(answer.count == limit) }
            client.finish()
            try await Self.wait("the end") { record.ends.withLock { $0.contains(limit) } }
            #expect(record.bytes(limit) == Array(text.prefix(limit)))
        }
        #expect(server.connectionCount == 10)
    }

    @Test func `a limit for the present connections spares the next one`() async throws {
        let (server, proxy, _) = try Self.echo()
        let first = try Self.connect(proxy)
        first.send("ab")
        #expect(first.read(2).count == 2)
        proxy.set(.with { $0.limit = 1 }, .toServer, scope: .present)
        first.send("cdef")
        #expect(first.read(4).count <= 1)
        let second = try Self.connect(proxy)
        second.send("ghij")
        #expect(second.read(4).count == 4)
        #expect(server.connectionCount == 2)
    }

    @Test func `a swallowed byte is never heard of, until the proxy is told`() async throws {
        let (server, proxy, record) = try Self.echo()
        let client = try Self.connect(proxy)
        client.send("a")
        #expect(client.read(1).count == 1)
        proxy.set(.with { $0.swallows = true }, .toServer)
        client.send("bcd")
        proxy.set(Toxics(), .toServer)
        client.send("e")
        // What was swallowed, and when, depends on the moment; order and the last byte do not.
        var answer = client.read(1)
        while answer.last != UInt8(ascii: "e"), case let byte = client.read(1), !byte.isEmpty {
            answer += byte
        }
        #expect("bcde".hasSuffix(String(decoding: answer, as: UTF8.self)))
        proxy.end(.reset)
        #expect(client.read(1).isEmpty)
        try await Self.wait("the end") { record.ends.withLock { $0 } == [0] }
        #expect(server.connectionCount == 1)
    }

    @Test func `going down drops and refuses, and the port stays`() async throws {
        let (server, proxy, _) = try Self.echo()
        let client = try Self.connect(proxy)
        client.send("a")
        #expect(client.read(1).count == 1)
        proxy.goDown()
        #expect(client.read(1).isEmpty)
        #expect(ScriptedConnection(connectingTo: proxy.port) == nil)
        try proxy.comeUp()
        let again = try Self.connect(proxy)
        again.send("b")
        #expect(again.read(1).count == 1)
        #expect(server.connectionCount == 2)
    }

    @Test func `a target that nobody listens at resets the client`() async throws {
        let free = try FreePorts.take(1)[0]
        let proxy = try FaultProxy(to: free)
        let client = try Self.connect(proxy)
        #expect(client.read(1).isEmpty)
        let (server, _, _) = try Self.echo()
        proxy.retarget(to: server.port)
        let again = try Self.connect(proxy)
        again.send("b")
        #expect(again.read(1).count == 1)
    }

    @Test func `a side that does not read stops the other, in bounded memory`() async throws {
        let record = Record()
        let go = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { connection, number in
            go.wait()
            while case let bytes = connection.read(1 << 20), !bytes.isEmpty {
                record.add([UInt8(truncatingIfNeeded: bytes.count >> 12)], number)
            }
            record.ends.withLock { $0.append(number) }
        }
        let proxy = try FaultProxy(to: server.port)
        let total = 16 << 20
        let client = try Self.connect(proxy)
        let sent = Mutex(0)
        async let sender: Void = onThread {
            let chunk = [UInt8](repeating: 1, count: 256 << 10)
            for _ in 0..<total / chunk.count where client.send(chunk) {
                sent.withLock { $0 += chunk.count }
            }
            client.finish()
        }
        var last = -1
        // It stops somewhere below the total, and then stands still.
        for _ in 0..<1000 { await Task.yield() }
        while case let now = proxy.passed(.toServer), now != last {
            last = now
            for _ in 0..<1000 { await Task.yield() }
        }
        #expect(sent.withLock { $0 } < total)
        go.signal()
        await sender
        try await Self.wait("all bytes") { record.ends.withLock { $0 } == [0] }
        #expect(proxy.passed(.toServer) == total)
    }

    @Test func `slow and sliced bytes are all the same bytes`() async throws {
        let (server, proxy, record) = try Self.echo()
        for direction in FlowDirection.allCases {
            proxy.set(
                .with {
                    $0.latency = .milliseconds(3)
                    $0.jitter = .milliseconds(5)
                    $0.bytesPerSecond = 200_000
                    $0.sliceSize = 700
                }, direction)
        }
        let client = try Self.connect(proxy)
        var generator = SeededGenerator(#function)
        let bytes = generator.bytes(20_000)
        let start = ContinuousClock.now
        client.send(bytes)
        #expect(client.read(bytes.count) == bytes)
        // Sent at 200 kB/s: never faster than that, however fast the machine.
        #expect(ContinuousClock.now - start >= .milliseconds(90))
        #expect(record.bytes(0) == bytes && server.connectionCount == 1)
    }
}
