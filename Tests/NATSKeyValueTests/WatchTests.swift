internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct WatchTests {
    /// Reads up to the mark, and says what came.
    private static func initial(
        _ iterator: inout KeyValueWatch.Iterator
    ) async throws -> [String] {
        var seen: [String] = []
        while let element = try await iterator.next() {
            guard let entry = element.entry else { return seen }
            seen.append("\(entry.key) \(entry.revision) \(entry.operation)")
        }
        return seen + ["ended"]
    }

    private static func fill(_ bucket: KeyValueBucket) async throws {
        try await bucket.put("a", for: "k.1")
        try await bucket.put("b", for: "k.2")
        try await bucket.put("c", for: "k.1")
        try await bucket.delete("k.2")
        try await bucket.put("d", for: "other")
    }

    @Test func `what is there comes first, then the mark, then what is new`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            var empty = try bucket.watch().makeAsyncIterator()
            #expect(try await Self.initial(&empty).isEmpty)
            try await Self.fill(bucket)
            var all = try bucket.watch().makeAsyncIterator()
            #expect(try await Self.initial(&all) == ["k.1 3 put", "k.2 4 delete", "other 5 put"])
            try await bucket.put("e", for: "k.3")
            #expect(try await all.next()?.entry?.text == "e")
            for revision in 1...6 as ClosedRange<UInt64> {
                #expect(try await empty.next()?.entry?.revision == revision)
            }
            var none = try bucket.watch("zzz.>").makeAsyncIterator()
            #expect(try await Self.initial(&none).isEmpty)
        }
    }

    /// More than one batch, and so more than one pull: what came together is handed on without a
    /// wait, and the mark stands where it belongs all the same.
    @Test func `many keys come in their order, and the mark behind the last of them`()
        async throws
    {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            let count = 3000
            let values = try (0..<count).map {
                try PublishRequest(Bytes(utf8: "\($0)"), to: Subject("$KV.B.k.\($0)"))
            }
            #expect(try await jetStream.publishAll(values).firstFailure == nil)
            for key in stride(from: 0, to: count, by: 3) { try await bucket.delete("k.\(key)") }
            var options = KeyValueWatchOptions()
            for hidesDeletes in [false, true] {
                options.ignoresDeletes = hidesDeletes
                var watch = try bucket.watch(options: options).makeAsyncIterator()
                let seen = try await Self.initial(&watch)
                let puts = (0..<count).filter { $0 % 3 > 0 }.map { "k.\($0) \($0 + 1) put" }
                let deletes = (0..<count / 3).map { "k.\($0 * 3) \(count + $0 + 1) delete" }
                #expect(seen == puts + (hidesDeletes ? [] : deletes))
                try await bucket.put("new", for: "k.0")
                #expect(try await watch.next()?.entry?.text == "new")
                try await bucket.delete("k.0")
            }
            #expect(try await bucket.keys().count == count - count / 3)
        }
    }

    /// What is new may have come together with what was there: the mark stands between the two all
    /// the same, right behind the change with which nothing was left to be told.
    @Test func `the mark stands before what came meanwhile`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            var count = 50
            for key in 0..<count { try await bucket.put("v", for: "k.\(key)") }
            for round in 0..<10 {
                var watch = try bucket.watch().makeAsyncIterator()
                var changes = [try #require(try await watch.next()?.entry)]
                for key in 0..<3 { try await bucket.put("w", for: "new.\(round).\(key)") }
                var mark: Int?
                while changes.count < count + 3 || mark == nil {
                    if let change = try #require(try await watch.next()).entry {
                        changes.append(change)
                    } else {
                        #expect(mark == nil)
                        mark = changes.count
                    }
                }
                let first = changes.indices.first { $0 >= count - 1 && changes[$0].pending == 0 }
                #expect(mark == first.map { $0 + 1 })
                #expect(changes.map(\.revision) == (1...UInt64(count + 3)).map { $0 })
                count += 3
            }
        }
    }

    private static let forms: [(KeyValueWatchOptions.Start, [String], [String])] = [
        (.history, ["k.*"], ["k.1 1 put", "k.2 2 put", "k.1 3 put", "k.2 4 delete"]),
        (.current, ["k.1", "other"], ["k.1 3 put", "other 5 put"]),
        (.current, ["k.1", "k.*", ">"], ["k.1 3 put", "k.2 4 delete", "other 5 put"]),
        (.updatesOnly, [], []),
        (.revision(4), [], ["k.2 4 delete", "other 5 put"]),
        (.revision(99), [], []),
    ]

    @Test func `history, several patterns, updates only and a revision to go on from`()
        async throws
    {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            try await Self.fill(bucket)
            for (start, patterns, expected) in Self.forms {
                var options = KeyValueWatchOptions()
                options.start = start
                var watch = try bucket.watch(patterns, options: options).makeAsyncIterator()
                #expect(try await Self.initial(&watch) == expected, "\(start) \(patterns)")
            }
        }
    }

    @Test func `marks of all kinds are hidden on request, and values are left out`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            try await Self.fill(bucket)
            try await bucket.purge("other")
            var options = KeyValueWatchOptions()
            (options.ignoresDeletes, options.metaOnly) = (true, true)
            var watch = try bucket.watch(options: options).makeAsyncIterator()
            let entry = try #require(try await watch.next()?.entry)
            #expect(entry.key == "k.1" && entry.value.count == 0 && entry.size == 1)
            guard case .caughtUp? = try await watch.next() else {
                Issue.record("marks are told of")
                return
            }
        }
    }

    @Test func `a watch survives a restart of the server, and misses no change`() async throws {
        try await NATSServerFixture.run { server in
            let url = server.url
            try await within {
                var options = NATSClientOptions(servers: [url])
                (options.reconnectWait, options.maxReconnectAttempts) = (.milliseconds(50), nil)
                let client = try await NATSClient.connect(options)
                var configuration = KeyValueConfiguration(bucket: "B")
                configuration.history = 64
                let bucket = try await client.jetStream.createKeyValue(configuration)
                try await bucket.put("0", for: "k")
                var watch = try bucket.watch("k").makeAsyncIterator()
                #expect(try await Self.initial(&watch) == ["k 1 put"])
                for round in 1...3 {
                    try await server.kill()
                    try await server.restart()
                    let isBack = await Pace.until(patience) {
                        (try? await bucket.put("\(round)", for: "k")) != nil
                    }
                    #expect(isBack)
                    var text: String?
                    while text != "\(round)" {
                        text = try #require(try await watch.next()?.entry).text
                    }
                }
                await client.close()
            }
        }
    }

    @Test func `a bucket that is removed ends its watches`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            var watch = try bucket.watch().makeAsyncIterator()
            #expect(try await Self.initial(&watch).isEmpty)
            try await jetStream.deleteKeyValue("B")
            do {
                _ = try await watch.next()
                Issue.record("it goes on")
            } catch let error as JetStreamError {
                #expect(error.code == .streamNotFound)
            }
        }
    }
}
