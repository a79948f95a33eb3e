import BridgeBytes
import BridgeHTTP
import BridgeJSON
import BridgeSockets
import HTTPWire
import TestKit
import Testing

/// Uploads that are cut and go on, also at another server on the same folder (failures.md B7, F12).
@Suite(.patient) struct ResumedUploadTests {
    private static let id = TestID.of(1)
    private static let path = "/f/\(id)/x"
    private static let token = "X-UploadToken: 0123456789abcdef"
    private static let content: [UInt8] = {
        var generator = SeededGenerator(seed: 7)
        return generator.bytes(1_000_000)
    }()

    private static let begin = [token, "If-None-Match: *", "Content-Type: image/png"]

    private static func goOn(_ offset: Int, complete: String = "?1") -> [String] {
        [
            token, "Content-Type: application/partial-upload", "Upload-Offset: \(offset)",
            "Upload-Complete: \(complete)",
        ]
    }

    /// Begins an upload, and sends so much of it.
    private static func start(_ client: borrowing RawClient, sending count: Int) {
        var head = "PUT \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(content.count)\r\n"
        for field in begin { head += field + "\r\n" }
        client.send(head + "Upload-Complete: ?1\r\n\r\n")
        client.send(Array(content[..<count]))
    }

    /// Asks how far it is; nil when the server knows of none.
    private static func offset(_ client: inout RawClient) throws -> Int? {
        let answer = try client.request("HEAD", path, fields: [token])
        guard answer.status == 204 else { return nil }
        #expect(answer.fields["Upload-Complete"] == "?0")
        #expect(answer.fields["Cache-Control"] == "no-store")
        return answer.fields["Upload-Offset"].flatMap { Int($0) }
    }

    /// Cuts an upload behind so many bytes, and returns when the server has noticed.
    private static func cut(_ running: RunningServer, at count: Int) async throws {
        try await running.client { client in start(client, sending: count) }
        #expect(await Pace.until(.seconds(60)) { running.server.openConnections == 0 })
        #expect(await Pace.until(.seconds(60)) { running.server.stored.bytes == count + 4096 })
    }

    @Test func `an upload that is cut at eighty percent goes on`() async throws {
        try await RunningServer.with { running in
            try await Self.cut(running, at: 800_000)
            try await running.client { client throws in
                #expect(try client.request("GET", Self.path).status == 404)
                #expect(try client.request("HEAD", Self.path).status == 404)
                #expect(try Self.offset(&client) == 800_000)
                let rest = Array(Self.content[800_000...])
                let done = try client.request(
                    "PATCH", Self.path, fields: Self.goOn(800_000), body: rest)
                #expect(done.status == 201 && done.fields["Location"] != nil)
                let got = try client.request("GET", Self.path)
                #expect(got.body == Self.content && got.fields["Content-Type"] == "image/png")
            }
            #expect(running.partFiles.isEmpty && running.server.stored.files == 1)
        }
    }

    @Test func `another server on the same folder goes on with it`() async throws {
        let folder = try TemporaryDirectory()
        let store = folder.file("store")
        func adjust(_ options: inout FileServerOptions) { options.directory = store }
        let first = try await RunningServer(adjust)
        try await first.client { client in Self.start(client, sending: 800_000) }
        let file = store + "/parts/" + Self.id
        #expect(
            await Pace.until(.seconds(60)) { FileSystem().size(of: file) == 804_096 })
        await first.server.stop()
        let second = try await RunningServer(adjust)
        #expect(second.server.stored.bytes == 804_096)
        try await second.client { client throws in
            #expect(try Self.offset(&client) == 800_000)
            let rest = Array(Self.content[800_000...])
            let done = try client.request(
                "PATCH", Self.path, fields: Self.goOn(800_000), body: rest)
            #expect(done.status == 201)
            #expect(try client.request("GET", Self.path).body == Self.content)
        }
        await second.server.stop()
    }

    @Test func `a small part that its sender wants to be kept is kept, whoever asks when`()
        async throws
    {
        try await RunningServer.with { running in
            try await running.client { client throws in
                let part = Self.begin + ["Upload-Complete: ?0"]
                let kept = try client.request(
                    "PUT", Self.path, fields: part, body: Array(Self.content[..<10]))
                #expect(kept.status == 204 && kept.fields["Upload-Offset"] == "10")
                for _ in 0..<2 { #expect(try Self.offset(&client) == 10) }
                let done = try client.request(
                    "PATCH", Self.path, fields: Self.goOn(10),
                    body: Array(Self.content[10..<100]))
                #expect(done.status == 201)
                #expect(try client.request("GET", Self.path).body == Array(Self.content[..<100]))
            }
            // One that is under way, and small, is asked about by its sender.
            try await running.client { client throws in
                let other = "/f/\(TestID.of(2))/x"
                let head = Self.begin.joined(separator: "\r\n")
                client.send(
                    "PUT \(other) HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\(head)\r\n"
                        + "Upload-Complete: ?1\r\nExpect: 100-continue\r\n\r\n")
                #expect(try client.interim() == 100)
                var second = try RawClient(port: running.port)
                let asked = try second.request("HEAD", other, fields: [Self.token])
                #expect(asked.status == 204 && asked.fields["Upload-Offset"] == "0")
            }
        }
    }

    @Test func `what asks for a part to be kept where none is kept is refused`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                for fields in [
                    [], [Self.token], ["If-None-Match: *"], [Self.token, "If-None-Match: \"x\""],
                ] {
                    let answer = try client.request(
                        "PUT", Self.path, fields: fields + ["Upload-Complete: ?0"], body: [1])
                    #expect(answer.status == 400)
                }
                let created = try client.request("POST", "/upload", body: []).text
                let value = try JSONValue(parsing: Bytes(utf8: created))
                let id = try #require(value["id"]?.stringValue)
                let token = try #require(value["uploadToken"]?.stringValue)
                let form = try client.request(
                    "POST", "/file/\(id)",
                    fields: [
                        "X-UploadToken: \(token)", "Upload-Complete: ?0",
                        "Content-Type: multipart/form-data; boundary=b",
                    ], body: [])
                #expect(form.status == 400)
                let file = "/file/\(id)/0123456789abcdef/x"
                let patch = try client.request("PATCH", file, body: [1])
                #expect(patch.status == 405 && patch.fields["Allow"] == "GET, HEAD, DELETE")
            }
            #expect(running.server.stored.files == 0 && running.partFiles.isEmpty)
        }
    }

    @Test func `only its sender can ask, go on and take it back`() async throws {
        try await RunningServer.with { running in
            try await Self.cut(running, at: 500_000)
            try await running.client { client throws in
                let other = "X-UploadToken: fedcba9876543210"
                #expect(try client.request("HEAD", Self.path, fields: [other]).status == 404)
                var fields = Self.goOn(500_000)
                fields[0] = other
                #expect(
                    try client.request("PATCH", Self.path, fields: fields, body: [1]).status
                        == 404)
                fields.removeFirst()
                #expect(
                    try client.request("PATCH", Self.path, fields: fields, body: [1]).status
                        == 403)
                #expect(try client.request("DELETE", Self.path, fields: [other]).status == 404)
                #expect(try Self.offset(&client) == 500_000)
                #expect(
                    try client.request("DELETE", Self.path, fields: [Self.token]).status == 204)
                #expect(try Self.offset(&client) == nil)
            }
            #expect(running.partFiles.isEmpty && running.server.stored.bytes == 0)
        }
    }

    @Test func `what does not fit what is there is refused, and nothing is lost`() async throws {
        try await RunningServer.with { running in
            try await Self.cut(running, at: 500_000)
            try await running.client { client throws in
                let wrong = try client.request(
                    "PATCH", Self.path, fields: Self.goOn(400_000), body: [1])
                #expect(wrong.status == 409 && wrong.fields["Upload-Offset"] == "500000")
                for fields in [
                    Self.goOn(500_000, complete: "yes"), Array(Self.goOn(0).dropLast()),
                    Self.goOn(-1),
                ] {
                    let answer = try client.request(
                        "PATCH", Self.path, fields: fields, body: [1])
                    #expect(answer.status == 400)
                }
                let type = [Self.token, "Upload-Offset: 500000", "Upload-Complete: ?1"]
                #expect(
                    try client.request("PATCH", Self.path, fields: type, body: [1]).status == 415)
                #expect(
                    try client.request(
                        "PATCH", "/f/\(TestID.of(2))/x", fields: Self.goOn(0), body: [1]
                    ).status == 404)
                #expect(try Self.offset(&client) == 500_000)
            }
        }
    }

    @Test func `a part that is not the last leaves it unfinished`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                let first = try client.request(
                    "PUT", Self.path, fields: Self.begin + ["Upload-Complete: ?0"],
                    body: Array(Self.content[..<400_000]))
                #expect(first.status == 204 && first.fields["Upload-Offset"] == "400000")
                let second = try client.request(
                    "PATCH", Self.path, fields: Self.goOn(400_000, complete: "?0"),
                    body: Array(Self.content[400_000..<700_000]))
                #expect(second.status == 204 && second.fields["Upload-Offset"] == "700000")
                #expect(try client.request("GET", Self.path).status == 404)
                let last = try client.request(
                    "PATCH", Self.path, fields: Self.goOn(700_000),
                    body: Array(Self.content[700_000...]))
                #expect(last.status == 201)
                #expect(try client.request("GET", Self.path).body == Self.content)
            }
        }
    }

    @Test func `whoever goes on ends the request before, whose connection hangs`() async throws {
        try await RunningServer.with { running in
            let port = running.port
            let file = running.folder.file("store/parts/\(Self.id)")
            try await running.client { old throws in
                Self.start(old, sending: 500_000)
                let isThere = Awaited.value {
                    await Pace.until(.seconds(60)) {
                        FileSystem().size(of: file).map { $0 >= 100_000 } ?? false
                    }
                }
                #expect(isThere)
                var client = try RawClient(port: port)
                let at = try #require(try Self.offset(&client))
                let done = try client.request(
                    "PATCH", Self.path, fields: Self.goOn(at), body: Array(Self.content[at...]))
                #expect(done.status == 201)
                // What still comes from there changes nothing.
                old.send([UInt8](repeating: 0, count: 500_000))
                #expect(try old.answer(to: "PUT").status == 409)
                #expect(try client.request("GET", Self.path).body == Self.content)
            }
            #expect(running.partFiles.isEmpty && running.server.stored.files == 1)
        }
    }

    @Test func `a sender that begins anew loses what was there, another may not`() async throws {
        try await RunningServer.with { running in
            try await Self.cut(running, at: 500_000)
            try await running.client { client throws in
                let other = ["X-UploadToken: fedcba9876543210", "If-None-Match: *"]
                let refused = try client.request(
                    "PUT", Self.path, fields: other + ["Upload-Complete: ?1"], body: [1, 2])
                #expect(refused.status == 412)
                #expect(try Self.offset(&client) == 500_000)
                let done = try client.request(
                    "PUT", Self.path, fields: Self.begin + ["Upload-Complete: ?1"], body: [1, 2])
                #expect(done.status == 201)
                #expect(try client.request("GET", Self.path).body == [1, 2])
            }
            #expect(running.partFiles.isEmpty && running.server.stored.files == 1)
        }
    }

    @Test func `what nobody goes on with is gone after an hour`() async throws {
        try await RunningServer.with { running in
            try await Self.cut(running, at: 500_000)
            #expect(running.server.stored.bytes == 504_096)
            running.clock.advance(by: .seconds(3599))
            await running.server.sweep()
            #expect(running.partFiles.count == 1)
            running.clock.advance(by: .seconds(2))
            await running.server.sweep()
            #expect(running.partFiles.isEmpty && running.server.stored.bytes == 0)
        }
    }

    @Test func `little is not worth keeping, and nothing is kept unasked`() async throws {
        try await RunningServer.with { running in
            try await running.client { client in Self.start(client, sending: 30_000) }
            #expect(await Pace.until(.seconds(60)) { running.server.openConnections == 0 })
            #expect(await Pace.until(.seconds(60)) { running.partFiles.isEmpty })
            try await running.client { client in
                client.send(
                    "PUT \(Self.path) HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
                        + "\(Self.token)\r\nIf-None-Match: *\r\n\r\n")
                client.send(Array(Self.content[..<500_000]))
            }
            #expect(await Pace.until(.seconds(60)) { running.server.openConnections == 0 })
            #expect(
                await Pace.until(.seconds(60)) {
                    running.partialFiles.isEmpty && running.partFiles.isEmpty
                })
            #expect(running.server.stored.bytes == 0)
        }
    }

    @Test func `the digest is that of the whole, and the quota counts what is kept`() async throws {
        try await RunningServer.with {
            $0.nativeQuota.bytes = 1_100_000
        } _: { running in
            try await Self.cut(running, at: 500_000)
            let port = running.port
            try await running.client { client throws in
                var other = try RawClient(port: port)
                let full = try other.request(
                    "PUT", "/f/\(TestID.of(2))/y", body: [UInt8](repeating: 1, count: 700_000))
                #expect(full.status == 507)
                let rest = Array(Self.content[500_000...])
                let digest = Checksum(of: Bytes(Self.content), .sha256).digits
                let field = DigestField.value(sha256: digest) ?? ""
                let done = try client.request(
                    "PATCH", Self.path,
                    fields: Self.goOn(500_000) + ["Repr-Digest: \(field)"], body: rest)
                #expect(done.status == 201 && done.fields["Repr-Digest"] == field)
            }
            #expect(await running.server.scrub() == 0)
        }
    }
}

extension RunningServer {
    fileprivate var partFiles: [String] { TestFile.names(in: folder.file("store/parts")) }
}
