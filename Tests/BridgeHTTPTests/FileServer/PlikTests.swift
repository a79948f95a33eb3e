import BridgeBytes
import BridgeHTTP
import BridgeJSON
import HTTPWire
import TestKit
import Testing

/// The calls of Plik, as the peers make them.
@Suite struct PlikTests {
    private struct Upload {
        let id: String
        let token: String
    }

    private static func create(
        _ client: inout RawClient, _ document: String
    ) throws -> Upload {
        let answer = try client.request(
            "POST", "/upload", fields: ["Content-Type: application/json"],
            body: Array(document.utf8))
        #expect(answer.status == 200)
        let json = try JSONValue(parsing: Bytes(answer.body))
        let id = try #require(json["id"]?.stringValue)
        let token = try #require(json["uploadToken"]?.stringValue)
        #expect(id.utf8.count == 16 && token.utf8.count == 32)
        return Upload(id: id, token: token)
    }

    private static func form(_ name: String, _ content: [UInt8], field: String = "file") -> [UInt8]
    {
        let note = "--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--XX\r\n"
        let disposition =
            "Content-Disposition: form-data; name=\"\(field)\"; filename=\"\(name)\"\r\n"
        let head = note + disposition + "Content-Type: application/octet-stream\r\n\r\n"
        return Array(head.utf8) + content + Array("\r\n--XX--\r\n".utf8)
    }

    private static func add(
        _ client: inout RawClient, _ upload: Upload, _ body: [UInt8],
        type: String = "multipart/form-data; boundary=XX"
    ) throws -> RawClient.Answer {
        try client.request(
            "POST", "/file/\(upload.id)",
            fields: ["X-UploadToken: \(upload.token)", "Content-Type: \(type)"], body: body)
    }

    @Test func `upload, download and delete go as with Plik`() async throws {
        try await RunningServer.with { running in
            var generator = SeededGenerator("plik")
            // Much that looks like the beginning of a boundary.
            let content = generator.bytes(300_000) + Array("\r\n--X\r\n--\r\r\n--XY".utf8)
            try await running.client { client throws in
                let upload = try Self.create(&client, "{\"TTL\": 60}")
                let added = try Self.add(&client, upload, Self.form("a/b c.bin", content))
                #expect(added.status == 200)
                let json = try JSONValue(parsing: Bytes(added.body))
                #expect(json["fileName"]?.stringValue == "a_b c.bin")
                #expect(json["fileSize"]?.intValue == content.count)
                var digest = MD5()
                digest.update(content.span)
                let md5 = Hex.string(digest.finalize().span)
                #expect(json["fileMd5"]?.stringValue == md5)
                #expect(json["status"]?.stringValue == "uploaded")
                let file = try #require(json["id"]?.stringValue)
                let path = "/file/\(upload.id)/\(file)/a_b%20c.bin"
                #expect(try client.request("HEAD", path).fields["Content-Length"] == "300016")
                for _ in 0..<2 { #expect(try client.request("GET", path).body == content) }
                #expect(try client.request("DELETE", path).status == 403)
                let deleted = try client.request(
                    "DELETE", path, fields: ["X-UploadToken: \(upload.token)"])
                #expect(deleted.status == 204)
                let gone = try client.request("GET", path)
                #expect(gone.status == 404 && gone.fields["Location"] == nil)
            }
        }
    }

    @Test func `a one-shot file is given out once`() async throws {
        try await RunningServer.with { running in
            for _ in 0..<20 {
                let path = try await running.client { client -> String in
                    let upload = try Self.create(&client, "{\"OneShot\": true}")
                    let added = try Self.add(&client, upload, Self.form("x", [1, 2, 3]))
                    let json = try JSONValue(parsing: Bytes(added.body))
                    return "/file/\(upload.id)/\(json["id"]?.stringValue ?? "")/x"
                }
                for _ in 0..<2 {
                    let head = try await running.client { try $0.request("HEAD", path) }
                    #expect(head.status == 200)
                }
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<10 {
                        group.addTask {
                            try await running.client { try $0.request("GET", path).status }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses.sorted() == [200] + Array(repeating: 404, count: 9))
            }
            #expect(running.server.stored.files == 0)
        }
    }

    /// Its parts could not be had one after the other.
    @Test func `of a one-shot file no part is given, but all`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                let upload = try Self.create(&client, "{\"OneShot\": true}")
                let added = try Self.add(&client, upload, Self.form("x", [1, 2, 3]))
                let json = try JSONValue(parsing: Bytes(added.body))
                let path = "/file/\(upload.id)/\(json["id"]?.stringValue ?? "")/x"
                let got = try client.request("GET", path, fields: ["Range: bytes=0-0"])
                #expect(got.status == 200 && got.body == [1, 2, 3])
                #expect(got.fields["Accept-Ranges"] == "none")
                #expect(try client.request("GET", path).status == 404)
            }
        }
    }

    @Test func `what is not right is refused and leaves nothing`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                let upload = try Self.create(&client, "")
                let wrong = Upload(id: upload.id, token: String(upload.token.reversed()))
                #expect(try Self.add(&client, wrong, Self.form("x", [1])).status == 403)
                let other = Upload(id: "0123456789abcdef", token: upload.token)
                #expect(try Self.add(&client, other, Self.form("x", [1])).status == 404)
                #expect(
                    try Self.add(&client, upload, [1], type: "application/json").status == 400)
                #expect(
                    try Self.add(&client, upload, Self.form("x", [1], field: "f")).status == 400)
                let cut = Array(Self.form("x", [1]).dropLast(4))
                #expect(try Self.add(&client, upload, cut).status == 400)
                for document in [
                    "[]", "{", "{\"ttl\": \"x\"}", "{\"stream\": true}",
                    "{\"password\": \"secret\"}",
                ] {
                    let answer = try client.request(
                        "POST", "/upload", body: Array(document.utf8))
                    #expect(answer.status == 400, "\(document)")
                }
            }
            #expect(await running.leavesNoParts() && running.objectFiles.isEmpty)
        }
    }

    @Test func `an upload ends with its life`() async throws {
        try await RunningServer.with { running in
            let (upload, path) = try await running.client { client throws in
                let upload = try Self.create(&client, "{\"ttl\": 60}")
                let added = try Self.add(&client, upload, Self.form("x", [1]))
                let json = try JSONValue(parsing: Bytes(added.body))
                return (upload, "/file/\(upload.id)/\(json["id"]?.stringValue ?? "")/x")
            }
            running.clock.advance(by: .seconds(60))
            try await running.client { client throws in
                #expect(try client.request("GET", path).status == 410)
                #expect(try Self.add(&client, upload, Self.form("y", [2])).status == 404)
            }
        }
    }
}
