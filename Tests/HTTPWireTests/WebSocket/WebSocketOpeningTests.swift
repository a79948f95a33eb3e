import BridgeBytes
import HTTPWire
import TestKit
import Testing

@Suite struct WebSocketOpeningTests {
    @Test(arguments: [
        ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="),
        ("x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="),
    ])
    func `the answer to a key is the one of RFC 6455`(_ key: String, _ acceptance: String) {
        #expect(WebSocketOpening.acceptance(of: key) == acceptance)
    }

    @Test func `the request asks for a WebSocket, with path, query and fields of the user`() throws
    {
        var fields = FieldList()
        try fields.append(name: "Cookie", value: "jwt=x")
        let bench = WebSocketBench(target: "/nats?x=1", fields: fields)
        #expect(
            String(decoding: bench.sent(), as: UTF8.self)
                == "GET /nats?x=1 HTTP/1.1\r\nHost: host:80\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                + "Sec-WebSocket-Version: 13\r\nCookie: jwt=x\r\n\r\n")
        for name in ["Host", "upgrade", "CONNECTION", "Sec-WebSocket-Key", "sec-websocket-x"] {
            #expect(!WebSocketOpening.allowsField(name))
        }
        #expect(WebSocketOpening.allowsField("Authorization"))
    }

    @Test func `frames may come with the answer, cut anywhere`() {
        let text = Array(WebSocketBench.answer().utf8) + WebSocketBench.frame(2, Array("INFO".utf8))
        for feed in Splits.of(Bytes(text)) {
            let bench = WebSocketBench()
            for piece in feed.pieces { bench.receive(piece) }
            #expect(bench.transform.phase.isOpen)
            #expect(bench.read() == (Array("INFO".utf8), "needs input"))
        }
    }

    @Test func `an interim answer is not the answer`() {
        let bench = WebSocketBench()
        bench.receive(Bytes(utf8: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"))
        #expect(bench.read().end == "needs input")
        bench.receive(Bytes(utf8: WebSocketBench.answer()))
        #expect(bench.transform.phase.isOpen)
    }

    @Test(arguments: [
        (WebSocketBench.answer(accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "protocol_violation"),
        (WebSocketBench.answer(accept: nil), "protocol_violation"),
        (WebSocketBench.answer(upgrade: "h2c"), "protocol_violation"),
        (WebSocketBench.answer(more: "Sec-WebSocket-Protocol: nats\r\n"), "protocol_violation"),
        (
            WebSocketBench.answer(
                more: "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"
            ),
            "protocol_violation"
        ),
        (WebSocketBench.answer("200 OK"), "refused"),
        (WebSocketBench.answer("301 Moved Permanently"), "refused"),
        (WebSocketBench.answer("401 Unauthorized"), "authorization_failed"),
        (WebSocketBench.answer("407 Proxy"), "authorization_failed"),
        (WebSocketBench.answer("503 Service Unavailable"), "unavailable"),
        ("HTTP/1.0 400 Bad Request\r\n\r\nClient sent", "refused"),
        ("<html>", "not_http"), ("INFO {}\r\n", "not_http"),
        ("HTTP/1.1 101 X\r\n" + String(repeating: "A: b\r\n", count: 200), "too_many_headers"),
        ("HTTP/1.1 101 X\r\nA: " + String(repeating: "b", count: 20_000), "section_too_large"),
        (
            String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 5), "refused"
        ),
    ])
    func `another answer opens nothing`(_ answer: String, _ code: String) {
        let bench = WebSocketBench()
        _ = bench.sent()
        bench.receive(Bytes(utf8: answer))
        #expect(bench.read() == ([], code))
        // Nothing more is said to a peer that speaks something else.
        #expect(bench.sent() == [] && bench.transform.write([1]) == 0)
    }

    @Test func `an end before the answer is told as such`() {
        let bench = WebSocketBench()
        bench.receive(Bytes(utf8: "HTTP/1.1 101"))
        bench.transform.receiveEnd()
        #expect(bench.read() == ([], "disconnected"))
    }
}

extension WebSocketTransform {
    func write(_ bytes: [UInt8]) -> Int { write(bytes.span) }
}
