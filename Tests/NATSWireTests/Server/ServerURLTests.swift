import BridgeBytes
internal import NATSWire
internal import Testing

@Suite struct ServerURLTests {
    @Test(arguments: [
        ("nats://host:4333", "host", 4333), ("nats://host", "host", 4222), ("host", "host", 4222),
        ("10.0.0.1:4222", "10.0.0.1", 4222), ("host:1", "host", 1), ("host:65535", "host", 65535),
        ("[::1]:4222", "::1", 4222), ("[::1]", "::1", 4222),
        ("nats://[fe80::1%eth0]:5", "fe80::1%eth0", 5),
        ("NATS://h.example.com:4222/", "h.example.com", 4222), ("tls://host", "host", 4222),
        ("ws://host", "host", 80), ("wss://host/", "host", 443), ("WSS://[::1]:8/x", "::1", 8),
    ])
    func addresses(_ text: String, _ host: String, _ port: Int) throws {
        let url = try ServerURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.credentials == .none)
    }

    @Test(arguments: [
        ("a", ["a"]), ("a,b", ["a", "b"]), (" nats://a:1 ,\tb ", ["nats://a:1", "b"]),
        ("a,", ["a"]), (",a,,b,", ["a", "b"]), ("", []), (" , ,", []),
    ])
    func lists(_ text: String, _ addresses: [String]) {
        #expect(ServerURL.list(text) == addresses)
    }

    @Test func schemes() throws {
        #expect(try ServerURL("tls://h").scheme == .tls)
        #expect(try ServerURL("h").scheme == .nats)
        #expect(try ServerURL("ws://h").scheme == .ws)
        #expect(try ServerURL("wss://h").scheme == .wss)
        for text in ["http://h", "https://h", "://h"] {
            let error = #expect(throws: WireError.self) { try ServerURL(text) }
            #expect(error?.code == .unsupportedScheme)
        }
    }

    @Test(arguments: [
        ("ws://h", "/"), ("ws://h/", "/"), ("ws://h/a/b?c=d/e", "/a/b?c=d/e"), ("ws://h?x", "/?x"),
        ("wss://u:p@h:1/a%20b", "/a%20b"), ("nats://h", ""),
    ])
    func `paths and queries of WebSockets are kept as they are`(_ text: String, _ target: String)
        throws
    {
        #expect(try ServerURL(text).target == target)
    }

    @Test func credentials() throws {
        #expect(
            try ServerURL("nats://me:secret@h").credentials == .user("me", password: "secret"))
        #expect(try ServerURL("me:@h").credentials == .user("me", password: ""))
        #expect(try ServerURL("nats://token@h:1").credentials == .token("token"))
        #expect(
            try ServerURL("nats://a%40b:c%3a%2F@h").credentials == .user("a@b", password: "c:/"))
        #expect(try ServerURL("nats://a:b@c@h").credentials == .user("a", password: "b@c"))
        #expect(try ServerURL("nats://@h").credentials == .none)
    }

    @Test(arguments: [
        "", "nats://", ":4222", "host:", "host:0", "host:65536", "host:x", "host:-1", "a b", "h\n",
        "::1", "fe80::1:4222", "[::1", "[host]", "[]:1", "[::1]4222", "[::1]:", "h/path",
        "ws://h/a b", "ws://h/#x", "ws://h/é", "ws://h/\r\nX: y", "ws:///a",
        "nats://%zz@h", "nats://%f@h", "nats://%ff@h", "host:99999999999999999999",
    ])
    func refused(_ text: String) {
        let error = #expect(throws: WireError.self) { try ServerURL(text) }
        #expect(error?.code == .invalidURL)
        #expect(error?.stage == .url)
    }

    @Test func secretsStayHidden() throws {
        let url = try ServerURL("nats://me:hush@h:4222")
        var dumped = ""
        dump(url, to: &dumped)
        for text in ["\(url)", String(reflecting: url), dumped, "\([url])"] {
            #expect(!text.contains("hush"), "\(text)")
        }
        #expect(try ServerURL("wss://me:x@h/a?token=hush").description == "wss://h:443/a")
        let error = #expect(throws: WireError.self) { try ServerURL("nats://me:hush@h:0") }
        #expect(error.map { !"\($0)".contains("hush") } == true)
    }

    @Test func authoritiesAreWrittenAsServersDo() throws {
        #expect(try ServerURL("[::1]:42").authority == "[::1]:42")
        #expect(try ServerURL("nats://u:p@h").description == "nats://h:4222")
        #expect(try ServerURL("h").isSameServer(as: ServerURL("nats://a:b@h:4222")))
        #expect(try !ServerURL("h").isSameServer(as: ServerURL("h:1")))
    }
}
