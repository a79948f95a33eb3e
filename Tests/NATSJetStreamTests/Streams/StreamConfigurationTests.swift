internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct StreamConfigurationTests {
    /// One change for each setting that a stream of one server can have, and the API level.
    private static let changes:
        [(level: Int, change: @Sendable (inout StreamConfiguration) -> Void)] =
            [
                (0, { $0.description = "all" }),
                (0, { $0.retention = .interest }),
                (0, { $0.compression = .s2 }),
                (
                    0,
                    {
                        ($0.discard, $0.discardsNewPerSubject) = (.new, true)
                        $0.maxMessagesPerSubject = 3
                    }
                ),
                (0, { ($0.maxMessages, $0.maxBytes, $0.maxMessageSize) = (7, 7000, 700) }),
                (0, { ($0.maxAge, $0.duplicateWindow) = (.seconds(600), .seconds(60)) }),
                (0, { $0.maxConsumers = 5 }),
                (
                    0,
                    {
                        $0.consumerLimits = ConsumerLimits(
                            inactiveThreshold: .seconds(60), maxAckPending: 9)
                    }
                ),
                (0, { $0.placement = Placement(tags: ["a"]) }),
                (0, { $0.withholdsAcks = true }),
                (0, { $0.firstSequence = 100 }),
                (0, { $0.subjectTransform = SubjectTransform("s.>", to: "t.>") }),
                (0, { $0.republish = Republish("s.>", to: "copy.>", headersOnly: true) }),
                (0, { ($0.allowsDirectGet, $0.allowsRollup) = (true, true) }),
                (0, { ($0.deniesDelete, $0.deniesPurge) = (true, true) }),
                (0, { $0.metadata = ["team": "a"] }),
                (1, { $0.allowsMessageTTL = true }),
                (
                    1,
                    {
                        ($0.deleteMarkerTTL, $0.allowsMessageTTL, $0.allowsRollup) =
                            (.seconds(5), true, true)
                    }
                ),
                (2, { $0.allowsCounters = true }),
                (2, { $0.allowsAtomicPublish = true }),
                (
                    2,
                    {
                        ($0.allowsSchedules, $0.allowsMessageTTL, $0.allowsRollup) = (
                            true, true, true
                        )
                    }
                ),
                (2, { $0.persistMode = .asynchronous }),
                (4, { $0.allowsBatchedPublish = true }),
            ]

    @Test func `every setting comes back as it was set, and creating it again changes nothing`()
        async throws
    {
        try await JetStreamStage.run(config: "server_tags: [a]") { jetStream in
            let level = try await JetStreamStage.level(jetStream)
            for (number, item) in Self.changes.enumerated() where item.level <= level {
                var wanted = StreamConfiguration(name: "S\(number)", subjects: ["s.>"])
                item.change(&wanted)
                let made = try await jetStream.createStream(wanted)
                var read = try await jetStream.streamInfo(wanted.name).configuration
                #expect(read == made.configuration)
                var plain = read
                plain.metadata = read.metadata.filter { !$0.key.hasPrefix("_nats.") }
                // What the server fills in by itself.
                plain.duplicateWindow = wanted.duplicateWindow
                plain.additional = wanted.additional
                #expect(plain == wanted, "change \(number)")
                let again = try await jetStream.createStream(read)
                #expect(again.configuration == read, "change \(number)")
                read.description = "changed"
                let updated = try await jetStream.createOrUpdateStream(read)
                #expect(updated.configuration == read, "change \(number)")
                try await jetStream.deleteStream(wanted.name)
            }
        }
    }

    @Test func `mirrors and sources are made with all that they may have`() async throws {
        try await JetStreamStage.run { jetStream in
            var from = StreamConfiguration(name: "FROM", subjects: ["f.>"])
            from.allowsDirectGet = true
            try await jetStream.createStream(from)
            for name in ["a", "b"] { try await jetStream.publish(name, to: Subject("f.\(name)")) }
            var copy = StreamConfiguration(name: "COPY", subjects: [])
            copy.mirror = StreamSource(name: "FROM")
            copy.allowsMirrorDirectGet = true
            copy.mirror?.filter = "f.b"
            let mirror = try await jetStream.createStream(copy)
            #expect(mirror.configuration.mirror == copy.mirror)
            #expect(mirror.configuration.subjects.isEmpty)
            #expect(mirror.configuration.allowsMirrorDirectGet)
            var gathered = StreamConfiguration(name: "GATHERED", subjects: [])
            var source = StreamSource(name: "FROM")
            source.startSequence = 2
            source.transforms = [SubjectTransform("f.>", to: "g.>")]
            gathered.sources = [source]
            let made = try await jetStream.createStream(gathered)
            #expect(made.configuration.sources == [source])
            let again = try await jetStream.createStream(made.configuration)
            #expect(again.configuration == made.configuration)
            let arrived = await Pace.until(patience) {
                let info = try? await jetStream.streamInfo("GATHERED")
                return info?.state.messages == 1 && info?.sources.first?.lag == 0
            }
            #expect(arrived)
            let message = try await jetStream.message(1, in: "GATHERED")
            #expect(message.subject == "g.b" && message.text == "b")
        }
    }

    @Test func `a sealed stream takes nothing and gives nothing up`() async throws {
        try await JetStreamStage.run { jetStream in
            var stream = try await jetStream.createStream(
                StreamConfiguration(name: "S", subjects: ["s"])
            ).configuration
            try await jetStream.publish("a", to: "s")
            stream.isSealed = true
            let sealed = try await jetStream.updateStream(stream)
            #expect(sealed.configuration.isSealed)
            let code = await JetStreamStage.code {
                try await jetStream.deleteMessage(1, in: "S")
            }
            #expect(code == .refused)
            #expect(try await jetStream.message(1, in: "S").text == "a")
        }
    }

    @Test func `what is not known here survives an update`() throws {
        let text = """
            {"name":"S","subjects":["s"],"retention":"eternal","storage":"tape","discard":"new",
            "compression":"zstd","max_msgs":5,"num_replicas":1,"persist_mode":"sometimes",
            "future":{"a":[1]},"placement":{"cluster":"c","rack":"r"},
            "mirror":{"name":"M","speed":9,"external":{"api":"$JS.x.API","deliver":"","to":1}},
            "sources":[{"name":"A","consumer":{"name":"c","kind":"k"},
            "subject_transforms":[{"src":"a","dest":"b","when":"now"}]}],
            "republish":{"src":"a","dest":"b","only":"late"},
            "consumer_limits":{"max_ack_pending":3,"max_love":4}}
            """
        let value = try JSONValue(parsing: Bytes(utf8: text))
        let configuration = try StreamConfiguration(json: value)
        #expect(configuration.retention.rawValue == "eternal")
        #expect(configuration.storage != .file && "\(configuration.storage)" == "tape")
        #expect(configuration.additional["future"] == ["a": [1]])
        let object = configuration.jsonValue.objectValue ?? [:]
        for (key, value) in value.objectValue ?? [:] {
            #expect(object[key] == value, "\(key)")
        }
    }

    @Test func `a server that is too old is told by its version`() async throws {
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            connection.serveNATS()
        }
        let url = "nats://127.0.0.1:\(server.port)"
        try await within {
            let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
            let jetStream = JetStream(client: client)
            var stream = StreamConfiguration(name: "S", subjects: ["s"])
            stream.allowsBatchedPublish = true
            do throws(JetStreamError) {
                try await jetStream.createStream(stream)
                Issue.record("it was taken")
            } catch {
                #expect(error.code == .serverTooOld)
                #expect(error.detail == "needs nats-server 2.14, server is 2.11.0")
            }
            await client.close()
        }
    }
}
