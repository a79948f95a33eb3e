import BridgeBytes
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

@Suite struct StatisticsTests {
    @Test(.needsNATSServer) func `what was sent and received is counted, on the wire`()
        async throws
    {
        try await NATSServerFixture.run(jetStream: false) { server in
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: [server.url]))
            let subscription = try client.subscribe(to: "a")
            for _ in 0..<10 { try client.publish([1, 2, 3], to: "a") }
            try client.publish([1], to: "a", headers: ["N": "v"])
            var taken = 0
            while taken < 11, let batch = try await subscription.nextBatch() {
                taken += batch.count
            }
            let sent = client.statistics
            #expect(sent.sentMessages == 11 && sent.receivedMessages == 11)
            // PUB a 3 CR LF 123 CR LF; HPUB a 18 19 CR LF, 18 bytes of headers, 1, CR LF.
            #expect(sent.sentBytes == 10 * 14 + 14 + 18 + 1 + 2)
            #expect(sent.receivedBytes == sent.sentBytes + 11 * 2)
            #expect(sent.connections == 1 && sent.reconnects == 0)
            #expect(subscription.statistics.deliveredMessages == 11)
            #expect(subscription.statistics.deliveredBytes == 30 + 19)
            #expect(try await client.roundTripTime() > .zero)
            await client.close()
        }
    }

    @Test func `the server learns the client's name and version`() async throws {
        let connect = Mutex("")
        let server = try ScriptedServer { connection, _ in
            guard let line = connection.acceptNATS() else { return }
            connect.withLock { $0 = line }
            connection.serveNATS()
        }
        var options = NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"])
        options.name = "my name"
        let client = try await NATSClient.connect(options)
        try await client.flush()
        await client.close()
        let line = connect.withLock { $0 }
        #expect(line.contains("\"name\":\"my name\"") && line.contains("\"lang\":\"swift\""))
    }
}
