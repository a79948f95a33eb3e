internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

/// Where the bytes of an object lie that is taken whole, and what a false size does.
@Suite(.needsNATSServer) struct ObjectMemoryTests {
    private static let believed = 4 << 20

    /// So many bytes, no two pieces of which are the same.
    private static func content(_ count: Int) -> Bytes {
        let block = [UInt8](ObjectStoreStage.pattern(4099))
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += block }
        return Bytes(bytes)[0..<count]
    }

    /// Sizes on both sides of the one up to which a stated size is believed, and no whole pieces.
    @Test func `an object of any size is the same with any number of readers`() async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            for size in [1, Self.believed, Self.believed + 1, Self.believed + 1_000_003] {
                let content = Self.content(size)
                try await store.put(content, as: "x")
                for readers in [1, 4, 5] {
                    #expect(try await store.bytes(of: "x", readers: readers) == content)
                }
                let middle = try await store.slice(UInt64(size / 3)..<UInt64(size), of: "x")
                #expect(try await middle.bytes() == content[size / 3..<size])
            }
        }
    }

    /// Says that an object has another size than it was put with.
    private static func restate(
        _ jetStream: JetStream, _ old: String, _ new: String
    ) async throws {
        let message = try await jetStream.nextMessage(on: "$O.B.M.>", in: "OBJ_B")
        let text = try #require(message.text)
        #expect(text.contains(old))
        var options = PublishOptions()
        options.rollup = .subject
        try await jetStream.publish(
            text.replacing(old, with: new), to: message.subject, options: options)
    }

    /// Sizes that are less than what has come, a little more, and as much as may be taken.
    @Test(arguments: ["4000", "9999", "10001", "\(believed + 1)", "\(1 << 30)"])
    func `a size that is not the object's is told, and no byte is kept behind it`(
        stated: String
    ) async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            try await store.put(ObjectStoreStage.pattern(10_000), as: "x", chunkSize: 1000)
            try await Self.restate(jetStream, "\"size\":10000", "\"size\":\(stated)")
            for readers in [1, 4] {
                let code = await ObjectStoreStage.code {
                    _ = try await store.bytes(of: "x", readers: readers)
                }
                #expect(code == .truncated || code == .checksumMismatch, "\(readers)")
            }
            let size = UInt64(stated) ?? 0
            guard size > 10_000 else { return }
            let slice = try await store.slice(0..<size, of: "x")
            #expect(await ObjectStoreStage.code { _ = try await slice.bytes() } == .truncated)
        }
    }
}
