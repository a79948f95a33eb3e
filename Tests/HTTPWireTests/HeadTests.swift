import BridgeBytes
import HTTPWire
import TestKit
import Testing

@Suite struct HeadParserTests {
    private static func request(_ text: String) throws -> RequestHead? {
        var parser = HeadParser()
        return try parser.nextRequest(Bytes(utf8: text).span)?.head
    }

    private static func code(_ text: String) -> ErrorCode? {
        var codes: Set<ErrorCode?> = []
        for feed in Splits.of(Bytes(utf8: text), name: text) { codes.insert(code(feed.pieces)) }
        #expect(codes.count == 1, "the verdict depends on the cut: \(codes)")
        return codes.first ?? nil
    }

    private static func code(_ pieces: [Bytes]) -> ErrorCode? {
        var parser = HeadParser()
        var window: [UInt8] = []
        for piece in pieces {
            window += Array(piece)
            do throws(HTTPWireError) {
                if try parser.nextRequest(window.span) != nil { return nil }
            } catch { return error.code }
        }
        return .truncated
    }

    @Test func `a head is taken apart, and the rest is left alone`() throws {
        let text = "GET /a?b HTTP/1.1\r\nHost: x\r\nX-A:  1 \t\r\nx-a:\r\n\r\nBODY"
        var parser = HeadParser()
        let parsed = try #require(try parser.nextRequest(Bytes(utf8: text).span))
        #expect(parsed.size == text.utf8.count - 4)
        #expect(parsed.head.method == "GET" && parsed.head.target == "/a?b")
        #expect(parsed.head.version == .http11)
        #expect(parsed.head.fields.map(\.name) == ["Host", "X-A", "x-a"])
        #expect(parsed.head.fields.values(for: "X-a") == ["1", ""])
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\nHost: a\n\n", ErrorCode.bareLF),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n", .bareCR),
        ("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", .bareCR),
        ("GET / HTTP/1.1\r\n\rx", .bareCR),
        ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", .obsoleteFold),
        ("GET / HTTP/1.1\r\n A: b\r\n\r\n", .invalidFieldName),
        ("GET / HTTP/1.1\r\nA : b\r\n\r\n", .invalidFieldName),
        ("GET / HTTP/1.1\r\nA\r\n\r\n", .invalidFieldName),
        ("GET / HTTP/1.1\r\n: b\r\n\r\n", .invalidFieldName),
        ("GET / HTTP/1.1\r\nA: b\u{0}\r\n\r\n", .invalidFieldValue),
        ("GET / HTTP/1.1\r\nA: \u{7F}\r\n\r\n", .invalidFieldValue),
        ("GET  / HTTP/1.1\r\n\r\n", .invalidTarget),
        ("GET /\r\n\r\n", .invalidRequestLine),
        (" GET / HTTP/1.1\r\n\r\n", .notHTTP),
        ("GET /é HTTP/1.1\r\n\r\n", .invalidTarget),
        ("GET / HTTP/2.0\r\n\r\n", .unsupportedVersion),
        ("\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", .invalidRequestLine),
        ("\u{16}\u{3}\u{1}", .tlsRequired),
        ("\u{0}", .notHTTP),
        ("GET / HTTP/1.1\r\nA: b\r\n", .truncated),
    ])
    func `what is not strict is refused`(_ text: String, _ code: ErrorCode) {
        #expect(Self.code(text) == code)
    }

    @Test func `empty lines before a request are skipped, a few`() throws {
        #expect(try Self.request("\r\n\r\nGET / HTTP/1.1\r\n\r\n") != nil)
    }

    @Test func `a limit holds to the byte`() {
        let limits = HTTPWireLimits.default
        let target = "/" + String(repeating: "t", count: limits.targetBytes - 1)
        #expect(Self.code("GET \(target) HTTP/1.1\r\n\r\n") == nil)
        #expect(Self.code("GET \(target)t HTTP/1.1\r\n\r\n") == .targetTooLong)
        #expect(Self.code("GET \(target)t") == .targetTooLong)
        let method = String(repeating: "M", count: limits.methodBytes)
        #expect(Self.code("\(method) / HTTP/1.1\r\n\r\n") == nil)
        #expect(Self.code("\(method)M / HTTP/1.1\r\n\r\n") == .methodTooLong)
        // Whatever comes behind it in the line.
        #expect(Self.code("\(method)M / HTTP/1.1\rx\r\n") == .methodTooLong)
        #expect(Self.code("\(method)M / HTTP/1.1\n") == .methodTooLong)
        #expect(Self.code("GET \(target)t HTTP/1.1\rx") == .targetTooLong)
        let lines = (0..<limits.fieldCount).map { "A\($0): b\r\n" }.joined()
        #expect(Self.code("GET / HTTP/1.1\r\n\(lines)\r\n") == nil)
        #expect(Self.code("GET / HTTP/1.1\r\n\(lines)B: c\r\n\r\n") == .tooManyHeaders)
        let frame = "GET / HTTP/1.1\r\nA: \r\n\r\n".utf8.count
        let value = String(repeating: "v", count: limits.sectionBytes - frame)
        #expect(Self.code("GET / HTTP/1.1\r\nA: \(value)\r\n\r\n") == nil)
        #expect(Self.code("GET / HTTP/1.1\r\nA: \(value)v\r\n\r\n") == .sectionTooLarge)
        #expect(Self.code("GET / HTTP/1.1\r\nA: \(value)vvvvv\rx") == .sectionTooLarge)
        #expect(Self.code("GET / HTTP/1.1\r\nA: \(value)vvvvv\n") == .sectionTooLarge)
    }

    @Test func `random bytes never trap`() {
        var generator = SeededGenerator("head noise")
        let alphabet = Array("GETHP/1. :\r\n\t\u{0}\u{7F}abc=".utf8)
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<80, using: &generator)
            let noise = (0..<count).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            let input = Bytes(Array("GET / HTTP/1.1\r\n".utf8) + noise)
            let bytes = (0..<input.count).map { input[$0..<$0 + 1] }
            #expect(Self.code([input]) == Self.code(bytes))
        }
    }

    @Test func `octets that are no UTF-8 are read one by one`() throws {
        var parser = HeadParser()
        let head = Array("GET / HTTP/1.1\r\nA: caf".utf8) + [0xE9] + Array("\r\nB: é\r\n\r\n".utf8)
        let fields = try #require(try parser.nextRequest(head.span)).head.fields
        #expect(fields["A"] == "café" && fields["B"] == "é")
    }

    @Test func `what is written is read back`() throws {
        var fields = FieldList()
        try fields.append(name: "Host", value: "a:1")
        try fields.append(name: "X-É".replacing("É", with: "E"), value: "b c")
        let request = RequestHead(method: "PUT", target: "/x?y", fields: fields)
        var writer = ByteWriter()
        HeadWriter.write(request, into: &writer)
        var parser = HeadParser()
        #expect(try parser.nextRequest(writer.finish().span)?.head == request)
        let response = ResponseHead(status: 416, fields: fields)
        var second = ByteWriter()
        HeadWriter.write(response, into: &second)
        #expect(try parser.nextResponse(second.finish().span)?.head == response)
        #expect(response.reason == "Range Not Satisfiable")
    }
}

@Suite struct FieldListTests {
    @Test func `names compare without case and keep theirs`() throws {
        var fields = FieldList()
        try fields.append(name: "Accept", value: "a")
        try fields.append(name: "ACCEPT", value: "b, \"c,d\" ,, e")
        #expect(fields["accept"] == "a")
        #expect(fields.listElements("Accept") == ["a", "b", "\"c,d\"", "e"])
        try fields.set(name: "accept", value: "z")
        #expect(fields.count == 1 && fields["Accept"] == "z")
        fields.remove("aCCept")
        #expect(fields.isEmpty && !fields.contains("accept"))
    }

    @Test func `set keeps the place of the first`() throws {
        var fields = FieldList()
        for (name, value) in [("A", "1"), ("B", "2"), ("C", "3"), ("B", "4")] {
            try fields.append(name: name, value: value)
        }
        try fields.set(name: "b", value: "5")
        #expect(fields.map(\.name) == ["A", "b", "C"] && fields["B"] == "5")
    }

    @Test func `no byte that could break a line gets in`() {
        for byte in UInt8.min...UInt8.max {
            let text = String(Unicode.Scalar(byte))
            #expect(
                FieldList.isValidName("a" + text) == (byte < 128 && Octet.isToken(byte)),
                "\(byte)")
            let isControl = (byte < 0x20 && byte != 9) || byte == 0x7F
            #expect(FieldList.isValidValue("a" + text + "b") == !isControl, "\(byte)")
        }
        #expect(!FieldList.isValidValue(" a") && !FieldList.isValidValue("a\t"))
        #expect(!FieldList.isValidName(""))
        var fields = FieldList()
        #expect(throws: HTTPWireError.self) { try fields.append(name: "A", value: "b\r\nC: d") }
        #expect(throws: HTTPWireError.self) { try fields.append(name: "A:", value: "b") }
    }
}
