import BridgeBytes
import BridgeJSON
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

@Suite(.needsNATSServer) struct NATSTraceTests {
    /// The documents of a client, by the number of the connection.
    private final class Record: Sendable {
        private let texts = Mutex<[Int: [UInt8]]>([:])

        var trace: NATSTrace {
            NATSTrace { [self] lines, number in
                texts.withLock { $0[number, default: []] += Array(lines) }
            }
        }

        var count: Int { texts.withLock { $0.count } }

        func text(_ number: Int) -> String {
            String(decoding: texts.withLock { $0[number] ?? [] }, as: UTF8.self)
        }

        func lines(_ number: Int) throws -> [JSONValue] {
            try text(number).split(separator: "\n").map {
                try JSONValue(parsing: Bytes(utf8: String($0)))
            }
        }
    }

    private static func payload(_ line: JSONValue) -> Bytes {
        (try? Base64.decode(Bytes(utf8: line["payload"]?.stringValue ?? "").span)) ?? []
    }

    private static func verbs(_ lines: [JSONValue], _ direction: String) -> [String] {
        lines.filter { $0["dir"]?.stringValue == direction }.compactMap { $0["verb"]?.stringValue }
    }

    @Test func `a whole exchange is told in order, without the password`() async throws {
        let config = "authorization { user: u, password: \"se cret\" }"
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            let record = Record()
            var options = NATSClientOptions(servers: [server.url])
            options.credentials = .user("u", password: "se cret")
            options.trace = record.trace
            let client = try await NATSClient.connect(options)
            let subscription = try client.subscribe(to: "a.*", queueGroup: "q")
            try await client.flush()
            let large = Bytes((0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
            try client.publish(Bytes(utf8: "hi"), to: "a.b", replyTo: "r", headers: ["K": "v"])
            try client.publish(large, to: "a.c")
            var received = 0
            while received < 2 { received += try await subscription.nextBatch()?.count ?? 2 }
            _ = try? await client.request([], to: "nobody")
            subscription.unsubscribe()
            try await client.flush()
            await client.close()
            #expect(record.count == 1)
            let lines = try record.lines(1)
            #expect(lines.first?["format"] == "traceassert-expanded")
            #expect(lines.first?["header"]?["dpt"]?.intValue == server.port)
            #expect(lines.last?["footer"]?["duration"]?.intValue ?? 0 > 0)
            #expect(
                lines.dropFirst().dropLast().map { $0["line"]?.intValue }
                    == (2..<lines.count).map { $0 })
            // The server may ask whether we live, at any time.
            #expect(
                Self.verbs(lines, "to_server").filter { $0 != "PONG" } == [
                    "CONNECT", "PING", "SUB", "PING", "HPUB", "PUB", "SUB", "PUB", "UNSUB", "PING",
                ])
            let fromServer = Self.verbs(lines, "from_server")
            #expect(fromServer.first == "INFO" && fromServer.count { $0 == "PONG" } == 3)
            #expect(fromServer.filter { $0.hasSuffix("MSG") } == ["HMSG", "MSG", "HMSG"])
            let messages = lines.filter { $0["subject"]?.stringValue?.hasPrefix("a.") == true }
            let headed = messages.filter { $0["header"] != nil }
            #expect(headed.map { $0["header"] } == [["K": ["v"]], ["K": ["v"]]])
            #expect(headed.allSatisfy { $0["reply"] == "r" })
            #expect(messages.count { Self.payload($0) == large } == 2)
            try checkOrder(lines)
            let secrets = lines.filter {
                $0.description.contains("se cret")
                    || String(repairing: Self.payload($0)).contains("se cret")
            }
            #expect(secrets.isEmpty)
        }
    }

    /// The question stands before its answer, though another thread may have written it.
    private func checkOrder(_ lines: [JSONValue]) throws {
        let question = try #require(lines.firstIndex { $0["subject"] == "nobody" })
        let inbox = try #require(lines[question]["reply"])
        let answer = try #require(lines.firstIndex { $0["subject"] == inbox })
        #expect(question < answer)
        #expect(lines[answer]["header"]?["Status"] == ["503"])
    }

    @Test func `each connection is a document of its own`() async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let record = Record()
            var options = NATSClientOptions(servers: [server.url])
            options.reconnectWait = .milliseconds(1)
            options.trace = record.trace
            let client = try await NATSClient.connect(options)
            let subscription = try client.subscribe(to: "a")
            try await client.flush()
            client.reconnect()
            while client.statistics.connections < 2 { await Task.yield() }
            try client.publish([1], to: "a")
            #expect(try await subscription.nextBatch()?.count == 1)
            await client.close()
            #expect(record.count == 2)
            for number in 1...2 {
                let lines = try record.lines(number)
                #expect(lines.first?["format"] != nil && lines.last?["footer"] != nil)
                #expect(Self.verbs(lines, "to_server").contains("SUB"))
            }
            #expect(Self.verbs(try record.lines(1), "to_server").contains("PUB") == false)
            #expect(Self.verbs(try record.lines(2), "from_server").contains("MSG"))
        }
    }

    @Test func `a frame that was cut has no line, whatever the network did to the rest`()
        async throws
    {
        try await FaultStage.run { stage in
            let record = Record()
            let client = try await stage.connect { $0.trace = record.trace }
            let payload = Bytes([UInt8](repeating: 7, count: 4 << 20))
            stage.proxy.set(.with { $0.limit = 100_000 }, .toServer, scope: .present)
            let small = try client.publishWithReceipt([1], to: "a")
            for _ in 0..<4 { _ = try? client.publish(payload, to: "a") }
            _ = try await small.outcome()
            await client.close()
            let lines = try record.lines(1)
            let published = lines.filter { $0["verb"] == "PUB" }
            #expect(published.allSatisfy { [1, 4 << 20].contains(Self.payload($0).count) })
            #expect(lines.last?["footer"] != nil)
        }
    }
}
