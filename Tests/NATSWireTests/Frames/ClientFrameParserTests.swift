internal import BridgeBytes
internal import NATSWire
internal import TestKit
internal import Testing

@Suite struct ClientFrameParserTests {
    /// A frame with its ranges read out.
    enum Seen: Equatable {
        case connect(String)
        case publish(String, reply: String? = nil, headers: String? = nil, String)
        case subscribe(String, queue: String? = nil, sid: String)
        case unsubscribe(String, max: Int?)
        case ping, pong
        case failure(ErrorCode)
    }

    /// Feeds pieces as a connection would, and reads out what is found.
    static func parse(_ pieces: [Bytes]) -> [Seen] {
        var parser = ClientFrameParser()
        var window: [UInt8] = []
        var seen: [Seen] = []
        for piece in pieces {
            window += Array(piece)
            do throws(WireError) {
                loop: while true {
                    switch try parser.next(window.span) {
                    case .needMore(let count):
                        #expect(count > window.count)
                        break loop
                    case .frame(let frame, let size):
                        seen.append(read(frame, window))
                        window.removeFirst(size)
                    }
                }
            } catch {
                return seen + [.failure(error.code)]
            }
        }
        return seen
    }

    private static func read(_ frame: ClientFrame, _ window: [UInt8]) -> Seen {
        func text(_ range: Range<Int>) -> String { String(decoding: window[range], as: UTF8.self) }
        return switch frame {
        case .connect(let json): .connect(text(json))
        case .publish(let frame):
            .publish(
                text(frame.subject), reply: frame.replyTo.map(text),
                headers: frame.headers.map(text), text(frame.payload))
        case .subscribe(let frame):
            .subscribe(text(frame.pattern), queue: frame.queueGroup.map(text), sid: text(frame.sid))
        case .unsubscribe(let sid, let max): .unsubscribe(text(sid), max: max)
        case .ping: .ping
        case .pong: .pong
        }
    }

    static let fixtures: [(input: String, seen: [Seen])] = [
        ("PING\r\n", [.ping]), ("pong \n", [.pong]),
        ("CONNECT {\"a\":1} \r\n", [.connect("{\"a\":1}")]),
        ("connect\t{}\n", [.connect("{}")]), ("PUB a 0\r\n\r\n", [.publish("a", "")]),
        ("pub \t a  r   2 \r\nhi\r\n", [.publish("a", reply: "r", "hi")]),
        (
            "HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
            [.publish("a", headers: "NATS/1.0\r\n\r\n", "hi")]
        ),
        (
            "HPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n",
            [.publish("a", reply: "r", headers: "NATS/1.0\r\n\r\n", "")]
        ),
        ("SUB a.> 1\r\n", [.subscribe("a.>", sid: "1")]),
        ("sub a q abc\r\n", [.subscribe("a", queue: "q", sid: "abc")]),
        ("UNSUB 1\r\nUNSUB 2 5\r\n", [.unsubscribe("1", max: nil), .unsubscribe("2", max: 5)]),
        (
            "PUB a 5\r\nPING\r\r\nPING\r\nPUB b 1\r\nx\r\n",
            [.publish("a", "PING\r"), .ping, .publish("b", "x")]
        ),
    ]

    @Test(arguments: fixtures.indices)
    func `every fixture gives the same frames however it is cut`(_ index: Int) {
        let (input, seen) = Self.fixtures[index]
        for feed in Splits.of(Bytes(utf8: input), name: "client frame \(index)") {
            #expect(Self.parse(feed.pieces) == seen, "\(input.debugDescription) \(feed)")
        }
    }

    static let malformed: [(input: String, code: ErrorCode)] = [
        ("\r\n", .unknownVerb), ("MSG a 1 0\r\n", .unknownVerb), ("PUBa 0\r\n", .unknownVerb),
        ("CONNECT{}\r\n", .unknownVerb), ("X", .unknownVerb), ("SUB\r\n", .unknownVerb),
        ("PUB a\r\n", .invalidControlLine), ("SUB a\r\n", .invalidControlLine),
        ("SUB a q 1 2\r\n", .invalidControlLine), ("UNSUB 1 2 3\r\n", .invalidControlLine),
        ("PUB a r b 0\r\n", .invalidControlLine), ("PUB a \r 0\r\n", .invalidControlLine),
        ("PUB a -1\r\n", .invalidNumber), ("UNSUB 1 x\r\n", .invalidNumber),
        ("PUB a 99999999999999999999\r\n", .invalidNumber),
        ("PUB a 99999999999\r\n", .tooLarge),
        ("HPUB a 5 4\r\n", .headerSizeExceedsTotal),
        ("PUB a 1\r\nxy\r\n", .payloadTerminatorMissing),
        ("PUB " + String(repeating: "a", count: 9000), .controlLineTooLong),
    ]

    @Test(arguments: malformed.indices)
    func `what breaks a rule is refused however it is cut`(_ index: Int) {
        let (input, code) = Self.malformed[index]
        for feed in Splits.of(Bytes(utf8: input), name: "malformed client frame \(index)") {
            #expect(
                Self.parse(feed.pieces).last == .failure(code), "\(input.prefix(40)) \(feed)")
        }
    }

    @Test func `what our writer writes is found again`() {
        var writer = ByteWriter(capacity: 256)
        let payload = Bytes(utf8: "PING\r\n")
        FrameWriter.publish(
            "a.b", replyTo: "r", headers: ["K": "v"], payload: payload, into: &writer)
        FrameWriter.subscribe(sid: 7, "a.*", queueGroup: "q", into: &writer)
        FrameWriter.unsubscribe(sid: 7, max: 3, into: &writer)
        FrameWriter.ping(into: &writer)
        FrameWriter.connect(ConnectOptions(), into: &writer)
        let seen = Self.parse([writer.finish()])
        #expect(
            seen.dropLast() == [
                .publish("a.b", reply: "r", headers: "NATS/1.0\r\nK: v\r\n\r\n", "PING\r\n"),
                .subscribe("a.*", queue: "q", sid: "7"), .unsubscribe("7", max: 3), .ping,
            ])
        guard case .connect(let json)? = seen.last else { return #expect(Bool(false)) }
        #expect(json.hasPrefix("{") && json.hasSuffix("}"))
    }
}
