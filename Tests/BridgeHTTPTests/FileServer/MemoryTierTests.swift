import BridgeBytes
import BridgeHTTP
import BridgeSockets
import Glibc
import Synchronization
import TestKit
import Testing

/// Uploads that are answered from memory (`FileServerOptions.memory`).
@Suite(.patient) struct MemoryTierTests {
    private static func path(_ number: Int) -> String { "/f/\(TestID.of(number))/x" }

    private static func content(_ number: Int, size: Int = 3 << 20) -> [UInt8] {
        var generator = SeededGenerator("memory tier \(number)")
        return generator.bytes(size)
    }

    private func put(_ running: RunningServer, _ number: Int, size: Int = 3 << 20) async throws {
        let put = try await running.client {
            try $0.request("PUT", Self.path(number), body: Self.content(number, size: size))
        }
        #expect(put.status == 201)
    }

    private func get(_ running: RunningServer, _ number: Int) async throws -> (Int, [UInt8]) {
        let got = try await running.client { try $0.request("GET", Self.path(number)) }
        return (got.status, got.body)
    }

    private func file(_ running: RunningServer, _ number: Int) -> String {
        running.folder.file("store/objects/\(TestID.of(number))")
    }

    /// The data that lies on the disk.
    private func stored(_ running: RunningServer, _ number: Int) throws -> [UInt8] {
        let file = try TestFile.bytes(file(running, number))
        return Array(file[4096..<file.count])
    }

    /// Has what lies on the disk not be what was uploaded.
    private func spoil(_ path: String) throws {
        try OpenFile.updating(path).write(Bytes(utf8: "nothing").span, at: 5000)
    }

    /// Another server of the same folder, at the same time of day.
    private func successor(of running: RunningServer) async throws -> FileServer {
        var options = FileServerOptions(directory: running.folder.file("store"))
        let clock = running.clock
        options.now = { clock.now }
        return try await FileServer.start(options)
    }

    /// The value of a gauge of the server; nil where there is none.
    private func gauge(_ running: RunningServer, _ name: String) async throws -> Int? {
        let page = try await running.client { try $0.request("GET", "/metrics") }
        let line = String(decoding: page.body, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("natsbridge_server_memory_\(name)_bytes ") }
        return line.flatMap { Int($0.split(separator: " ")[1]) }
    }

    @Test(arguments: [true, false])
    func `all of it, parts and the head come from memory`(isDurable: Bool) async throws {
        try await RunningServer.with {
            $0.memory = 64 << 20
            $0.isDurable = isDurable
        } _: { running in
            try await put(running, 1)
            let content = Self.content(1)
            // What is on the disk is not what is answered.
            try spoil(file(running, 1))
            #expect(try await get(running, 1) == (200, content))
            let part = try await running.client {
                try $0.request("GET", Self.path(1), fields: ["Range: bytes=5-1000005"])
            }
            #expect(part.status == 206 && part.body == Array(content[5...1_000_005]))
            let head = try await running.client { try $0.request("HEAD", Self.path(1)) }
            #expect(head.status == 200 && head.fields["Content-Length"] == "\(content.count)")
        }
    }

    @Test func `what is durable is on the disk when it is answered`() async throws {
        try await RunningServer.with {
            $0.memory = 64 << 20
            $0.isDurable = true
        } _: { running in
            try await put(running, 1, size: 20 << 20)
            #expect(try stored(running, 1) == Self.content(1, size: 20 << 20))
            #expect(try await gauge(running, "unwritten") == 0)
        }
    }

    @Test func `what is owed is written by itself`() async throws {
        try await RunningServer.with {
            $0.memory = 64 << 20
        } _: { running in
            try await put(running, 1)
            #expect(
                await Pace.until(patience) { (try? await gauge(running, "unwritten")) == 0 })
            #expect(try stored(running, 1) == Self.content(1))
            #expect(try await get(running, 1) == (200, Self.content(1)))
        }
    }

    @Test func `a server that ends in order writes what it owes`() async throws {
        let running = try await RunningServer { $0.memory = 64 << 20 }
        try await put(running, 1)
        await running.server.stop()
        let next = try await successor(of: running)
        let got = try await RawClient.run(next.port) { try $0.request("GET", Self.path(1)) }
        #expect(got.status == 200 && got.body == Self.content(1))
        await next.stop()
    }

    @Test func `a disk that fails is told, and what never reached it is damaged`() async throws {
        let log = LogCollector()
        let running = try await RunningServer { options in
            options.memory = 64 << 20
            options.log = log.sink
            options.systemCalls = SystemCalls { call, count in
                call == .fileWrite && count > 4096 ? .refused(EIO) : .made
            }
        }
        let fields = ["X-UploadToken: tttttttttttttttttttt"]
        let put = try await running.client {
            try $0.request("PUT", Self.path(1), fields: fields, body: Self.content(1))
        }
        #expect(put.status == 201)
        #expect(try await get(running, 1) == (200, Self.content(1)))
        await running.server.stop()
        #expect(running.server.counters.failedWrites >= 1)
        #expect(running.server.unwrittenBytes == Self.content(1).count)
        #expect(log.events().contains { $0.message.contains("in memory alone") })

        let next = try await successor(of: running)
        // Its room is free again, and nothing is left to look at.
        #expect(next.counters.filesDamaged == 1 && next.stored.bytes < 1 << 20)
        #expect(TestFile.names(in: running.folder.file("store/damaged")).isEmpty)
        for part in [["Range: bytes=0-9"], [String]()] {
            let got = try await RawClient.run(next.port) {
                try $0.request("GET", Self.path(1), fields: part)
            }
            #expect(got.status == 500)
        }
        #expect(next.counters.filesDamaged == 1)
        let again = try await RawClient.run(next.port) {
            try $0.request("PUT", Self.path(1), fields: fields, body: Self.content(1))
        }
        #expect(again.status == 200)
        await next.stop()
    }

    @Test func `room that the disk does not have is told before`() async throws {
        try await RunningServer.with { options in
            options.memory = 64 << 20
            options.systemCalls = SystemCalls { call, _ in
                call == .allocate ? .refused(ENOSPC) : .made
            }
        } _: { running in
            let put = try await running.client {
                try $0.request("PUT", Self.path(1), body: Self.content(1))
            }
            #expect(put.status == 507)
            #expect(try await get(running, 1).0 == 404)
            #expect(await running.leavesNoParts())
        }
    }

    @Test(arguments: [true, false])
    func `the budget holds, and all can be read`(isDurable: Bool) async throws {
        try await RunningServer.with {
            $0.memory = 8 << 20
            $0.isDurable = isDurable
            guard !isDurable else { return }
            // What is owed stays so: it is written in large pieces.
            $0.systemCalls = SystemCalls { call, count in
                call == .fileWrite && count > 1 << 20 ? .refused(EIO) : .made
            }
        } _: { running in
            for number in 1...5 {
                try await put(running, number)
                let used = try #require(try await gauge(running, "used"))
                #expect(used <= 8 << 20)
            }
            for number in 1...5 {
                #expect(try await get(running, number) == (200, Self.content(number)))
            }
            // Of what is written the last is in memory; what is owed makes no room.
            let kept = isDurable ? 5 : 1
            try spoil(file(running, kept))
            #expect(try await get(running, kept) == (200, Self.content(kept)))
        }
    }

    @Test func `what is deleted or replaced is not written`() async throws {
        try await RunningServer.with {
            $0.memory = 64 << 20
        } _: { running in
            let token = String(repeating: "t", count: 20)
            let fields = ["X-UploadToken: \(token)"]
            for number in [1, 2, 3] {
                let put = try await running.client {
                    try $0.request(
                        "PUT", Self.path(2), fields: fields, body: Self.content(number))
                }
                #expect(put.status == (number == 1 ? 201 : 200))
                #expect(try await get(running, 2) == (200, Self.content(number)))
            }
            let deletion = try await running.client {
                try $0.request("DELETE", Self.path(2), fields: fields)
            }
            #expect(deletion.status == 204)
            #expect(try await gauge(running, "unwritten") == 0)
            #expect(await Pace.until(patience) { (try? await gauge(running, "used")) == 0 })
            #expect(try await get(running, 2).0 == 404)
            #expect(running.objectFiles.isEmpty)
        }
    }

    @Test func `what is counted is memory: what is written makes room for something larger`()
        async throws
    {
        try await RunningServer.with {
            $0.memory = 40 << 20
            $0.isDurable = true
        } _: { running in
            // Each takes 2 MiB, and 20 of them all there is.
            for number in 1...20 { try await put(running, number, size: 1 << 20) }
            #expect(try await gauge(running, "used") == 40 << 20)
            try await put(running, 21, size: 30 << 20)
            try spoil(file(running, 21))
            #expect(try await get(running, 21) == (200, Self.content(21, size: 30 << 20)))
        }
    }

    @Test func `what is refused, or too large, puts nothing out`() async throws {
        try await RunningServer.with {
            $0.memory = 41_000_000
            $0.maximumStoredBytes = 45_000_000
            $0.isDurable = true
        } _: { running in
            try await put(running, 1, size: 4 << 20)
            let refused = try await running.client {
                try $0.request("PUT", Self.path(2), body: Self.content(2, size: 42_000_000))
            }
            #expect(refused.status == 507)
            // With whole pages it would be more than the budget.
            try await put(running, 3, size: 40_500_000)
            #expect(try await gauge(running, "used") == 4 << 20)
            try spoil(file(running, 1))
            #expect(try await get(running, 1) == (200, Self.content(1, size: 4 << 20)))
        }
    }

    @Test func `a disk that stands still holds up no reader`() async throws {
        let gate = Gate()
        try await RunningServer.with { options in
            options.memory = 64 << 20
            options.systemCalls = SystemCalls { call, count in
                if call == .fileWrite, count > 1 << 20 { gate.wait() }
                return .made
            }
        } _: { running in
            for number in 1...12 { try await put(running, number, size: 1_100_000) }
            #expect(await Pace.until(patience) { gate.waiting > 0 })
            for number in 1...12 {
                #expect(
                    try await get(running, number) == (200, Self.content(number, size: 1_100_000))
                )
            }
            #expect(gate.waiting == 1)
            gate.open()
            #expect(
                await Pace.until(patience) { (try? await gauge(running, "unwritten")) == 0 })
        }
    }

    /// The file is open and its block is read when it is deleted, before memory is looked at.
    @Test func `what is deleted while it is opened is gone, and never zeros`() async throws {
        let token = String(repeating: "t", count: 20)
        let port = Atomic(0)
        // The object to delete; 0: none.
        let victim = Atomic(0)
        try await RunningServer.with { options in
            options.memory = 64 << 20
            options.systemCalls = SystemCalls { call, count in
                guard call == .fileRead, count == 4096 else { return .made }
                let number = victim.exchange(0, ordering: .relaxed)
                guard number > 0 else { return .made }
                let other = ScriptedConnection(connectingTo: port.load(ordering: .relaxed))
                other?.send(
                    "DELETE \(Self.path(number)) HTTP/1.1\r\nHost: a\r\n"
                        + "X-UploadToken: \(token)\r\n\r\n")
                #expect(other?.readRequest(hasBody: false)?.head.contains(" 204 ") == true)
                return .made
            }
        } _: { running in
            port.store(running.port, ordering: .relaxed)
            // On a slow machine an object may be on the disk by then, and is not opened: once more.
            var (number, opened) = (0, 0)
            while opened < 2, number < 20 {
                number += 1
                let path = Self.path(number)
                let fields = opened == 0 ? ["Range: bytes=0-99999"] : []
                let put = try await running.client {
                    try $0.request(
                        "PUT", path, fields: ["X-UploadToken: \(token)"], body: Self.content(1))
                }
                #expect(put.status == 201)
                victim.store(number, ordering: .relaxed)
                let got = try await running.client { try $0.request("GET", path, fields: fields) }
                guard victim.exchange(0, ordering: .relaxed) == 0 else { continue }
                opened += 1
                #expect(got.status == 404)
            }
            #expect(opened == 2)
            #expect(running.server.counters.filesDamaged == 0)
        }
    }

    @Test func `small and chunked uploads go to the disk as ever`() async throws {
        try await RunningServer.with {
            $0.memory = 64 << 20
        } _: { running in
            try await put(running, 1, size: 100_000)
            let content = Self.content(2)
            let put = try await running.client { client throws in
                client.send(
                    "PUT \(Self.path(2)) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "\(String(content.count, radix: 16))\r\n")
                client.send(content + Array("\r\n0\r\n\r\n".utf8))
                return try client.answer(to: "PUT")
            }
            #expect(put.status == 201)
            #expect(try await gauge(running, "used") == 0)
            #expect(try await get(running, 2) == (200, Self.content(2)))
        }
        // Without memory there is nothing to measure.
        try await RunningServer.with { running in
            let used = try await gauge(running, "used")
            #expect(used == nil)
        }
    }
}
