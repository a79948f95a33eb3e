import BridgeBytes
import BridgeHTTP
import HTTPWire
import TestKit
import Testing

@Suite struct OutputQueueTests {
    @Test("Whatever the socket takes at a time, every byte goes out once and in order")
    func order() {
        var generator = SeededGenerator(#function)
        for _ in 0..<200 {
            var queue = OutputQueue()
            var expected: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                let piece = generator.bytes(Int.random(in: 0...9, using: &generator))
                queue.append(Bytes(piece))
                expected += piece
            }
            var written: [UInt8] = []
            while !queue.isEmpty {
                let flat = Array(queue.unwritten.flatMap { Array($0) }.dropFirst(queue.skip))
                #expect(flat.count == queue.count)
                let taken = Int.random(in: 1...flat.count, using: &generator)
                written += flat.prefix(taken)
                queue.advance(by: taken)
            }
            #expect(written == expected)
        }
    }
}

@Suite struct RequestWriterTests {
    private func head(_ request: HTTPRequest, _ body: HTTPBody = .none) -> String? {
        let (bytes, _) = RequestWriter.head(request, body: body, userAgent: "test")
        return String(validating: bytes)
    }

    @Test("Host first, the caller's fields, then ours; the framing is never the caller's")
    func order() throws {
        var fields = FieldList()
        try fields.append(name: "X-A", value: "1")
        try fields.append(name: "content-length", value: "7")
        try fields.append(name: "Host", value: "evil")
        let url = try HTTPURL("http://a.example:81/p?q")
        #expect(
            head(HTTPRequest("GET", url, fields: fields))
                == "GET /p?q HTTP/1.1\r\nHost: a.example:81\r\nX-A: 1\r\nUser-Agent: test\r\n"
                + "Accept-Encoding: identity\r\n\r\n")
    }

    @Test("The body decides the framing")
    func framing() throws {
        let url = try HTTPURL("http://a/")
        let pieces = [Bytes([1, 2]), Bytes(), Bytes([3])]
        #expect(
            head(HTTPRequest("PUT", url), .segments(Segments(pieces)))?.contains("Length: 3\r\n")
                == true)
        #expect(head(HTTPRequest("PUT", url))?.contains("Content-Length: 0\r\n") == true)
        #expect(head(HTTPRequest("DELETE", url))?.contains("Content-Length") == false)
        let stream = AsyncStream<Bytes> { $0.finish() }
        #expect(
            head(HTTPRequest("PUT", url), .stream(stream))?
                .contains("Transfer-Encoding: chunked\r\n") == true)
        #expect(
            head(HTTPRequest("PUT", url), .stream(length: 9, stream))?
                .contains("Content-Length: 9\r\n") == true)
    }
}
