internal import BridgeBytes
internal import NATSWire
internal import TestKit
internal import Testing

/// The edge cases of the client protocol, one by one: what servers and other clients were seen to
/// send, tolerate and refuse. The names say the case; each stream is fed whole, byte by byte, cut
/// at every place, and the short ones at every pair of places.
@Suite struct ProtocolEdgeTests {
    private func every(_ input: String, _ seen: [Steps.Seen]) {
        for feed in Splits.of(Bytes(utf8: input), name: input) {
            #expect(Steps.parse(feed.pieces) == seen, "\(input.debugDescription) \(feed)")
        }
    }

    private func every(_ input: String, refused code: ErrorCode) {
        every(input, [.failed(code)])
    }

    private static let block = "NATS/1.0\r\nA: b\r\n\r\n"

    @Test("1: a frame may be cut anywhere, between verb, blanks, arguments, CR, LF and payload")
    func cuts() {
        every(
            "HMSG a 1 r 18 20\r\n\(Self.block)hi\r\nPING\r\n",
            [
                Steps.message("a", 1, reply: "r", headers: Self.block, "hi"), .ping,
            ])
        every(
            "MSG a 1 r 2\r\nhi\r\nMSG b 2 0\r\n\r\n",
            [
                Steps.message("a", 1, reply: "r", "hi"), Steps.message("b", 2, ""),
            ])
    }

    @Test("2: verbs come in any case, blanks and tabs in any number")
    func verbsAndBlanks() {
        for verb in ["MSG", "msg", "mSg", "MSg"] {
            every("\(verb) \t a\t\t1  2 \t\r\nhi\r\n", [Steps.message("a", 1, "hi")])
        }
        every("+ok\r\n-err 'x'\r\nInFo {}\r\npong\r\n", [.ok, .error("'x'"), .info("{}"), .pong])
    }

    @Test("3: PING, PONG and +OK tolerate anything up to the line feed, but no blank before them")
    func looseControlLines() {
        every("PING  \r  \nPONG x\n+OK \t\r\n", [.ping, .pong, .ok])
        every(" PING\r\n", refused: .unknownVerb)
        every("\tPONG\r\n", refused: .unknownVerb)
        // CR is dropped only just before the line feed.
        every("MSG a 1 2\r \r\nhi\r\n", refused: .invalidControlLine)
    }

    @Test("4: after a payload come CR LF and nothing else")
    func payloadEnds() {
        every("MSG a 1 2\r\nhi\r\n", [Steps.message("a", 1, "hi")])
        for end in ["\n", "\r\r", "!\r\n", "  ", "\n\r"] {
            every("MSG a 1 2\r\nhi\(end)PING\r\n", refused: .payloadTerminatorMissing)
        }
    }

    @Test("5: numbers of arguments, and sizes: 64 digits, negative, header beyond total, zero")
    func argumentsAndSizes() {
        every("MSG a 1\r\n", refused: .invalidControlLine)
        every("MSG a 1 r 2 9\r\n", refused: .invalidControlLine)
        every("HMSG a 1 2\r\n", refused: .invalidControlLine)
        every("HMSG a 1 r 2 2 9\r\n", refused: .invalidControlLine)
        let digits = String(repeating: "9", count: 64)
        every("MSG a 1 \(digits)\r\n", refused: .invalidNumber)
        every("HMSG a 1 \(digits) \(digits)\r\n", refused: .invalidNumber)
        every("MSG a 1 18446744073709551616\r\n", refused: .invalidNumber)
        every("MSG a 1 -1\r\n", refused: .invalidNumber)
        every("MSG a -1 1\r\n", refused: .invalidNumber)
        every("HMSG a 1 3 2\r\n", refused: .headerSizeExceedsTotal)
        every("HMSG a 1 0 0\r\n\r\n", [Steps.message("a", 1, headers: "", "")])
        every("MSG a 1 0\r\n\r\n", [Steps.message("a", 1, "")])
    }

    @Test("6: header blocks as they come from servers and clients")
    func headerBlocks() throws {
        func read(_ text: String) throws -> HeaderBlock {
            try HeaderBlock(parsing: Bytes(utf8: text))
        }
        #expect(try read("NATS/1.0 503\r\n\r\n").status?.code == 503)
        #expect(
            try read("NATS/1.0  404   No Messages\r\n\r\n").status
                == HeaderStatus(code: 404, description: "No Messages"))
        #expect(
            try read("NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 7\r\n\r\n")
                .headers["Nats-Last-Consumer"] == "7")
        #expect(throws: WireError.self) { try read("NATS/1.0\r\n") }
        #expect(throws: WireError.self) { try read("NATS/1.0\r\nA : b\r\n\r\n") }
        #expect(
            try read("NATS/1.0\r\nA:b\r\nA:  \r\n\r\n").headers.values(for: "A").map(\.text)
                == ["b", ""])
        #expect(try read("NATS/1.0\r\nA: b\r\n c\r\n\r\n").headers["A"] == "b c")
        let raw = Bytes(Array("NATS/1.0\r\n!~: ".utf8) + [0xC3, 0x28] + Array("\r\n\r\n".utf8))
        #expect(try HeaderBlock(parsing: raw).headers.first("!~")?.bytes == [0xC3, 0x28])
    }

    @Test("7: a long INFO is read, other lines are bounded")
    func longLines() throws {
        let urls = (0..<4000).map { "\"10.0.\($0 / 250).\($0 % 250):4222\"" }
        let json = "{\"connect_urls\":[\(urls.joined(separator: ","))]}"
        #expect(json.utf8.count > 60_000)
        #expect(Steps.parse("INFO \(json)\r\n") == [.info(json)])
        #expect(try ServerInfo(parsing: Bytes(utf8: json)).connectURLs.count == 4000)
        let subject = String(repeating: "s", count: 9000)
        #expect(Steps.parse("MSG \(subject) 1 0\r\n\r\n") == [.failed(.controlLineTooLong)])
        // What we write stays below the 4096 bytes that a server takes.
        let longest = try Subject(String(repeating: "s", count: WireLimits.maxSubject))
        let line = Steps.written {
            FrameWriter.publishHead(
                longest, replyTo: longest, headers: ["A": "b"], payloadCount: 64 << 20, into: &$0)
        }
        #expect(line.firstIndex(of: "\r\n").map { line[..<$0].utf8.count < 4096 } == true)
    }

    @Test("8: INFO comes at any time, with fields that nobody knows and without those we know")
    func infoAtAnyTime() throws {
        var machine = ConnectionMachine(now: .zero)
        #expect(machine.infoReceived(ServerInfo()) == .authenticate)
        let pings = machine.authenticated()
        #expect(pings == 1)
        #expect(machine.infoReceived(ServerInfo()) == .update)
        #expect(machine.pongReceived() == .connected)
        #expect(machine.infoReceived(ServerInfo()) == .update)
        let bare = try ServerInfo(parsing: Bytes(utf8: #"{"max_payload":4096,"new":{"x":[1]}}"#))
        #expect(bare.maxPayload == 4096 && bare.clientIP == nil && !bare.supportsHeaders)
        every(
            "INFO {}\r\nMSG a 1 1\r\nx\r\nINFO {\"ldm\":true}\r\n",
            [
                .info("{}"), Steps.message("a", 1, "x"), .info("{\"ldm\":true}"),
            ])
    }

    @Test("9: before the PONG of the handshake come PING, +OK, or -ERR in its place")
    func handshakes() {
        every("INFO {}\r\n+OK\r\nPING\r\nPONG\r\n", [.info("{}"), .ok, .ping, .pong])
        var machine = ConnectionMachine(now: .zero)
        _ = machine.infoReceived(ServerInfo())
        #expect(machine.pingReceived() == true)
        #expect(machine.isConnected == false)
        let error = ServerError(parsing: "'Authorization Violation'")
        #expect(machine.errorReceived(error) == .close(.serverError(error)))
    }

    @Test("10: a message for an unknown sid is dropped, and both sides count to the end")
    func unknownSubscriptions() {
        var table = SubscriptionTable()
        #expect(table.delivered(7) == .drop)
        let sid = table.add("a")
        #expect(table.unsubscribe(sid, max: 2) == .sendUnsubscribe(max: 2))
        #expect([table.delivered(sid), table.delivered(sid)] == [.deliver, .deliverLast])
        #expect(table.delivered(sid) == .drop)
        // The number is never used again.
        #expect(table.add("a") != sid)
    }

    @Test("11: announced addresses are bare, IPv6 in brackets; named servers survive them")
    func announcedAddresses() throws {
        let named = ServerURL(host: "named")
        var configuration = ReconnectMachine.Configuration()
        configuration.shuffles = false
        var generator = SeededGenerator("announced addresses")
        var pool = ReconnectMachine(
            servers: [named], configuration: configuration, using: &generator)
        let first = pool.discovered(["10.0.0.1:4222", "[fe80::1]:4223", "host", ":1", "a b:1"])
        #expect(first.added.map(\.host) == ["10.0.0.1", "fe80::1", "host"])
        #expect(first.malformed == 2)
        let second = pool.discovered(["host:4222"])
        #expect(second.removed.map(\.host) == ["10.0.0.1", "fe80::1"])
        #expect(pool.pool.map(\.host) == ["named", "host"])
    }

    @Test("12: the example of HMSG that lacks its sid is refused")
    func exampleWithoutSID() {
        every("HMSG FOO.BAR 34 45\r\n", refused: .invalidControlLine)
    }

    @Test("What we write is canonical, and no argument can become two")
    func canonicalForms() {
        #expect(
            Steps.written { FrameWriter.publish("a", payload: Bytes(), into: &$0) }
                == "PUB a 0\r\n\r\n")
        for text in ["a b", "a\tb", "a\r\nPUB b 0\r\n", "", "a..b"] {
            #expect(throws: SubjectError.self) { try Subject(text) }
            #expect(throws: SubjectError.self) { try SubjectPattern(text) }
            if text != "a..b" { #expect(throws: SubjectError.self) { try QueueGroup(text) } }
        }
    }
}
