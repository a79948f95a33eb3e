internal import BridgeBytes
internal import NATSWire
internal import Testing

@Suite struct ConnectionContextTests {
    private func parse(_ text: String) throws -> ConnectionContext {
        try ConnectionContext(parsing: Bytes(utf8: text))
    }

    @Test func membersThatAreThere() throws {
        let context = try parse(
            """
            {"description":"d","url":"nats://a:4222, nats://b:4223","user":"u","password":"p",
            "token":"t","inbox_prefix":"_INBOX.me","jetstream_domain":"hub","creds":"/a",
            "jetstream_api_prefix":"js.acc","nkey":"~/b","user_jwt":"j","user_seed":"s",
            "color_scheme":"blue","tls_first":false}
            """)
        #expect(context.servers == ["nats://a:4222", "nats://b:4223"])
        #expect(context.user == "u" && context.password == "p" && context.token == "t")
        #expect(context.credentialsFile == "/a" && context.seedFile == "~/b")
        #expect(context.jwt == "j" && context.seed == "s")
        #expect(context.inboxPrefix == "_INBOX.me" && context.jetStreamDomain == "hub")
        #expect(context.jetStreamAPIPrefix == "js.acc")
    }

    @Test func nothingIsAContextToo() throws {
        let context = try parse("{}")
        #expect(context.servers.isEmpty && context.user == nil && context.token == nil)
    }

    @Test(arguments: [
        "nsc", "socks_proxy", "jwt", "seed", "tls",
        "windows_cert_store", "windows_cert_match",
        "windows_cert_match_by", "windows_ca_certs_match",
    ])
    func whatIsNotBuiltInIsRefused(_ member: String) {
        let error = #expect(throws: WireError.self) { try parse("{\"\(member)\":\"secret\"}") }
        #expect(error?.code == .unsupportedContext)
        #expect(error.map { $0.message.contains(member) && !$0.message.contains("secret") } == true)
    }

    @Test(arguments: ["true", "{\"ca\":\"x\"}", "[\"x\"]", "1"])
    func aWishForTLSIsNoneOnlyWhenItSaysNothing(_ value: String) throws {
        let error = #expect(throws: WireError.self) { try parse("{\"tls\":\(value)}") }
        #expect(error?.code == .unsupportedContext)
        for nothing in ["false", "null", "\"\"", "{}", "[]"] {
            _ = try parse("{\"tls\":\(nothing),\"nsc\":\(nothing)}")
        }
    }

    @Test(arguments: ["", "[]", "null", "{", #"{"url":1}"#, #"{"token":["a"]}"#])
    func malformed(_ text: String) {
        let error = #expect(throws: WireError.self) { try parse(text) }
        #expect(error?.code == .invalidContext && error?.stage == .context)
    }

    @Test func secretsStayOutOfTexts() throws {
        let context = try parse(
            #"{"url":"nats://u:hunter2@a","password":"hunter2","user_seed":"hunter2"}"#)
        var dumped = ""
        dump(context, to: &dumped)
        #expect(!"\(context)".contains("hunter2") && !dumped.contains("hunter2"))
    }
}
