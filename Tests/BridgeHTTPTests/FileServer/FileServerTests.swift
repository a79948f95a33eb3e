import BridgeBytes
import BridgeHTTP
import BridgeJSON
import HTTPWire
import TestKit
import Testing

/// The native store over real sockets (failures.md B10, F7, F10).
@Suite struct FileServerTests {
    /// Sixteen have a large buffer; the others take what comes in small pieces.
    @Test func `more large uploads at a time than there are large buffers`() async throws {
        try await RunningServer.with { running in
            let port = running.port
            try await running.client { client throws in
                var uploads: [HalfUpload] = []
                for number in 0..<24 { uploads.append(try HalfUpload(port, number)) }
                // Each has one for as long as its body comes, so late ones get what others leave.
                for upload in uploads.shuffled() { #expect(try upload.finish() == 201) }
                for number in 24..<40 { #expect(try HalfUpload(port, number).finish() == 201) }
                for number in 0..<40 {
                    let got = try client.request("GET", "/f/\(TestID.of(number))/x")
                    #expect(got.status == 200 && got.body == HalfUpload.content(number))
                }
            }
        }
    }

    /// An upload of 512 KiB of which half has come.
    private final class HalfUpload {
        private var client: RawClient
        private let rest: [UInt8]

        static func content(_ number: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(number), count: 256 << 10)
                + [UInt8](repeating: UInt8(255 - number), count: 256 << 10)
        }

        init(_ port: Int, _ number: Int) throws {
            client = try RawClient(port: port)
            let content = Self.content(number)
            rest = Array(content[(256 << 10)...])
            client.send("PUT /f/\(TestID.of(number))/x HTTP/1.1\r\nHost: a\r\n")
            client.send("Content-Length: \(content.count)\r\nExpect: 100-continue\r\n\r\n")
            #expect(try client.interim() == 100)
            client.send(Array(content[..<(256 << 10)]))
        }

        func finish() throws -> Int {
            client.send(rest)
            return try client.answer(to: "PUT").status
        }
    }

    private let id = "00112233445566778899aabbccddeeff"

    @Test func `what is put is got back, with its description`() async throws {
        try await RunningServer.with { running in
            let (base, id) = (running.server.baseURL, self.id)
            try await running.client { client throws in
                let put = try client.request(
                    "PUT", "/f/\(id)/a%20b.txt", fields: ["Content-Type: text/plain"],
                    body: Array("hello".utf8))
                #expect(put.status == 201)
                #expect(put.fields["Location"] == "\(base)/f/\(id)/a%20b.txt")
                #expect(put.fields["X-UploadToken"]?.utf8.count == 32)
                let json = try JSONValue(parsing: Bytes(put.body))
                #expect(json["id"]?.stringValue == id && json["size"]?.intValue == 5)
                #expect(json["expiresAt"]?.stringValue == put.fields["Expires-At"])
                let got = try client.request("GET", "/f/\(id)/a%20b.txt")
                #expect(got.status == 200 && got.text == "hello")
                #expect(got.fields["Content-Type"] == "text/plain")
                #expect(got.fields["ETag"] == put.fields["ETag"])
                #expect(got.fields["Accept-Ranges"] == "bytes")
                #expect(got.fields["X-Content-Type-Options"] == "nosniff")
                #expect(got.fields["Content-Security-Policy"]?.contains("sandbox") == true)
                #expect(
                    got.fields["Content-Disposition"] == "attachment; filename=\"a b.txt\"")
                let head = try client.request("HEAD", "/f/\(id)/a%20b.txt")
                #expect(head.status == 200 && head.body.isEmpty)
                #expect(head.fields["Content-Length"] == "5")
            }
            #expect(running.server.stored.files == 1)
        }
    }

    @Test func `a large file streams in and out, by length and by chunks`() async throws {
        try await RunningServer.with { running in
            var generator = SeededGenerator("large file")
            let content = generator.bytes(5_000_011)
            try await running.client { client throws in
                let put = try client.request("PUT", "/f/\(TestID.of(1))/big", body: content)
                #expect(put.status == 201)
                var chunked = Array(
                    ("PUT /f/\(TestID.of(2))/big HTTP/1.1\r\nHost: a\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n").utf8)
                var position = 0
                for size in [1, 70_000, 3, 1_000_000, 65_536] + Array(repeating: 500_000, count: 9)
                {
                    let end = min(position + size, content.count)
                    guard end > position else { break }
                    chunked += Array("\(String(end - position, radix: 16));x=\"y\"\r\n".utf8)
                    chunked += content[position..<end] + [13, 10]
                    position = end
                }
                #expect(position == content.count)
                client.send(chunked + Array("0\r\nX-Sum: 1\r\n\r\n".utf8))
                #expect(try client.answer(to: "PUT").status == 201)
                for number in [1, 2] {
                    let got = try client.request("GET", "/f/\(TestID.of(number))/big")
                    #expect(got.body == content)
                }
            }
            #expect(await running.leavesNoParts())
            let counters = running.server.counters
            #expect(counters.uploads == 2 && counters.downloads == 2)
            #expect(counters.filesStored == 2 && counters.bytesSent > 2 * content.count)
        }
    }

    @Test func `the server chooses an identifier for POST`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                let post = try client.request("POST", "/f/%E2%82%AC.bin", body: [1, 2, 3])
                #expect(post.status == 201)
                let url = try #require(post.fields["Location"])
                let path = String(url.dropFirst("http://127.0.0.1:".count).drop { $0 != "/" })
                let got = try client.request("GET", path)
                #expect(got.body == [1, 2, 3])
                let disposition = got.fields["Content-Disposition"]
                #expect(
                    disposition
                        == "attachment; filename=\"_.bin\"; filename*=UTF-8''%E2%82%AC.bin")
                let other = try client.request("POST", "/f/", body: [])
                #expect(other.fields["Location"]?.hasSuffix("/data") == true)
            }
        }
    }

    @Test func `an identifier is used once, unless its owner replaces it`() async throws {
        try await RunningServer.with { running in
            let path = "/f/\(id)/x"
            try await running.client { client throws in
                let first = try client.request(
                    "PUT", path, fields: ["If-None-Match: *"], body: [1])
                #expect(first.status == 201)
                let again = try client.request(
                    "PUT", path, fields: ["If-None-Match: *"], body: [2])
                #expect(again.status == 412)
                #expect(try client.request("PUT", path, body: [3]).status == 409)
                let wrong = try client.request(
                    "PUT", path, fields: ["X-UploadToken: 0123456789abcdef"], body: [4])
                #expect(wrong.status == 409)
                let token = try #require(first.fields["X-UploadToken"])
                #expect(try client.request("GET", path).body == [1])
                let replaced = try client.request(
                    "PUT", path, fields: ["X-UploadToken: \(token)"], body: [5, 5])
                #expect(replaced.status == 200)
                #expect(replaced.fields["ETag"] != first.fields["ETag"])
                #expect(try client.request("GET", path).body == [5, 5])
                let stale = try client.request(
                    "PUT", path,
                    fields: ["X-UploadToken: \(token)", "If-Match: \(first.fields["ETag"] ?? "")"],
                    body: [6])
                #expect(stale.status == 412)
            }
            #expect(running.server.stored.files == 1)
            #expect(running.server.stored.bytes == 4096 + 2)
        }
    }

    @Test func `of many writers for one identifier exactly one wins`() async throws {
        try await RunningServer.with { running in
            let id = self.id
            let answers = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for writer in 0..<20 {
                    group.addTask {
                        let body = [UInt8](repeating: UInt8(writer), count: 40_000 + writer)
                        let answer = try await running.client {
                            try $0.request(
                                "PUT", "/f/\(id)/x", fields: ["If-None-Match: *"], body: body)
                        }
                        return (writer, answer.status)
                    }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1.0] = $1.1 }
            }
            let winners = answers.filter { $0.value == 201 }.map(\.key)
            #expect(winners.count == 1)
            #expect(answers.values.filter { $0 == 412 }.count == 19)
            let got = try await running.client { try $0.request("GET", "/f/\(id)/x") }
            let winner = try #require(winners.first)
            #expect(got.body == [UInt8](repeating: UInt8(winner), count: 40_000 + winner))
            #expect(await running.leavesNoParts())
        }
    }

    @Test func `deleting needs the token`() async throws {
        try await RunningServer.with { running in
            let path = "/f/\(id)/x"
            try await running.client { client throws in
                let put = try client.request("PUT", path, body: [1])
                let token = try #require(put.fields["X-UploadToken"])
                #expect(try client.request("DELETE", path).status == 403)
                let wrong = String(token.reversed())
                #expect(
                    try client.request("DELETE", path, fields: ["X-UploadToken: \(wrong)"]).status
                        == 403)
                #expect(
                    try client.request("DELETE", path, fields: ["X-UploadToken: \(token)"]).status
                        == 204)
                #expect(try client.request("GET", path).status == 404)
                #expect(
                    try client.request("DELETE", path, fields: ["X-UploadToken: \(token)"]).status
                        == 404)
            }
            #expect(running.server.stored.bytes == 0 && running.objectFiles.isEmpty)
        }
    }
}
