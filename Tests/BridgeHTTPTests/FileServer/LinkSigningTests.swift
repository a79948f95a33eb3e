import BridgeBytes
import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// Links that hold until a time, and cannot be made by others (failures.md F13, B10, H3).
@Suite(.patient) struct LinkSigningTests {
    private static let key = "key-0123456789abcdef0123456789abcdef"
    private static let newer = "newer-0123456789abcdef0123456789ab"
    private static let token = "X-UploadToken: 0123456789abcdef"
    private static let path = "/f/\(TestID.of(1))/x"

    /// The target of the link that an answer tells.
    private static func target(
        _ answer: RawClient.Answer, _ field: String = "Location"
    ) throws -> String {
        try HTTPURL(try #require(answer.fields[field])).target
    }

    private static func demanding(
        _ signing: LinkSigning = .demanded, life: Duration? = nil,
        _ body: @escaping @Sendable (inout RawClient, RunningServer) throws -> Void
    ) async throws -> FileServerCounters {
        var counters: FileServerCounters?
        try await RunningServer.with {
            $0.linkSigning = signing
            $0.linkKeys = [key]
            $0.linkTimeToLive = life
        } _: { running in
            try await running.client { client throws in try body(&client, running) }
            counters = running.server.counters
        }
        return try #require(counters)
    }

    @Test func `a link is signed as the specification says`() async throws {
        _ = try await Self.demanding { client, _ in
            let put = try client.request("PUT", Self.path, fields: [Self.token], body: [1])
            // From Python's hmac: the oracle is not this project's.
            let query = "expires=1790086400&signature=2b17681f472fae8b5d31819a9eba0e8f"
            #expect(try Self.target(put) == "\(Self.path)?\(query)")
        }
    }

    @Test func `whoever knows the identifier alone reads nothing, and all others do`()
        async throws
    {
        let counters = try await Self.demanding { client, _ in
            let put = try client.request("PUT", Self.path, fields: [Self.token], body: [1, 2, 3])
            #expect(put.status == 201)
            let link = try Self.target(put)
            // More than once: what is asked for often is answered another way.
            for _ in 0..<4 {
                #expect(try client.request("GET", link).body == [1, 2, 3])
                #expect(try client.request("HEAD", link).status == 200)
                for method in ["GET", "HEAD"] {
                    let bare = try client.request(method, Self.path)
                    #expect(bare.status == 403 && bare.body != [1, 2, 3])
                }
            }
            let part = try client.request("GET", link, fields: ["Range: bytes=1-1"])
            #expect(part.status == 206 && part.body == [2])
            // Nobody is told a link by asking with another.
            #expect(try client.request("HEAD", link).fields["Content-Location"] == nil)
            #expect(try client.request("GET", Self.path, fields: [Self.token]).body == [1, 2, 3])
            let other = "X-UploadToken: another-0123456789"
            #expect(try client.request("GET", Self.path, fields: [other]).status == 403)
            #expect(try client.request("GET", "/f/\(TestID.of(2))/x").status == 403)
        }
        #expect(counters.refusals["signature"] == 9)
    }

    @Test func `every change of a signature, its time or its object is noticed`() async throws {
        _ = try await Self.demanding { client, _ in
            let put = try client.request("PUT", Self.path, body: [1])
            let link = try Self.target(put)
            _ = try client.request("PUT", "/f/\(TestID.of(2))/x", body: [2])
            let query = String(link.drop { $0 != "?" })
            #expect(try client.request("GET", "/f/\(TestID.of(2))/x\(query)").status == 403)
            // The name is for people alone.
            #expect(try client.request("GET", "/f/\(TestID.of(1))/y\(query)").status == 200)
            let bytes = Array(query.utf8)
            for index in 1..<bytes.count {
                for flip: UInt8 in [0x01, 0x02, 0x10] {
                    var changed = bytes
                    changed[index] ^= flip
                    guard changed[index] > 0x20, changed[index] < 0x7F,
                        changed[index] != 0x23, changed[index] != 0x5C
                    else { continue }
                    let text = String(decoding: changed, as: UTF8.self)
                    #expect(try client.request("GET", Self.path + text).status == 403, "\(text)")
                }
            }
            for wrong in [
                "?", "?expires=9999999999", "?signature=\(String(repeating: "0", count: 32))",
                "\(query)&expires=9999999999", "\(query)&signature=0", "?expires=&signature=",
                "?expires=99999999999999999999&signature=0", "?expires=-1&signature=0",
            ] {
                #expect(try client.request("GET", Self.path + wrong).status == 403, "\(wrong)")
            }
        }
    }

    @Test func `a link ends with its time, and its sender gets another`() async throws {
        _ = try await Self.demanding(life: .seconds(60)) { client, running in
            let put = try client.request("PUT", Self.path, fields: [Self.token], body: [1])
            let link = try Self.target(put)
            let end = Timestamp(milliseconds: running.clock.now.milliseconds + 60_000)
            #expect(put.fields["Expires-At"] == end.description)
            running.clock.advance(by: .milliseconds(59_999))
            #expect(try client.request("GET", link).body == [1])
            running.clock.advance(by: .milliseconds(1))
            let late = try client.request("GET", link)
            #expect(late.status == 410 && late.text.contains("payload_expired"))
            let head = try client.request("HEAD", Self.path, fields: [Self.token])
            let fresh = try Self.target(head, "Content-Location")
            #expect(fresh != link && head.fields.values(for: "Expires-At").count == 1)
            #expect(try client.request("GET", fresh).body == [1])
            // Not beyond the file's own time.
            running.clock.advance(by: .seconds(86_400 - 90))
            let last = try client.request("HEAD", Self.path, fields: [Self.token])
            let fileEnd = Timestamp(milliseconds: end.milliseconds + 86_340_000)
            #expect(last.fields["Expires-At"] == fileEnd.description)
        }
    }

    @Test func `where signatures are offered, links of before still work`() async throws {
        _ = try await Self.demanding(.offered, life: .seconds(60)) { client, running in
            let put = try client.request("PUT", Self.path, body: [1])
            let link = try Self.target(put)
            for _ in 0..<3 {
                #expect(try client.request("GET", Self.path).body == [1])
                #expect(try client.request("GET", link).body == [1])
            }
            #expect(try client.request("GET", link + "0").status == 403)
            running.clock.advance(by: .seconds(60))
            #expect(try client.request("GET", link).status == 410)
            #expect(try client.request("GET", Self.path).body == [1])
            #expect(try client.request("POST", "/upload", body: []).status == 200)
        }
    }

    @Test func `keys are exchanged while links of either hold`() async throws {
        _ = try await Self.demanding { client, running in
            let path = "/f/\(TestID.of(2))/x"
            let old = try Self.target(try client.request("PUT", Self.path, body: [1]))
            try running.server.useLinkKeys([Self.newer, Self.key])
            let new = try Self.target(try client.request("PUT", path, body: [2]))
            #expect(try client.request("GET", old).body == [1])
            #expect(try client.request("GET", new).body == [2])
            #expect(throws: FileServerError.self) { try running.server.useLinkKeys(["short"]) }
            #expect(try client.request("GET", old).body == [1])
            try running.server.useLinkKeys([Self.newer])
            #expect(try client.request("GET", old).status == 403)
            #expect(try client.request("GET", new).body == [2])
        }
    }

    @Test func `without keys the folder's secret signs, also after a restart`() async throws {
        let folder = try TemporaryDirectory()
        var options = FileServerOptions(directory: folder.file("store"))
        options.linkSigning = .demanded
        let first = try await FileServer.start(options)
        let link = try await RawClient.run(first.port) { client throws in
            try Self.target(try client.request("PUT", Self.path, body: [1]))
        }
        await first.stop()
        let second = try await FileServer.start(options)
        let body = try await RawClient.run(second.port) { client throws in
            try client.request("GET", link).body
        }
        await second.stop()
        #expect(body == [1])
    }

    @Test func `the uploads of Plik are refused where links need a signature`() async throws {
        _ = try await Self.demanding { client, _ in
            let answer = try client.request("POST", "/upload", body: [])
            #expect(answer.status == 403 && answer.text.contains("Plik"))
        }
    }

    @Test(
        arguments: [
            [""], ["short"], [key, key], (0..<9).map { "key-0123456789abcdef-\($0)" },
            ["with blanks 0123456789"],
        ])
    func `keys that guard nothing are refused, and not shown`(keys: [String]) async throws {
        let folder = try TemporaryDirectory()
        var options = FileServerOptions(directory: folder.file("store"))
        options.linkKeys = keys
        let asked = options
        await #expect { try await FileServer.start(asked) } throws: { error in
            (error as? FileServerError)?.code == .invalidArgument
                && !keys.contains { !$0.isEmpty && "\(error)".contains($0) }
        }
    }

    @Test func `neither options nor the access log show keys or signatures`() async throws {
        let collector = LogCollector()
        try await RunningServer.with {
            $0.linkSigning = .demanded
            $0.linkKeys = [Self.key]
            $0.log = collector.sink
            var dumped = "\($0) \(String(reflecting: $0))"
            dump($0, to: &dumped)
            #expect(!dumped.contains(Self.key))
        } _: { running in
            try await running.client { client throws in
                let link = try Self.target(try client.request("PUT", Self.path, body: [1]))
                #expect(try client.request("GET", link).status == 200)
                #expect(try client.request("GET", link + "0").status == 403)
            }
            await running.server.stop()
            let lines = collector.events().map { "\($0)" }
            #expect(lines.count == 3)
            #expect(!lines.contains { $0.contains("signature") || $0.contains("expires=") })
        }
    }
}
