internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct BucketTests {
    @Test func `a bucket is the stream that the others make of it`() async throws {
        try await KeyValueStage.run { jetStream in
            var wanted = KeyValueConfiguration(bucket: "CFG")
            wanted.description = "golden"
            (wanted.history, wanted.timeToLive) = (3, .seconds(90))
            (wanted.maxBytes, wanted.maxValueSize) = (100_000, 5000)
            (wanted.isCompressed, wanted.metadata) = (true, ["team": "a"])
            wanted.republish = Republish("$KV.CFG.>", to: "changes.>")
            try await jetStream.createKeyValue(wanted)
            let stream = try await jetStream.streamInfo("KV_CFG").configuration
            #expect(stream.subjects == ["$KV.CFG.>"] && stream.maxMessagesPerSubject == 3)
            #expect(stream.discard == .new && stream.deniesDelete && stream.allowsRollup)
            #expect(stream.allowsDirectGet && !stream.deniesPurge && stream.compression == .s2)
            #expect(stream.maxAge == .seconds(90) && stream.duplicateWindow == .seconds(90))
            #expect(stream.maxMessages == nil && stream.maxConsumers == nil)
            let bucket = try await jetStream.createKeyValue(wanted)
            #expect(bucket.name == "CFG" && bucket.streamName == "KV_CFG")
            #expect(try await bucket.status().configuration == wanted)
            wanted.history = 5
            let code = await KeyValueStage.code { try await jetStream.createKeyValue(wanted) }
            #expect(code == .streamNameInUse)
            #expect(
                try await jetStream.updateKeyValue(wanted).status().configuration.history == 5)
            #expect(try await jetStream.keyValueNames() == ["CFG"])
            try await jetStream.deleteKeyValue("CFG")
            for missing in ["CFG", "NONE"] {
                let bind = await KeyValueStage.code { _ = try await jetStream.keyValue(missing) }
                #expect(bind == .bucketNotFound)
                let delete = await KeyValueStage.code {
                    try await jetStream.deleteKeyValue(missing)
                }
                #expect(delete == .bucketNotFound)
            }
            try await jetStream.createOrUpdateKeyValue(wanted)
            let gone = await KeyValueStage.code { try await bucket.put("v", for: "k") }
            #expect(gone == nil)
        }
    }

    @Test func `an update keeps what a bucket's settings do not name`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            var stream = try await jetStream.streamInfo("KV_B").configuration
            stream.maxConsumers = nil
            stream.consumerLimits = ConsumerLimits(maxAckPending: 77)
            try await jetStream.updateStream(stream)
            var configuration = try await bucket.status().configuration
            configuration.description = "changed"
            try await jetStream.updateKeyValue(configuration)
            let after = try await jetStream.streamInfo("KV_B").configuration
            #expect(after.description == "changed" && after.consumerLimits?.maxAckPending == 77)
        }
    }

    @Test func `settings that make no sense are refused before anything is sent`() async throws {
        try await KeyValueStage.run { jetStream in
            let changes: [@Sendable (inout KeyValueConfiguration) -> Void] = [
                { $0.history = 0 }, { $0.history = 65 }, { $0.history = -1 },
                { $0.limitMarkerTTL = .milliseconds(999) }, { $0.timeToLive = .zero },
                { $0.maxValueSize = 0 }, { $0.maxBytes = -1 }, { $0.bucket = "a.b" },
                { $0.bucket = "" }, { $0.bucket = "ö" }, { $0.bucket = "a b" },
                {
                    $0.mirror = StreamSource(name: "A")
                    $0.sources = [StreamSource(name: "B")]
                },
            ]
            for change in changes {
                var configuration = KeyValueConfiguration(bucket: "B")
                change(&configuration)
                let code = await KeyValueStage.code {
                    try await jetStream.createKeyValue(configuration)
                }
                #expect(code == .invalidArgument, "\(configuration)")
            }
        }
    }

    @Test func `a key that is none is refused everywhere`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            for key in ["", ".", ".a", "a.", "a..b", "a b", "a*", "*", ">", "a.>", "ö", "a\n"] {
                let calls: [() async throws -> Void] = [
                    { try await bucket.put("v", for: key) },
                    { try await bucket.create("v", for: key) },
                    { try await bucket.update("v", for: key, expecting: 1) },
                    { try await bucket.delete(key) }, { try await bucket.purge(key) },
                    { _ = try await bucket.get(key) },
                    { _ = try await bucket.get(key, revision: 1) },
                    { _ = try await bucket.history(of: key) },
                ]
                for call in calls { #expect(await KeyValueStage.code(call) == .invalidArgument) }
            }
            for pattern in ["", "a..b", ">.a", "a.*b", "a b", ".a", "ö.>"] {
                #expect(throws: JetStreamError.self) { try bucket.watch(pattern) }
            }
            try await bucket.put("v", for: "a-/_=.B9")
            #expect(try await bucket.keys() == ["a-/_=.B9"])
        }
    }

    @Test func `a mirror reads here and writes there, and sources are copied under our name`()
        async throws
    {
        try await KeyValueStage.run { jetStream in
            let origin = try await KeyValueStage.bucket(jetStream)
            try await origin.put("one", for: "k")
            var copy = KeyValueConfiguration(bucket: "MIRROR")
            (copy.mirror, copy.history) = (StreamSource(name: "B"), 3)
            let mirror = try await jetStream.createKeyValue(copy)
            #expect(try await mirror.status().configuration.mirror?.name == "B")
            var all = KeyValueConfiguration(bucket: "ALL")
            all.sources = [StreamSource(name: "B")]
            let gathered = try await jetStream.createKeyValue(all)
            try await mirror.put("two", for: "k")
            #expect(try await origin.get("k")?.text == "two")
            for bucket in [mirror, gathered] {
                let isThere = await Pace.until(patience) {
                    (try? await bucket.get("k"))?.text == "two"
                }
                #expect(isThere, "\(bucket)")
                #expect(try await bucket.keys() == ["k"])
                let entry = try #require(try await bucket.get("k"))
                #expect(entry.key == "k" && entry.bucket == bucket.name && entry.headers.isEmpty)
            }
        }
    }

    @Test func `a bucket of a domain is written and read through its prefix`() async throws {
        let store = try TemporaryDirectory()
        let config =
            "jetstream { domain: hub, max_mem: 1MB, max_file: 10MB, "
            + "store_dir: \"\(store.file("js"))\" }"
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            let url = server.url
            try await within {
                try await NATSClient.withClient(NATSClientOptions(servers: [url])) { client in
                    var options = JetStreamOptions()
                    options.domain = "hub"
                    let jetStream = JetStream(client: client, options: options)
                    let bucket = try await KeyValueStage.bucket(jetStream)
                    try await bucket.put("v", for: "k")
                    #expect(try await bucket.get("k")?.text == "v")
                    #expect(try await bucket.keys() == ["k"])
                    try await bucket.delete("k")
                    #expect(try await client.jetStream.keyValue("B").get("k") == nil)
                }
            }
        }
    }
}
