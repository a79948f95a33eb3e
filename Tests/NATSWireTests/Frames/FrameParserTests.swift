internal import BridgeBytes
internal import NATSWire
internal import TestKit
internal import Testing

@Suite struct FrameParserTests {
    typealias Case = (input: String, seen: [Steps.Seen])

    static let block = "NATS/1.0\r\nA: b\r\n\r\n"

    /// Whole streams and what is in them. Each is fed in every way that `Splits` knows.
    static let fixtures: [Case] = [
        ("PING\r\n", [.ping]), ("ping\r\n", [.ping]), ("PoNg\r\n", [.pong]), ("PING\n", [.ping]),
        ("PING  \r  \n", [.ping]), ("PONG\t \r\n", [.pong]), ("+OK\r\n", [.ok]), ("+ok\n", [.ok]),
        ("-ERR 'Stale Connection'\r\n", [.error("'Stale Connection'")]),
        ("-err \t 'x y' \r\n", [.error("'x y'")]), ("-ERR\r\n", [.error("")]),
        ("INFO {\"a\":1}\r\n", [.info("{\"a\":1}")]), ("info\t{}  \n", [.info("{}")]),
        ("MSG a 1 0\r\n\r\n", [Steps.message("a", 1, "")]),
        ("MSG a 1 2\r\nhi\r\n", [Steps.message("a", 1, "hi")]),
        ("msg a 1 2\nhi\r\n", [Steps.message("a", 1, "hi")]),
        ("MSG a.b 12 _INBOX.x 2\r\nhi\r\n", [Steps.message("a.b", 12, reply: "_INBOX.x", "hi")]),
        ("MSG \t a  1 \t r   2 \t\r\n\r\n\r\n", [Steps.message("a", 1, reply: "r", "\r\n")]),
        ("MSG a 1 14\r\nPING\r\nPONG\r\n..\r\n", [Steps.message("a", 1, "PING\r\nPONG\r\n..")]),
        ("MSG ä/ö 1 2\r\nhi\r\n", [Steps.message("ä/ö", 1, "hi")]),
        ("MSG a\u{0}b 1 2\r\nhi\r\n", [Steps.message("a\u{0}b", 1, "hi")]),
        (
            "MSG \u{1b}y\u{b} 1 \u{1f} 2\r\nhi\r\n",
            [Steps.message("\u{1b}y\u{b}", 1, reply: "\u{1f}", "hi")]
        ),
        (
            "HMSG a 7 18 20\r\n\(block)hi\r\n",
            [Steps.message("a", 7, headers: block, "hi")]
        ),
        (
            "HMSG a 7 r 18 18\r\n\(block)\r\n",
            [Steps.message("a", 7, reply: "r", headers: block, "")]
        ),
        ("hMsG a 7 0 2\r\nhi\r\n", [Steps.message("a", 7, headers: "", "hi")]),
        ("HMSG a 7 0 0\r\n\r\n", [Steps.message("a", 7, headers: "", "")]),
        ("MSG a 0 000000000000000001\r\nx\r\n", [Steps.message("a", 0, "x")]),
        (
            "+OK\r\nMSG a 1 1\r\nx\r\nPING\r\nMSG b 2 1\r\ny\r\n",
            [.ok, Steps.message("a", 1, "x"), .ping, Steps.message("b", 2, "y")]
        ),
    ]

    @Test("Every fixture gives the same frames however it is cut", arguments: fixtures.indices)
    func fixture(_ index: Int) {
        let (input, seen) = Self.fixtures[index]
        for feed in Splits.of(Bytes(utf8: input), name: "fixture \(index)") {
            #expect(Steps.parse(feed.pieces) == seen, "\(input.debugDescription) \(feed)")
        }
    }

    /// Streams that break a rule, and the rule. The parser must say so however they are cut.
    static let malformed: [(input: String, code: ErrorCode)] = [
        (" PING\r\n", .unknownVerb), ("POO\r\n", .unknownVerb), ("PIN\r\n", .unknownVerb),
        ("P\r\n", .unknownVerb), ("\r\n", .unknownVerb), ("\n", .unknownVerb),
        ("PUB a 1\r\n", .unknownVerb), ("+NO\r\n", .unknownVerb), ("-ERROR\r\n", .unknownVerb),
        ("HTTP/1.1 400 Bad Request\r\n", .unknownVerb), ("INFO{}\r\n", .unknownVerb),
        ("MSGa 1 2\r\n", .unknownVerb), ("MSG\r\n", .unknownVerb), ("HMSG\n", .unknownVerb),
        ("MSX a 1 2\r\n", .unknownVerb), ("\u{16}\u{3}\u{1}", .unknownVerb),
        ("MSG \r\n", .invalidControlLine), ("MSG a\r\n", .invalidControlLine),
        ("MSG a 1\r\n", .invalidControlLine), ("MSG a 1 r 2 3\r\n", .invalidControlLine),
        ("MSG a 1 r 2 3 4\r\n", .invalidControlLine), ("HMSG a 1 2\r\n", .invalidControlLine),
        ("HMSG a 1 r 2 3 4\r\n", .invalidControlLine),
        ("MSG a\rb 1 2\r\n", .invalidControlLine), ("MSG a 1 2\r\r\n", .invalidControlLine),
        ("MSG a x 2\r\n", .invalidNumber), ("MSG a -1 2\r\n", .invalidNumber),
        ("MSG a 1 -2\r\n", .invalidNumber), ("MSG a 1 +2\r\n", .invalidNumber),
        ("MSG a 1 0x2\r\n", .invalidNumber), ("MSG a 1 2.0\r\n", .invalidNumber),
        ("HMSG a 1 x 2\r\n", .invalidNumber),
        ("MSG a 1 \(String(repeating: "9", count: 64))\r\n", .invalidNumber),
        ("MSG a \(String(repeating: "1", count: 64)) 1\r\n", .invalidNumber),
        ("MSG a 1 9223372036854775808\r\n", .invalidNumber),
        ("HMSG a 1 9223372036854775807 1\r\n", .invalidNumber),
        ("HMSG a 1 3 2\r\n", .headerSizeExceedsTotal),
        ("MSG a 1 67108865\r\n", .tooLarge),
        ("MSG a 1 999999999999999999\r\n", .tooLarge),
        ("MSG a 1 2147483648\r\n", .tooLarge),
        ("MSG a 1 2\r\nhi!\r\n", .payloadTerminatorMissing),
        ("MSG a 1 2\r\nh\r\n\r\n", .payloadTerminatorMissing),
        ("MSG a 1 2\r\nhi\n\n", .payloadTerminatorMissing),
        ("MSG a 1 0\r\nPING\r\n", .payloadTerminatorMissing),
    ]

    @Test("Every broken stream is refused however it is cut", arguments: malformed.indices)
    func refusal(_ index: Int) {
        let (input, code) = Self.malformed[index]
        for feed in Splits.of(Bytes(utf8: input), name: "malformed \(index)") {
            #expect(
                Steps.parse(feed.pieces) == [.failed(code)], "\(input.debugDescription) \(feed)")
        }
    }

    @Test("An unfinished frame is never guessed", arguments: fixtures.indices)
    func prefix(_ index: Int) {
        let (input, seen) = Self.fixtures[index]
        let bytes = Bytes(utf8: input)
        for count in 0..<bytes.count {
            let found = Steps.parse([bytes[0..<count]])
            #expect(found.count < seen.count && found == Array(seen.prefix(found.count)))
        }
    }

    @Test func saysHowManyBytesAMessageTakes() throws {
        var parser = FrameParser()
        let line = Bytes(utf8: "MSG a 1 1000\r\n")
        let step = try parser.next(line.span)
        #expect(step == .needMore(atLeast: line.count + 1002))
        let empty = try parser.next(Bytes().span)
        #expect(empty == .needMore(atLeast: 1))
    }

    @Test func controlLinesAreBounded() {
        var limits = WireLimits()
        limits.maxControlLine = 20
        let long = "PING" + String(repeating: " ", count: 15)
        #expect(Steps.parse(long + "\n", limits: limits) == [.ping])
        for text in [long + " \n", long + " ", long + "        PING"] {
            for feed in Splits.of(Bytes(utf8: text)) {
                #expect(Steps.parse(feed.pieces, limits: limits) == [.failed(.controlLineTooLong)])
            }
        }
    }

    @Test func infoMayBeLongerThanOtherLinesAndIsBounded() {
        var limits = WireLimits()
        limits.maxControlLine = 10
        limits.maxInfoLine = 30
        let fits = "INFO " + String(repeating: "x", count: 24)
        #expect(
            Steps.parse(fits + "\n", limits: limits) == [
                .info(String(repeating: "x", count: 24))
            ])
        #expect(Steps.parse(fits + "x\n", limits: limits) == [.failed(.controlLineTooLong)])
    }

    @Test func theLimitOfPayloadsIsKept() throws {
        var limits = WireLimits.default
        limits.maxPayload = 10
        var parser = FrameParser(limits: limits)
        let atLimit = try parser.next(Bytes(utf8: "MSG a 1 10\r\n").span)
        #expect(atLimit == .needMore(atLeast: 24))
        #expect(throws: WireError.self) {
            var parser = parser
            _ = try parser.next(Bytes(utf8: "MSG a 1 11\r\n").span)
        }
    }

    @Test func errorsSayWhere() {
        let line = Bytes(utf8: "MSG abc 1 12x\r\n")
        let error = #expect(throws: WireError.self) {
            var parser = FrameParser()
            _ = try parser.next(line.span)
        }
        #expect(error?.offset == 12)
        #expect(error?.stage == .controlLine)
    }

    @Test("Bytes changed at random never trap, and cuts never change the answer")
    func mutations() {
        var random = SeededGenerator("FrameParser mutations")
        for _ in 0..<3000 {
            let index = Int.random(in: 0..<Self.fixtures.count, using: &random)
            var bytes = Array(Self.fixtures[index].input.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(bytes[position], at: position)
                default: if bytes.count > 1 { bytes.remove(at: position) }
                }
            }
            let input = Bytes(bytes)
            let cut = Int.random(in: 0...input.count, using: &random)
            let whole = Steps.parse([input])
            #expect(Steps.parse([input[0..<cut], input[cut...]]) == whole, "\(bytes)")
            #expect(Steps.parse(input.map { Bytes([$0]) }) == whole, "\(bytes)")
        }
    }
}
