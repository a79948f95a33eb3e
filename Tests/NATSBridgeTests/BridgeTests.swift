import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import NATSBridge
import NATSCore
import NATSWire
import TestKit
import Testing

@Suite(.needsNATSServer) struct BridgeTests {
    /// Runs a body with a bridge on a fresh server.
    static func run(
        store: ScriptedStore? = ScriptedStore(), config: String = "", threshold: Int = 1_000_000,
        trace: LogCollector? = nil, parallel: Int = 4,
        checksum: ChecksumAlgorithm = .xxh64, isWatched: Bool = true,
        _ body: (Bridge, ScriptedStore) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run(config: config) { server in
            var options = BridgeOptions(
                client: NATSClientOptions(servers: [server.url]), store: store)
            options.threshold = threshold
            options.log = trace?.sink
            options.maxParallelUploads = parallel
            options.checksumAlgorithm = checksum
            let bridge = try await Bridge.connect(options)
            // A watcher listens to every subject, so that no request is without a listener.
            let everything = try bridge.client.subscribe(to: isWatched ? ">" : "the.end")
            try await body(bridge, store ?? ScriptedStore())
            try await checkAgainstSchema(everything, bridge.client)
            await bridge.close()
        }
    }

    /// Holds every envelope that went over the server in a test against the published schema.
    private static func checkAgainstSchema(
        _ everything: NATSSubscription, _ client: NATSClient
    ) async throws {
        let schema = try SchemaValidator.envelope()
        everything.unsubscribe(after: everything.backlog + 1)
        try await client.flush()
        try client.publish([], to: "the.end")
        while let batch = try await everything.nextBatch() {
            for message in batch where message.subject != "the.end" {
                // Raw bodies, and what the tests forge, are no envelopes of ours.
                guard let json = try? JSONValue(parsing: message.payload), json["msg_id"] != nil
                else { continue }
                #expect(schema.faults(in: json) == [])
            }
        }
    }

    private static func table() throws -> Table {
        try Table(["id": Column([1, 2, 3] as [Int64]), "name": Column(["a", nil, "c"])])
    }

    @Test func `every type arrives with its name, in order, inside the message`() async throws {
        try await Self.run { bridge, store in
            let messages = bridge.messages(on: "chat")
            try await bridge.client.flush()
            let payloads: Payloads = [
                Payload("t", .text("grüße/\"\n")),
                Payload("d", .json(["step_size": 0.5, "n": [1, nil]])),
                Payload("a", .table(try Self.table())),
                Payload("j", .jsonTable([["x": 1], ["x": 2]])),
                Payload("i", .image(Bytes([0x89, 0x50]))), Payload("s", .audio(Bytes([0, 1]))),
                Payload("v", .video(Bytes([2]))),
                Payload("b", .bytes(Bytes()), metadata: ["mine": true]),
            ]
            var options = SendOptions()
            options.purpose = "updateStatus"
            options.metadata = ["k": "v"]
            let sent = try await bridge.send(payloads, to: "chat", options: options)
            var iterator = messages.makeAsyncIterator()
            let received = try #require(try await iterator.next())
            #expect(received.payloads.map(\.name) == payloads.map(\.name))
            #expect(received.payloads.map { $0.value?.type } == payloads.map { $0.value.type })
            #expect(received.envelope == sent.envelope)
            #expect(received.envelope.purpose == "updateStatus")
            #expect(received["t"]?.text == "grüße/\"\n")
            #expect(received["d"]?.json?["step_size"]?.doubleValue == 0.5)
            let table = try #require(received["a"]?.table)
            #expect(try table.column("name").values(as: String?.self)[2] == "c")
            #expect(received["b"]?.metadata["mine"] == true)
            #expect(store.uploads == 0)
            #expect(sent.wireBytes == sent.body.count)
        }
    }

    @Test func `a payload of the threshold goes by link and is verified`() async throws {
        let trace = LogCollector()
        try await Self.run(threshold: 1000, trace: trace) { bridge, store in
            let messages = bridge.messages(on: "big")
            try await bridge.client.flush()
            let bytes = Bytes([UInt8](repeating: 9, count: 1000))
            let small = Bytes([UInt8](repeating: 8, count: 999))
            let sent = try await bridge.send(
                ["big": .bytes(bytes), "small": .bytes(small)],
                to: "big")
            #expect(store.uploads == 1)
            let first = sent.envelope.payloads[0]
            #expect(first.encoding == "none" && first.size == 1000)
            #expect(first.metadata[IntegrityKey.checksum]?.stringValue?.hasPrefix("xxh64:") == true)
            #expect(first.metadata[IntegrityKey.expiresAt] != nil)
            var iterator = messages.makeAsyncIterator()
            let received = try #require(try await iterator.next())
            #expect(received["big"]?.bytes == bytes && received["big"]?.url != nil)
            #expect(received["small"]?.bytes == small && received["small"]?.url == nil)
            let stages = trace.events(of: sent.envelope.correlationID).map(\.stage)
            #expect(
                stages == [
                    "serialize", "serialize", "upload", "publish", "receive", "download",
                    "deserialize", "deserialize",
                ])
        }
    }

    @Test func `the digest is an option of the bridge`() async throws {
        try await Self.run(threshold: 1, checksum: .sha256) { bridge, _ in
            let sent = try await bridge.send(["x": "abc"], to: "x")
            // FIPS 180-4: the digest of "abc".
            #expect(
                sent.envelope.payloads[0].metadata[IntegrityKey.checksum]
                    == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        }
    }

    @Test func `one byte decides between the message and the link`() async throws {
        try await Self.run(config: "max_payload: 10000", threshold: 1 << 30) { bridge, store in
            let subscription = try bridge.client.subscribe(to: "edge")
            try await bridge.client.flush()
            // Grow until the first one goes by link; base64 grows in steps of four.
            var lastDirect = 0
            for size in 6000..<7500 {
                let plan = try await bridge.plan(
                    ["p": .bytes(Bytes([UInt8](repeating: 1, count: size)))],
                    to: "edge")
                if plan[0].transport == .link { break }
                lastDirect = size
            }
            #expect(lastDirect > 6000 && lastDirect < 7499)
            for (size, isLink) in [(lastDirect, false), (lastDirect + 1, true)] {
                let bytes = Bytes([UInt8](repeating: 1, count: size))
                let sent = try await bridge.send(["p": .bytes(bytes)], to: "edge")
                #expect(sent.wireBytes <= 10_000)
                if !isLink { #expect(sent.wireBytes > 10_000 - 4) }
                let batch = try await subscription.nextBatch()
                let message = try #require(batch?.first)
                #expect(message.size == sent.wireBytes)
                let received = try await bridge.receive(message)
                #expect(received.payloads[0].bytes == bytes)
                #expect((received.payloads[0].url != nil) == isLink)
            }
            #expect(store.uploads == 1)
        }
    }

    @Test func `random mixes never exceed the limit and all come back`() async throws {
        var generator = SeededGenerator("bridge sizes")
        let mixes = (0..<12).map { _ in
            (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                Int.random(in: 0...40_000, using: &generator)
            }
        }
        try await Self.run(config: "max_payload: 65536", threshold: 30_000) { bridge, _ in
            let subscription = try bridge.client.subscribe(to: "mix")
            try await bridge.client.flush()
            for sizes in mixes {
                var options = SendOptions()
                options.headers = ["X-App": "header bytes count too"]
                let sent = try await bridge.send(
                    Payloads(
                        sizes.enumerated().map { index, size in
                            Payload(
                                "p\(index)",
                                .bytes(Bytes([UInt8](repeating: UInt8(index), count: size)))
                            )
                        }), to: "mix", options: options)
                #expect(sent.wireBytes <= 65_536)
                let batch = try await subscription.nextBatch()
                let received = try await bridge.receive(#require(batch?.first))
                #expect(received.payloads.map(\.bytes.count) == sizes)
            }
        }
    }

    @Test func `without a store what does not fit fails with both numbers`() async throws {
        try await Self.run(store: nil, config: "max_payload: 5000") { bridge, _ in
            let bytes = Bytes([UInt8](repeating: 1, count: 5000))
            do throws(BridgeError) {
                try await bridge.send(["p": .bytes(bytes)], to: "x")
                Issue.record("sent")
            } catch {
                #expect(error.stage == .plan && error.code == .tooLarge)
                #expect(error.detail.contains("5000"))
                #expect(!error.correlationID.isEmpty && error.subject == "x")
            }
        }
    }

    @Test func `a failed upload takes the others back`() async throws {
        let store = ScriptedStore(failingUpload: 3)
        try await Self.run(store: store, threshold: 10, parallel: 1) { bridge, _ in
            let bytes = Bytes([UInt8](repeating: 1, count: 50))
            let payloads = Payloads((0..<6).map { Payload("p\($0)", .bytes(bytes)) })
            do throws(BridgeError) {
                try await bridge.send(payloads, to: "x")
                Issue.record("sent")
            } catch {
                #expect(error.stage == .upload && error.code == .unavailable)
                #expect(error.detail.contains("deleted"))
            }
            #expect(store.stored == 0 && store.deleted == ["1", "2"])
            #expect(store.uploads == 3)
        }
    }

    @Test func `a failed publish takes the uploads back, an unsure one does not`() async throws {
        let store = ScriptedStore()
        try await Self.run(store: store, threshold: 10, isWatched: false) { bridge, _ in
            let payload = Payload("p", .bytes(Bytes([UInt8](repeating: 1, count: 50))))
            await #expect(throws: BridgeError(.noResponders, stage: .publish)) {
                _ = try await bridge.request([payload], to: "nobody.listens")
            }
            #expect(store.stored == 0 && store.deleted == ["1"])
            let silent = try bridge.client.subscribe(to: "silent")
            await #expect(throws: BridgeError(.timeout, stage: .publish)) {
                _ = try await bridge.request(
                    [payload], to: "silent", timeout: .milliseconds(50))
            }
            #expect(store.stored == 1 && silent.backlog == 1)
        }
    }

    @Test func `requests are answered by reply, with the flow's ids`() async throws {
        try await Self.run { bridge, _ in
            let commands = bridge.messages(on: "sim.start")
            try await bridge.client.flush()
            let service = Task {
                for try await command in commands {
                    try await bridge.reply(["s": "Running"], to: command)
                }
            }
            var options = RequestOptions()
            options.sending.correlationID = "flow-1"
            let answer = try await bridge.request(
                ["config": .json(["iterations": 10])], to: "sim.start",
                options: options, timeout: patience)
            #expect(answer["s"]?.text == "Running")
            #expect(answer.envelope.correlationID == "flow-1")
            #expect(!answer.envelope.replyToMessageID.isEmpty)
            service.cancel()
            _ = await service.result
        }
    }

    @Test func `an unusable message is an element, and the sequence goes on`() async throws {
        try await Self.run { bridge, _ in
            let messages = bridge.messages(on: "in")
            try await bridge.client.flush()
            try bridge.client.publish(Bytes(utf8: "not json"), to: "in")
            try bridge.client.publish(Bytes(utf8: "{}"), to: "in")
            try await bridge.send(["ok": "fine"], to: "in")
            var iterator = messages.results.makeAsyncIterator()
            for _ in 0..<2 {
                let result = try #require(try await iterator.next())
                guard case .failure(let error) = result else {
                    Issue.record("accepted")
                    continue
                }
                #expect(error.stage == .decode && error.subject == "in")
            }
            #expect(try #require(try await iterator.next()).get().payloads.count == 1)
        }
    }

    @Test func `the header form carries raw bytes beside the application's headers`() async throws {
        try await Self.run { bridge, _ in
            let subscription = try bridge.client.subscribe(to: "audio")
            try await bridge.client.flush()
            let pcm = Bytes((0..<2000).map { UInt8(truncatingIfNeeded: $0) })
            var options = SendOptions()
            options.usesHeaderForm = true
            options.headers = ["Sample-Rate": "44100", "Channels": "1"]
            let sent = try await bridge.send(
                ["chunk": .audio(pcm)], to: "audio", options: options)
            let batch = try await subscription.nextBatch()
            let message = try #require(batch?.first)
            #expect(message.payload == pcm && message.size == sent.wireBytes)
            let received = try await bridge.receive(message)
            #expect(received.headers["Sample-Rate"] == "44100")
            #expect(received.payloads[0].name == "chunk" && received.payloads[0].bytes == pcm)
            #expect(received.envelope.correlationID == sent.envelope.correlationID)
        }
    }

    @Test(arguments: ["$JS.API.STREAM.DELETE.x", "a.*", "a.>", "a b"])
    func `an answer never goes where a peer must not send us`(_ replyTo: String) async throws {
        try await Self.run { bridge, _ in
            let messages = bridge.messages(on: "in")
            try await bridge.client.flush()
            var options = SendOptions()
            options.replyTo = replyTo
            try await bridge.send(["x": "x"], to: "in", options: options)
            var iterator = messages.makeAsyncIterator()
            let received = try #require(try await iterator.next())
            await #expect(throws: BridgeError(.unusableReply, stage: .reply)) {
                try await bridge.reply(Payloads(), to: received)
            }
        }
    }
}
