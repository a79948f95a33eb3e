import BridgeBytes
import BridgeHTTP
import BridgeSockets
import Synchronization
import TestKit
import Testing

/// Uploads that somebody asks for or goes on with while they come, are refused, or get their name.
@Suite(.patient) struct SeizedUploadTests {
    private static let token = "X-UploadToken: 0123456789abcdef"
    private static let begin = [token, "If-None-Match: *", "Upload-Complete: ?1"]
    private static let content: [UInt8] = {
        var generator = SeededGenerator("seized upload")
        return generator.bytes(3_000_000)
    }()

    private static func path(_ number: Int = 1) -> String { "/f/\(TestID.of(number))/x" }

    /// Begins an upload, and sends so much of it.
    /// Returns how many bytes that is, the head with them.
    @discardableResult
    private static func start(
        _ client: borrowing RawClient, sending count: Int, of number: Int = 1
    ) -> Int {
        let head =
            "PUT \(path(number)) HTTP/1.1\r\nHost: a\r\nContent-Length: \(content.count)\r\n"
            + begin.joined(separator: "\r\n") + "\r\n\r\n"
        client.send(head)
        client.send(Array(content[..<count]))
        return head.utf8.count + count
    }

    private static func goOn(
        _ client: inout RawClient, at offset: Int, of number: Int = 1
    ) throws -> Int {
        try client.request(
            "PATCH", path(number),
            fields: [
                token, "Content-Type: application/partial-upload", "Upload-Offset: \(offset)",
                "Upload-Complete: ?1",
            ], body: Array(content[offset...])
        ).status
    }

    @Test(arguments: [0, 64 << 20])
    func `an upload that is refused is gone before its sender is told`(memory: Int)
        async throws
    {
        try await RunningServer.with {
            $0.memory = memory
        } _: { running in
            let wrong = "Repr-Digest: sha-256=:\(String(repeating: "A", count: 43))=:"
            try await running.client { client throws in
                for number in 1...30 {
                    let answer = try client.request(
                        "PUT", Self.path(number), fields: Self.begin + [wrong],
                        body: Self.content)
                    #expect(answer.status == 400)
                    #expect(running.parts.isEmpty)
                    let asked = try client.request(
                        "HEAD", Self.path(number), fields: [Self.token])
                    #expect(asked.status == 404)
                }
            }
            #expect(running.server.stored.bytes == 0)
        }
    }

    /// A connection that nobody uses any more is not closed for a minute.
    @Test(arguments: [0, 64 << 20], [true, false])
    func `what somebody goes on with takes its room once`(memory: Int, isDurable: Bool)
        async throws
    {
        try await RunningServer.with {
            $0.memory = memory
            $0.isDurable = isDurable
            $0.maximumStoredBytes = 3_500_000
        } _: { running in
            let (port, server) = (running.port, running.server)
            try await running.client { old throws in
                let sent = Self.start(old, sending: 2_000_000)
                let isThere = Awaited.value {
                    await Pace.until(patience) { server.counters.bytesReceived >= sent }
                }
                #expect(isThere)
                var client = try RawClient(port: port)
                let asked = try client.request("HEAD", Self.path(), fields: [Self.token])
                // What had come but for the rest of a block that was not whole, perhaps.
                let offset = try #require(asked.fields["Upload-Offset"].flatMap { Int($0) })
                #expect((1_990_000...2_000_000).contains(offset))
                #expect(try Self.goOn(&client, at: offset) == 201)
                #expect(try client.request("GET", Self.path()).body == Self.content)
                #expect(
                    try client.request("DELETE", Self.path(), fields: [Self.token]).status == 204)
                // The room of both is free, though the first connection still hangs.
                let next = try client.request(
                    "PUT", Self.path(2), fields: Self.begin, body: Self.content)
                #expect(next.status == 201)
                let metrics = try client.request("GET", "/metrics")
                let used = String(decoding: metrics.body, as: UTF8.self).split(separator: "\n")
                    .first { $0.hasPrefix("natsbridge_server_memory_used_bytes ") }
                if memory > 0 { #expect(used?.hasSuffix(" 4194304") == true) }
            }
        }
    }

    @Test(arguments: [0, 64 << 20])
    func `whoever asks while it gets its name is told that it is there`(memory: Int)
        async throws
    {
        let gate = Gate()
        let isArmed = Atomic(false)
        try await RunningServer.with {
            $0.memory = memory
            $0.isDurable = true
            $0.systemCalls = SystemCalls { call, _ in
                if call == .synchronize, isArmed.load(ordering: .relaxed) { gate.wait() }
                return .made
            }
        } _: { running in
            let port = running.port
            isArmed.store(true, ordering: .relaxed)
            try await running.client { client throws in
                Self.start(client, sending: Self.content.count)
                #expect(Awaited.value { await Pace.until(patience) { gate.waiting > 0 } })
                var other = try RawClient(port: port)
                other.send(
                    "HEAD \(Self.path()) HTTP/1.1\r\nHost: a\r\n\(Self.token)\r\n\r\n")
                gate.open()
                let asked = try other.answer(to: "HEAD")
                #expect(asked.status == 200)
                #expect(asked.fields["Content-Length"] == "\(Self.content.count)")
                #expect(try client.answer(to: "PUT").status == 201)
            }
            #expect(running.parts.isEmpty)
        }
    }

    @Test(arguments: [0, 64 << 20])
    func `what cannot get its name leaves nothing, whoever asks meanwhile`(memory: Int)
        async throws
    {
        for round in 1...8 {
            let gate = Gate()
            let isArmed = Atomic(false)
            try await RunningServer.with {
                $0.memory = memory
                $0.isDurable = true
                $0.systemCalls = SystemCalls { call, count in
                    // The block that says what it is, or before that its data from memory.
                    let isFirst =
                        call == .fileWrite && (memory == 0 ? count == 4096 : count > 4096)
                    if isFirst, isArmed.exchange(false, ordering: .relaxed) { gate.wait() }
                    return .made
                }
            } _: { running in
                let (port, server) = (running.port, running.server)
                try await running.client { late throws in
                    Self.start(late, sending: Self.content.count - 1)
                    let isThere = Awaited.value {
                        await Pace.until(patience) {
                            server.counters.bytesReceived >= Self.content.count - 1
                        }
                    }
                    #expect(isThere)
                    var client = try RawClient(port: port)
                    let put = try client.request(
                        "PUT", Self.path(), fields: [Self.token], body: [1, 2, 3])
                    #expect(put.status == 201)
                    isArmed.store(true, ordering: .relaxed)
                    late.send([Self.content[Self.content.count - 1]])
                    #expect(Awaited.value { await Pace.until(patience) { gate.waiting > 0 } })
                    let count = server.counters.uploads
                    client.send(
                        "PATCH \(Self.path()) HTTP/1.1\r\nHost: a\r\n\(Self.token)\r\n"
                            + "Content-Type: application/partial-upload\r\n"
                            + "Upload-Offset: 1\r\nUpload-Complete: ?1\r\n"
                            + "Content-Length: 0\r\n\r\n")
                    let isAsked = Awaited.value {
                        await Pace.until(patience) { server.counters.uploads > count }
                    }
                    #expect(isAsked)
                    gate.open()
                    #expect([404, 409].contains(try client.answer(to: "PATCH").status))
                    #expect([409, 412].contains(try late.answer(to: "PUT").status))
                    #expect(
                        try client.request("DELETE", Self.path(), fields: [Self.token]).status
                            == 204)
                    _ = try client.request("DELETE", Self.path(), fields: [Self.token])
                }
                #expect(await Pace.until(patience) { running.parts.isEmpty }, "round \(round)")
                #expect(server.stored.files == 0)
            }
        }
    }
}
