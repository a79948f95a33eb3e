internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

/// JetStream of another server behind a leaf node, and of another account under a prefix.
@Suite(.needsNATSServer) struct ForeignDomainTests {
    /// Everything that a user does, over a JetStream that is not the own server's.
    private static func useAll(_ jetStream: JetStream) async throws {
        var stream = StreamConfiguration(name: "FAR", subjects: ["far.>"])
        stream.storage = .memory
        try await jetStream.createOrUpdateStream(stream)
        let results = try await jetStream.publishAll(
            (0..<20).map { PublishRequest("\($0)", to: "far.a") })
        #expect(results.firstFailure == nil)
        let ack = try await jetStream.publish("20", to: "far.a")
        #expect(ack.sequence == 21)
        var read = OrderedReadOptions()
        read.follows = false
        var texts: [String?] = []
        for try await message in jetStream.orderedMessages(in: "FAR", options: read) {
            texts.append(message.text)
        }
        #expect(texts == (0...20).map { "\($0)" })
        let consumer = try await jetStream.createConsumer(
            ConsumerConfiguration(durableName: "c"), on: "FAR")
        for message in try await consumer.fetch(5) { try await message.ackConfirmed() }
        let info = try await consumer.info()
        #expect(info.ackFloor == 5)
        let stored = try await jetStream.message(3, in: "FAR")
        #expect(stored.text == "2")
        let replay = try await jetStream.replay("FAR", since: .seconds(600))
        var count = 0
        for try await _ in replay { count += 1 }
        #expect(count == 21)
        try await jetStream.deleteStream("FAR")
    }

    private static func useStores(_ jetStream: JetStream) async throws {
        var keys = KeyValueConfiguration(bucket: "K")
        keys.storage = .memory
        let bucket = try await jetStream.createKeyValue(keys)
        try await bucket.put("v", for: "k")
        #expect(try await bucket.get("k")?.text == "v")
        var changes = try bucket.watch().makeAsyncIterator()
        #expect(try await changes.next()?.entry?.text == "v")
        let mark = try #require(try await changes.next())
        #expect(mark.entry == nil)
        try await bucket.put("w", for: "k")
        #expect(try await changes.next()?.entry?.text == "w")
        var objects = ObjectStoreConfiguration(bucket: "O")
        objects.storage = .memory
        let store = try await jetStream.createObjectStore(objects)
        let content = Bytes([UInt8](repeating: 3, count: 300_000))
        try await store.put(content, as: "x", chunkSize: 10_000)
        #expect(try await store.bytes(of: "x") == content)
        #expect(try await store.objects().map(\.name) == ["x"])
    }

    /// A leaf node without JetStream of its own, and one with its own that is not meant.
    @Test(arguments: [false, true]) func aDomainIsReachedThroughALeafNode(
        leafHasItsOwn: Bool
    ) async throws {
        try await DomainsStage.run(leafHasItsOwn: leafHasItsOwn) { client in
            try await Self.useAll(client.jetStream)
            try await Self.useStores(client.jetStream)
            guard leafHasItsOwn else { return }
            let near = DomainsStage.edge(client)
            let names = try await near.streamNames().all()
            #expect(names.isEmpty)
            try await Self.useAll(near)
        }
    }

    /// An account that has another one's API under a prefix, as its administrators have set it up.
    @Test func anotherAccountIsReachedUnderAPrefix() async throws {
        let config = """
            accounts {
              OWNER {
                jetstream: enabled
                users: [ { user: owner, password: p } ]
                exports: [
                  { service: "$JS.API.>", response_type: stream }
                  { service: "$KV.>" }, { service: "$O.>" }, { service: "far.>" }
                  { service: "$JS.ACK.>" }
                ]
              }
              GUEST {
                users: [ { user: guest, password: p } ]
                imports: [
                  { service: { account: OWNER, subject: "$JS.API.>" }, to: "js.owner.>" }
                  { service: { account: OWNER, subject: "$KV.>" }, to: "js.owner.$KV.>" }
                  { service: { account: OWNER, subject: "$O.>" } }
                  { service: { account: OWNER, subject: "far.>" } }
                  { service: { account: OWNER, subject: "$JS.ACK.>" } }
                ]
              }
            }
            """
        try await NATSServerFixture.run(config: config) { server in
            let url = server.url
            try await within {
                var options = NATSClientOptions(
                    servers: [url], credentials: .user("guest", password: "p"))
                options.jetStreamAPIPrefix = "js.owner"
                let client = try await NATSClient.connect(options)
                try await Self.useAll(client.jetStream)
                try await Self.useStores(client.jetStream)
                // Without the prefix there is none.
                var own = JetStreamOptions()
                own.domain = "none"
                let code = await JetStreamStage.code {
                    _ = try await JetStream(client: client, options: own).accountInfo()
                }
                #expect(code == .jetStreamDisabled)
                await client.close()
            }
        }
    }

    @Test func aPrefixThatIsNoSubjectIsRefused() async throws {
        try await JetStreamStage.run { jetStream in
            for prefix in ["", "a b", "a..b", "a\r\nPUB x 0", "js.>"] {
                var options = JetStreamOptions()
                options.apiPrefix = prefix
                let wrong = JetStream(client: jetStream.client, options: options)
                let calls: [() async throws -> Void] = [
                    { _ = try await wrong.accountInfo() },
                    { _ = try await wrong.streamNames().all() },
                    { _ = try await wrong.streamInfo("S") },
                ]
                for call in calls {
                    #expect(await JetStreamStage.code(call) == .invalidArgument, "\(prefix)")
                }
            }
        }
    }
}
