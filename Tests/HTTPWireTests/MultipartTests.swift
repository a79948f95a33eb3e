import BridgeBytes
import HTTPWire
import TestKit
import Testing

@Suite struct MultipartParserTests {
    private struct Part: Equatable {
        var name: String?
        var fileName: String?
        var type: String?
        var data: [UInt8] = []
        var isWhole = false
    }

    private static let type = "multipart/form-data; boundary=\"a b\""

    private static func parse(
        _ pieces: [Bytes], type: String = type
    ) throws -> (parts: [Part], isComplete: Bool) {
        var parser = try MultipartParser(contentType: type)
        var parts: [Part] = []
        for piece in pieces {
            var window = piece
            feeding: while !window.isEmpty {
                let used: Int
                switch try parser.next(window.span) {
                case .part(let part, let consumed):
                    parts.append(
                        Part(
                            name: part.name, fileName: part.fileName,
                            type: part.fields["Content-Type"]))
                    used = consumed
                case .data(let range):
                    parts[parts.count - 1].data += Array(window[range])
                    used = range.upperBound
                case .held(let count, let consumed):
                    parts[parts.count - 1].data += parser.delimiter[..<count]
                    used = consumed
                case .partEnd(let consumed):
                    parts[parts.count - 1].isWhole = true
                    used = consumed
                case .end(let consumed), .needMore(let consumed): used = consumed
                }
                window = window[used...]
            }
        }
        return (parts, parser.isComplete)
    }

    private static func check(_ text: String, _ expected: [Part]) throws {
        for feed in Splits.of(Bytes(utf8: text), name: text) {
            let result = try parse(feed.pieces)
            #expect(result.parts == expected && result.isComplete, "\(feed)")
        }
    }

    @Test func `parts are found in any cut`() throws {
        let text =
            "preamble\r\n--a b  \r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--a b\r\n"
            + "content-disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".bin\"\r\n"
            + "Content-Type: image/png\r\n\r\n\r\n--a\r\n--a \r\n\r\r\n-- b\r\n--a b\r\n\r\n"
            + "\r\n--a b--epilogue\r\n--a b\r\n"
        try Self.check(
            text,
            [
                Part(name: "x", data: Array("1".utf8), isWhole: true),
                Part(
                    name: "file", fileName: "a \"b\".bin", type: "image/png",
                    data: Array("\r\n--a\r\n--a \r\n\r\r\n-- b".utf8), isWhole: true),
                Part(isWhole: true),
            ])
    }

    @Test func `a body that begins with its boundary, and an empty file`() throws {
        try Self.check(
            "--a b\r\n"
                + "Content-Disposition: form-data; name=f; filename*=UTF-8''%E2%82%AC\r\n\r\n\r\n"
                + "--a b--\r\n",
            [Part(name: "f", fileName: "€", isWhole: true)])
    }

    @Test func `random data comes back whole`() throws {
        var generator = SeededGenerator("multipart")
        let alphabet = Array("\r\n-a b".utf8)
        for _ in 0..<60 {
            let data = (0..<Int.random(in: 0..<120, using: &generator)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            let text = String(decoding: data, as: UTF8.self)
            guard !"\r\n\(text)\r\n".contains("\r\n--a b")
            else {
                continue
            }
            try Self.check(
                "--a b\r\nA: b\r\n\r\n\(text)\r\n--a b--",
                [Part(data: data, isWhole: true)])
        }
    }

    @Test(arguments: [
        "--a bx\r\n", "--a b-x", "--a b\rx", "--a b x", "--a b\r\nA : b\r\n\r\n",
        "--a b\r\nA: b\n\r\n", "--a b\r\n x\r\n\r\n",
    ])
    func `what is malformed is refused`(_ text: String) {
        for feed in Splits.of(Bytes(utf8: text), name: text) {
            #expect(throws: HTTPWireError.self, "\(feed)") { try Self.parse(feed.pieces) }
        }
    }

    @Test(arguments: [
        "multipart/mixed; boundary=x", "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"", "text/plain; boundary=x", "",
        "multipart/form-data; boundary=\"x \"",
        "multipart/form-data; boundary=" + String(repeating: "x", count: 71),
    ])
    func `a type without a usable boundary is refused`(_ type: String) {
        #expect(throws: HTTPWireError.self) { try MultipartParser(contentType: type) }
    }

    @Test func `an unfinished form is not complete, and limits hold`() throws {
        #expect(try !Self.parse([Bytes(utf8: "--a b\r\nA: b\r\n\r\ndata\r\n--a b")]).isComplete)
        let large = "--a b\r\nA: " + String(repeating: "x", count: 9000)
        #expect(throws: HTTPWireError.self) { try Self.parse([Bytes(utf8: large)]) }
        let many = String(repeating: "--a b\r\n\r\n\r\n", count: 65)
        #expect(throws: HTTPWireError.self) { try Self.parse([Bytes(utf8: many)]) }
    }
}
