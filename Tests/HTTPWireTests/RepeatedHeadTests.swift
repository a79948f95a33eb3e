import BridgeBytes
import HTTPWire
import TestKit
import Testing

/// What is taken without the parser is what the parser would have taken.
@Suite struct RepeatedHeadTests {
    private static let fields = "Host: a:1\r\nUser-Agent: x\r\nConnection: Keep-Alive\r\n\r\n"

    private static func learned(_ text: String) throws -> RepeatedHead {
        var parser = HeadParser()
        let window = Bytes(utf8: text)
        let parsed = try #require(try parser.nextRequest(window.span))
        var repeated = RepeatedHead()
        repeated.learn(parsed.head, window.span, size: parsed.size)
        return repeated
    }

    private static func match(_ repeated: RepeatedHead, _ text: String) -> String? {
        let window = Array(text.utf8)
        guard let match = repeated.match(window.span) else { return nil }
        return String(decoding: window[match.path], as: UTF8.self) + " \(match.size)"
    }

    @Test func `another path with the same fields is taken, and what follows left alone`() throws {
        let repeated = try Self.learned("GET /f/one HTTP/1.1\r\n" + Self.fields + "REST")
        let head = "GET /f/2/a.b-c_d~ HTTP/1.1\r\n" + Self.fields
        let expected = "/f/2/a.b-c_d~ \(head.utf8.count)"
        #expect(Self.match(repeated, head) == expected)
        #expect(Self.match(repeated, head + head) == expected)
        for count in 0..<head.utf8.count {
            #expect(
                Self.match(repeated, String(decoding: head.utf8.prefix(count), as: UTF8.self))
                    == nil)
        }
    }

    @Test(arguments: [
        "HEAD /f HTTP/1.1\r\n", "GET /f?q HTTP/1.1\r\n", "GET /%66 HTTP/1.1\r\n",
        "GET  /f HTTP/1.1\r\n", "GET http://a/f HTTP/1.1\r\n", "GET /f HTTP/1.0\r\n",
        "GET /f HTTP/1.2\r\n", "GET /f\tHTTP/1.1\r\n", "\r\nGET /f HTTP/1.1\r\n",
        "GET /\u{e9} HTTP/1.1\r\n", "get /f HTTP/1.1\r\n", "GET /f HTTP/1.1\r\nRange: bytes=1-\r\n",
        "GET /f HTTP/1.1\n",
    ]) func `whatever differs in more than the path is left to the parser`(line: String) throws {
        let repeated = try Self.learned("GET /f HTTP/1.1\r\n" + Self.fields)
        #expect(Self.match(repeated, line + Self.fields) == nil)
    }

    @Test(arguments: [
        "GET /f HTTP/1.1\r\nHost: a\r\nRange: bytes=1-\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: a\r\nX-New: x\r\n\r\n",
        "GET /f HTTP/1.0\r\nHost: a\r\n\r\n", "GET /f HTTP/1.7\r\nHost: a\r\n\r\n",
        "HEAD /f HTTP/1.1\r\nHost: a\r\n\r\n", "\r\nGET /f HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: a\r\nAccept: \(String(repeating: "x", count: 2048))\r\n\r\n",
    ]) func `a head that may change the answer is not learned`(text: String) throws {
        #expect(Self.match(try Self.learned(text), text) == nil)
    }

    @Test func `nothing is taken that the parser would not take in the same way`() throws {
        var generator = SeededGenerator("repeated heads")
        let first = "GET /f/one HTTP/1.1\r\n" + Self.fields
        let repeated = try Self.learned(first)
        var parser = HeadParser()
        let fields = try #require(try parser.nextRequest(Bytes(utf8: first).span)).head.fields
        let alphabet = Array("/.~aZ09%? \r\n\t\u{0}:HTTP".utf8) + [0x80, 0xFF]
        var taken = 0
        for _ in 0..<20_000 {
            var window = Array(("GET /f/two HTTP/1.1\r\n" + Self.fields + "GET /").utf8)
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let index = Int.random(in: 0..<window.count, using: &generator)
                let byte = try #require(alphabet.randomElement(using: &generator))
                switch Int.random(in: 0...2, using: &generator) {
                case 0: window[index] = byte
                case 1: window.insert(byte, at: index)
                default: window.remove(at: index)
                }
            }
            guard let match = repeated.match(window.span) else { continue }
            taken += 1
            var parser = HeadParser()
            let parsed = try #require(try parser.nextRequest(window.span))
            #expect(parsed.size == match.size && parsed.head.fields == fields)
            #expect(parsed.head.method == "GET" && parsed.head.version == .http11)
            #expect(parsed.head.target == String(decoding: window[match.path], as: UTF8.self))
        }
        #expect(taken > 1000)
    }
}
