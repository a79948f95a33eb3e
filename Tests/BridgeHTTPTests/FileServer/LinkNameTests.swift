import BridgeHTTP
import BridgeSockets
import HTTPWire
import TestKit
import Testing

/// Links begin with a name that their receivers can follow (failures.md B5).
@Suite struct LinkNameTests {
    private static func names(
        _ address: String, published: String? = nil, allowed: [String] = []
    ) throws -> LinkNames {
        let address = try #require(Address(numericHost: address, port: 8080))
        return LinkNames(
            published: published, address: address,
            allowed: try allowed.map { try #require(LinkNames.Host($0)) })
    }

    private static func base(_ names: LinkNames, _ host: String) -> String? {
        var fields = FieldList()
        fields.append("Host", host)
        return names.base(for: RequestHead(method: "PUT", target: "/f/x/y", fields: fields))
    }

    @Test(arguments: [
        ("localhost:8080", "http://localhost:8080"), ("LocalHost:8080", "http://localhost:8080"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"), ("localhost", "http://127.0.0.1:8080"),
        ("localhost:9", "http://127.0.0.1:8080"), ("evil.example", "http://127.0.0.1:8080"),
        ("", "http://127.0.0.1:8080"), ("a b", "http://127.0.0.1:8080"),
        ("localhost:8080/x", "http://127.0.0.1:8080"),
        ("u@localhost:8080", "http://127.0.0.1:8080"),
    ])
    func `on the loopback both its names are known`(host: String, base: String) throws {
        #expect(Self.base(try Self.names("127.0.0.1"), host) == base)
    }

    @Test func `names that are listed are taken, with a port or with any`() throws {
        let names = try Self.names(
            "10.1.2.3", allowed: ["files.example", "other.example:9000", "[fd00::1]:8080"])
        #expect(Self.base(names, "files.example") == "http://files.example")
        #expect(Self.base(names, "FILES.example:9999") == "http://files.example:9999")
        #expect(Self.base(names, "other.example:9000") == "http://other.example:9000")
        #expect(Self.base(names, "other.example") == "http://10.1.2.3:8080")
        #expect(Self.base(names, "[fd00::1]:8080") == "http://[fd00::1]:8080")
        #expect(Self.base(names, "localhost:8080") == "http://10.1.2.3:8080")
        #expect(names.base == "http://10.1.2.3:8080")
    }

    @Test func `a public URL goes before all`() throws {
        let names = try Self.names("0.0.0.0", published: "https://files.example/store/")
        #expect(Self.base(names, "localhost:8080") == "https://files.example/store")
        #expect(names.base == "https://files.example/store")
    }

    @Test func `the target's own authority goes before the field`() throws {
        let names = try Self.names("127.0.0.1")
        let head = RequestHead(method: "PUT", target: "http://localhost:8080/f/x/y")
        #expect(names.base(for: head) == "http://localhost:8080")
    }

    @Test(arguments: ["0.0.0.0", "::"])
    func `a server at all addresses wants a name, and refuses others`(
        host: String
    ) async throws {
        let folder = try TemporaryDirectory()
        var options = FileServerOptions(directory: folder.file("store"), host: host)
        let refused = await #expect(throws: FileServerError.self) {
            try await FileServer.start(options)
        }
        #expect(refused?.code == .invalidArgument)
        #expect(refused?.detail.contains("allowedHosts") == true)
        guard host == "0.0.0.0" else { return }
        options.allowedHosts = ["127.0.0.1"]
        let server = try await FileServer.start(options)
        let port = server.port
        #expect(server.baseURL == "http://127.0.0.1:\(port)")
        try await RawClient.run(port) { client throws in
            let path = "/f/\(TestID.of(1))/x"
            // `RawClient` says that the host is `a`.
            let put = try client.request("PUT", path, body: [1])
            #expect(put.status == 421 && put.text.contains("--allow-host"))
            client.send(
                "PUT \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: 1\r\n\r\nx")
            let known = try client.answer(to: "PUT")
            #expect(known.status == 201)
            #expect(known.fields["Location"] == "http://127.0.0.1:\(port)\(path)")
            client.send("HEAD \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n")
            let head = try client.answer(to: "HEAD")
            #expect(head.fields["Content-Location"] == known.fields["Location"])
            #expect(try client.request("GET", path).text == "x")
        }
        await server.stop()
    }

    @Test(arguments: ["", "a/b", "a@b", "a b", "a:0", "a:99999", "http://a", "a?b", "a#b", "[::1"])
    func `what is no name is refused`(text: String) async throws {
        #expect(LinkNames.Host(text) == nil)
        let folder = try TemporaryDirectory()
        var options = FileServerOptions(directory: folder.file("store"))
        options.allowedHosts = [text]
        await #expect(throws: FileServerError.self) { try await FileServer.start(options) }
    }
}
