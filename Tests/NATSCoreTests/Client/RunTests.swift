import BridgeBytes
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// `run()`: a service that ends when its task is cancelled, and loses nothing.
@Suite(.needsNATSServer) struct RunTests {
    @Test func `a cancelled run hands out what has come, and confirms the answers`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(server.url)
            let watcher = try await NATSClient.connect(server.url)
            let answers = try watcher.subscribe(to: "out")
            try await watcher.flush()
            let orders = try client.subscribe(to: "in")
            let service = Task { try await client.run() }
            let worker = Task {
                var count = 0
                for try await order in orders {
                    // Everything is answered after the end has begun.
                    while !service.isCancelled { await Task.yield() }
                    try client.publish(order.payload, to: "out")
                    count += 1
                }
                return count
            }
            for number in 0..<100 { try client.publish("\(number)", to: "in") }
            try await client.flush()
            service.cancel()
            try await within { try await service.value }
            #expect(try await worker.value == 100)
            #expect("\(client)" == "NATSClient(closed)")
            var count = 0
            for try await _ in answers {
                count += 1
                if count == 100 { break }
            }
            try await watcher.drain()
        }
    }

    @Test func `a run ends when the client is closed, and says why if nobody wanted it`()
        async throws
    {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(server.url)
            let closed = Task { try await client.run() }
            await client.close()
            try await within { try await closed.value }
            try await client.run()
            var options = NATSClientOptions(servers: [server.url])
            options.reconnects = false
            let fragile = try await NATSClient.connect(options)
            let lost = Task { try await fragile.run() }
            try await server.stop()
            let error = await #expect(throws: NATSError.self) {
                try await within { try await lost.value }
            }
            #expect(error?.code == .connectionFailed)
        }
    }

    @Test func `the drain of a run is bounded`() async throws {
        try await NATSServerFixture.run { server in
            var options = NATSClientOptions(servers: [server.url])
            options.drainTimeout = .milliseconds(200)
            let client = try await NATSClient.connect(options)
            // Nobody consumes it.
            let orders = try client.subscribe(to: "in")
            try client.publish("x", to: "in")
            try await client.flush()
            let service = Task { try await client.run() }
            service.cancel()
            let error = await #expect(throws: NATSError.self) {
                try await within { try await service.value }
            }
            #expect(error?.code == .timeout && error?.stage == .drain)
            #expect(orders.backlog <= 1)
        }
    }

    @Test func `a second drain does not cut the first one short`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(server.url)
            let orders = try client.subscribe(to: "in")
            for number in 0..<10 { try client.publish("\(number)", to: "in") }
            try await client.flush()
            let first = Task { try await client.drain() }
            // From the beginning of the drain on, nothing new is accepted.
            while (try? client.requestMany([], to: "other")) != nil {
                for _ in 0..<100 { await Task.yield() }
            }
            let second = Task { try await client.drain() }
            var count = 0
            for try await _ in orders {
                count += 1
                for _ in 0..<100 { await Task.yield() }
            }
            #expect(count == 10)
            try await within { try await first.value }
            try await within { try await second.value }
        }
    }

    @Test func `a program ends on SIGTERM and answers what has come`() async throws {
        let program = try #require(BuiltProgram.path("GracefulService"))
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(server.url)
            let answers = try client.subscribe(to: "answers")
            let service = try await ChildProcess(program, [server.url])
            _ = try await within { try await service.log.first { $0 == "ready" } }
            for number in 0..<100 {
                try client.publish("\(number)", to: "orders.new", replyTo: "answers")
            }
            try await client.flush()
            service.signal(SIGTERM)
            var texts: [String?] = []
            for try await answer in answers {
                texts.append(answer.text)
                if texts.count == 100 { break }
            }
            #expect(texts == (0..<100).map { "done: \($0)" })
            let last = try await within {
                try await service.log.first { $0.hasPrefix("ended") }
            }
            #expect(last?.text == "ended after 100")
            try await service.stop()
            try await client.drain()
        }
    }
}
