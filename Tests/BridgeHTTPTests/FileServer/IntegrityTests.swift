import BridgeBytes
import BridgeHTTP
import BridgeJSON
import Glibc
import HTTPWire
import TestKit
import Testing

/// What happens to a file between its upload and its download is not passed over (failures.md B9).
@Suite(.patient) struct IntegrityTests {
    private static let path = "/f/\(TestID.of(1))/x"
    private static let block = 4096

    /// Changes one byte of a stored file, as rot would, but with a trace in its times.
    private static func flip(_ running: RunningServer, at position: Int) throws {
        let path = running.folder.file("store/objects/\(TestID.of(1))")
        let number = unsafe open(path, O_RDWR)
        try #require(number >= 0)
        defer { close(number) }
        var byte: UInt8 = 0
        unsafe #expect(pread(number, &byte, 1, position) == 1)
        byte ^= 0x10
        unsafe #expect(pwrite(number, &byte, 1, position) == 1)
    }

    private static func damaged(_ running: RunningServer) -> [String] {
        TestFile.names(in: running.folder.file("store/damaged"))
    }

    private static func put(_ running: RunningServer, _ content: [UInt8]) async throws -> String {
        let put = try await running.client { try $0.request("PUT", path, body: content) }
        #expect(put.status == 201)
        return put.fields["X-UploadToken"] ?? ""
    }

    @Test(arguments: [1, 1000, 65_536, 200_000, 3_000_000])
    func `a flipped bit is an error and not a file`(size: Int) async throws {
        try await RunningServer.with { running in
            var generator = SeededGenerator("flip \(size)")
            let token = try await Self.put(running, generator.bytes(size))
            try Self.flip(
                running, at: Self.block + Int.random(in: 0..<size, using: &generator))
            try await running.client { client throws in
                for _ in 0..<2 {
                    let got = try client.request("GET", Self.path)
                    #expect(got.status == 500)
                    let json = try JSONValue(parsing: Bytes(got.body))
                    #expect(json["error"]?.stringValue == "damaged")
                }
                #expect(try client.request("HEAD", Self.path).status == 500)
                let metrics = try client.request("GET", "/metrics").text
                #expect(metrics.contains("natsbridge_server_files_damaged_total 1\n"))
                // Its sender may bring it again.
                let again = try client.request(
                    "PUT", Self.path, fields: ["X-UploadToken: \(token)"], body: [7])
                #expect(again.status == 200)
                #expect(try client.request("GET", Self.path).body == [7])
            }
            #expect(Self.damaged(running).count == 1)
        }
    }

    @Test func `a large file that is damaged is cut before its end`() async throws {
        try await RunningServer.with { running in
            var generator = SeededGenerator("large and damaged")
            let size = 9_000_000
            _ = try await Self.put(running, generator.bytes(size))
            try Self.flip(running, at: Self.block + 10)
            try await running.client { client throws in
                client.send("GET \(Self.path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let error = #expect(throws: HTTPWireError.self) { try client.answer() }
                #expect(error?.code == .truncated)
                var next = try RawClient(port: running.port)
                #expect(try next.request("GET", Self.path).status == 500)
            }
            #expect(running.server.counters.filesDamaged == 1)
        }
    }

    @Test func `a large file that is right comes whole after a change of its times`()
        async throws
    {
        try await RunningServer.with { running in
            var generator = SeededGenerator("large and right")
            let content = generator.bytes(9_000_000)
            _ = try await Self.put(running, content)
            try Self.flip(running, at: Self.block + 10)
            try Self.flip(running, at: Self.block + 10)
            for _ in 0..<2 {
                let got = try await running.client { try $0.request("GET", Self.path) }
                #expect(got.status == 200 && got.body == content)
            }
        }
    }

    @Test(arguments: [0, 30, 4095])
    func `damaged metadata are an error, and what they were of is set aside`(
        position: Int
    ) async throws {
        try await RunningServer.with { running in
            _ = try await Self.put(running, [1, 2, 3])
            try Self.flip(running, at: position)
            let status = try await running.client { try $0.request("GET", Self.path).status }
            // The end of the block holds nothing.
            #expect(status == (position == 4095 ? 200 : 500))
            await running.server.stop()
            #expect(Self.damaged(running).count == (position == 4095 ? 0 : 1))
        }
    }

    @Test func `a file that became shorter or longer is damaged`() async throws {
        for change in [-1, 1] {
            try await RunningServer.with { running in
                _ = try await Self.put(running, [1, 2, 3])
                let path = running.folder.file("store/objects/\(TestID.of(1))")
                unsafe #expect(truncate(path, Self.block + 3 + change) == 0)
                let status = try await running.client { try $0.request("GET", Self.path).status }
                #expect(status == 500)
            }
        }
    }

    @Test func `the scrub finds what nobody asks for, and what it found goes in time`()
        async throws
    {
        let log = LogCollector()
        try await RunningServer.with { options in
            options.scrubRate = .max
            options.log = log.sink
        } _: { running in
            for number in 1...3 {
                let path = "/f/\(TestID.of(number))/x"
                let put = try await running.client {
                    try $0.request(
                        "PUT", path, fields: ["X-TTL: 2592000"],
                        body: [UInt8](repeating: 1, count: 100_000))
                }
                #expect(put.status == 201)
            }
            #expect(await running.server.scrub() == 0)
            try Self.flip(running, at: Self.block + 99_999)
            #expect(await running.server.scrub() == 1)
            #expect(await running.server.scrub() == 0)
            let counters = running.server.counters
            #expect(counters.filesDamaged == 1 && counters.filesScrubbed == 8)
            let events = log.events().filter { $0.stage == "store" }
            #expect(events.count == 1 && events[0].level == .warning)
            #expect(!events[0].description.contains(TestID.of(1)))
            #expect(running.server.stored.files == 2)
            #expect(Self.damaged(running).count == 1)
            running.clock.advance(by: .seconds(7 * 86_400))
            await running.server.sweep()
            #expect(Self.damaged(running).isEmpty)
            let bytes = running.server.stored.bytes - 2 * (100_000 + Self.block)
            #expect((1..<1000).contains(bytes))
        }
    }

    @Test func `a stated digest is checked, kept and told`() async throws {
        try await RunningServer.with { running in
            let content = Array("hello".utf8)
            let right = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:"
            let wrong = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCU=:"
            try await running.client { client throws in
                for name in ["Repr-Digest", "Content-Digest"] {
                    let refused = try client.request(
                        "PUT", Self.path, fields: ["\(name): \(wrong)"], body: content)
                    #expect(refused.status == 400)
                    let json = try JSONValue(parsing: Bytes(refused.body))
                    #expect(json["error"]?.stringValue == "checksum_mismatch")
                    let broken = try client.request(
                        "PUT", Self.path, fields: ["\(name): sha-256=:abc:"], body: content)
                    #expect(broken.status == 400)
                }
                let put = try client.request(
                    "PUT", Self.path, fields: ["Content-Digest: sha-512=:AAAA:, \(right)"],
                    body: content)
                #expect(put.status == 201 && put.fields["Repr-Digest"] == right)
                #expect(try client.request("GET", Self.path).fields["Repr-Digest"] == right)
                let part = try client.request("GET", Self.path, fields: ["Range: bytes=0-1"])
                #expect(part.status == 206 && part.fields["Repr-Digest"] == right)
            }
            #expect(running.server.counters.refusals["digest"] == 2)
            #expect(await running.leavesNoParts())
        }
    }

    @Test func `a server may take SHA-256 of everything`() async throws {
        try await RunningServer.with { options in
            options.digest = .sha256
        } _: { running in
            let put = try await running.client {
                try $0.request("PUT", Self.path, body: Array("hello".utf8))
            }
            #expect(
                put.fields["Repr-Digest"]
                    == "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:")
        }
    }
}
