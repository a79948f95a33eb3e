import BridgeBytes
import HTTPWire
import TestKit
import Testing

@Suite struct TunnelTransformTests {
    /// A transform that has begun, and what it has to say.
    private static func begun(_ authorization: String? = nil) -> (TunnelTransform, String) {
        let transform = TunnelTransform(to: "files.example:443", authorization: authorization)
        transform.begin()
        return (transform, sent(transform))
    }

    private static func sent(_ transform: TunnelTransform, most: Int = .max) -> String {
        var text = ""
        transform.sendOutput { bytes in
            let count = min(most, bytes.count)
            text = String(repairing: Bytes(copying: bytes.extracting(0..<count)))
            return count
        }
        return text
    }

    private static func read(_ transform: TunnelTransform, most: Int = 100) -> (String, String) {
        var memory = [UInt8](repeating: 0, count: most)
        var text = ""
        while true {
            let reading = unsafe memory.withUnsafeMutableBytes { unsafe transform.read(into: $0) }
            switch reading {
            case .moved(let count): text += String(repairing: Bytes(Array(memory[..<count])))
            case .needsInput: return (text, "needs input")
            case .ended: return (text, "ended")
            case .failed(let error): return (text, error.code.rawValue)
            }
        }
    }

    @Test func `the way to a host is asked for with what the proxy is to know, and no more`() {
        let head = "CONNECT files.example:443 HTTP/1.1\r\nHost: files.example:443\r\n\r\n"
        #expect(Self.begun().1 == head)
        #expect(Self.begun("Basic dTpw").1.contains("\r\nProxy-Authorization: Basic dTpw\r\n"))
        #expect(Self.begun().0.write(Array("early".utf8).span) == 0)
    }

    @Test func `what stands behind the answer is the host's, however it was cut`() {
        // A length in such an answer means nothing (RFC 9110, section 9.3.6).
        let text =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Connection established\r\n"
            + "Content-Length: 3\r\n\r\nhello from the host"
        for feed in Splits.of(Bytes(utf8: text)) {
            let (transform, _) = Self.begun()
            for piece in feed.pieces { transform.receive(piece.span) }
            #expect(Self.read(transform, most: 7) == ("hello from the host", "needs input"))
            transform.receive(Array("!".utf8).span)
            transform.receiveEnd()
            #expect(Self.read(transform) == ("!", "ended"), "\(feed)")
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "authorization_failed"),
        ("HTTP/1.1 403 X\r\n\r\n", "authorization_failed"),
        ("HTTP/1.1 302 X\r\nLocation: http://a\r\n\r\n", "refused"),
        ("HTTP/1.1 101 X\r\nUpgrade: y\r\n\r\n", "refused"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "unavailable"),
        ("SSH-2.0-OpenSSH\r\n", "not_http"),
        (String(repeating: "HTTP/1.1 100 X\r\n\r\n", count: 5), "refused"),
        ("HTTP/1.1 200 OK\r\n", "disconnected"),
    ])
    func `any other answer is an error with its status`(_ answer: String, _ code: String) {
        for feed in Splits.of(Bytes(utf8: answer)) {
            let (transform, _) = Self.begun()
            for piece in feed.pieces { transform.receive(piece.span) }
            transform.receiveEnd()
            #expect(Self.read(transform) == ("", code), "\(feed)")
            #expect(transform.write(Array("secret".utf8).span) == 0 && !transform.hasOutput)
        }
    }

    @Test func `what the host can have is counted without the request, and bounded`() {
        let transform = TunnelTransform(to: "a:1", authorization: nil)
        transform.begin()
        let request = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n".utf8.count
        #expect(transform.outputLeft(request - 1) == 0)
        _ = Self.sent(transform)
        transform.receive(Array("HTTP/1.1 200 OK\r\n\r\n".utf8).span)
        let piece = [UInt8](repeating: 0x78, count: 100_000)
        var taken = 0
        while case let count = transform.write(piece.span), count > 0 { taken += count }
        #expect(taken == TunnelTransform.maxOutput)
        #expect(transform.outputLeft(11) == 10)
        // Who never takes all at once makes room all the same.
        var passed = 0
        while passed < 3 * TunnelTransform.maxOutput {
            passed += Self.sent(transform, most: 70_000).utf8.count
            taken += transform.write(piece.span)
        }
        #expect(taken - passed <= TunnelTransform.maxOutput)
    }
}
