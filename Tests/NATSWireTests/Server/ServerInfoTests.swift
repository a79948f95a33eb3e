internal import BridgeBytes
internal import BridgeJSON
internal import NATSWire
internal import Testing

@Suite struct ServerInfoTests {
    private func parse(_ text: String) throws -> ServerInfo {
        try ServerInfo(parsing: Bytes(utf8: text))
    }

    @Test func theInfoOfAServerOfToday() throws {
        let info = try parse(
            """
            {"server_id":"NA","server_name":"n1","version":"2.15.1","proto":1,"git_commit":"x",
            "go":"go1.26","host":"127.0.0.1","port":4222,"headers":true,"max_payload":1048576,
            "jetstream":true,"client_id":5,"client_ip":"127.0.0.1","xkey":"XA","api_lvl":5,
            "connect_urls":["10.0.0.1:4222","[::1]:4222"],"ws_connect_urls":["10.0.0.1:8080"],
            "cluster":"c1","domain":"d1","nonce":"n","auth_required":true,"tls_required":false,
            "tls_available":true,"ldm":true,"something_new":{"a":[1,null]}}
            """)
        #expect(info.serverID == "NA" && info.serverName == "n1" && info.version == "2.15.1")
        #expect(info.protocolVersion == 1 && info.host == "127.0.0.1" && info.port == 4222)
        #expect(info.maxPayload == 1_048_576 && info.supportsHeaders && info.supportsJetStream)
        #expect(info.clientID == 5 && info.clientIP == "127.0.0.1" && info.jetStreamLevel == 5)
        #expect(info.connectURLs == ["10.0.0.1:4222", "[::1]:4222"])
        #expect(info.cluster == "c1" && info.domain == "d1" && info.nonce == "n")
        #expect(info.requiresAuthentication && !info.requiresTLS && info.offersTLS)
        #expect(info.isLameDuck)
    }

    @Test func whatIsMissingOrNullHasAFallback() throws {
        #expect(try parse("{}") == ServerInfo())
        #expect(try parse(#"{"max_payload":null,"nonce":null}"#) == ServerInfo())
        #expect(try parse("{}").maxPayload == ServerInfo.defaultMaxPayload)
        #expect(try !parse("{}").supportsHeaders)
    }

    @Test(arguments: [
        "", "[]", "null", "{", "\"x\"", "{} {}", #"{"port":"4222"}"#, #"{"port":-1}"#,
        #"{"max_payload":-1}"#, #"{"max_payload":1.5}"#, #"{"headers":"yes"}"#,
        #"{"server_id":7}"#, #"{"connect_urls":"a"}"#, #"{"connect_urls":["a",1]}"#,
        #"{"max_payload":99999999999999999999}"#, #"{"client_id":-5}"#,
    ])
    func refused(_ text: String) {
        let error = #expect(throws: WireError.self) { try parse(text) }
        #expect(error?.code == .invalidInfo)
        #expect(error?.stage == .info)
    }
}

@Suite struct ConnectOptionsTests {
    private func fields(_ options: ConnectOptions) throws -> JSONValue {
        let line = Steps.written { FrameWriter.connect(options, into: &$0) }
        #expect(line.hasPrefix("CONNECT {") && line.hasSuffix("}\r\n"))
        return try JSONValue(parsing: Bytes(utf8: String(line.dropFirst(8))))
    }

    @Test func whatWeSay() throws {
        var options = ConnectOptions()
        options.name = "with \"quotes\"\r\nand lines"
        #expect(options.version == LibraryVersion.current)
        options.version = "1.2.3"
        let json = try fields(options)
        #expect(json["verbose"] == false && json["pedantic"] == false && json["echo"] == true)
        #expect(json["headers"] == true && json["no_responders"] == true)
        #expect(json["lang"] == "swift" && json["version"] == "1.2.3" && json["protocol"] == 1)
        #expect(json["name"] == .string(options.name))
        #expect(json["user"] == nil && json["pass"] == nil && json["auth_token"] == nil)
    }

    @Test func credentials() throws {
        var options = ConnectOptions()
        options.credentials = .user("me", password: "p\"w")
        #expect(try fields(options)["user"] == "me")
        #expect(try fields(options)["pass"] == "p\"w")
        options.credentials = .token("t")
        #expect(try fields(options)["auth_token"] == "t")
        #expect(try fields(options)["user"] == nil)
    }

    @Test func withoutHeadersThereAreNoStatuses() throws {
        var options = ConnectOptions()
        options.headers = false
        options.echo = false
        let json = try fields(options)
        #expect(json["headers"] == false && json["no_responders"] == false)
        #expect(json["echo"] == false)
    }
}
