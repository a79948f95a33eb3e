import BridgeBytes
import BridgeHTTP
import BridgeJSON
import HTTPWire
import TestKit
import Testing

/// How files end, and what the limits do (failures.md B1, B2, B6, B8).
@Suite struct LifetimeTests {
    private let path = "/f/\(TestID.of(1))/x"

    @Test func `a file is there until its time, and then says when that was`() async throws {
        try await RunningServer.with { running in
            let path = self.path
            let put = try await running.client {
                try $0.request("PUT", path, fields: ["X-TTL: 60"], body: [1, 2, 3])
            }
            let expires = try #require(put.fields["Expires-At"])
            running.clock.advance(by: .milliseconds(59_999))
            let before = try await running.client { try $0.request("GET", path) }
            #expect(before.status == 200 && before.fields["Expires-At"] == expires)
            running.clock.advance(by: .milliseconds(1))
            for _ in 0..<2 {
                let gone = try await running.client { try $0.request("GET", path) }
                #expect(gone.status == 410 && gone.fields["Expires-At"] == expires)
                let json = try JSONValue(parsing: Bytes(gone.body))
                #expect(json["expiresAt"]?.stringValue == expires)
                #expect(json["error"]?.stringValue == "payload_expired")
                // The second time after the sweep, when only the tombstone is left.
                await running.server.sweep()
            }
            #expect((1..<1000).contains(running.server.stored.bytes))
        }
    }

    @Test func `the sweep frees what expired and forgets it later`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                for number in 0..<30 {
                    let life = number < 20 ? 10 : 1000
                    let answer = try client.request(
                        "PUT", "/f/\(TestID.of(number))/x", fields: ["X-TTL: \(life)"],
                        body: [UInt8](repeating: 1, count: 10_000))
                    #expect(answer.status == 201)
                }
            }
            #expect(await running.server.sweep() == 0)
            #expect(running.server.stored.bytes == 30 * 14_096)
            running.clock.advance(by: .seconds(10))
            async let one = running.server.sweep()
            async let other = running.server.sweep()
            #expect(await one + other == 20)
            let tombs = running.server.stored.bytes - 10 * 14_096
            #expect(tombs > 0 && tombs < 20 * 1000)
            running.clock.advance(by: .seconds(86_400))
            #expect(await running.server.sweep() == 10)
            #expect(running.objectFiles.count == 10)
            running.clock.advance(by: .seconds(86_400))
            await running.server.sweep()
            #expect(await running.leavesNoParts() && running.objectFiles.isEmpty)
            #expect(running.server.stored.files == 0 && running.server.stored.bytes == 0)
        }
    }

    @Test func `a download that has begun survives expiry, sweep and deletion`() async throws {
        try await RunningServer.with { running in
            let path = self.path
            var generator = SeededGenerator("survivor")
            let content = generator.bytes(8_000_000)
            let server = running.server
            let clock = running.clock
            let got = try await RawClient.run(running.port) { client throws in
                _ = try client.request("PUT", path, fields: ["X-TTL: 10"], body: content)
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                // The head has come when the rest of the file is still to be sent.
                return try client.answer()
            }
            #expect(got.body == content)
            async let late = RawClient.run(running.port) { client throws in
                try client.request("GET", path)
            }
            let status = try await late.status
            #expect(status == 200)
            clock.advance(by: .seconds(11))
            #expect(await server.sweep() == 1)
        }
    }

    @Test(arguments: [
        ("0", 400), ("-1", 400), ("1.5", 400), ("abc", 400), ("1", 201),
        ("99999999999999999999999", 201), ("9223372036854775807", 201),
    ])
    func `a wish for a life is a number of seconds`(_ wish: String, _ status: Int) async throws {
        try await RunningServer.with { running in
            let path = self.path
            let answer = try await running.client {
                try $0.request("PUT", path, fields: ["X-TTL: \(wish)"], body: [1])
            }
            #expect(answer.status == status)
            let longest = running.clock.now.advanced(by: .seconds(30 * 86_400))
            if wish.utf8.count > 10, status == 201 {
                #expect(answer.fields["Expires-At"] == longest?.description)
            }
        }
    }

    @Test func `files outlive the server, half uploads do not`() async throws {
        let folder = try TemporaryDirectory()
        var options = FileServerOptions(directory: folder.file("store"))
        options.isDurable = true
        let first = try await FileServer.start(options)
        let path = self.path
        let put = try await RawClient.run(first.port) {
            try $0.request("PUT", path, fields: ["Content-Type: a/b"], body: [1, 2])
        }
        await first.stop()
        try TestFile.write([1, 2, 3], to: folder.file("store/partial/left-over"))
        try TestFile.write("not ours", to: folder.file("store/objects/\(TestID.of(7))"))
        let second = try await FileServer.start(options)
        #expect(TestFile.names(in: folder.file("store/partial")).isEmpty)
        let (got, damaged) = try await RawClient.run(second.port) { client throws in
            (try client.request("GET", path), try client.request("GET", "/f/\(TestID.of(7))"))
        }
        #expect(got.body == [1, 2] && got.fields["Content-Type"] == "a/b")
        #expect(got.fields["ETag"] == put.fields["ETag"])
        #expect(damaged.status == 500)
        let token = put.fields["X-UploadToken"] ?? ""
        let deleted = try await RawClient.run(second.port) {
            try $0.request("DELETE", path, fields: ["X-UploadToken: \(token)"])
        }
        #expect(deleted.status == 204)
        await second.stop()
    }

    @Test func `what is too large is refused, from the head or while it comes`() async throws {
        try await RunningServer.with { options in
            options.maximumFileSize = 100_000
        } _: { running in
            let path = self.path
            try await running.client { client throws in
                let exact = try client.request(
                    "PUT", path, body: [UInt8](repeating: 1, count: 100_000))
                #expect(exact.status == 201)
            }
            try await running.client { client throws in
                client.send("PUT \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n")
                #expect(try client.answer(to: "PUT").status == 413)
            }
            try await running.client { client throws in
                client.send(
                    "PUT /f/\(TestID.of(2))/x HTTP/1.1\r\nHost: a\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n"
                )
                let chunk = "2710\r\n" + String(repeating: "y", count: 10_000) + "\r\n"
                client.send(String(repeating: chunk, count: 10) + "1\r\nz\r\n")
                let answer = try client.answer(to: "PUT")
                #expect(answer.status == 413 && !answer.isReusable)
            }
            #expect(running.objectFiles.count == 1)
        }
    }

    @Test func `a full store says so, keeps nothing partial, and goes on serving`() async throws {
        try await RunningServer.with { options in
            options.maximumStoredBytes = 3 * (4096 + 1000)
        } _: { running in
            let body = [UInt8](repeating: 1, count: 1000)
            try await running.client { client throws in
                for number in 0..<3 {
                    let put = try client.request(
                        "PUT", "/f/\(TestID.of(number))/x", fields: ["X-TTL: 5"], body: body)
                    #expect(put.status == 201)
                }
                #expect(
                    try client.request("PUT", "/f/\(TestID.of(3))/x", body: body).status == 507)
                #expect(try client.request("GET", "/f/\(TestID.of(0))/x").status == 200)
                #expect(try client.request("GET", "/readyz").status == 503)
                #expect(try client.request("GET", "/healthz").status == 200)
            }
            #expect(await running.leavesNoParts() && running.server.stored.files == 3)
            running.clock.advance(by: .seconds(5))
            #expect(await running.server.sweep() == 3)
            try await running.client { client throws in
                let put = try client.request("PUT", "/f/\(TestID.of(4))/x", body: [1])
                #expect(put.status == 201)
            }
        }
    }

    @Test func `conditions are obeyed`() async throws {
        try await RunningServer.with { running in
            let path = self.path
            try await running.client { client throws in
                let put = try client.request("PUT", path, body: Array("0123456789".utf8))
                let tag = try #require(put.fields["ETag"])
                let unchanged = try client.request("GET", path, fields: ["If-None-Match: \(tag)"])
                #expect(unchanged.status == 304 && unchanged.body.isEmpty)
                #expect(unchanged.fields["ETag"] == tag)
                #expect(
                    try client.request("GET", path, fields: ["If-Match: \"other\""]).status == 412)
                let part = try client.request(
                    "GET", path, fields: ["Range: bytes=2-3", "If-Range: \(tag)"])
                #expect(part.status == 206 && part.text == "23")
                let whole = try client.request(
                    "GET", path, fields: ["Range: bytes=2-3", "If-Range: \"other\""])
                #expect(whole.status == 200 && whole.body.count == 10)
                let head = try client.request("HEAD", path, fields: ["Range: bytes=2-3"])
                #expect(head.status == 200 && head.fields["Content-Length"] == "10")
            }
        }
    }

    @Test func `an upload that was deleted on its way is not stored`() async throws {
        try await RunningServer.with { running in
            let path = "/f/\(TestID.of(1))/x"
            let token = "X-UploadToken: 0123456789abcdef"
            let late = try await running.client { first throws in
                first.send("PUT \(path) HTTP/1.1\r\nHost: a\r\n\(token)\r\n")
                first.send("Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
                #expect(try first.interim() == 100)
                do {
                    var second = try RawClient(port: running.port)
                    let gone = try second.request("DELETE", path, fields: [token])
                    #expect(gone.status == 404)
                }
                first.send([1, 2, 3])
                return try first.answer(to: "PUT").status
            }
            #expect(late == 409)
            #expect(await running.leavesNoParts() && running.objectFiles.isEmpty)
            try await running.client { client throws in
                // The same upload cannot come later either; another one can.
                let again = try client.request("PUT", path, fields: [token], body: [1])
                #expect(again.status == 409)
                #expect(try client.request("PUT", path, body: [1]).status == 201)
            }
        }
    }
}
