internal import BridgeBytes
internal import Foundation
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

/// Objects from files and into files, and the rest of what was read before.
@Suite(.needsNATSServer) struct ObjectFileTests {
    private static func bytes(_ path: String) throws -> Bytes {
        Bytes([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
    }

    private static func names(_ folder: TemporaryDirectory) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test(arguments: [0, 1, 1000, 3_000_001]) func aFileGoesInAndComesOut(size: Int) async throws {
        let folder = try TemporaryDirectory()
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(size)
            let (source, target) = (folder.file("in"), folder.file("out"))
            try Data(content).write(to: URL(fileURLWithPath: source))
            let info = try await store.put(fileAt: source)
            #expect(info.name == source && info.size == UInt64(size))
            try await store.put(fileAt: source, as: "x", chunkSize: 1000)
            for name in [source, "x"] {
                let got = try await store.get(name, toFile: target)
                #expect(got.name == name)
                let written = try Self.bytes(target)
                #expect(written == content)
            }
            let names = try Self.names(folder)
            #expect(names == ["in", "out"])
        }
    }

    @Test func whatIsNoFileIsRefusedBeforeAnythingIsSent() async throws {
        let folder = try TemporaryDirectory()
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let pipe = folder.file("pipe")
            // Sound: the path lives as long as the call.
            let status = unsafe mkfifo(pipe, 0o600)
            #expect(status == 0)
            for (path, code) in [
                (folder.file("none"), ErrorCode.fileNotFound), (folder.path, .invalidArgument),
                (pipe, .invalidArgument),
            ] {
                let found = await ObjectStoreStage.code { try await store.put(fileAt: path) }
                #expect(found == code, "\(path)")
            }
            try await store.put("x", as: "x")
            let nowhere = await ObjectStoreStage.code {
                try await store.get("x", toFile: folder.file("a/b"))
            }
            #expect(nowhere == .fileNotFound)
            let missing = await ObjectStoreStage.code {
                try await store.get("y", toFile: folder.file("y"))
            }
            #expect(missing == .objectNotFound)
            let names = try Self.names(folder)
            #expect(names == ["pipe"])
        }
    }

    /// What is stored would be neither the file of before nor that of now.
    @Test func `a file that becomes shorter while it is stored is not stored`() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("large")
        let size = 8 << 20
        try TestFile.write(Bytes([UInt8](repeating: 7, count: size)), to: path)
        try await NATSServerFixture.run { server in
            let proxy = try FaultProxy(to: server.port, host: server.host)
            let client = try await NATSClient.connect(NATSClientOptions(servers: [proxy.url]))
            let store = try await ObjectStoreStage.store(client.jetStream)
            // It reads no further ahead than 16 pieces of what has been answered.
            let before = proxy.passed(.toServer)
            proxy.set(.with { $0.bytesPerSecond = 2 << 20 }, .toServer)
            let put = Task {
                await ObjectStoreStage.code { try await store.put(fileAt: path, as: "x") }
            }
            _ = await Pace.until(patience) { proxy.passed(.toServer) > before + 300_000 }
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.truncate(atOffset: 1)
            proxy.clear()
            #expect(await put.value == .sourceFailed)
            #expect(try await store.objects().isEmpty)
            await client.close()
        }
    }

    /// Any beginning, also one that ends in the middle of a piece; with pieces of others between.
    @Test(arguments: [1000, 700]) func theRestIsReadAndTheWholeIsChecked(
        chunkSize: Int
    ) async throws {
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(10_300)
            async let other = store.put(
                ObjectStoreStage.pattern(9000), as: "other", chunkSize: 300)
            let info = try await store.put(content, as: "x", chunkSize: chunkSize)
            _ = try await other
            for stop in 0...info.chunks {
                var first = try await store.content(of: "x").makeAsyncIterator()
                var writer = ByteWriter()
                for _ in 0..<stop {
                    if let piece = try await first.next() { writer.append(piece) }
                }
                let progress = first.progress
                #expect(progress.offset == UInt64(writer.count) && progress.id == info.id)
                var rest = try await store.content(of: "x", from: progress).makeAsyncIterator()
                while let piece = try await rest.next() { writer.append(piece) }
                #expect(rest.progress.offset == 10_300)
                #expect(writer.finish() == content)
                let end = try await rest.next()
                #expect(end == nil)
            }
            let old = try await store.content(of: "x").makeAsyncIterator().progress
            try await store.put(content, as: "x")
            let code = await ObjectStoreStage.code {
                _ = try await store.content(of: "x", from: old)
            }
            #expect(code == .truncated)
        }
    }

    /// A get that was broken off goes on where it ended, whatever it had; a wrong beginning, or one
    /// of another put, does no harm but once.
    @Test func aFileIsFetchedToItsEndByTheNextAttempt() async throws {
        let folder = try TemporaryDirectory()
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(500_000)
            let info = try await store.put(content, as: "x", chunkSize: 10_000)
            let target = folder.file("out")
            let partial = "\(target).\(info.id).partial"
            for kept in [0, 1, 9_999, 10_000, 123_456, 500_000] {
                try Data(content[0..<kept]).write(to: URL(fileURLWithPath: partial))
                let (counts, telling) = AsyncStream<UInt64>.makeStream()
                try await store.get("x", toFile: target) { count, size in
                    #expect(size == 500_000)
                    telling.yield(count)
                }
                telling.finish()
                let told = await counts.reduce(into: []) { $0.append($1) }
                #expect(told.first == UInt64(kept) && told.last == 500_000)
                let written = try Self.bytes(target)
                #expect(written == content)
            }
            try Data([UInt8](repeating: 7, count: 50_000)).write(
                to: URL(fileURLWithPath: partial))
            let wrong = await ObjectStoreStage.code { try await store.get("x", toFile: target) }
            #expect(wrong == .checksumMismatch)
            let names = try Self.names(folder)
            #expect(names == ["out"])
            try Data([UInt8](repeating: 7, count: 500_001)).write(
                to: URL(fileURLWithPath: partial))
            try await store.get("x", toFile: target)
            let written = try Self.bytes(target)
            #expect(written == content)
        }
    }

    /// Of an object that was put anew before the get went on; files of people's stay.
    @Test func `what attempts for other puts left goes with the end of one`() async throws {
        let folder = try TemporaryDirectory()
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            let old = try await store.put("old", as: "x")
            let content = ObjectStoreStage.pattern(5000)
            try await store.put(content, as: "x", chunkSize: 1000)
            for name in [
                "out.\(old.id).partial", "out.mine.partial", "out2.\(old.id).partial",
                "out.\(old.id)",
            ] {
                try Data([1]).write(to: URL(fileURLWithPath: folder.file(name)))
            }
            try await store.get("x", toFile: folder.file("out"))
            let names = try Self.names(folder)
            #expect(
                names
                    == [
                        "out", "out.\(old.id)", "out.mine.partial", "out2.\(old.id).partial",
                    ].sorted())
            let rights = try ["out", "out.mine.partial"].map { name in
                try FileManager.default.attributesOfItem(atPath: folder.file(name))[
                    .posixPermissions] as? Int
            }
            #expect(rights[0] == rights[1], "as whatever else the process creates")
        }
    }

    /// A cancelled get leaves what it had, and no file of that name.
    @Test func whatIsBrokenOffIsKept() async throws {
        let folder = try TemporaryDirectory()
        try await ObjectStoreStage.run { jetStream in
            let store = try await ObjectStoreStage.store(jetStream)
            try await store.put(ObjectStoreStage.pattern(400_000), as: "x", chunkSize: 1000)
            let target = folder.file("out")
            let get = Task {
                try await store.get("x", toFile: target) { count, _ in
                    guard count == 1000 else { return }
                    // Sound: the task is used where it is handed over.
                    unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() }
                }
            }
            let code = await ObjectStoreStage.code { _ = try await get.value }
            #expect(code == .cancelled)
            let names = try Self.names(folder)
            #expect(names.count == 1 && names[0].hasSuffix(".partial"))
            try await store.get("x", toFile: target)
            let written = try Self.bytes(target)
            #expect(written == ObjectStoreStage.pattern(400_000))
        }
    }
}
