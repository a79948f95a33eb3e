internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSObjectStore
internal import NATSWire
internal import Synchronization
internal import TestKit
internal import Testing

/// Keys and objects of three replicas while leaders step down and one is killed.
@Suite(.needsNATSServer) struct ReplicatedStoreTests {
    /// Three count one key up, each by the revision that it has read: the key counts every
    /// acknowledged step, and a watch sees it only grow, up to the last.
    @Test func aCounterOfManyWritersLosesNoStep() async throws {
        try await ReplicatedStage.run { stage in
            let jetStream = try await stage.connect()
            var settings = KeyValueConfiguration(bucket: "B")
            settings.replicas = 3
            let wanted = settings
            let bucket = try await stage.eventually("a bucket") {
                try await jetStream.createKeyValue(wanted)
            }
            try await stage.eventually("the first value") { try await bucket.put("0", for: "n") }
            let watcher = try await stage.connect()
            let seen = Mutex<[Int]>([])
            let watching = Task {
                let watched = try await stage.eventually("the bucket") {
                    try await watcher.keyValue("B")
                }
                for try await change in try watched.watch("n") {
                    guard let number = change.entry?.text.flatMap({ Int($0) }) else { continue }
                    seen.withLock { $0.append(number) }
                }
            }
            let steps = StoredLedger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<3 {
                    let own = try await stage.connect()
                    group.addTask { try await Self.count(writer, own, stage, steps) }
                }
                try await stage.playFaults(on: "KV_B", jetStream) { try await steps.grows(by: 30) }
                try await group.waitForAll()
            }
            let last = try await stage.eventually("the last value") {
                try await bucket.get("n")?.text.flatMap { Int($0) }
            }
            // A step whose answer was lost may count as well; an acknowledged one always does.
            #expect(try #require(last) >= steps.count)
            let hasLast = await Pace.until(patience) { seen.withLock { $0.last } == last }
            #expect(hasLast, "the watch stands at \(seen.withLock { $0.last ?? -1 })")
            watching.cancel()
            let numbers = seen.withLock { $0 }
            #expect(numbers == Array(Set(numbers)).sorted())
            await watcher.client.close()
            await jetStream.client.close()
        }
    }

    private static func count(
        _ writer: Int, _ jetStream: JetStream, _ stage: ReplicatedStage, _ steps: StoredLedger
    ) async throws {
        var bucket = try await stage.eventually("the bucket") { try await jetStream.keyValue("B") }
        bucket.reader = .leader
        while !stage.hasPlayedAll {
            try Task.checkCancellation()
            do {
                guard let entry = try await bucket.get("n"), let number = Int(entry.text ?? "")
                else { throw FixtureError("the counter is gone") }
                try await bucket.update("\(number + 1)", for: "n", expecting: entry.revision)
                steps.stored("\(number + 1)")
            } catch let error as JetStreamError where error.code != .invalidArgument {
                await Pace.pause(.milliseconds(5))
            }
        }
        await jetStream.client.close()
    }

    /// Most objects that are read again.
    private static let sample = 24

    /// What was put can be got, whole and right.
    @Test func whatWasPutCanBeGot() async throws {
        try await ReplicatedStage.run { stage in
            let jetStream = try await stage.connect()
            var settings = ObjectStoreConfiguration(bucket: "B")
            settings.replicas = 3
            let wanted = settings
            let store = try await stage.eventually("a store") {
                try await jetStream.createObjectStore(wanted)
            }
            let content = Bytes((0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) })
            let put = StoredLedger()
            var generator = SeededGenerator(#function)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let writer = try await stage.connect()
                group.addTask {
                    let store = try await stage.eventually("the store") {
                        try await writer.objectStore("B")
                    }
                    var number = 0
                    while !stage.hasPlayedAll {
                        let name = "o\(number)"
                        number += 1
                        if (try? await store.put(content, as: name, chunkSize: 20_000)) != nil {
                            put.stored(name)
                        }
                    }
                    await writer.client.close()
                }
                try await stage.playFaults(on: "OBJ_B", jetStream) { try await put.grows(by: 2) }
                try await group.waitForAll()
            }
            // As many as were put meanwhile: some of them are read whole, and all are listed.
            let names = put.acknowledged.sorted().shuffled(using: &generator).prefix(Self.sample)
            for name in names {
                let got = try await stage.eventually(name) { try await store.bytes(of: name) }
                #expect(got == content)
            }
            // A list is read from one of the replicas, which may still be catching up.
            let isListed = await Pace.until(patience) {
                guard let listed = try? await store.objects() else { return false }
                return put.acknowledged.isSubset(of: listed.map(\.name))
            }
            #expect(isListed)
            await jetStream.client.close()
        }
    }
}
