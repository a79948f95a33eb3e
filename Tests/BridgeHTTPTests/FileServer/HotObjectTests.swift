import BridgeBytes
import BridgeHTTP
import Foundation
import HTTPWire
import TestKit
import Testing

/// What is asked for often is answered without the pool, and never other than from the disk
/// (failures.md B6).
@Suite(.patient) struct HotObjectTests {
    private static let path = "/f/\(TestID.of(1))/x"
    private static let token = "X-UploadToken: 0123456789abcdef"

    private static func put(
        _ client: inout RawClient, _ body: [UInt8], _ fields: [String] = []
    ) throws -> Int {
        try client.request("PUT", path, fields: [token] + fields, body: body).status
    }

    @Test func `a second answer is the first one, for every way to ask`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                let content = [UInt8](0..<200)
                #expect(try Self.put(&client, content) == 201)
                let requests: [(String, [String])] = [
                    ("GET", []), ("HEAD", []), ("GET", ["Range: bytes=3-9"]),
                    ("GET", ["Range: bytes=500-"]), ("GET", ["If-None-Match: *"]),
                    ("GET", ["If-Match: \"other\""]), ("HEAD", ["If-None-Match: *"]),
                    ("GET", ["Range: bytes=3-9", "If-Range: \"other\""]),
                ]
                var cold: [RawClient.Answer] = []
                for (method, fields) in requests {
                    // Whatever was kept is forgotten by the change of the file's times.
                    try Self.touch(running)
                    cold.append(try client.request(method, Self.path, fields: fields))
                }
                #expect(try client.request("GET", Self.path).body == content)
                for ((method, fields), first) in zip(requests, cold) {
                    let hot = try client.request(method, Self.path, fields: fields)
                    #expect(hot.status == first.status && hot.body == first.body)
                    #expect(Self.told(hot) == Self.told(first), "\(method) \(fields)")
                }
            }
        }
    }

    /// The fields of an answer but for the time.
    private static func told(_ answer: RawClient.Answer) -> [String] {
        answer.fields.filter { $0.name != "Date" }.map { "\($0.name): \($0.value)" }
    }

    private static func touch(_ running: RunningServer) throws {
        let file = running.folder.file("store/objects/\(TestID.of(1))")
        let next = Date(timeIntervalSince1970: Double.random(in: 1e9...2e9).rounded())
        try FileManager.default.setAttributes([.modificationDate: next], ofItemAtPath: file)
    }

    @Test func `what replaces an object, removes it or ends its life counts at once`()
        async throws
    {
        try await RunningServer.with { running in
            try await running.client { client throws in
                for round in 0..<20 {
                    let body = [UInt8(round)]
                    #expect(try Self.put(&client, body) == (round == 0 ? 201 : 200))
                    for _ in 0..<3 {
                        #expect(try client.request("GET", Self.path).body == body)
                    }
                }
                #expect(
                    try client.request("DELETE", Self.path, fields: [Self.token]).status == 204)
                #expect(try client.request("GET", Self.path).status == 404)
                #expect(try Self.put(&client, [1], ["X-TTL: 10"]) == 409)
            }
            try await running.client { client throws in
                let other = "/f/\(TestID.of(2))/x"
                let put = try client.request("PUT", other, fields: ["X-TTL: 10"], body: [1])
                #expect(put.status == 201)
                for _ in 0..<2 { #expect(try client.request("GET", other).status == 200) }
                running.clock.advance(by: .seconds(11))
                #expect(try client.request("GET", other).status == 410)
            }
        }
    }

    @Test func `what others do to the file is noticed`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                #expect(try Self.put(&client, [1, 2, 3]) == 201)
                for _ in 0..<2 { #expect(try client.request("GET", Self.path).status == 200) }
                let file = running.folder.file("store/objects/\(TestID.of(1))")
                let handle = try #require(FileHandle(forUpdatingAtPath: file))
                try handle.seek(toOffset: 4097)
                try handle.write(contentsOf: Data([9]))
                try handle.close()
                #expect(try client.request("GET", Self.path).status == 500)
            }
        }
    }

    @Test func `the plainest requests are answered and counted as all others are`() async throws {
        try await RunningServer.with {
            $0.browserOrigins = ["http://dash.example"]
        } _: { running in
            try await running.client { client throws in
                #expect(try Self.put(&client, [1, 2, 3]) == 201)
                // With a field that the server has to look at, and without.
                let long = try client.request("GET", Self.path, fields: ["If-Match: *"])
                for _ in 0..<3 {
                    let short = try client.request("GET", Self.path)
                    #expect(short.body == long.body && Self.told(short) == Self.told(long))
                    #expect(short.fields["Vary"] == "Origin" && short.fields["Date"] != nil)
                }
                let one = "GET \(Self.path) HTTP/1.1\r\nHost: a\r\n\r\n"
                client.send(one + one + "HEAD \(Self.path) HTTP/1.1\r\nHost: a\r\n\r\n" + one)
                for method in ["GET", "GET", "HEAD", "GET"] {
                    let answer = try client.answer(to: method)
                    #expect(answer.status == 200 && answer.isReusable)
                    #expect(answer.body == (method == "GET" ? [1, 2, 3] : []))
                }
                let id = "/f/\(TestID.of(1))"
                #expect(try client.request("GET", id).body == [1, 2, 3])
                for name in [".", "..", "a/b", "%2e%2e"] {
                    let answer = try client.request("GET", "\(id)/\(name)")
                    #expect(answer.status == (name == "a/b" ? 404 : 400), "\(name)")
                }
                let closed = try client.request("GET", Self.path, fields: ["Connection: close"])
                #expect(closed.status == 200 && !closed.isReusable)
            }
            let counters = running.server.counters
            #expect(counters.downloads == 9 && counters.inspections == 1)
            #expect(counters.answers[2] == 11 && counters.answers[4] == 4)
        }
    }

    @Test func `a log that is told of everything is told of what is ready, too`() async throws {
        let log = LogCollector()
        try await RunningServer.with {
            $0.log = log.sink
        } _: { running in
            try await running.client { client throws in
                #expect(try Self.put(&client, [1]) == 201)
                for _ in 0..<4 { #expect(try client.request("GET", Self.path).status == 200) }
            }
            await running.server.drain()
            #expect(log.events().count == 5)
        }
    }

    @Test func `readers beside a writer get what was stored whole, and the writer its last`()
        async throws
    {
        try await RunningServer.with { running in
            try await running.client { client throws in
                #expect(try Self.put(&client, [1, 2, 3]) == 201)
            }
            // Readers and a writer at once: each body is one that was stored whole.
            let port = running.port
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await RawClient.run(port) { client throws in
                            for _ in 0..<100 {
                                let got = try client.request("GET", Self.path)
                                #expect(got.status == 200 && Set(got.body).count <= 3)
                                #expect(got.fields["Content-Length"] == "\(got.body.count)")
                            }
                        }
                    }
                }
                group.addTask {
                    try await RawClient.run(port) { client throws in
                        for round in 0..<50 {
                            let body = [UInt8](repeating: UInt8(round), count: 100 + round)
                            #expect(try Self.put(&client, body) == 200)
                            #expect(try client.request("GET", Self.path).body == body)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
