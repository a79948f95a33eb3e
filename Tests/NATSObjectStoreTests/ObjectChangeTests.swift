internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

/// Several who change one object at a time.
@Suite(.needsNATSServer) struct ObjectChangeTests {
    /// A moment in the middle of somebody's change.
    private struct Moment {
        /// What is asked of the server, as `STREAM.PURGE`.
        let call: String
        /// The how manieth of them.
        let number: Int
        /// Whether it is when the server has answered.
        var isBehind: Bool { call.hasSuffix("GET") }

        /// Behind the first look at what is said of an object.
        static let afterLook = Moment(call: "STREAM.MSG.GET", number: 1)
        /// Behind the look at the name that an object is to have.
        static let afterLookAtNewName = Moment(call: "STREAM.MSG.GET", number: 2)
        /// When the object has its new name, and the old one is still there.
        static let atBothNames = Moment(call: "STREAM.PURGE", number: 1)
    }

    private static let old = ObjectStoreStage.pattern(5000)
    private static let new = ObjectStoreStage.pattern(3500)

    /// Passes calls of the API on to the server. At the moment the other one's change is made:
    /// between the server's answer and who has asked for a look, else before the server is asked.
    private static func relay(
        _ calls: NATSSubscription, _ client: NATSClient, at moment: Moment,
        _ change: @escaping @Sendable () async throws -> Void
    ) async throws {
        var number = 0
        for try await call in calls {
            let words = call.subject.text.dropFirst("RELAY.".count)
            number += words.hasPrefix(moment.call) ? 1 : 0
            let isNow = words.hasPrefix(moment.call) && number == moment.number
            try await answer(call, String(words), client, isNow ? (moment, change) : nil)
        }
        #expect(number >= moment.number, "the moment has come")
    }

    private static func answer(
        _ call: NATSMessage, _ words: String, _ client: NATSClient,
        _ now: (moment: Moment, change: @Sendable () async throws -> Void)?
    ) async throws {
        if let now, !now.moment.isBehind { try await now.change() }
        let answer = try await client.request(
            call.payload, to: Subject("$JS.API.\(words)"), headers: call.headers)
        if let now, now.moment.isBehind { try await now.change() }
        try client.respond(to: call, with: answer.payload)
    }

    /// Runs a change of a store that has `x`, in the middle of which another one is made. Nothing
    /// may be in the store afterwards that belongs to no object.
    private static func run(
        at moment: Moment, _ change: @escaping @Sendable (ObjectBucket) async throws -> Void,
        meanwhile other: @escaping @Sendable (ObjectBucket) async throws -> Void,
        then look: @escaping @Sendable (ObjectBucket) async throws -> Void
    ) async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            try await store.put(old, as: "x", chunkSize: 1000)
            let client = jetStream.client
            let calls = try client.subscribe(to: SubjectPattern("RELAY.>"))
            var options = JetStreamOptions()
            options.apiPrefix = "RELAY"
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await relay(calls, client, at: moment) { try await other(store) }
                }
                try await change(JetStream(client: client, options: options).objectStore("B"))
                calls.unsubscribe()
                try await group.waitForAll()
            }
            try await look(store)
            try await expectNoRemains(in: store)
        }
    }

    /// The object of that name has these bytes; nil: there is none.
    private static func look(
        for bytes: Bytes?, as name: String, in store: ObjectBucket
    ) async throws {
        let info = try await store.info(name)
        var read: Bytes?
        if info != nil { read = try await store.bytes(of: name) }
        #expect(read == bytes, "\(name)")
    }

    /// Every object can be read, and there are no bytes besides theirs.
    private static func expectNoRemains(in store: ObjectBucket) async throws {
        var messages: UInt64 = 0
        for info in try await store.objects(includesDeleted: true) {
            messages += 1 + UInt64(info.chunks)
            if !info.isDeleted, info.link == nil {
                let bytes = try await store.bytes(of: info.name)
                #expect(bytes.count == Int(info.size))
            }
        }
        let stored = try await store.streamInfo().state.messages
        #expect(stored == messages)
    }

    @Test func `notes go to the object that was put meanwhile, and bring back no other`()
        async throws
    {
        try await Self.run(at: .afterLook) { store in
            let notes = ObjectInfo.Notes(description: "noted")
            let info = try await store.update("x", notes: notes)
            #expect(info.size == 3500 && info.notes == notes)
        } meanwhile: {
            try await $0.put(Self.new, as: "x", chunkSize: 1000)
        } then: { store in
            try await Self.look(for: Self.new, as: "x", in: store)
            let info = try await store.info("x")
            #expect(info?.notes.description == "noted")
        }
    }

    @Test func `notes do not bring back what was removed meanwhile`() async throws {
        try await Self.run(at: .afterLook) { store in
            let code = await ObjectStoreStage.code {
                try await store.update("x", notes: ObjectInfo.Notes(description: "noted"))
            }
            #expect(code == .objectNotFound)
        } meanwhile: {
            try await $0.delete("x")
        } then: {
            try await Self.look(for: nil, as: "x", in: $0)
        }
    }

    @Test func `a removal takes the bytes of what was put meanwhile`() async throws {
        try await Self.run(at: .afterLook) {
            try await $0.delete("x")
        } meanwhile: {
            try await $0.put(Self.new, as: "x", chunkSize: 1000)
        } then: {
            try await Self.look(for: nil, as: "x", in: $0)
        }
    }

    @Test func `of two puts the one that ends last counts, and takes the other's bytes`()
        async throws
    {
        try await Self.run(at: .afterLook) {
            try await $0.put("last", as: "x")
        } meanwhile: {
            try await $0.put(Self.new, as: "x", chunkSize: 1000)
        } then: {
            try await Self.look(for: Bytes(utf8: "last"), as: "x", in: $0)
        }
    }

    @Test func `a link does not take the name of what was put meanwhile`() async throws {
        try await Self.run(at: .afterLookAtNewName) { store in
            let target = try #require(try await store.info("x"))
            let code = await ObjectStoreStage.code { try await store.link("y", to: target) }
            #expect(code == .objectExists)
        } meanwhile: {
            try await $0.put(Self.new, as: "y", chunkSize: 1000)
        } then: {
            try await Self.look(for: Self.new, as: "y", in: $0)
        }
    }

    @Test func `a new name is not taken from what was put under it meanwhile`() async throws {
        try await Self.run(at: .afterLookAtNewName) { store in
            let code = await ObjectStoreStage.code {
                try await store.update("x", notes: ObjectInfo.Notes(), renamed: "y")
            }
            #expect(code == .objectExists)
        } meanwhile: {
            try await $0.put(Self.new, as: "y", chunkSize: 1000)
        } then: { store in
            try await Self.look(for: Self.old, as: "x", in: store)
            try await Self.look(for: Self.new, as: "y", in: store)
        }
    }

    @Test func `what is put under the old name meanwhile gets the new one`() async throws {
        try await Self.run(at: .atBothNames) { store in
            let notes = ObjectInfo.Notes(description: "noted")
            let info = try await store.update("x", notes: notes, renamed: "y")
            #expect(info.size == 3500 && info.name == "y")
        } meanwhile: {
            try await $0.put(Self.new, as: "x", chunkSize: 1000)
        } then: { store in
            try await Self.look(for: nil, as: "x", in: store)
            try await Self.look(for: Self.new, as: "y", in: store)
            let info = try await store.info("y")
            #expect(info?.notes.description == "noted")
        }
    }

    @Test func `what is removed under its old name gets no new one`() async throws {
        try await Self.run(at: .atBothNames) { store in
            let code = await ObjectStoreStage.code {
                try await store.update("x", notes: ObjectInfo.Notes(), renamed: "y")
            }
            #expect(code == .objectNotFound)
        } meanwhile: {
            try await $0.delete("x")
        } then: { store in
            try await Self.look(for: nil, as: "x", in: store)
            try await Self.look(for: nil, as: "y", in: store)
        }
    }

    @Test func `many who put, note and remove leave whole objects and nothing else`()
        async throws
    {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<6 {
                    group.addTask {
                        var random = SeededGenerator("ObjectChange\(task)")
                        for _ in 0..<25 { await Self.step(store, &random) }
                    }
                }
                try await group.waitForAll()
            }
            try await Self.expectNoRemains(in: store)
        }
    }

    private static func step(
        _ store: ObjectBucket, _ random: inout SeededGenerator
    ) async {
        let name = Bool.random(using: &random) ? "x" : "y"
        let size = Int.random(in: 0...4000, using: &random)
        let choice = Int.random(in: 0..<4, using: &random)
        let code = await ObjectStoreStage.code { try await change(store, name, size, choice) }
        // There was none, or not any more.
        #expect(code == nil || code == .objectNotFound)
    }

    private static func change(
        _ store: ObjectBucket, _ name: String, _ size: Int, _ choice: Int
    ) async throws {
        if choice == 0 {
            try await store.delete(name)
        } else if choice == 1 {
            try await store.update(name, notes: ObjectInfo.Notes(description: "\(size)"))
        } else {
            try await store.put(ObjectStoreStage.pattern(size), as: name, chunkSize: 1000)
        }
    }
}
