internal import BridgeBytes
internal import NATSWire
internal import TestKit
internal import Testing

@Suite struct HeadersTests {
    @Test func orderCaseAndMultiplicityAreKept() throws {
        var headers: Headers = ["B": "1", "a": "2"]
        headers.append("B", "3")
        headers.append("b", "4")
        #expect(headers.map(\.name.text) == ["B", "a", "B", "b"])
        #expect(headers["B"] == "1")
        #expect(headers["b"] == "4")
        #expect(headers["A"] == nil)
        #expect(headers.values(for: "B").map(\.text) == ["1", "3"])
        headers.set("B", "5")
        #expect(headers.map(\.value.text) == ["5", "2", "4"])
        headers.set("C", "6")
        #expect(headers.map(\.name.text) == ["B", "a", "b", "C"])
        headers.remove("a")
        headers.remove("none")
        #expect(headers.map(\.name.text) == ["B", "b", "C"])
        #expect(headers.count == 3 && !headers.isEmpty)
    }

    @Test func noHeadersHaveNoBlock() {
        #expect(Headers().encodedCount == 0)
        #expect(Steps.written { Headers().encode(into: &$0) } == "")
    }

    @Test func theDescriptionHidesValues() throws {
        let headers: Headers = ["Authorization": "secret-word"]
        #expect(!"\(headers)".contains("secret-word"))
    }

    @Test("Of all bytes, a name takes the printable ones of ASCII but the colon")
    func everyByteOfAName() {
        for byte in UInt8(0)...255 {
            let name = Bytes([0x61, byte])
            let legal = byte >= 33 && byte <= 126 && byte != UInt8(ascii: ":")
            let made = (try? HeaderName(utf8: name)) != nil
            #expect(made == legal, "\(byte)")
        }
        #expect(throws: SubjectError.self) { try HeaderName(utf8: Bytes()) }
    }

    @Test("Of all bytes, a value takes all but CR, LF and NUL")
    func everyByteOfAValue() {
        for byte in UInt8(0)...255 {
            let legal = byte != 0 && byte != 0x0D && byte != 0x0A
            let made = (try? HeaderValue(utf8: Bytes([byte]))) != nil
            #expect(made == legal, "\(byte)")
        }
    }

    @Test("What is written is read back", arguments: 0..<50)
    func roundTrip(_ index: Int) throws {
        var random = SeededGenerator("Headers round trip \(index)")
        var headers = Headers()
        for _ in 0..<Int.random(in: 1..<8, using: &random) {
            let name = String(
                (1...Int.random(in: 1...9, using: &random)).map { _ in
                    Character(UnicodeScalar(UInt8.random(in: 59...126, using: &random)))
                })
            let bytes = random.bytes(Int.random(in: 0..<20, using: &random))
                .map { $0 < 0x21 ? $0 | 0x40 : $0 }
            headers.append(try HeaderName(name), try HeaderValue(utf8: Bytes(bytes)))
        }
        var writer = ByteWriter()
        headers.encode(into: &writer)
        let block = writer.finish()
        #expect(block.count == headers.encodedCount)
        #expect(try HeaderBlock(parsing: block).headers == headers)
    }
}

@Suite struct HeaderBlockTests {
    private func parse(_ text: String) throws -> [String] {
        try HeaderBlock(parsing: Bytes(utf8: text)).headers.map { "\($0.name)=\($0.value)" }
    }

    @Test func readingIsLenientWhereTheFieldIs() throws {
        #expect(try parse("NATS/1.0\r\n\r\n") == [])
        #expect(try parse("NATS/1.0\n\n") == [])
        #expect(try parse("NATS/1.0\r\nA:b\r\n\r\n") == ["A=b"])
        #expect(try parse("NATS/1.0\r\nA: \t b c \t\r\n\r\n") == ["A=b c"])
        #expect(try parse("NATS/1.0\r\nA:\r\nB: \r\n\r\n") == ["A=", "B="])
        #expect(try parse("NATS/1.0\r\nA: 1\r\nA: 2\r\na: 3\r\n\r\n") == ["A=1", "A=2", "a=3"])
        #expect(try parse("NATS/1.0\r\nA: b:c: d\r\n\r\n") == ["A=b:c: d"])
        #expect(try parse("NATS/1.0\r\n!#$%&'*+-.^_`|~(),/;<=>?@[]{}\": x\r\n\r\n").count == 1)
    }

    @Test func foldedLinesAreJoinedByOneBlank() throws {
        #expect(try parse("NATS/1.0\r\nA: b\r\n  c\r\n\td \r\nB: e\r\n\r\n") == ["A=b c d", "B=e"])
        #expect(try parse("NATS/1.0\r\nA:\r\n b\r\n\r\n") == ["A=b"])
        #expect(try parse("NATS/1.0\r\nA: b\r\n \r\n\r\n") == ["A=b"])
    }

    @Test func valuesNeedNotBeUTF8() throws {
        let block = Bytes(Array("NATS/1.0\r\nA: ".utf8) + [0xFF, 0xFE] + Array("\r\n\r\n".utf8))
        let headers = try HeaderBlock(parsing: block).headers
        #expect(headers.first("A")?.bytes == [0xFF, 0xFE])
        #expect(headers["A"] == "\u{FFFD}\u{FFFD}")
    }

    @Test func valuesShareTheMemoryOfTheBlock() throws {
        let block = Bytes(utf8: "NATS/1.0\r\nA: value\r\n\r\n")
        let value = try #require(try HeaderBlock(parsing: block).headers.first("A"))
        #expect(value.bytes.address == block.address + 13)
    }

    @Test(arguments: [
        ("NATS/1.0 503\r\n\r\n", 503, ""),
        ("NATS/1.0 503 No Responders\r\n\r\n", 503, "No Responders"),
        ("NATS/1.0  404   No Messages  \r\n\r\n", 404, "No Messages"),
        (
            "NATS/1.0\t408\tRequest Timeout\r\nNats-Pending-Messages: 1\r\n\r\n", 408,
            "Request Timeout"
        ),
    ])
    func statusLines(_ text: String, _ code: Int, _ words: String) throws {
        let block = Bytes(utf8: text)
        let expected = HeaderStatus(code: code, description: words)
        #expect(try HeaderBlock(parsing: block).status == expected)
        let quick = HeaderBlock.status(of: block.span)
        #expect(quick == expected)
    }

    @Test func aStatusMayBeFollowedByHeaders() throws {
        let block = try HeaderBlock(
            parsing: Bytes(utf8: "NATS/1.0 503\r\nNats-Subject: a.b\r\n\r\n"))
        #expect(block.status?.code == HeaderStatus.noRespondersCode)
        #expect(block.headers["Nats-Subject"] == "a.b")
        let plain = HeaderBlock.status(of: Bytes(utf8: "NATS/1.0\r\n\r\n").span)
        #expect(plain == nil)
        let foreign = HeaderBlock.status(of: Bytes(utf8: "HTTP/1.1 200\r\n\r\n").span)
        #expect(foreign == nil)
    }

    @Test(arguments: [
        "", "NATS/1.0", "NATS/1.0\r\n", "NATS/1.0\r\nA: b\r\n", "NATS/1.0\r\nA: b", "\r\n",
        "NATS/1.1\r\n\r\n", "nats/1.0\r\n\r\n", "NATS/1.0503\r\n\r\n", "NATS/1.0 50\r\n\r\n",
        "NATS/1.0 5033\r\n\r\n", "NATS/1.0 abc\r\n\r\n", "NATS/1.0 -50\r\n\r\n",
        "NATS/1.0\r\nA\r\n\r\n", "NATS/1.0\r\nA : b\r\n\r\n", "NATS/1.0\r\n: b\r\n\r\n",
        "NATS/1.0\r\nÄ: b\r\n\r\n", "NATS/1.0\r\n A: b\r\n\r\n", "NATS/1.0\r\nA: b\rc\r\n\r\n",
        "NATS/1.0\r\nA: b\0\r\n\r\n", "NATS/1.0\r\n\r\nA: b\r\n\r\n", "NATS/1.0\r\n\r\n\r\n",
    ])
    func refused(_ text: String) {
        let error = #expect(throws: WireError.self) { try HeaderBlock(parsing: Bytes(utf8: text)) }
        #expect(error?.code == .invalidHeaders)
        #expect(error?.stage == .headers)
    }

    @Test func everyPrefixIsRefused() {
        let block = Bytes(utf8: "NATS/1.0 503 No\r\nA: b\r\n c\r\nB: d\r\n\r\n")
        for count in 0..<block.count {
            #expect(throws: WireError.self) { try HeaderBlock(parsing: block[0..<count]) }
        }
    }

    @Test func theNumberOfLinesIsBounded() {
        var limits = WireLimits()
        limits.maxHeaderLines = 2
        let error = #expect(throws: WireError.self) {
            try HeaderBlock(
                parsing: Bytes(utf8: "NATS/1.0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"), limits: limits)
        }
        #expect(error?.code == .tooManyHeaders)
    }

    @Test("Bytes changed at random never trap, and what is read can be written")
    func mutations() throws {
        var random = SeededGenerator("HeaderBlock mutations")
        let seed = Array("NATS/1.0 503 No\r\nA: b\r\n c\r\nBcd: d\r\n\r\n".utf8)
        for _ in 0..<5000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                bytes[position] = UInt8.random(in: 0...127, using: &random)
            }
            guard let block = try? HeaderBlock(parsing: Bytes(bytes)) else { continue }
            guard !block.headers.isEmpty else { continue }
            var writer = ByteWriter()
            block.headers.encode(into: &writer)
            #expect(try HeaderBlock(parsing: writer.finish()).headers == block.headers)
        }
    }
}
