import BridgeBytes
import BridgeClaims
import BridgeHTTP
import BridgeJSON
import HTTPWire
import TestKit
import Testing

/// Two gateways before one engine, of each kind.
@Suite(.patient, .needsS3Engine, .needsNATSServer) struct GatewayTests {
    private static let id = String(repeating: "0a", count: 16)

    @Test(arguments: EngineKind.allCases)
    func `what one takes the other serves, of any size and name`(kind: EngineKind) async throws {
        try await GatewayPair.run(kind) { pair async throws in
            let store = try FileServerStore(
                baseURL: HTTPURL(pair.gateways[0].baseURL), client: pair.client)
            var generator = SeededGenerator(#function + kind.rawValue)
            let contents = [
                ("t.arrows", 0), ("Grüße \"1\"?#%+&=~ *'().bin", 1), ("x", 70_000),
                ("y", 3_000_000), ("z", 40_000_001),
            ]
            for (name, size) in contents {
                let bytes = Bytes(generator.bytes(size))
                let claim = try await store.upload(
                    ClaimContent(
                        name: name, segments: [bytes], timeToLive: .seconds(60),
                        checksumAlgorithm: size < 100_000 ? .sha256 : .xxh64,
                        contentType: "image/png"), correlationID: "c")
                #expect(claim.grantedLife != nil)
                let head = try await pair.ask(1, "HEAD", claim.url)
                #expect(head.status == 200 && head.fields["Content-Length"] == String(size))
                #expect(head.fields["Content-Type"] == "image/png")
                let answer = try await pair.ask(1, "GET", claim.url)
                #expect(answer.status == 200 && answer.body == bytes)
                #expect(answer.fields["ETag"] == head.fields["ETag"])
                let mine = try await pair.ask(0, "HEAD", claim.url)
                #expect(mine.fields["ETag"] == head.fields["ETag"])
                // What its sender removes is gone everywhere.
                try await store.delete(claim, correlationID: "c")
                #expect(try await pair.ask(1, "GET", claim.url).status == 404)
            }
            #expect(pair.gateways[0].counters.filesStored == contents.count)
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `ranges, conditions and validators`(kind: EngineKind) async throws {
        try await GatewayPair.run(kind) { pair async throws in
            var generator = SeededGenerator(#function + kind.rawValue)
            let bytes = Bytes(generator.bytes(700_000))
            let path = "/f/\(Self.id)/x"
            let put = try await pair.ask(0, "PUT", path, body: .segments([bytes]))
            #expect(put.status == 201)
            let tag = try #require(put.fields["ETag"])
            let ranges = [(0, 1), (131_071, 131_074), (300_000, 700_000), (699_999, 700_000)]
            for (start, end) in ranges {
                let range = ("Range", "bytes=\(start)-\(end - 1)")
                for condition in [[], [("If-Range", tag)]] {
                    let part = try await pair.ask(1, "GET", path, [range] + condition)
                    #expect(part.status == 206 && part.body == bytes[start..<end])
                    #expect(part.fields["Content-Range"] == "bytes \(start)-\(end - 1)/700000")
                }
                let other = try await pair.ask(1, "GET", path, [range, ("If-Range", "\"o\"")])
                #expect(other.status == 200 && other.body == bytes)
            }
            let behind = try await pair.ask(1, "GET", path, [("Range", "bytes=700000-")])
            #expect(behind.status == 416)
            #expect(try await pair.ask(1, "GET", path, [("If-None-Match", tag)]).status == 304)
            #expect(try await pair.ask(1, "GET", path, [("If-Match", "\"o\"")]).status == 412)
            #expect(try await pair.ask(1, "GET", "/f/\(Self.id)/other").status == 404)
            #expect(try await pair.ask(1, "GET", "/f/\(Self.id)").status == 404)
            for (place, allowed) in [(path, "PUT, GET, HEAD, DELETE"), ("/f", "POST")] {
                let refused = try await pair.ask(1, "PATCH", place)
                #expect(refused.status == 405 && refused.fields["Allow"] == allowed)
            }
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `tokens and conditions of uploads hold at every gateway`(kind: EngineKind) async throws {
        try await GatewayPair.run(kind) { pair async throws in
            let path = "/f/\(Self.id)/x"
            let token = ("X-UploadToken", "0123456789abcdef")
            func put(_ number: Int, _ text: String, _ fields: [(String, String)]) async throws
                -> Int
            {
                try await pair.ask(
                    number, "PUT", path, fields, body: .segments([Bytes(utf8: text)])
                ).status
            }
            #expect(try await put(0, "a", [token, ("If-None-Match", "*")]) == 201)
            #expect(try await put(1, "b", [token, ("If-None-Match", "*")]) == 412)
            #expect(try await put(1, "b", [("X-UploadToken", "abcdef0123456789")]) == 409)
            #expect(try await put(1, "b", []) == 409)
            #expect(try await pair.ask(0, "GET", path).body == Bytes(utf8: "a"))
            #expect(try await put(1, "bb", [token]) == 201)
            #expect(try await pair.ask(0, "GET", path).body == Bytes(utf8: "bb"))
            // Other bytes than were stated, and a digest that is none.
            let digest = try #require(
                DigestField.value(sha256: Checksum(of: Bytes(utf8: "c"), .sha256).digits))
            #expect(try await put(1, "d", [token, ("Repr-Digest", digest)]) == 400)
            #expect(try await put(1, "c", [token, ("Repr-Digest", "sha-256=!")]) == 400)
            #expect(try await pair.ask(0, "GET", path).body == Bytes(utf8: "bb"))
            let stranger = [("X-UploadToken", "abcdef0123456789")]
            #expect(try await pair.ask(1, "DELETE", path).status == 403)
            #expect(try await pair.ask(1, "DELETE", path, stranger).status == 403)
            #expect(try await pair.ask(1, "DELETE", path, [token]).status == 204)
            #expect(try await pair.ask(0, "DELETE", path, [token]).status == 404)
            // What gateways keep for themselves has no link.
            let own = "/f/\(GatewayPlace.ownID)/natsbridge-secret"
            #expect(try await pair.ask(0, "POST", "/upload").status == 200)
            #expect(try await pair.ask(0, "GET", own).status == 404)
            #expect(try await pair.ask(0, "PUT", own).status == 400)
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `what has expired is gone with its time`(kind: EngineKind) async throws {
        try await GatewayPair.run(kind) { pair async throws in
            let path = "/f/\(Self.id)/x"
            let put = try await pair.ask(
                0, "PUT", path, [("X-TTL", "10")], body: .segments([[1, 2, 3]]))
            #expect(put.status == 201)
            #expect(try await pair.ask(1, "GET", path).body == [1, 2, 3])
            pair.advance(seconds: 11)
            let answer = try await pair.ask(1, "GET", path)
            #expect(answer.status == 410)
            #expect(answer.fields["Expires-At"] == put.fields["Expires-At"])
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `an upload that is cut leaves nothing`(kind: EngineKind) async throws {
        try await GatewayPair.run(kind) { pair async throws in
            let path = "/f/\(Self.id)/x"
            let port = pair.gateways[0].port
            for (size, sent) in [(100, 50), (30_000_000, 20_000_000)] {
                await onThread {
                    guard let connection = ScriptedConnection(connectingTo: port) else { return }
                    connection.send(
                        "PUT \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
                    connection.send([UInt8](repeating: 1, count: sent))
                }
                let gateway = pair.gateways[0]
                #expect(await Pace.until(patience) { gateway.openConnections <= 1 })
                #expect(try await pair.ask(1, "GET", path).status == 404)
            }
            // The place is free.
            #expect(try await pair.ask(1, "PUT", path, body: .segments([[7]])).status == 201)
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `a form of Plik may go through another gateway than its opening`(
        kind: EngineKind
    ) async throws {
        try await GatewayPair.run(kind) { pair async throws in
            for isOneShot in [false, true] {
                let opening = try await pair.ask(
                    0, "POST", "/upload",
                    body: .segments([Bytes(utf8: "{\"OneShot\":\(isOneShot)}")]))
                let document = try JSONValue(parsing: opening.body)
                let id = try #require(document["id"]?.stringValue)
                let token = try #require(document["uploadToken"]?.stringValue)
                let form =
                    "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.bin\"\r\n"
                    + "\r\nhello\r\n--b--\r\n"
                let fields = [
                    ("X-UploadToken", token), ("Content-Type", "multipart/form-data; boundary=b"),
                ]
                let wrong = [("X-UploadToken", "x"), fields[1]]
                let body = HTTPBody.segments([Bytes(utf8: form)])
                #expect(
                    try await pair.ask(1, "POST", "/file/\(id)", wrong, body: body).status == 403)
                let added = try await pair.ask(1, "POST", "/file/\(id)", fields, body: body)
                #expect(added.status == 200)
                let file = try JSONValue(parsing: added.body)
                #expect(file["fileMd5"] == "5d41402abc4b2a76b9719d911017c592")
                #expect(file["fileSize"]?.intValue == 5)
                let path = "/file/\(id)/\(try #require(file["id"]?.stringValue))/a%20b.bin"
                #expect(try await pair.ask(0, "HEAD", path).status == 200)
                #expect(try await pair.ask(0, "GET", path).body == Bytes(utf8: "hello"))
                let again = await Pace.until(isOneShot ? patience : .zero) {
                    (try? await pair.ask(1, "GET", path).status) == 404
                }
                #expect(again == isOneShot)
            }
        }
    }
}
