import BridgeBytes
import BridgeClaims
import BridgeEnvelope
import NATSBridge
import NATSCore
import TestKit
import Testing

/// What the links of messages may hold of memory.
@Suite(.needsNATSServer) struct ReceiveMemoryTests {
    private typealias Bench = ReceiverBench

    @Test func `a message of too many bytes is refused before anything is fetched`() async throws {
        try await Bench.run(
            open: ["link"], { $0.messageLimit = 1000 },
            body: { bench in
                var iterator = try await bench.messages().results.makeAsyncIterator()
                let link = Bench.Part.link("link", 101)
                try bench.publishAll("bomb", Array(repeating: link, count: 10) + [.text("x")])
                try bench.publish("next", .link("link", 1000))
                let bomb = try #require(try await iterator.next()).get()
                #expect(
                    bomb.failures.map(\.code)
                        == Array(repeating: ErrorCode.tooLarge, count: 10))
                #expect(bomb.failures.allSatisfy { $0.stage == .download })
                #expect(bomb.failures.first?.detail.contains("1010") == true)
                #expect(bomb.payloads[10].error == nil && !bomb.isUnusable)
                let next = try #require(try await iterator.next()).get()
                #expect(next.failures.isEmpty && bench.store.started == ["link"])
                try await bench.memoryIsFree()
            })
    }

    @Test func `a size that was a lie fails its payload and no other`() async throws {
        try await Bench.run(
            open: ["link"], { $0.messageLimit = 1000 },
            body: { bench in
                var iterator = try await bench.messages { $0.maxParallelDownloads = 1 }
                    .results.makeAsyncIterator()
                try bench.publish(
                    "liar", .link("link", 300, stated: 3), .link("link", 701, stated: 1),
                    .link("link", 200, stated: 200))
                try bench.publish("next", .link("link", 1000, stated: 0))
                let liar = try #require(try await iterator.next()).get()
                #expect(
                    liar.payloads.map(\.error?.code) == [nil, .tooLarge, nil])
                #expect(try #require(try await iterator.next()).get().failures.isEmpty)
                try await bench.memoryIsFree()
            })
    }

    @Test func `messages wait for memory in the order in which they came`() async throws {
        try await Bench.run(
            {
                $0.memoryBudget = 100
                $0.messageLimit = 100
            },
            body: { bench in
                var iterator = try await bench.messages { $0.patience = .zero }.results
                    .makeAsyncIterator()
                try bench.publish("first", .link("first", 80))
                try bench.publish("second", .link("second", 80))
                // It would fit beside the first one, and does not pass the second.
                try bench.publish("third", .link("third", 10))
                try bench.publish("direct", .text("x"))
                #expect(try await Bench.ids(1, &iterator) == ["direct"])
                try await bench.store.awaitBeginnings(1)
                #expect(bench.store.started == ["first"])
                #expect(bench.bridge.statistics.memoryHeld == 80)
                bench.store.open("first")
                #expect(try await Bench.ids(1, &iterator) == ["first"])
                try await bench.store.awaitBeginnings(2)
                #expect(Set(bench.store.started) == ["first", "second", "third"])
                bench.store.open("third")
                #expect(try await Bench.ids(1, &iterator) == ["third"])
                bench.store.open("second")
                #expect(try await Bench.ids(1, &iterator) == ["second"])
                try await bench.memoryIsFree()
            })
    }

    @Test func `a wait for memory has an end`() async throws {
        try await Bench.run(
            {
                $0.memoryBudget = 100
                $0.memoryWait = .zero
            },
            body: { bench in
                var iterator = try await bench.messages { $0.patience = .zero }.results
                    .makeAsyncIterator()
                try bench.publish("first", .link("first", 80))
                try bench.publish("second", .link("second", 80), .text("beside"))
                let second = try #require(try await iterator.next()).get()
                #expect(second.envelope.messageID == "second")
                #expect(second.payloads.map(\.error?.code) == [.memoryExhausted, nil])
                bench.store.open("first")
                #expect(try await Bench.ids(1, &iterator) == ["first"])
            })
    }

    @Test func `few links of a message are fetched side by side`() async throws {
        try await Bench.run { bench in
            var iterator = try await bench.messages { $0.maxParallelDownloads = 3 }
                .results.makeAsyncIterator()
            try bench.publishAll("m", (0..<10).map { .link("link", $0) })
            try await bench.store.awaitBeginnings(3)
            bench.store.open("link")
            let received = try #require(try await iterator.next()).get()
            #expect(received.payloads.map(\.bytes.count) == Array(0..<10))
            #expect(bench.store.mostRunning == 3)
        }
    }

    @Test(arguments: [Int.min, 0]) func `no budget refuses links and nothing else`(
        _ budget: Int
    ) async throws {
        try await Bench.run(
            open: ["link"], { $0.memoryBudget = budget },
            body: { bench in
                var iterator = try await bench.messages { $0.maxParallelMessages = budget }
                    .results.makeAsyncIterator()
                try bench.publish("m", .link("link", 1), .text("x"))
                let received = try #require(try await iterator.next()).get()
                #expect(received.payloads.map(\.error?.code) == [.tooLarge, nil])
            })
    }
}
