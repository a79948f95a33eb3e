internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct ObjectStoreTests {
    @Test(arguments: [0, 1, 999, 1000, 1001, 300_000, 3_000_000])
    func `an object of any size comes back as it was`(_ count: Int) async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(count)
            let info = try await store.put(content, as: "a b/ö.bin", chunkSize: 1000)
            #expect(info.size == UInt64(count) && info.chunks == (count + 999) / 1000)
            #expect(info.chunkSize == 1000 && info.digest?.hasPrefix("SHA-256=") == true)
            #expect(try await store.bytes(of: "a b/ö.bin") == content)
            let read = try #require(try await store.info("a b/ö.bin"))
            #expect(read.id == info.id && read.digest == info.digest && read.modified != nil)
        }
    }

    @Test func `a sequence of pieces of any size becomes even chunks`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(10_000)
            let pieces = AsyncStream { stream in
                var start = 0
                for size in [0, 1, 998, 1, 3000, 2500, 0, 3500] {
                    stream.yield(content[start..<start + size])
                    start += size
                }
                stream.finish()
            }
            let info = try await store.put(contentsOf: pieces, as: "x", chunkSize: 1000)
            #expect(info.size == 10_000 && info.chunks == 10)
            #expect(try await store.bytes(of: "x") == content)
            var sizes: [Int] = []
            for try await piece in try await store.content(of: "x") { sizes.append(piece.count) }
            #expect(sizes == [Int](repeating: 1000, count: 10))
        }
    }

    @Test func `a put replaces an object, and its old bytes go`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            var notes = ObjectInfo.Notes(description: "first")
            (notes.headers, notes.metadata) = (["A": ["1", "2"]], ["team": "a"])
            let first = try await store.put("one", as: "x", notes: notes)
            #expect(try await store.info("x")?.notes == notes)
            let second = try await store.put("two!", as: "x")
            #expect(first.id != second.id)
            #expect(try await store.bytes(of: "x") == Bytes(utf8: "two!"))
            #expect(try await jetStream.streamInfo("OBJ_B").state.messages == 2)
            #expect(try await store.objects().map(\.name) == ["x"])
            try await store.delete("x")
            #expect(try await store.info("x") == nil)
            #expect(try await store.objects().isEmpty)
            #expect(try await store.objects(includesDeleted: true).map(\.isDeleted) == [true])
            #expect(try await jetStream.streamInfo("OBJ_B").state.messages == 1)
            try await store.delete("x")
            let gone = await ObjectStoreStage.code { _ = try await store.bytes(of: "x") }
            let never = await ObjectStoreStage.code { try await store.delete("never") }
            #expect(gone == .objectNotFound && never == .objectNotFound)
            try await store.put("", as: "x")
            #expect(try await store.bytes(of: "x").count == 0)
        }
    }

    @Test func `a put that fails leaves nothing, and the old object stays`() async throws {
        struct Broken: Error {}
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream) { $0.maxBytes = 100_000 }
            try await store.put(ObjectStoreStage.pattern(50_000), as: "x", chunkSize: 1000)
            let before = try await jetStream.streamInfo("OBJ_B").state.messages
            let full = await ObjectStoreStage.code {
                try await store.put(ObjectStoreStage.pattern(90_000), as: "x", chunkSize: 1000)
            }
            #expect(full == .storageFull)
            let broken = AsyncThrowingStream<Bytes, any Error> { stream in
                stream.yield(ObjectStoreStage.pattern(10_000))
                stream.finish(throwing: Broken())
            }
            let failed = await ObjectStoreStage.code {
                try await store.put(contentsOf: broken, as: "x", chunkSize: 1000)
            }
            #expect(failed == .sourceFailed)
            let task = Task {
                await ObjectStoreStage.code {
                    try await store.put(contentsOf: Endless(), as: "x", chunkSize: 1000)
                }
            }
            task.cancel()
            #expect(await task.value == .cancelled)
            #expect(try await store.bytes(of: "x") == ObjectStoreStage.pattern(50_000))
            #expect(try await jetStream.streamInfo("OBJ_B").state.messages == before)
        }
    }

    /// Some bytes, and then a wait for more that ends when its task is cancelled.
    private struct Endless: AsyncSequence, AsyncIteratorProtocol {
        private var isBegun = false

        mutating func next() async throws -> Bytes? {
            guard isBegun else {
                isBegun = true
                return ObjectStoreStage.pattern(10_000)
            }
            while !Task.isCancelled { await Task.yield() }
            throw CancellationError()
        }

        func makeAsyncIterator() -> Endless { self }
    }

    @Test func `what is damaged, replaced or too large is told`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let info = try await store.put(
                ObjectStoreStage.pattern(5000), as: "x", chunkSize: 1000)
            let limit = await ObjectStoreStage.code {
                _ = try await store.bytes(of: "x", atMost: 4999)
            }
            #expect(limit == .tooLarge)
            let content = try await store.content(of: "x")
            try await store.put("new", as: "x")
            do {
                for try await _ in content {}
                Issue.record("the old bytes are gone")
            } catch let error as JetStreamError {
                #expect(error.code == .truncated && error.detail.contains("was replaced"))
            }
            try await store.put(ObjectStoreStage.pattern(5000), as: "y", chunkSize: 1000)
            let subject = try #require(
                try await jetStream.subjects(of: "OBJ_B", matching: "$O.B.C.>").all()
                    .first { $0.messages == 5 }
            ).subject
            #expect(subject.text.hasPrefix("$O.B.C.") && !subject.text.hasSuffix(info.id))
            let third = try await jetStream.nextMessage(
                on: SubjectPattern(subject), in: "OBJ_B", from: 1)
            try await jetStream.deleteMessage(third.sequence, in: "OBJ_B")
            do {
                _ = try await store.bytes(of: "y")
                Issue.record("a piece is missing")
            } catch let error as JetStreamError {
                #expect(error.code == .truncated && error.detail.contains("is damaged"))
            }
            // As many pieces and bytes, and others.
            try await jetStream.publish(ObjectStoreStage.pattern(1000), to: subject)
            let mixed = await ObjectStoreStage.code { _ = try await store.bytes(of: "y") }
            #expect(mixed == .checksumMismatch)
        }
    }

    @Test func `links lead to objects, of other stores too, and not to links`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let other = try await jetStream.createObjectStore(
                ObjectStoreConfiguration(bucket: "OTHER"))
            let target = try await other.put("far", as: "far")
            let link = try await store.link("near", to: target)
            #expect(try await store.bytes(of: "near") == Bytes(utf8: "far"))
            #expect(try await store.info("near")?.link == link.link)
            try await store.link("all", to: other)
            try await store.put("own", as: "own")
            for call in [
                { _ = try await store.bytes(of: "all") },
                { _ = try await store.link("twice", to: link) },
            ] as [() async throws -> Void] {
                #expect(await ObjectStoreStage.code(call) == .invalidArgument)
            }
            let taken = await ObjectStoreStage.code { try await store.link("own", to: target) }
            #expect(taken == .objectExists)
            try await other.delete("far")
            let dangling = await ObjectStoreStage.code { _ = try await store.bytes(of: "near") }
            #expect(dangling == .objectNotFound)
            try await jetStream.deleteObjectStore("OTHER")
            let lost = await ObjectStoreStage.code { _ = try await store.bytes(of: "near") }
            #expect(lost == .objectStoreNotFound)
        }
    }

    @Test func `notes and names change while the bytes stay, and a sealed store only reads`()
        async throws
    {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            try await store.put("x", as: "x")
            try await store.put("y", as: "y")
            try await store.update("x", notes: ObjectInfo.Notes(description: "new"))
            #expect(try await store.info("x")?.notes.description == "new")
            let taken = await ObjectStoreStage.code {
                try await store.update("x", notes: ObjectInfo.Notes(), renamed: "y")
            }
            #expect(taken == .objectExists)
            try await store.update("x", notes: ObjectInfo.Notes(), renamed: "z")
            #expect(try await store.info("x") == nil)
            #expect(try await store.bytes(of: "z") == Bytes(utf8: "x"))
            try await store.seal()
            let put = await ObjectStoreStage.code { try await store.put("n", as: "n") }
            let delete = await ObjectStoreStage.code { try await store.delete("y") }
            #expect(put == .refused && delete == .refused)
            #expect(try await store.bytes(of: "y") == Bytes(utf8: "y"))
        }
    }

    @Test func `stores are made, changed, listed and removed`() async throws {
        try await ObjectStoreStage.run { jetStream in
            var wanted = ObjectStoreConfiguration(bucket: "B")
            (wanted.description, wanted.maxBytes) = ("files", 10_000_000)
            (wanted.isCompressed, wanted.timeToLive) = (true, .seconds(600))
            wanted.metadata = ["team": "a"]
            let store = try await jetStream.createObjectStore(wanted)
            #expect(try await store.configuration() == wanted)
            let stream = try await store.streamInfo().configuration
            #expect(stream.subjects == ["$O.B.C.>", "$O.B.M.>"] && stream.discard == .new)
            #expect(stream.allowsRollup && stream.allowsDirectGet && stream.compression == .s2)
            wanted.description = "changed"
            try await jetStream.updateObjectStore(wanted)
            #expect(try await store.configuration() == wanted)
            #expect(try await jetStream.objectStoreNames() == ["B"])
            try await jetStream.deleteObjectStore("B")
            for call in [
                { _ = try await jetStream.objectStore("B") },
                { try await jetStream.deleteObjectStore("B") },
                { try await jetStream.updateObjectStore(wanted) },
            ] as [() async throws -> Void] {
                #expect(await ObjectStoreStage.code(call) == .objectStoreNotFound)
            }
            for name in ["", "a.b", "a b", "ö"] {
                let code = await ObjectStoreStage.code { _ = try await jetStream.objectStore(name) }
                #expect(code == .invalidArgument)
            }
        }
    }

    /// As large as a server may be told to take a message.
    @Test func `pieces of many mebibytes go in and come out, whole and in part`() async throws {
        try await NATSServerFixture.run(config: "max_payload: 8MB") { server in
            let url = server.url
            try await within {
                let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
                let store = try await ObjectStoreStage.store(client.jetStream)
                let content = ObjectStoreStage.pattern(13_000_000)
                let info = try await store.put(content, as: "x", chunkSize: 6 << 20)
                #expect(info.chunks == 3)
                #expect(try await store.bytes(of: "x") == content)
                #expect(try await store.bytes(of: "x", readers: 3) == content)
                let part = (6 << 20) - 10..<(6 << 20) + 10
                let slice = try await store.slice(
                    UInt64(part.lowerBound)..<UInt64(part.upperBound), of: "x")
                #expect(try await slice.bytes() == content[part])
                await client.close()
            }
        }
    }

    /// The server would end the connection, with all that others do on it.
    @Test func `a name is as long as a line of the protocol holds`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let longest = String(repeating: "n", count: 2600)
            try await store.put("x", as: longest)
            #expect(try await store.bytes(of: longest) == Bytes(utf8: "x"))
            #expect(try await store.objects().map(\.name) == [longest])
            for length in [3100, 99_999] {
                let name = String(repeating: "n", count: length)
                for attempt in 0..<3 {
                    let code = await ObjectStoreStage.code {
                        switch attempt {
                        case 0: try await store.put("x", as: name)
                        case 1: try await store.delete(name)
                        default: _ = try await store.info(name)
                        }
                    }
                    #expect(code == .invalidArgument)
                }
            }
            #expect(jetStream.client.statistics.reconnects == 0)
        }
    }
}
