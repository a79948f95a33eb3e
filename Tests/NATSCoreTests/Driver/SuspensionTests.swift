import BridgeBytes
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// What the user decides about connections while the client lives: none at all, or which server.
@Suite(.needsNATSServer) struct SuspensionTests {
    private static func options(_ urls: [String]) -> NATSClientOptions {
        var options = NATSClientOptions(servers: urls)
        options.reconnectWait = .milliseconds(10)
        options.reconnectJitter = .zero
        return options
    }

    @Test func `a suspended client keeps what it has and comes back when asked`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let client = try await NATSClient.connect(Self.options([server.url]))
            let subscription = try client.subscribe(to: "a")
            try await client.flush()
            client.suspend()
            client.suspend()
            try await within {
                while client.isConnected { await Task.yield() }
            }
            try client.publish([1], to: "a")
            await #expect(throws: NATSError(.timeout, stage: .flush)) {
                try await client.flush(timeout: .milliseconds(50))
            }
            #expect(client.statistics.connections == 1)
            client.resume()
            #expect(try await subscription.nextBatch()?.first?.payload == [1])
            #expect(client.statistics.connections == 2)
            await client.close()
            var suspended = 0
            for await event in client.events where event == .suspended { suspended += 1 }
            #expect(suspended == 1)
        }
    }

    @Test func `a suspended client can be closed`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let client = try await NATSClient.connect(Self.options([server.url]))
            client.suspend()
            try await within { await client.close() }
            #expect(throws: NATSError(.closed, stage: .publish)) { try client.publish([], to: "a") }
        }
    }

    @Test func `the user chooses the next server`() async throws {
        try await NATSServerFixture.run(jetStream: false) { first in
            try await NATSServerFixture.run(jetStream: false) { second in
                var options = Self.options([first.url, second.url])
                options.keepsServerOrder = true
                let wanted = Mutex(first.port)
                options.reconnectTarget = { pool, info in
                    #expect(pool.count == 2 && info != nil)
                    let port = wanted.withLock { $0 }
                    return pool.first { $0.port == port }
                }
                let client = try await NATSClient.connect(options)
                #expect(client.serverInfo?.port == first.port)
                for (round, server) in [first, second, second, first].enumerated() {
                    wanted.withLock { $0 = server.port }
                    client.reconnect()
                    try await within {
                        while client.statistics.connections < round + 2 { await Task.yield() }
                    }
                    #expect(client.serverInfo?.port == server.port)
                }
                await client.close()
            }
        }
    }

    @Test func `servers tell the way of a message that asks for it`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let client = try await NATSClient.connect(Self.options([server.url]))
            let reports = try client.subscribe(to: "ways")
            let messages = try client.subscribe(to: "a")
            var headers: Headers = ["Name": "value"]
            headers.trace(to: "ways")
            try client.publish([1], to: "a", headers: headers)
            headers.trace(to: "ways", delivers: false)
            try client.publish([2], to: "a", headers: headers)
            headers = [:]
            try client.publish([3], to: "a", headers: headers)
            var seen: [Bytes] = []
            for try await message in messages {
                seen.append(message.payload)
                if message.payload == [3] { break }
            }
            #expect(seen == [[1], [3]])
            var ways = 0
            for try await report in reports {
                let text = try #require(String(validating: report.payload))
                #expect(text.contains("\"events\"") && text.contains("\"subj\""))
                ways += 1
                if ways == 2 { break }
            }
            await client.close()
        }
    }
}
