import BridgeBytes
import Dispatch
import NATSCore
import NATSWire
import TestKit
import Testing

/// Clients that a loop of the user's drives.
@Suite(.needsNATSServer) struct EventLoopTests {
    private static func options(_ url: String, _ loop: NATSEventLoop) -> NATSClientOptions {
        var options = NATSClientOptions(servers: [url])
        options.reconnectWait = .milliseconds(20)
        options.reconnectJitter = .milliseconds(10)
        options.eventLoop = loop
        return options
    }

    @Test func `a loop over poll drives several clients, through a restart and to the end`()
        async throws
    {
        try await NATSServerFixture.run(jetStream: false) { server in
            let loop = try NATSEventLoop()
            let thread = try PollingThread(loop.descriptor) { loop.turn() }
            let service = try await NATSClient.connect(Self.options(server.url, loop))
            let client = try await NATSClient.connect(Self.options(server.url, loop))
            let requests = try service.subscribe(to: "double")
            let answers = Task {
                for try await message in requests {
                    try service.publish(
                        message.payload, to: message.replyTo ?? "nobody", headers: ["N": "1"])
                }
            }
            try await service.flush()
            let large = Bytes((0..<500_000).map { UInt8(truncatingIfNeeded: $0) })
            for payload in [Bytes(utf8: "a"), [], large] {
                let answer = try await client.request(payload, to: "double", timeout: patience)
                #expect(answer.payload == payload)
            }
            try await server.restart()
            for each in [client, service] {
                while each.statistics.connections < 2 { await Task.yield() }
            }
            // The client's questions were answered; of the answers nobody has heard.
            try await client.flush(timeout: patience)
            await #expect(throws: NATSError(.disconnected, stage: .flush)) {
                try await service.flush(timeout: patience)
            }
            try await service.flush(timeout: patience)
            let answer = try await client.request([2], to: "double", timeout: patience)
            #expect(answer.payload == [2])
            // A time of the client's own runs out without anything to read.
            let silent = try client.subscribe(to: "silent")
            let failure = await #expect(throws: NATSError.self) {
                try await client.request([], to: "silent", timeout: .milliseconds(10))
            }
            #expect(failure?.code == .timeout)
            silent.unsubscribe()
            try await service.drain()
            try await answers.value
            await client.close()
            await thread.stop()
        }
    }

    @Test func `a dispatch source drives a client as the documentation says`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let loop = try NATSEventLoop()
            let queue = DispatchQueue(label: "loop")
            let source = DispatchSource.makeReadSource(
                fileDescriptor: loop.descriptor, queue: queue)
            source.setEventHandler { loop.turn() }
            source.activate()
            let client = try await NATSClient.connect(Self.options(server.url, loop))
            let subscription = try client.subscribe(to: "a")
            for number in 0..<100 { try client.publish(Bytes(utf8: "\(number)"), to: "a") }
            var received: [String?] = []
            while received.count < 100, let batch = try await subscription.nextBatch() {
                received += batch.map { String(validating: $0.payload) }
            }
            #expect(received == (0..<100).map { "\($0)" })
            await client.close()
            await withCheckedContinuation { continuation in
                source.setCancelHandler { continuation.resume() }
                source.cancel()
            }
        }
    }

    @Test func `the client closes when its loop is released`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            var loop: NATSEventLoop? = try NATSEventLoop()
            let client: NATSClient
            do {
                let driven = try #require(loop)
                let thread = try PollingThread(driven.descriptor) { driven.turn() }
                client = try await NATSClient.connect(Self.options(server.url, driven))
                await thread.stop()
            }
            let subscription = try client.subscribe(to: "a")
            loop = nil
            let failure = try await within {
                await #expect(throws: NATSError.self) { _ = try await subscription.nextBatch() }
            }
            #expect(failure?.code == .closed)
            #expect(failure?.detail.contains("event loop has ended") == true)
            await client.close()
            withExtendedLifetime(loop) {}
        }
    }

    @Test func `a lone message leaves on its own thread, without a turn`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let loop = try NATSEventLoop()
            let first = try PollingThread(loop.descriptor) { loop.turn() }
            let client = try await NATSClient.connect(Self.options(server.url, loop))
            try await client.flush()
            // Its last turn: nothing is left to do.
            await first.stop()
            while Readiness.isReadable(loop.descriptor) { loop.turn() }
            let other = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            let subscription = try other.subscribe(to: "a")
            try await other.flush()
            try client.publish([1], to: "a")
            #expect(try await within { try await subscription.nextBatch() }?.count == 1)
            await other.close()
            let second = try PollingThread(loop.descriptor) { loop.turn() }
            await client.close()
            await second.stop()
        }
    }

    @Test func `without a loop that turns nothing is received, and nothing is lost`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let loop = try NATSEventLoop()
            let first = try PollingThread(loop.descriptor) { loop.turn() }
            let client = try await NATSClient.connect(Self.options(server.url, loop))
            let subscription = try client.subscribe(to: "a")
            try await client.flush()
            await first.stop()
            let other = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            for number in 0..<10 { try other.publish([UInt8(number)], to: "a") }
            try await other.flush()
            await other.close()
            // The bytes are here; nobody reads them.
            #expect(Readiness.wait(for: [loop.descriptor], milliseconds: 60_000))
            #expect(client.statistics.receivedMessages == 0)
            while client.statistics.receivedMessages < 10,
                Readiness.wait(for: [loop.descriptor], milliseconds: 60_000)
            { loop.turn() }
            var received = 0
            while received < 10 { received += try await subscription.nextBatch()?.count ?? 10 }
            #expect(received == 10)
            let second = try PollingThread(loop.descriptor) { loop.turn() }
            await client.close()
            await second.stop()
        }
    }
}
