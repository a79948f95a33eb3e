import BridgeBytes
import NATSCore
import NATSWire
import TestKit
import Testing

/// Messages of others that a server lets through.
struct OddSubjectTests {
    /// Bytes that a server takes in a subject, though no client of ours sends them.
    private static let odd: [UInt8] =
        Array(0x00...0x08) + [0x0B, 0x0C] + Array(0x0E...0x1F) + [0x7F, 0xFF]

    @Test(.needsNATSServer) func `a subject with control bytes ends no connection`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            let subscription = try client.subscribe(to: "odd.>")
            try await client.flush()
            let raw = try #require(
                ScriptedConnection(connectingTo: server.port, host: server.host))
            raw.send("CONNECT {\"verbose\":false}\r\n")
            for byte in Self.odd {
                raw.send(Array("PUB odd.a".utf8) + [byte] + Array("b 1\r\nx\r\n".utf8))
            }
            raw.send("PUB odd.last 1\r\nx\r\n")
            var subjects: [[UInt8]] = []
            for try await message in subscription {
                if message.subject == "odd.last" { break }
                subjects.append(Array(message.subject.text.utf8))
            }
            #expect(subjects.count == Self.odd.count)
            for (subject, byte) in zip(subjects, Self.odd) where byte < 0x80 {
                #expect(subject == Array("odd.a".utf8) + [byte] + Array("b".utf8))
            }
            #expect(client.statistics.reconnects == 0)
            await client.close()
        }
    }

    @Test func `what came in front of bytes that are no protocol is delivered`() async throws {
        let server = try ScriptedServer { connection, number in
            connection.send(
                "INFO {\"server_id\":\"x\",\"version\":\"2.11.0\",\"proto\":1,\"headers\":true,"
                    + "\"max_payload\":1048576}\r\n")
            while let line = connection.readLine() {
                if line.hasPrefix("PING") { connection.send("PONG\r\n") }
                if line.hasPrefix("SUB"), number == 0 {
                    connection.send("MSG a 1 1\r\nx\r\nMSG a 1 1\r\ny\r\nNONSENSE\r\n")
                }
            }
        }
        let client = try await NATSClient.connect(
            NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"]))
        let subscription = try client.subscribe(to: "a")
        var texts: [String] = []
        for try await message in subscription {
            texts.append(message.text ?? "")
            if texts.count == 2 { break }
        }
        #expect(texts == ["x", "y"])
        await client.close()
    }
}
