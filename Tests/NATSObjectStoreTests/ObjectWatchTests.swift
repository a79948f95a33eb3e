internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct ObjectWatchTests {
    private static func text(_ element: ObjectWatch.Element?) -> String {
        switch element {
        case .caughtUp: "|"
        case .object(let info): info.name + (info.isDeleted ? "-" : "+")
        case nil: "end"
        }
    }

    @Test func `a watch tells what is there, marks its end, and goes on`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            try await store.put("1", as: "a")
            try await store.put("2", as: "b")
            try await store.put("3", as: "a")
            try await store.delete("b")
            var watch = store.watch().makeAsyncIterator()
            var options = ObjectWatchOptions()
            options.ignoresDeletes = true
            var living = store.watch(options).makeAsyncIterator()
            (options.start, options.ignoresDeletes) = (.updatesOnly, false)
            var news = store.watch(options).makeAsyncIterator()
            #expect(try await Self.text(news.next()) == "|")
            for expected in ["a+", "b-", "|"] {
                #expect(try await Self.text(watch.next()) == expected)
            }
            for expected in ["a+", "|"] { #expect(try await Self.text(living.next()) == expected) }
            let info = try await store.put("44", as: "c")
            try await store.delete("a")
            try await store.put("5", as: "d")
            let told = try await watch.next()?.object
            #expect(told?.id == info.id)
            #expect(told?.size == 2)
            for expected in ["a-", "d+"] { #expect(try await Self.text(watch.next()) == expected) }
            for expected in ["c+", "d+"] { #expect(try await Self.text(living.next()) == expected) }
            for expected in ["c+", "a-", "d+"] {
                #expect(try await Self.text(news.next()) == expected)
            }
        }
    }

    @Test func `an empty store has a mark, and a store that goes ends its watch`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            var watch = store.watch().makeAsyncIterator()
            #expect(try await Self.text(watch.next()) == "|")
            try await jetStream.deleteObjectStore(store.name)
            await #expect(throws: JetStreamError.self) { try await watch.next() }
        }
    }
}
