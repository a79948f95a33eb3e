import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// Who may upload and delete (failures.md F13, H8).
@Suite(.patient) struct AccessTokenTests {
    private static let upload = "upload-0123456789abcdef"
    private static let delete = "delete-0123456789abcdef"
    private static let own = "X-UploadToken: 0123456789abcdef"
    private static let path = "/f/\(TestID.of(1))/x"

    private static func with(
        _ body: @escaping @Sendable (inout RawClient) throws -> Void
    ) async throws -> FileServerCounters {
        var counters: FileServerCounters?
        try await RunningServer.with {
            $0.uploadToken = upload
            $0.deleteToken = delete
        } _: { running in
            try await running.client { client throws in try body(&client) }
            counters = running.server.counters
        }
        return try #require(counters)
    }

    @Test func `nothing is taken without the token of uploads, and everything with it`()
        async throws
    {
        let counters = try await Self.with { client throws in
            let requests = [
                ("PUT", Self.path), ("PATCH", Self.path), ("POST", "/f/x"), ("POST", "/upload"),
            ]
            let wrong: [[String]] = [
                [], ["Authorization: Bearer \(Self.delete)"], ["Authorization: \(Self.upload)"],
                ["Authorization: Basic \(Self.upload)"], ["Authorization: Bearer"],
                ["Authorization: Bearer \(Self.upload)x"],
                [String](repeating: "Authorization: Bearer \(Self.upload)", count: 2),
            ]
            for (method, path) in requests {
                for fields in wrong {
                    let answer = try client.request(
                        method, path, fields: fields + [Self.own], body: [1])
                    #expect(answer.status == 401 && answer.text.contains("permission_denied"))
                    #expect(answer.fields["WWW-Authenticate"] == "Bearer realm=\"uploads\"")
                    #expect(!answer.text.contains(Self.upload))
                }
            }
            #expect(try client.request("GET", Self.path).status == 404)
            let right = ["Authorization: bearer \(Self.upload)", Self.own]
            #expect(try client.request("PUT", Self.path, fields: right, body: [1]).status == 201)
            // The link is the right to read, and the upload's own token the right to delete it.
            for _ in 0..<3 { #expect(try client.request("GET", Self.path).body == [1]) }
            #expect(try client.request("DELETE", Self.path).status == 403)
            #expect(try client.request("DELETE", Self.path, fields: [Self.own]).status == 204)
            let plik = try client.request("POST", "/upload", fields: right, body: [])
            #expect(plik.status == 200)
        }
        #expect(counters.refusals["token"] == 28 && counters.filesStored == 1)
    }

    @Test func `whoever has the token of deletions removes what others have stored`()
        async throws
    {
        _ = try await Self.with { client throws in
            let right = ["Authorization: Bearer \(Self.upload)", Self.own]
            #expect(try client.request("PUT", Self.path, fields: right, body: [1]).status == 201)
            #expect(try client.request("GET", Self.path).status == 200)
            let others = ["Authorization: Bearer \(Self.upload)"]
            #expect(try client.request("DELETE", Self.path, fields: others).status == 403)
            let mine = ["Authorization: Bearer \(Self.delete)"]
            #expect(try client.request("DELETE", Self.path, fields: mine).status == 204)
            #expect(try client.request("GET", Self.path).status == 404)
            #expect(try client.request("DELETE", Self.path, fields: mine).status == 404)
        }
    }

    @Test func `without such a token the upload's own is needed`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                #expect(try client.request("PUT", Self.path, body: [1]).status == 201)
                let fields = ["Authorization: Bearer \(Self.delete)"]
                #expect(try client.request("DELETE", Self.path, fields: fields).status == 403)
            }
        }
    }

    @Test(arguments: ["", "short", "with blanks 0123456789", String(repeating: "x", count: 129)])
    func `a token that guards nothing, or cannot be sent, is refused`(token: String) async throws {
        let folder = try TemporaryDirectory()
        for key in [\FileServerOptions.uploadToken, \.deleteToken] {
            var options = FileServerOptions(directory: folder.file("store"))
            options[keyPath: key] = token
            let asked = options
            await #expect { try await FileServer.start(asked) } throws: { error in
                (error as? FileServerError)?.code == .invalidArgument
                    && (token.isEmpty || !"\(error)".contains(token))
            }
        }
    }

    @Test func `what is printed of the options shows no token`() {
        var options = FileServerOptions(directory: "/d")
        options.uploadToken = Self.upload
        options.deleteToken = Self.delete
        var dumped = "\(options) \(String(reflecting: options))"
        dump(options, to: &dumped)
        #expect(!dumped.contains(Self.upload) && !dumped.contains(Self.delete))
    }
}
