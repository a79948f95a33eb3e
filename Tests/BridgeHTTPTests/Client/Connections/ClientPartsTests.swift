import BridgeBytes
import BridgeHTTP
import HTTPWire
import Testing

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
