internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

/// Pieces that belong to no object, and objects whose pieces are gone.
@Suite(.needsNATSServer) struct LeftoverTests {
    /// Stores pieces as a put does that is killed before it has said what they are.
    private static func breakOff(_ id: String, pieces: Int, _ jetStream: JetStream) async throws {
        for _ in 0..<pieces { try await jetStream.publish("piece", to: Subject("$O.B.C.\(id)")) }
    }

    @Test func `what a killed put left is found and removed, and nothing else`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(5000)
            try await Self.breakOff("KILLED", pieces: 3, jetStream)
            try await store.put(content, as: "whole", chunkSize: 1000)
            try await store.link("link", to: try #require(await store.info("whole")))
            try await store.put("gone", as: "gone")
            try await store.delete("gone")
            try await Self.breakOff("KILLED2", pieces: 1, jetStream)
            #expect(try await store.leftovers().isEmpty, "they may be under way")
            #expect(try await store.leftovers(olderThan: .seconds(1 << 40)).isEmpty)
            let found = try await store.leftovers(olderThan: .zero)
            #expect(found.map(\.id) == ["KILLED", "KILLED2"])
            let removed = try await store.removeLeftovers(olderThan: .zero)
            #expect(removed == found)
            #expect(try await store.leftovers(olderThan: .zero).isEmpty)
            #expect(try await store.bytes(of: "whole") == content)
            #expect(try await store.streamInfo().state.messages == 5 + 1 + 1 + 1)
        }
    }

    @Test func `no age is negative, and of unreadable words nothing is guessed`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let negative = await ObjectStoreStage.code {
                _ = try await store.leftovers(olderThan: .seconds(-1))
            }
            #expect(negative == .invalidArgument)
            try await Self.breakOff("WHOSE", pieces: 1, jetStream)
            try await jetStream.publish("{}", to: "$O.B.M.eA==")
            let unread = await ObjectStoreStage.code {
                _ = try await store.removeLeftovers(olderThan: .zero)
            }
            #expect(unread == .unexpectedAnswer)
            #expect(try await store.streamInfo().state.messages == 2)
        }
    }

    /// As an administrator who empties the stream, or a time to live shorter than the upload.
    @Test(arguments: [nil, 2])
    func `a put whose pieces are gone before its end says so`(keeping: UInt64?) async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = AsyncStream<Bytes>(unfolding: Pieces(store, keeping: keeping).next)
            let code = await ObjectStoreStage.code {
                try await store.put(contentsOf: content, as: "x", chunkSize: 1000)
            }
            #expect(code == .contentLost)
            #expect(try await store.info("x") == nil)
            #expect(try await store.streamInfo().state.messages == 1, "the word of its removal")
        }
    }

    @Test func `a put whose pieces are gone leaves the old object`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            try await store.put("old", as: "x")
            let info = try #require(await store.info("x"))
            let pieces = Pieces(store, keeping: nil, from: info.id)
            let content = AsyncStream<Bytes>(unfolding: pieces.next)
            let code = await ObjectStoreStage.code {
                try await store.put(contentsOf: content, as: "x", chunkSize: 1000)
            }
            #expect(code == .contentLost)
            #expect(try await store.bytes(of: "x") == Bytes(utf8: "old"))
            #expect(try await store.streamInfo().state.messages == 2)
        }
    }

    /// Ten pieces, behind the fifth of which the stream is emptied.
    private actor Pieces {
        let store: ObjectBucket
        let keeping: UInt64?
        /// All pieces are removed but those of this identifier; nil: everything is.
        let kept: String?
        var count = 0

        init(_ store: ObjectBucket, keeping: UInt64?, from kept: String? = nil) {
            (self.store, self.keeping, self.kept) = (store, keeping, kept)
        }

        @Sendable nonisolated func next() async -> Bytes? { await advance() }

        private func advance() async -> Bytes? {
            count += 1
            if count == 6 { await empty() }
            return count <= 10 ? ObjectStoreStage.pattern(1000) : nil
        }

        private func empty() async {
            do {
                // What was sent is stored first.
                let others: UInt64 = kept == nil ? 0 : 2
                while try await store.streamInfo().state.messages < 5 + others {
                    await Task.yield()
                }
                guard let kept else {
                    _ = try await store.jetStream.purgeStream(store.streamName, keeping: keeping)
                    return
                }
                for try await count in store.jetStream.subjects(
                    of: store.streamName, matching: "$O.B.C.>")
                where count.subject.text != "$O.B.C.\(kept)" {
                    _ = try await store.jetStream.purgeStream(
                        store.streamName, subject: SubjectPattern(count.subject))
                }
            } catch {
                Issue.record(error)
            }
        }
    }

    @Test func `who may not purge is told what stays`() async throws {
        let config = """
            authorization { users: [
              { user: admin, password: p }
              { user: guest, password: p,
                permissions: { publish: { deny: ["$JS.API.STREAM.PURGE.>"] } } }
            ] }
            """
        try await NATSServerFixture.run(config: config) { server in
            let url = server.url
            try await within {
                func connect(_ user: String) async throws -> NATSClient {
                    try await NATSClient.connect(
                        NATSClientOptions(
                            servers: [url], credentials: .user(user, password: "p")))
                }
                let (admin, guest) = (try await connect("admin"), try await connect("guest"))
                let store = try await ObjectStoreStage.store(admin.jetStream)
                let guests = try await guest.jetStream.objectStore("B")
                try await guests.put("one", as: "x")
                try await guests.put("two", as: "x")
                #expect(try await guests.bytes(of: "x") == Bytes(utf8: "two"))
                let failure = await #expect(throws: JetStreamError.self) {
                    try await guests.delete("x")
                }
                #expect(failure?.code == .permissionDenied)
                #expect(failure?.detail.hasPrefix("the object is removed") == true)
                #expect(try await store.info("x") == nil)
                #expect(try await store.removeLeftovers(olderThan: .zero).count == 2)
                #expect(try await store.streamInfo().state.messages == 1)
                await guest.close()
                await admin.close()
            }
        }
    }
}
