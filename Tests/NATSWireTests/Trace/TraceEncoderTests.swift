internal import BridgeBytes
internal import BridgeJSON
internal import NATSWire
internal import TestKit
internal import Testing

@Suite struct TraceEncoderTests {
    private static let time = Timestamp(seconds: 1_773_385_370, nanoseconds: 443_217_900)
    private static let stamp = "2026-03-13T07:02:50.443217Z"

    private static func encoder() -> TraceEncoder {
        var encoder = TraceEncoder(id: "c")
        _ = encoder.header(host: "h", port: 4222, at: time)
        return encoder
    }

    private static func text(_ bytes: Bytes) -> String { String(repairing: bytes) }

    /// The line of one frame from the server.
    private static func line(received input: String) throws -> String {
        let bytes = Bytes(utf8: input)
        var parser = FrameParser()
        guard case .frame(let frame, let size) = try parser.next(bytes.span) else { return "" }
        var encoder = encoder()
        return text(encoder.line(frame, bytes[0..<size], at: time))
    }

    /// The line of one frame to the server.
    private static func line(sent input: String) throws -> String {
        let bytes = Bytes(utf8: input)
        var parser = ClientFrameParser()
        guard case .frame(let frame, let size) = try parser.next(bytes.span) else { return "" }
        var encoder = encoder()
        return text(encoder.line(frame, bytes[0..<size], at: time))
    }

    private static func golden(_ direction: String, _ rest: String) -> String {
        #"{"line":2,"at":"\#(stamp)","id":"c-1","dir":"\#(direction)",\#(rest)}"# + "\n"
    }

    @Test(arguments: [
        ("PING\r\n", #""verb":"PING","bytes":6"#), ("+OK\r\n", #""verb":"+OK","bytes":5"#),
        ("INFO {\"a\":1}\r\n", #""verb":"INFO","payload":"eyJhIjoxfQ==","bytes":14"#),
        ("-ERR 'x'\r\n", #""verb":"-ERR","payload":"J3gn","bytes":10"#),
        (
            "MSG a 1 2\r\nhi\r\n",
            #""verb":"MSG","subject":"a","sid":"1","payload":"aGk=","bytes":15"#
        ),
        (
            "HMSG a.\" 7 r 41 41\r\nNATS/1.0 503 No one\r\nA: b\r\nB: c\r\nA: d\r\n\r\n\r\n",
            #""verb":"HMSG","subject":"a.\"","reply":"r","sid":"7","header":{"Status":["503"],"#
                + #""Description":["No one"],"A":["b","d"],"B":["c"]},"bytes":63"#
        ),
        (
            "HMSG a 7 4 6\r\nNATShi\r\n",
            #""verb":"HMSG","subject":"a","sid":"7","payload":"aGk=","bytes":22"#
        ),
    ])
    func `frames from the server`(input: String, rest: String) throws {
        #expect(try Self.line(received: input) == Self.golden("from_server", rest))
    }

    @Test(arguments: [
        ("PONG\r\n", #""verb":"PONG","bytes":6"#),
        (
            "PUB a r 2\r\nhi\r\n",
            #""verb":"PUB","subject":"a","reply":"r","payload":"aGk=","bytes":15"#
        ),
        (
            "HPUB a 18 18\r\nNATS/1.0\r\nA: b\r\n\r\n\r\n",
            #""verb":"HPUB","subject":"a","header":{"A":["b"]},"bytes":34"#
        ),
        ("SUB a q 5\r\n", #""verb":"SUB","subject":"a","sid":"5","queue":"q","bytes":11"#),
        ("UNSUB 5 2\r\n", #""verb":"UNSUB","sid":"5","bytes":11"#),
        ("CONNECT {\"a\":1}\r\n", #""verb":"CONNECT","payload":"eyJhIjoxfQ==","bytes":17"#),
    ])
    func `frames to the server`(input: String, rest: String) throws {
        #expect(try Self.line(sent: input) == Self.golden("to_server", rest))
    }

    @Test func `header and footer frame the document, and lines are counted`() {
        var encoder = TraceEncoder(id: "c")
        #expect(
            Self.text(encoder.header(host: "h", port: 1, at: Self.time))
                == #"{"format":"traceassert-expanded","version":2,"header":{"version":1,"#
                + #""device":"natsbridge","ts":"\#(Self.stamp)","cuuid":"c","port":"client","#
                + #""dst":"h","dpt":1,"bdst":"h","bdpt":1,"protocol":"client"}}"# + "\n")
        for number in 1...3 {
            let line = Self.text(encoder.line(Frame.ping, Bytes(utf8: "PING\r\n"), at: Self.time))
            #expect(line.contains(#""line":\#(number + 1),"#))
            #expect(line.contains(#""id":"c-\#(number)""#))
        }
        #expect(
            Self.text(encoder.footer(at: Self.time, lasted: .milliseconds(1500)))
                == #"{"footer":{"ts":"\#(Self.stamp)","duration":1500000000}}"# + "\n")
    }

    @Test func `no secret of CONNECT is in its line, not even its length`() throws {
        let connect = #"{"user":"u","pass":"P","auth_token":"T","jwt":"J","sig":"S","nkey":"N"}"#
        let line = try Self.line(sent: "CONNECT \(connect)\r\n")
        let longer = connect.replacing("\"P\"", with: "\"PPPPPPPPPPPPPPPPPPPPP\"")
        #expect(try Self.line(sent: "CONNECT \(longer)\r\n") == line)
        let fields = try #require(JSONValue(parsing: Bytes(utf8: line)).objectValue)
        let payload = try Base64.decode(Bytes(utf8: fields["payload"]?.stringValue ?? "").span)
        #expect(
            Self.text(payload)
                == #"{"user":"u","pass":"[redacted]","auth_token":"[redacted]","#
                + #""jwt":"[redacted]","sig":"[redacted]","nkey":"N"}"#)
        #expect(fields["bytes"]?.intValue == payload.count + 10)
    }

    @Test func `what is no JSON object is left out of CONNECT's line`() throws {
        let line = try Self.line(sent: "CONNECT pass=secret\r\n")
        #expect(line == Self.golden("to_server", #""verb":"CONNECT","payload":"e30=","bytes":12"#))
    }

    @Test func `bytes that are no text still make valid JSON`() throws {
        let bytes = Bytes(Array("MSG a".utf8) + [0xFF, 0xC3] + Array(" 1 1\r\n\u{1}\r\n".utf8))
        var parser = FrameParser()
        guard case .frame(let frame, _) = try parser.next(bytes.span) else {
            return #expect(Bool(false), "a whole frame")
        }
        var encoder = Self.encoder()
        let line = encoder.line(frame, bytes, at: Self.time)
        let fields = try #require(JSONValue(parsing: line).objectValue)
        #expect(fields["payload"] == "AQ==" && fields["bytes"] == 16)
    }
}
