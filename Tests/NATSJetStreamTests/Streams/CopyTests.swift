internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSWire
internal import TestKit
internal import Testing

/// What streams copy from each other, as it is read in the copy.
@Suite(.needsNATSServer) struct CopyTests {
    /// What a message of a copy is compared by.
    private struct Copied: Equatable {
        var subject: String
        var text: String?
        var sequence: UInt64
        var time: Timestamp
    }

    /// The messages of a stream, as soon as it has so many.
    private static func read(
        _ jetStream: JetStream, _ stream: String, _ count: Int
    ) async throws -> [JetStreamMessage] {
        var messages: [JetStreamMessage] = []
        for try await message in jetStream.orderedMessages(in: stream) {
            messages.append(message)
            if messages.count == count { break }
        }
        return messages
    }

    private static func copied(_ messages: [JetStreamMessage]) -> [Copied] {
        messages.map {
            Copied(
                subject: $0.subject.text, text: $0.text, sequence: $0.metadata.streamSequence,
                time: $0.metadata.timestamp)
        }
    }

    private static func stream(
        _ name: String, _ subjects: [SubjectPattern] = []
    ) -> StreamConfiguration {
        var stream = StreamConfiguration(name: name, subjects: subjects)
        stream.storage = .memory
        return stream
    }

    private static func publish(_ jetStream: JetStream, _ range: Range<Int>) async throws {
        let requests = range.map {
            PublishRequest("\($0)", to: $0.isMultiple(of: 2) ? "from.even" : "from.odd")
        }
        #expect(try await jetStream.publishAll(requests).firstFailure == nil)
    }

    /// Where a copied message was in its source.
    private static let sourceName: HeaderName = "Nats-Stream-Source"

    @Test func `a mirror of another domain has what the stream there has, and follows it`()
        async throws
    {
        try await DomainsStage.run { client in
            let (hub, edge) = (client.jetStream, DomainsStage.edge(client))
            try await hub.createStream(Self.stream("FROM", ["from.>"]))
            try await Self.publish(hub, 0..<20)
            try await hub.deleteMessage(3, in: "FROM")
            var mirror = Self.stream("MIRROR")
            mirror.mirror = StreamSource(name: "FROM")
            mirror.mirror?.external = ExternalStream(apiPrefix: "$JS.hub.API")
            try await edge.createStream(mirror)
            try await Self.publish(hub, 20..<30)
            let there = try await Self.copied(Self.read(hub, "FROM", 29))
            let here = try await Self.copied(Self.read(edge, "MIRROR", 29))
            // Number, time and subject stay what they were.
            #expect(here == there && here.map(\.sequence).last == 30)
            let info = try await edge.streamInfo("MIRROR")
            #expect(info.domain == "edge" && info.mirror?.name == "FROM")
            #expect(info.mirror?.error == nil)
            #expect(info.configuration.mirror?.external?.apiPrefix == "$JS.hub.API")
        }
    }

    @Test func `a source of another domain brings what its filter wants, under other subjects`()
        async throws
    {
        try await DomainsStage.run { client in
            let (hub, edge) = (client.jetStream, DomainsStage.edge(client))
            try await hub.createStream(Self.stream("FROM", ["from.>"]))
            try await Self.publish(hub, 0..<10)
            var gathered = Self.stream("ALL", ["own"])
            var source = StreamSource(name: "FROM")
            source.external = ExternalStream(apiPrefix: "$JS.hub.API", deliverPrefix: "brought")
            source.transforms = [SubjectTransform("from.*", to: "hub.{{wildcard(1)}}.copy")]
            source.startSequence = 5
            gathered.sources = [source]
            try await edge.createStream(gathered)
            try await Self.publish(hub, 10..<12)
            let messages = try await Self.read(edge, "ALL", 8)
            #expect(messages.map(\.text) == (4..<12).map { "\($0)" })
            for message in messages {
                let number = try #require(message.text.flatMap { Int($0) })
                let kind = number.isMultiple(of: 2) ? "even" : "odd"
                #expect(message.subject.text == "hub.\(kind).copy")
                let words = try #require(try message.headers[Self.sourceName]).split(separator: " ")
                #expect(words.count > 1 && words[0].hasPrefix("FROM"))
                #expect(words.dropFirst().first == "\(number + 1)", "\(words)")
                #expect(words.contains("from.\(kind)"), "\(words)")
            }
            #expect(try await edge.streamInfo("ALL").sources.map(\.name) == ["FROM"])
        }
    }

    @Test func `a bucket that mirrors one of another domain reads here and writes there`()
        async throws
    {
        try await DomainsStage.run { client in
            let (hub, edge) = (client.jetStream, DomainsStage.edge(client))
            var settings = KeyValueConfiguration(bucket: "B")
            settings.storage = .memory
            let origin = try await hub.createKeyValue(settings)
            try await origin.put("one", for: "k")
            var copy = settings
            (copy.bucket, copy.mirror) = ("COPY", StreamSource(name: "B"))
            copy.mirror?.external = ExternalStream(apiPrefix: "$JS.hub.API")
            let near = try await edge.createKeyValue(copy)
            var changes = try near.watch().makeAsyncIterator()
            // A bucket keeps one value of each key: what is not read before the next one is gone.
            func expect(_ text: String) async throws {
                while let change = try await changes.next() {
                    guard let entry = change.entry else { continue }
                    #expect(entry.text == text)
                    return
                }
                Issue.record("the watch has ended")
            }
            try await expect("one")
            #expect(try await near.put("two", for: "k") == 2)
            try await expect("two")
            try await origin.delete("k")
            try await expect("")
            #expect(try await near.get("k") == nil)
            #expect(try await near.history(of: "k").map(\.operation) == [.delete])
        }
    }

    @Test func `a source's transforms are seen in what is copied, each in its own`()
        async throws
    {
        try await JetStreamStage.run { jetStream in
            try await jetStream.createStream(Self.stream("FROM", ["from.>"]))
            try await Self.publish(jetStream, 0..<6)
            try await jetStream.publish("other", to: "from.else.where")
            var all = Self.stream("ALL")
            var source = StreamSource(name: "FROM")
            source.transforms = [
                SubjectTransform("from.even", to: "even"),
                SubjectTransform("from.*.*", to: "{{wildcard(2)}}.{{wildcard(1)}}"),
            ]
            all.sources = [source]
            let info = try await jetStream.createStream(all)
            #expect(info.configuration.sources.map(\.transforms) == [source.transforms])
            let messages = try await Self.read(jetStream, "ALL", 4)
            #expect(messages.map(\.text) == ["0", "2", "4", "other"])
            #expect(messages.map(\.subject.text) == ["even", "even", "even", "where.else"])
        }
    }

    /// A mirror takes over when the stream that it copies is given up (server 2.12).
    @Test func `a mirror that is made a stream goes on behind what it has copied`() async throws {
        try await JetStreamStage.run { jetStream in
            guard try await JetStreamStage.level(jetStream) > 1 else { return }
            try await jetStream.createStream(Self.stream("FROM", ["from.>"]))
            try await Self.publish(jetStream, 0..<10)
            var copy = Self.stream("COPY")
            copy.mirror = StreamSource(name: "FROM")
            try await jetStream.createStream(copy)
            _ = try await Self.read(jetStream, "COPY", 10)
            // As long as it is a mirror, it takes nothing of its own.
            try await jetStream.deleteStream("FROM")
            let refused = await JetStreamStage.code {
                try await jetStream.publish("x", to: "from.even")
            }
            #expect(refused == .noStream)
            var settings = try await jetStream.streamInfo("COPY").configuration
            (settings.mirror, settings.subjects) = (nil, ["from.>"])
            let info = try await jetStream.updateStream(settings)
            #expect(info.configuration.mirror == nil && info.configuration.subjects == ["from.>"])
            try await Self.publish(jetStream, 10..<15)
            let messages = try await Self.copied(Self.read(jetStream, "COPY", 15))
            #expect(messages.map(\.text) == (0..<15).map { "\($0)" })
            #expect(messages.map(\.sequence) == (1...15).map { UInt64($0) })
        }
    }
}
