internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct KeyValueTests {
    @Test func `a key gets values, keeps its history and is removed`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            #expect(try await bucket.get("a.b") == nil)
            #expect(try await bucket.put("one", for: "a.b") == 1)
            #expect(try await bucket.put([2, 3] as [UInt8], for: "a.b") == 2)
            #expect(try await bucket.put(json: ["n": 3], for: "a.b") == 3)
            let entry = try #require(try await bucket.get("a.b"))
            #expect(entry.key == "a.b" && entry.bucket == "B" && entry.revision == 3)
            #expect(try entry.decode([String: Int].self) == ["n": 3])
            #expect(entry.operation == .put && entry.headers.isEmpty && entry.size == 7)
            #expect(try await bucket.get("a.b", revision: 1)?.text == "one")
            #expect(try await bucket.get("other", revision: 1) == nil)
            #expect(try await bucket.get("a.b", revision: 99) == nil)
            try await bucket.put("", for: "empty")
            #expect(try await bucket.get("empty")?.value == Bytes())
            try await bucket.delete("a.b")
            #expect(try await bucket.get("a.b") == nil)
            let history = try await bucket.history(of: "a.b")
            #expect(history.map(\.revision) == [2, 3, 5])
            #expect(history.map(\.operation) == [.put, .put, .delete])
            try await bucket.purge("a.b")
            #expect(try await bucket.history(of: "a.b").map(\.operation) == [.purge])
            #expect(try await bucket.history(of: "none").isEmpty)
            let status = try await bucket.status()
            #expect(status.values == 2 && status.revision == 6)
            #expect(status.configuration.history == 3)
        }
    }

    @Test func `a change is made only to the revision that is named`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            let first = try await bucket.create("a", for: "k")
            #expect(try await bucket.update("b", for: "k", expecting: first) == 2)
            for stale in [first, 0, 99] {
                let code = await KeyValueStage.code {
                    try await bucket.update("c", for: "k", expecting: stale)
                }
                #expect(code == .conditionFailed)
                let removed = await KeyValueStage.code {
                    try await bucket.delete("k", expecting: stale)
                }
                #expect(removed == .conditionFailed)
            }
            try await bucket.purge("k", expecting: 2)
            #expect(try await bucket.get("k") == nil)
        }
    }

    @Test func `one of many creators wins, and each removal makes room for the next`()
        async throws
    {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            for round in 0..<6 {
                let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<8 {
                        group.addTask {
                            let code = await KeyValueStage.code {
                                try await bucket.create("\(number)", for: "lock")
                            }
                            #expect(code == nil || code == .keyExists)
                            return code == nil
                        }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(winners == 1)
                if round.isMultiple(of: 2) {
                    try await bucket.delete("lock")
                } else {
                    try await bucket.purge("lock")
                }
            }
        }
    }

    @Test func `a key that expires leaves a mark, and can be created again`() async throws {
        try await KeyValueStage.run { jetStream in
            guard try await KeyValueStage.hasTimeToLive(jetStream) else { return }
            let bucket = try await KeyValueStage.bucket(jetStream) {
                // A key lives at least as long as its mark, which is to be there when it is read.
                $0.limitMarkerTTL = .seconds(8)
            }
            var watch = try bucket.watch("lease").makeAsyncIterator()
            guard case .caughtUp? = try await watch.next() else {
                Issue.record("there is nothing at the beginning")
                return
            }
            try await bucket.create("me", for: "lease", timeToLive: .milliseconds(500))
            #expect(try await watch.next()?.entry?.text == "me")
            // The server's own clock ends it.
            let mark = try #require(try await watch.next()?.entry)
            #expect(mark.operation == .purge && mark.headers.isEmpty)
            #expect(try await bucket.get("lease") == nil)
            #expect(try await bucket.keys().isEmpty)
            try await bucket.create("you", for: "lease", timeToLive: .seconds(600))
            #expect(try await bucket.get("lease")?.text == "you")
            try await bucket.purge("lease", timeToLive: .seconds(600))
            #expect(try await bucket.history(of: "lease").map(\.operation) == [.purge])
        }
    }

    @Test func `keys are listed and filtered by the server, and what is removed is swept`()
        async throws
    {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            #expect(try await bucket.keys().isEmpty)
            for key in ["a.1", "a.2", "b.1", "ba.1", "gone"] { try await bucket.put("v", for: key) }
            try await bucket.delete("gone")
            #expect(try await bucket.keys() == ["a.1", "a.2", "b.1", "ba.1"])
            #expect(try await bucket.keys(matching: ["a.*"]) == ["a.1", "a.2"])
            #expect(
                try await bucket.keys(matching: ["b.1", "a.>", "a.1"]) == ["a.1", "a.2", "b.1"])
            #expect(try await bucket.keys(matching: ["none"]).isEmpty)
            if try await KeyValueStage.hasTimeToLive(jetStream) {
                let entries = try await bucket.entries(for: ["a.*", "b.1", "gone"])
                #expect(entries.map(\.key) == ["a.1", "a.2", "b.1"])
            }
            // The mark is young and stays, without the history under it.
            #expect(try await bucket.purgeDeletes() == 1)
            #expect(try await bucket.history(of: "gone").map(\.operation) == [.delete])
            #expect(try await bucket.purgeDeletes(olderThan: .zero) == 1)
            #expect(try await bucket.history(of: "gone").isEmpty)
            #expect(try await bucket.purgeDeletes() == 0)
            #expect(try await bucket.keys().count == 4)
        }
    }

    /// Others go on writing while the marks are swept.
    @Test func `a key that has got a value again is not swept with its mark`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            let keys = (0..<100).map { "k\($0)" }
            for key in keys {
                try await bucket.put("old", for: key)
                try await bucket.delete(key)
            }
            async let swept = bucket.purgeDeletes(olderThan: .zero)
            // From the last one on, which the sweep comes to last.
            for key in keys.reversed() { try await bucket.put("new", for: key) }
            #expect(try await swept > 0)
            for key in keys { #expect(try await bucket.get(key)?.text == "new", "\(key)") }
        }
    }

    @Test func `a full bucket, and a value that is too large, are told apart`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream) {
                ($0.maxBytes, $0.maxValueSize) = (2000, 500)
            }
            let large = await KeyValueStage.code {
                try await bucket.put([UInt8](repeating: 1, count: 600), for: "k")
            }
            #expect(large == .tooLarge)
            var code: ErrorCode?
            for number in 0..<10 where code == nil {
                code = await KeyValueStage.code {
                    try await bucket.put([UInt8](repeating: 1, count: 400), for: "k\(number)")
                }
            }
            #expect(code == .storageFull)
        }
    }
}
