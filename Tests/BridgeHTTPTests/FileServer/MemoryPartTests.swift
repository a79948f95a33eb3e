import BridgeBytes
import BridgeHTTP
import BridgeSockets
import Foundation
import Synchronization
import TestKit
import Testing

/// Uploads that come into memory and can go on where they are cut.
@Suite(.patient) struct MemoryPartTests {
    private static let path = "/f/\(TestID.of(1))/x"
    private static let token = "X-UploadToken: 0123456789abcdef"
    private static let begin = [token, "If-None-Match: *", "Upload-Complete: ?1"]
    private static let content: [UInt8] = {
        var generator = SeededGenerator("memory part")
        return generator.bytes(3_000_000)
    }()

    /// Begins an upload, and sends so much of it.
    private static func start(_ client: borrowing RawClient, sending count: Int) {
        client.send(
            "PUT \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(content.count)\r\n"
                + begin.joined(separator: "\r\n") + "\r\n\r\n")
        client.send(Array(content[..<count]))
    }

    private static func offset(_ client: inout RawClient) throws -> Int? {
        let answer = try client.request("HEAD", path, fields: [token])
        return answer.status == 204 ? answer.fields["Upload-Offset"].flatMap { Int($0) } : nil
    }

    private static func goOn(_ client: inout RawClient, at offset: Int) throws -> Int {
        try client.request(
            "PATCH", path,
            fields: [
                token, "Content-Type: application/partial-upload", "Upload-Offset: \(offset)",
                "Upload-Complete: ?1",
            ], body: Array(content[offset...])
        ).status
    }

    private static func put(_ client: inout RawClient) throws -> Int {
        try client.request("PUT", path, fields: begin, body: content).status
    }

    @Test(arguments: [true, false])
    func `it is answered from memory, and is on the disk in the end`(
        isDurable: Bool
    ) async throws {
        let running = try await RunningServer {
            $0.memory = 64 << 20
            $0.isDurable = isDurable
        }
        let object = running.folder.file("store/objects/\(TestID.of(1))")
        try await running.client { client throws in
            #expect(try Self.put(&client) == 201)
            #expect(FileSystem().size(of: object) == 4096 + Self.content.count)
            // What is on the disk is not what is answered.
            try OpenFile.updating(object).write(Bytes(utf8: "nothing").span, at: 5000)
            #expect(try client.request("GET", Self.path).body == Self.content)
            // What is owed is written over that; what was written is not written again.
            try OpenFile.updating(object).write(Bytes(Self.content).span, at: 4096)
        }
        #expect(running.parts.isEmpty)
        await running.server.stop()
        // Its digest is that of what came: this server reads all of it before it answers.
        let store = running.folder.file("store")
        let next = try await RunningServer { $0.directory = store }
        let got = try await next.client { try $0.request("GET", Self.path) }
        #expect(got.status == 200 && got.body == Self.content)
        #expect(await next.server.scrub() == 0)
        await next.server.stop()
    }

    @Test(arguments: [true, false])
    func `what came before a cut need not be sent again`(isDurable: Bool) async throws {
        try await RunningServer.with {
            $0.memory = 64 << 20
            $0.isDurable = isDurable
        } _: { running in
            try await running.client { client throws in Self.start(client, sending: 2_500_000) }
            #expect(
                await Pace.until(patience) {
                    running.server.stored.bytes == 2_500_000 + 4096
                })
            try await running.client { client throws in
                #expect(try Self.offset(&client) == 2_500_000)
                #expect(try Self.goOn(&client, at: 2_500_000) == 201)
                #expect(try client.request("GET", Self.path).body == Self.content)
            }
            #expect(running.parts.isEmpty && running.server.stored.files == 1)
            #expect(await running.server.scrub() == 0)
        }
    }

    @Test func `another server goes on with what was in memory when the first one ended`()
        async throws
    {
        let first = try await RunningServer { $0.memory = 64 << 20 }
        let store = first.folder.file("store")
        try await first.client { client throws in
            Self.start(client, sending: 2_500_000)
            let server = first.server
            let isThere = Awaited.value {
                await Pace.until(patience) { server.counters.bytesReceived >= 2_500_000 }
            }
            #expect(isThere)
        }
        await first.server.stop()
        let second = try await RunningServer { $0.directory = store }
        try await second.client { client throws in
            #expect(try Self.offset(&client) == 2_500_000)
            #expect(try Self.goOn(&client, at: 2_500_000) == 201)
            #expect(try client.request("GET", Self.path).body == Self.content)
        }
        await second.server.stop()
    }

    @Test func `whoever goes on has all that came over the connection that hangs`() async throws {
        try await RunningServer.with {
            $0.memory = 64 << 20
        } _: { running in
            let (port, server) = (running.port, running.server)
            try await running.client { old throws in
                Self.start(old, sending: 2_000_000)
                let isThere = Awaited.value {
                    await Pace.until(patience) { server.counters.bytesReceived >= 2_000_000 }
                }
                #expect(isThere)
                var client = try RawClient(port: port)
                #expect(try Self.offset(&client) == 2_000_000)
                #expect(try Self.goOn(&client, at: 2_000_000) == 201)
                // What still comes from there changes nothing.
                old.send([UInt8](repeating: 0, count: 1_000_000))
                #expect(try old.answer(to: "PUT").status == 409)
                #expect(try client.request("GET", Self.path).body == Self.content)
            }
            #expect(running.parts.isEmpty && server.stored.files == 1)
            #expect(await server.scrub() == 0)
        }
    }

    /// The length of a part tells how far it has come: so none may have room that it does not use.
    @Test func `a server that is killed leaves nothing that looks whole`() async throws {
        let isCopied = Atomic(false)
        let folder = try TemporaryDirectory()
        let killed = folder.file("killed")
        try await RunningServer.with { options in
            options.memory = 64 << 20
            let store = options.directory
            options.systemCalls = SystemCalls { call, _ in
                // What there is between the room for the data and the object's name.
                guard call == .link, !isCopied.exchange(true, ordering: .relaxed) else {
                    return .made
                }
                try? FileManager.default.copyItem(atPath: store, toPath: killed)
                return .made
            }
        } _: { running in
            try await running.client { client throws in
                #expect(try Self.put(&client) == 201)
            }
        }
        let wasCopied = isCopied.load(ordering: .relaxed)
        #expect(wasCopied)
        #expect(TestFile.names(in: killed + "/parts") == [TestID.of(1)])
        let next = try await RunningServer { $0.directory = killed }
        try await next.client { client throws in
            #expect(try Self.offset(&client) == nil)
            #expect(try client.request("GET", Self.path).status == 404)
            #expect(try Self.put(&client) == 201)
            #expect(try client.request("GET", Self.path).body == Self.content)
        }
        await next.server.stop()
    }

    @Test func `room that the disk does not have is told, and the upload is no part`()
        async throws
    {
        let isFull = Atomic(true)
        try await RunningServer.with { options in
            options.memory = 64 << 20
            options.systemCalls = SystemCalls { call, _ in
                call == .allocate && isFull.load(ordering: .relaxed) ? .refused(ENOSPC) : .made
            }
        } _: { running in
            try await running.client { client throws in
                #expect(try Self.put(&client) == 507)
                #expect(try client.request("GET", Self.path).status == 404)
            }
            #expect(await Pace.until(patience) { running.parts.isEmpty })
            isFull.store(false, ordering: .relaxed)
            try await running.client { client throws in
                #expect(try Self.put(&client) == 201)
                #expect(try client.request("GET", Self.path).body == Self.content)
            }
        }
    }

    @Test func `a disk that takes nothing loses what was cut, and says so`() async throws {
        try await RunningServer.with { options in
            options.memory = 64 << 20
            options.systemCalls = SystemCalls { call, count in
                call == .fileWrite && count > 4096 ? .refused(EIO) : .made
            }
        } _: { running in
            try await running.client { client throws in Self.start(client, sending: 2_500_000) }
            #expect(await Pace.until(patience) { running.server.openConnections == 0 })
            try await running.client { client throws in
                #expect(try Self.offset(&client) ?? 0 == 0)
                #expect(try Self.put(&client) == 201)
                #expect(try client.request("GET", Self.path).body == Self.content)
            }
        }
    }

    @Test func `a part that is not the last is on the disk`() async throws {
        try await RunningServer.with {
            $0.memory = 64 << 20
        } _: { running in
            let fields = [Self.token, "If-None-Match: *", "Upload-Complete: ?0"]
            try await running.client { client throws in
                let part = try client.request(
                    "PUT", Self.path, fields: fields, body: Array(Self.content[..<2_000_000]))
                #expect(part.status == 204)
            }
            #expect(
                FileSystem().size(of: running.folder.file("store/parts/\(TestID.of(1))"))
                    == 2_004_096)
            try await running.client { client throws in
                #expect(try Self.goOn(&client, at: 2_000_000) == 201)
                #expect(try client.request("GET", Self.path).body == Self.content)
            }
        }
    }
}
