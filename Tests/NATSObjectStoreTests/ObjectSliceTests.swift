internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct ObjectSliceTests {
    /// A store whose objects count as old, or as just put.
    private static func store(
        _ jetStream: JetStream, isOld: Bool
    ) async throws -> ObjectBucket {
        var store = try await ObjectStoreStage.store(jetStream)
        if isOld { store.settlingTime = .zero }
        return store
    }

    /// Of an old object the pieces are looked for, in a young one they are counted.
    @Test(arguments: [true, false])
    func `any part of an object is read, also with others stored in between`(
        isOld: Bool
    ) async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await Self.store(jetStream, isOld: isOld)
            let content = ObjectStoreStage.pattern(20_500)
            // Another object's pieces stand between ours.
            async let other = store.put(
                ObjectStoreStage.pattern(30_000), as: "other", chunkSize: 500)
            let info = try await store.put(content, as: "x", chunkSize: 1000)
            _ = try await other
            var random = SeededGenerator("ObjectSlice")
            var ranges: [Range<Int>] = [
                0..<0, 0..<1, 0..<20_500, 20_499..<20_500, 20_500..<20_500, 999..<1001,
                1000..<2000, 20_000..<20_500,
            ]
            for _ in 0..<20 {
                let bounds = [0, 0].map { _ in Int.random(in: 0...20_500, using: &random) }.sorted()
                ranges.append(bounds[0]..<bounds[1])
            }
            for range in ranges {
                let wanted = UInt64(range.lowerBound)..<UInt64(range.upperBound)
                let slice = try await store.slice(wanted, of: "x")
                #expect(slice.info.id == info.id && slice.range == wanted)
                #expect(try await slice.bytes() == content[range], "\(range)")
            }
            let long = try await store.slice(20_000..<UInt64.max, of: "x")
            #expect(try await long.bytes() == content[20_000..<20_500])
            let behind = await ObjectStoreStage.code {
                _ = try await store.slice(20_501..<20_502, of: "x")
            }
            #expect(behind == .invalidArgument)
        }
    }

    @Test func `an object that was cut unevenly is read from its beginning`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(2000)
            try await store.put(content, as: "x", chunkSize: 1000)
            // As a client does that sends what each read gave.
            let subject = try #require(
                try await jetStream.subjects(of: "OBJ_B", matching: "$O.B.C.>").all().first
            ).subject
            try await jetStream.purgeStream("OBJ_B", subject: SubjectPattern(subject))
            for piece in [0..<700, 700..<1400, 1400..<2000] {
                try await jetStream.publish(content[piece], to: subject)
            }
            let message = try await jetStream.nextMessage(on: "$O.B.M.>", in: "OBJ_B")
            let changed = (message.text ?? "").replacing("\"chunks\":2", with: "\"chunks\":3")
            var options = PublishOptions()
            options.rollup = .subject
            try await jetStream.publish(changed, to: message.subject, options: options)
            #expect(try await store.bytes(of: "x") == content)
            let slice = try await store.slice(650..<1500, of: "x")
            #expect(try await slice.bytes() == content[650..<1500])
        }
    }

    /// What is there is not taken for what is missing.
    @Test func `a hole in an object is no place for the piece behind it`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(5000)
            try await store.put(content, as: "x", chunkSize: 1000)
            let first = try await jetStream.nextMessage(on: "$O.B.C.>", in: "OBJ_B")
            try await jetStream.deleteMessage(first.sequence + 2, in: "OBJ_B")
            let before = try await store.slice(500..<1500, of: "x")
            #expect(try await before.bytes() == content[500..<1500])
            let behind = try await store.slice(3500..<4500, of: "x")
            #expect(try await behind.bytes() == content[3500..<4500])
            for range in [UInt64(2000)..<3000, 1500..<3500, 0..<5000] {
                let slice = try await store.slice(range, of: "x")
                let code = await ObjectStoreStage.code { _ = try await slice.bytes() }
                #expect(code == .truncated, "\(range)")
            }
        }
    }

    @Test func `a part that is missing is told`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            try await store.put(ObjectStoreStage.pattern(5000), as: "x", chunkSize: 1000)
            let slice = try await store.slice(3000..<5000, of: "x")
            try await jetStream.purgeStream("OBJ_B", subject: "$O.B.C.>")
            let code = await ObjectStoreStage.code { _ = try await slice.bytes() }
            #expect(code == .truncated)
        }
    }

    @Test func `many readers give the same bytes, checked as a whole`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(20_500)
            async let other = store.put(
                ObjectStoreStage.pattern(30_000), as: "other", chunkSize: 500)
            try await store.put(content, as: "x", chunkSize: 1000)
            try await store.put("", as: "empty")
            _ = try await other
            for readers in [1, 2, 3, 7, 16] {
                #expect(try await store.bytes(of: "x", readers: readers) == content)
                #expect(try await store.bytes(of: "empty", readers: readers).isEmpty)
            }
            for readers in [Int.min, 0, 17, .max] {
                let code = await ObjectStoreStage.code {
                    _ = try await store.bytes(of: "x", readers: readers)
                }
                #expect(code == .invalidArgument)
            }
            let large = await ObjectStoreStage.code {
                _ = try await store.bytes(of: "x", atMost: 20_499, readers: 4)
            }
            #expect(large == .tooLarge)
            // A piece that is missing, and then another one in its place.
            let subject = try #require(
                try await jetStream.subjects(of: "OBJ_B", matching: "$O.B.C.>").all()
                    .first { $0.messages == 21 }
            ).subject
            let first = try await jetStream.nextMessage(
                on: SubjectPattern(subject), in: "OBJ_B", from: 1)
            try await jetStream.deleteMessage(first.sequence, in: "OBJ_B")
            let missing = await ObjectStoreStage.code {
                _ = try await store.bytes(of: "x", readers: 4)
            }
            #expect(missing == .truncated || missing == .checksumMismatch)
            try await jetStream.publish(ObjectStoreStage.pattern(1000), to: subject)
            let mixed = await ObjectStoreStage.code {
                _ = try await store.bytes(of: "x", readers: 4)
            }
            #expect(mixed == .truncated || mixed == .checksumMismatch)
        }
    }
}
