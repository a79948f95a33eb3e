internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct ConsumerManagementTests {
    private static let moment = Timestamp(seconds: 1_700_000_000, nanoseconds: 12_345_678)

    /// One change for each group of settings, and the API level.
    private static let changes:
        [(level: Int, change: @Sendable (inout ConsumerConfiguration) -> Void)] = [
            (0, { $0.description = "a worker" }),
            (0, { $0.deliverPolicy = .last }),
            (0, { $0.deliverPolicy = .new }),
            (0, { $0.deliverPolicy = .byStartSequence(7) }),
            (0, { $0.deliverPolicy = .byStartTime(moment) }),
            (0, { ($0.deliverPolicy, $0.filterSubjects) = (.lastPerSubject, ["s.a"]) }),
            (0, { $0.filterSubjects = ["s.a", "s.b"] }),
            (0, { $0.ackPolicy = .all }),
            (0, { $0.ackPolicy = .none }),
            (0, { ($0.ackWait, $0.maxAckPending) = (.seconds(9), 33) }),
            (0, { ($0.maxDeliver, $0.backoff) = (5, [.seconds(1), .seconds(3)]) }),
            (0, { ($0.replayPolicy, $0.sampleFrequency) = (.original, "50%") }),
            (0, { ($0.headersOnly, $0.memoryStorage, $0.replicas) = (true, true, 1) }),
            (0, { ($0.maxWaiting, $0.maxRequestBatch, $0.maxRequestBytes) = (5, 6, 700) }),
            (0, { ($0.maxRequestExpires, $0.inactiveThreshold) = (.seconds(8), .seconds(90)) }),
            (0, { $0.metadata = ["team": "a"] }),
            (
                0,
                {
                    ($0.deliverSubject, $0.deliverGroup) = ("out", "q")
                    ($0.flowControl, $0.idleHeartbeat) = (true, .seconds(5))
                    $0.rateLimit = 80_000
                }
            ),
            (1, { ($0.priorityGroups, $0.priorityPolicy) = (["g"], .overflow) }),
            (
                1,
                {
                    ($0.priorityGroups, $0.priorityPolicy) = (["g"], .pinnedClient)
                    $0.priorityTimeout = .seconds(20)
                }
            ),
            (1, { $0.pausedUntil = Timestamp(seconds: 4_000_000_000) }),
            (2, { ($0.priorityGroups, $0.priorityPolicy) = (["g"], .prioritized) }),
        ]

    private static func makeStream(_ jetStream: JetStream) async throws {
        try await jetStream.createStream(StreamConfiguration(name: "S", subjects: ["s.>"]))
    }

    @Test func `every setting comes back as it was set, and creating it again changes nothing`()
        async throws
    {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            let level = try await JetStreamStage.level(jetStream)
            for (number, item) in Self.changes.enumerated() where item.level <= level {
                var wanted = ConsumerConfiguration(durableName: "c\(number)")
                item.change(&wanted)
                let made = try await jetStream.createConsumer(wanted, on: "S")
                var read = try await jetStream.consumerInfo(made.name, on: "S").configuration
                let object = read.jsonValue.objectValue ?? [:]
                for (key, value) in wanted.jsonValue.objectValue ?? [:] {
                    #expect(object[key] == value, "\(key) of change \(number)")
                }
                try await jetStream.createConsumer(read, on: "S")
                read.description = "changed"
                try await jetStream.createOrUpdateConsumer(read, on: "S")
                let after = try await jetStream.consumerInfo(made.name, on: "S").configuration
                #expect(after == read, "change \(number)")
            }
        }
    }

    @Test func `consumers are made, found, listed and removed by their names`() async throws {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            var named = ConsumerConfiguration()
            (named.name, named.inactiveThreshold) = ("mine", patience)
            let ephemeral = try await jetStream.createConsumer(named, on: "S")
            #expect(ephemeral.name == "mine")
            #expect(ephemeral.cachedInfo.configuration.durableName == nil)
            var names: Set<String> = ["mine"]
            // More than one page.
            for number in 0..<260 {
                var configuration = ConsumerConfiguration(durableName: "c\(number)")
                configuration.memoryStorage = true
                names.insert(try await jetStream.createConsumer(configuration, on: "S").name)
            }
            #expect(Set(try await jetStream.consumers(on: "S").all().map(\.name)) == names)
            #expect(Set(try await jetStream.consumerNames(on: "S").all()) == names)
            try await jetStream.deleteConsumer("c0", on: "S")
            #expect(try await jetStream.consumerNames(on: "S").all().count == names.count - 1)
            named.description = "changed"
            try await jetStream.updateConsumer(named, on: "S")
            #expect(try await ephemeral.info().configuration.description == "changed")
        }
    }

    @Test func `creating another consumer of a name, and changing none, have their codes`()
        async throws
    {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            var configuration = ConsumerConfiguration(durableName: "c")
            let missing = await JetStreamStage.code {
                try await jetStream.updateConsumer(configuration, on: "S")
            }
            #expect(missing == .consumerNotFound)
            try await jetStream.createOrUpdateConsumer(configuration, on: "S")
            configuration.ackWait = .seconds(77)
            let taken = await JetStreamStage.code {
                try await jetStream.createConsumer(configuration, on: "S")
            }
            #expect(taken == .consumerNameInUse)
            try await jetStream.createOrUpdateConsumer(configuration, on: "S")
            let nameless = await JetStreamStage.code {
                try await jetStream.updateConsumer(ConsumerConfiguration(), on: "S")
            }
            #expect(nameless == .invalidArgument)
        }
    }

    @Test func `a consumer is paused and resumed`() async throws {
        try await JetStreamStage.run { jetStream in
            guard try await JetStreamStage.level(jetStream) >= 1 else { return }
            try await Self.makeStream(jetStream)
            try await jetStream.publish("a", to: "s.a")
            let consumer = try await jetStream.createConsumer(
                ConsumerConfiguration(durableName: "c"), on: "S")
            let time = Timestamp(seconds: 4_000_000_000)
            let pause = try await jetStream.pauseConsumer("c", on: "S", until: time)
            #expect(pause.isPaused && pause.until == time && pause.remaining ?? .zero > .zero)
            let info = try await consumer.info()
            #expect(info.isPaused && info.configuration.pausedUntil == time)
            #expect(try await consumer.next(expires: .zero) == nil)
            let resumed = try await jetStream.resumeConsumer("c", on: "S")
            #expect(!resumed.isPaused && resumed.until == nil)
            #expect(try await consumer.next(expires: patience)?.text == "a")
        }
    }

    @Test func `a consumer is reset, and a group that is none cannot be unpinned`() async throws {
        try await JetStreamStage.run { jetStream in
            guard try await JetStreamStage.level(jetStream) >= 4 else { return }
            try await Self.makeStream(jetStream)
            for text in ["a", "b", "c"] { try await jetStream.publish(text, to: "s.a") }
            let consumer = try await jetStream.createConsumer(
                ConsumerConfiguration(durableName: "c"), on: "S")
            for message in try await consumer.fetch(3) { try await message.ackConfirmed() }
            let info = try await jetStream.resetConsumer("c", on: "S", to: 2)
            #expect(info.pending == 2)
            #expect(try await consumer.fetch(3, expires: .zero).map(\.text) == ["b", "c"])
            let code = await JetStreamStage.code {
                try await jetStream.unpinConsumer("c", on: "S", group: "g")
            }
            #expect(code == .refused)
            var pinned = ConsumerConfiguration(durableName: "p")
            (pinned.priorityGroups, pinned.priorityPolicy) = (["g"], .pinnedClient)
            try await jetStream.createConsumer(pinned, on: "S")
            try await jetStream.unpinConsumer("p", on: "S", group: "g")
        }
    }

    @Test func `words that are not known here are values, and survive`() throws {
        let text = """
            {"name":"c","durable_name":"c","deliver_policy":"by_mood","ack_policy":"maybe",
            "replay_policy":"backwards","priority_policy":"nepotism","opt_start_mood":"good"}
            """
        let value = try JSONValue(parsing: Bytes(utf8: text))
        let configuration = try ConsumerConfiguration(json: value)
        #expect(configuration.deliverPolicy == .other("by_mood"))
        #expect(configuration.ackPolicy.rawValue == "maybe")
        let object = configuration.jsonValue.objectValue ?? [:]
        for (key, value) in value.objectValue ?? [:] { #expect(object[key] == value, "\(key)") }
    }
}
