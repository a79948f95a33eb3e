import BridgeBytes
import BridgeHTTP
import BridgeJSON
import HTTPWire
import TestKit
import Testing

/// Rows of failures.md: F15.
@Suite struct PlikRegistrationTests {
    private let secret = StoreSecret(key: Array(0..<32))

    @Test func `an identifier says when its upload ends, and nothing is kept`() {
        var generator = SeededGenerator("plik registrations")
        var ids: Set<String> = []
        for number in 0..<2000 {
            let expires = Int64.random(in: 0...17_000_000_000_000, using: &generator)
            let made = PlikRegistration(
                expires: expires, isOneShot: number % 2 == 0, secret: secret, using: &generator)
            #expect(ObjectKey.isPlikID(made.id) && made.token.utf8.count == 32)
            #expect((0..<1000).contains(made.expires - expires))
            #expect(PlikRegistration(id: made.id, secret: secret) == made)
            ids.insert(made.id)
        }
        #expect(ids.count == 2000)
    }

    @Test(arguments: [Int64.min, -1, 0, .max])
    func `times without end are bounded`(expires: Int64) {
        var generator = SeededGenerator("bounded")
        let made = PlikRegistration(
            expires: expires, isOneShot: false, secret: secret, using: &generator)
        #expect(made.expires >= 0)
        #expect(PlikRegistration(id: made.id, secret: secret) == made)
    }

    @Test func `what another store has made is nothing here`() {
        var generator = SeededGenerator("foreign")
        let other = StoreSecret(key: Array(1..<33))
        for _ in 0..<100 {
            let made = PlikRegistration(
                expires: 1_790_000_000_000, isOneShot: false, secret: secret, using: &generator)
            #expect(PlikRegistration(id: made.id, secret: other) == nil)
        }
        for id in ["", "short", "zzzzzzzzzzzzzzzz", "0123456789abcde.", "0123456789abcdefg"] {
            #expect(PlikRegistration(id: id, secret: secret) == nil)
        }
    }

    @Test func `the seal is HMAC-SHA-256`() {
        // RFC 4231, test case 1, has a key of 20 bytes; zeros behind it change nothing.
        let key = [UInt8](repeating: 0x0B, count: 20) + [UInt8](repeating: 0, count: 12)
        #expect(StoreSecret(key: key).seal("Hi There") == "b0344c61d8db38535ca8afceaf0bf12b")
    }

    @Test func `any number of registrations locks nobody out`() async throws {
        try await RunningServer.with { running in
            let statuses = try await running.client { client throws in
                let one =
                    "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n"
                    + "{\"ttl\":2592000}"
                var statuses: Set<Int> = []
                for _ in 0..<20 {
                    client.send(String(repeating: one, count: 100))
                    for _ in 0..<100 { statuses.insert(try client.answer(to: "POST").status) }
                }
                return statuses
            }
            #expect(statuses == [200])
            // No memory to run out of: what a registration is stands in its identifier.
            #expect(await running.leavesNoParts() && running.objectFiles.isEmpty)
        }
    }

    @Test func `an upload that was announced before a restart goes on after it`() async throws {
        let folder = try TemporaryDirectory()
        let options = FileServerOptions(directory: folder.file("store"))
        let first = try await FileServer.start(options)
        let json = try await RawClient.run(first.port) { client throws in
            try JSONValue(parsing: Bytes(client.request("POST", "/upload", body: []).body))
        }
        await first.stop()
        let second = try await FileServer.start(options)
        let id = json["id"]?.stringValue ?? ""
        let token = json["uploadToken"]?.stringValue ?? ""
        let form =
            "--q\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
            + "zz\r\n--q--"
        let status = try await RawClient.run(second.port) { client throws in
            try client.request(
                "POST", "/file/\(id)",
                fields: [
                    "X-UploadToken: \(token)", "Content-Type: multipart/form-data; boundary=q",
                ], body: Array("\(form)\r\n".utf8)
            ).status
        }
        #expect(status == 200)
        await second.stop()
    }
}
