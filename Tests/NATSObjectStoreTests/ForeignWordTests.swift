internal import BridgeBytes
internal import Foundation
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

/// What others have said of objects, who may say anything.
@Suite(.needsNATSServer) struct ForeignWordTests {
    /// Says something of a name, as whoever may publish there can.
    private static func say(
        _ text: String, of name: String, _ jetStream: JetStream
    ) async throws {
        let token = Data(name.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_")
        var options = PublishOptions()
        options.rollup = .subject
        try await jetStream.publish(text, to: Subject("$O.B.M.\(token)"), options: options)
    }

    private static func word(
        _ name: String, id: String, size: Int = 5, chunks: Int = 1, chunkSize: Int = 1000
    ) -> String {
        """
        {"name":"\(name)","bucket":"B","nuid":"\(id)","size":\(size),"chunks":\(chunks),\
        "options":{"max_chunk_size":\(chunkSize)}}
        """
    }

    private static func pieces(_ jetStream: JetStream) async throws -> UInt64 {
        try await jetStream.subjects(of: "OBJ_B", matching: "$O.B.C.>").all()
            .reduce(0) { $0 + $1.messages }
    }

    /// An identifier becomes a subject whose messages are removed.
    @Test(arguments: [">", "*", "a.b", "a b", "", "\\u0001", "x>", "\\n"])
    func `an identifier that is none costs nobody bytes`(id: String) async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            for name in ["a", "b"] {
                try await store.put(ObjectStoreStage.pattern(2500), as: name, chunkSize: 1000)
            }
            let evil = Self.word("evil", id: id)
            try await Self.say(evil, of: "evil", jetStream)
            let code = await ObjectStoreStage.code { _ = try await store.bytes(of: "evil") }
            #expect(code == .unexpectedAnswer)
            try await store.delete("evil")
            #expect(try await Self.pieces(jetStream) == 6)
            try await Self.say(evil, of: "evil", jetStream)
            try await store.put("good", as: "evil")
            #expect(try await store.bytes(of: "evil") == Bytes(utf8: "good"))
            for name in ["a", "b"] {
                #expect(try await store.bytes(of: name) == ObjectStoreStage.pattern(2500))
            }
        }
    }

    @Test(arguments: [
        "", "no json", "[]", "{}", #"{"name":"bad","bucket":"B"}"#,
        #"{"name":"bad","bucket":"B","nuid":"x","size":-5,"chunks":1}"#,
        #"{"name":"bad","bucket":"B","nuid":"x","size":5,"chunks":-1}"#,
        #"{"name":"bad","bucket":"B","options":{"link":{"bucket":"no.bu>ket","name":"a"}}}"#,
        #"{"name":"bad","bucket":"B","options":{"link":{"bucket":"","name":"a"}}}"#,
    ])
    func `what cannot be read stands in nobody's way`(text: String) async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            try await store.put("one", as: "first")
            try await Self.say(text, of: "bad ü/1", jetStream)
            try await store.put("two", as: "last")
            let objects = try await store.objects()
            #expect(objects.map(\.name) == ["first", "bad ü/1", "last"])
            #expect(objects.map { $0.fault != nil } == [false, true, false])
            var told: [String] = []
            for try await change in store.watch() {
                guard let object = change.object else { break }
                told.append(object.name)
            }
            #expect(told == ["first", "bad ü/1", "last"])
            for attempt in 0..<4 {
                let code = await ObjectStoreStage.code {
                    switch attempt {
                    case 0: _ = try await store.info("bad ü/1")
                    case 1: _ = try await store.bytes(of: "bad ü/1")
                    case 2: try await store.update("bad ü/1", notes: ObjectInfo.Notes())
                    default:
                        try await store.update(
                            "bad ü/1", notes: ObjectInfo.Notes(), renamed: "other")
                    }
                }
                #expect(code == .unexpectedAnswer)
            }
            try await store.delete("bad ü/1")
            #expect(try await store.objects().map(\.name) == ["first", "last"])
            try await Self.say(text, of: "bad ü/1", jetStream)
            try await store.put("three", as: "bad ü/1")
            #expect(try await store.bytes(of: "bad ü/1") == Bytes(utf8: "three"))
            #expect(try await store.objects().allSatisfy { $0.fault == nil })
        }
    }

    /// As a writer does that hands on what its source gives, and comes to the number of pieces of
    /// an even cut: nothing but the sizes of the pieces tells.
    @Test(arguments: [[1000, 700, 400], [700, 1000, 400], [700, 700, 700], [100, 1000, 1000]])
    func `an uneven cut with the number of an even one is read rightly`(
        sizes: [Int]
    ) async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(2100)
            for isMixed in [false, true] {
                let name = "x\(isMixed)"
                var start = 0
                for size in sizes {
                    try await jetStream.publish(
                        content[start..<start + size], to: Subject("$O.B.C.\(name)"))
                    if isMixed { try await jetStream.publish("y", to: "$O.B.C.other") }
                    start += size
                }
                try await Self.say(
                    Self.word(name, id: name, size: 2100, chunks: 3), of: name, jetStream)
                for range in [0..<50, 650..<1450, 1000..<1001, 1700..<2100, 2000..<2050, 0..<2100] {
                    let slice = try await store.slice(
                        UInt64(range.lowerBound)..<UInt64(range.upperBound), of: name)
                    #expect(try await slice.bytes() == content[range], "\(range) \(isMixed)")
                }
                for readers in [1, 2, 3] {
                    #expect(try await store.bytes(of: name, readers: readers) == content)
                }
                for stop in 1...3 {
                    var iterator = try await store.content(of: name).makeAsyncIterator()
                    var writer = ByteWriter()
                    for _ in 0..<stop {
                        if let piece = try await iterator.next() { writer.append(piece) }
                    }
                    let progress = iterator.progress
                    for try await piece in try await store.content(of: name, from: progress) {
                        writer.append(piece)
                    }
                    #expect(writer.finish() == content)
                }
            }
        }
    }
}
