import ArrowIPC
import BridgeBytes
import BridgeClaims
import BridgeEnvelope
import BridgeHTTP
import HTTPWire
import NATSBridge
import NATSCore
import NATSJetStream
import NATSWire
import TestKit
import Testing

/// The bridge on a real nats-server and a real file server.
@Suite(.needsNATSServer) struct StoreFlowTests {
    private struct Parts {
        let bridge: Bridge
        let files: FileServer
    }

    private static func run(
        threshold: Int = 10_000, _ body: (Parts) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let files = try await FileServer.start(FileServerOptions(directory: directory.path))
        try await NATSServerFixture.run { server in
            var options = BridgeOptions(
                client: NATSClientOptions(servers: [server.url]),
                store: try FileServerStore(baseURL: try HTTPURL(files.baseURL)))
            options.threshold = threshold
            let bridge = try await Bridge.connect(options)
            try await body(Parts(bridge: bridge, files: files))
            await bridge.close()
        }
        await files.stop()
    }

    @Test func `a table goes through the file server and is read where it lies`() async throws {
        try await Self.run { parts in
            let messages = parts.bridge.messages(on: "tables")
            try await parts.bridge.client.flush()
            let ids = (0..<20_000).map { Int64($0) }
            let table = try Table(["id": Column(ids)])
            try await parts.bridge.send(["t": .table(table)], to: "tables")
            var iterator = messages.makeAsyncIterator()
            let received = try #require(try await iterator.next())
            guard case .table(let back)? = received["t"]?.value else {
                Issue.record("no table")
                return
            }
            #expect(Array(try back.column("id").values(as: Int64.self)) == ids)
            #expect(parts.files.counters.uploads == 1 && parts.files.counters.downloads == 1)
        }
    }

    @Test func `a link to another origin is not followed`() async throws {
        try await Self.run { parts in
            let messages = parts.bridge.messages(on: "in")
            try await parts.bridge.client.flush()
            let body = """
                {"correlation_id":"c","payloads":[{"dataname":"x","payload_type":"binary",\
                "transport":"link","data":"http://127.0.0.1:1/secret?token=hidden"}]}
                """
            try await parts.bridge.publish(
                envelope: Bytes(utf8: body), to: "in", options: SendStage.encoded())
            var iterator = messages.makeAsyncIterator()
            let received = try #require(try await iterator.next())
            #expect(received.isUnusable)
            let error = try #require(received.failures.first)
            #expect(error.code == .linkRefused && error.stage == .download)
            #expect(!error.description.contains("hidden"))
        }
    }

    @Test func `a replay gives back the window in order, links and faults included`() async throws {
        try await Self.run { parts in
            let jetStream = JetStream(client: parts.bridge.client)
            _ = try await jetStream.createStream(
                StreamConfiguration(name: "HEALTH", subjects: ["health.>"]))
            var options = SendOptions()
            options.mode = .jetStream
            for number in 0..<20 {
                let size = number % 5 == 0 ? 20_000 : 20
                let bytes = Bytes([UInt8](repeating: UInt8(number), count: size))
                let sent = try await parts.bridge.send(
                    ["n": .bytes(bytes)], to: "health.cpu", options: options)
                #expect(sent.stored?.sequence == UInt64(number + 1))
            }
            _ = try await jetStream.publish(Bytes(utf8: "junk"), to: "health.junk")
            let replay = try await parts.bridge.replay("HEALTH", since: .seconds(600))
            var numbers: [UInt8] = []
            var failures: [String] = []
            for try await element in replay.results {
                switch element.result {
                case .success(let received):
                    numbers.append(received.payloads[0].bytes[0])
                    #expect(element.position?.sequence == UInt64(numbers.count))
                    #expect((received.payloads[0].url != nil) == (numbers.count % 5 == 1))
                case .failure(let error): failures.append(error.code.rawValue)
                }
            }
            #expect(numbers == (0..<20).map { UInt8($0) })
            #expect(failures == ["invalid_json"])
        }
    }

    @Test func `a stored message is stored once, however often it is sent`() async throws {
        try await Self.run { parts in
            let jetStream = JetStream(client: parts.bridge.client)
            _ = try await jetStream.createStream(
                StreamConfiguration(name: "ONCE", subjects: ["once"]))
            var options = SendOptions()
            options.mode = .jetStream
            options.messageID = "the-same"
            let first = try await parts.bridge.send(
                ["x": "x"], to: "once", options: options)
            let second = try await parts.bridge.send(
                ["x": "x"], to: "once", options: options)
            #expect(first.stored?.isDuplicate == false && second.stored?.isDuplicate == true)
            #expect(try await jetStream.streamInfo("ONCE").state.messages == 1)
        }
    }
}
