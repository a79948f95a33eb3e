import BridgeBytes
import BridgeTLS
import TestKit
import Testing

@Suite(.needsOpenSSL) struct TLSSessionTests {
    @Test(arguments: [1, 5, 100, Int.max])
    func `two sessions open and talk, in pieces of any size`(piece: Int) async throws {
        let credentials = try await Credentials.make()
        var pair = try SessionPair(credentials.clientContext(), credentials.serverContext())
        pair.open(piece: piece)
        #expect(pair.client.phase.isOpen && pair.server.phase.isOpen)
        #expect(pair.client.summary.hasPrefix("TLSv1.3 "))
        let question = Array("question".utf8)
        #expect(pair.client.write(question.span) == question.count)
        pair.settle(piece: piece)
        #expect(pair.server.readAll().0 == question)
        let answer = [UInt8](repeating: 3, count: 50_000)
        #expect(pair.server.write(answer.span) == answer.count)
        pair.settle(piece: piece)
        #expect(pair.client.readAll(limit: 777).0 == answer)
    }

    @Test func `the flights of both sides may be cut anywhere`() async throws {
        let credentials = try await Credentials.make()
        let (client, server) = (
            try credentials.clientContext(), try credentials.serverContext()
        )
        let hello = try TLSSession(client, to: "localhost")
        hello.begin()
        let first = SessionPair.output(of: hello)
        for feed in Splits.of(Bytes(first)) {
            let session = try TLSSession(accepting: server)
            session.begin()
            for piece in feed.pieces { session.receive(piece.span) }
            #expect(session.failure == nil && session.hasOutput, "\(feed)")
        }
    }

    @Test func `what is written counts as sent when its record has left`() async throws {
        let credentials = try await Credentials.make()
        var pair = try SessionPair(credentials.clientContext(), credentials.serverContext())
        pair.open()
        let text = [UInt8](repeating: 7, count: 40_000)
        #expect(pair.client.write(text.span) == text.count)
        var size = 0
        pair.client.sendOutput { bytes in
            size = bytes.count
            return bytes.count
        }
        // Three records of 16,384, 16,384 and 7,232 bytes, each with 22 bytes of its own.
        #expect(size == text.count + 3 * 22)
        #expect(pair.client.outputLeft(16_405) == 0)
        #expect(pair.client.outputLeft(1) == 16_384)
        #expect(pair.client.outputLeft(16_406) == 16_384)
        #expect(pair.client.outputLeft(7_253) == 0)
        #expect(pair.client.outputLeft(1) == 7_232)
    }

    @Test func `no more is taken than the output has room for`() async throws {
        let credentials = try await Credentials.make()
        var pair = try SessionPair(credentials.clientContext(), credentials.serverContext())
        pair.open()
        let text = [UInt8](repeating: 7, count: 1 << 20)
        let count = pair.client.write(text.span)
        #expect(count >= TLSSession.outputLimit - (16 << 10) && count < TLSSession.outputLimit + 1)
        #expect(pair.client.write(text.span) == 0)
        pair.settle()
        #expect(pair.server.readAll().0.count == count)
        #expect(pair.client.write(text.span) == count)
    }

    @Test func `an end with closing words is an end, one without is a truncation`() async throws {
        let credentials = try await Credentials.make()
        for isOrderly in [true, false] {
            var pair = try SessionPair(credentials.clientContext(), credentials.serverContext())
            pair.open()
            _ = pair.server.write(Array("last".utf8).span)
            if isOrderly { pair.server.endWriting() }
            pair.settle()
            pair.client.receiveEnd()
            let (text, end) = pair.client.readAll()
            #expect(text == Array("last".utf8))
            switch end {
            case .ended: #expect(isOrderly)
            case .failed(let error):
                #expect(!isOrderly && (error as? TLSError)?.reason == .truncated)
            case .moved, .needsInput: Issue.record("the end was not noticed")
            }
        }
    }

    @Test func `an end inside the handshake says so`() async throws {
        let credentials = try await Credentials.make()
        let client = try TLSSession(credentials.clientContext(), to: "localhost")
        client.begin()
        client.receiveEnd()
        #expect(client.failure?.reason == .endedInHandshake)
        #expect(client.failure?.code == .tlsRefused)
    }

    @Test func `closing words inside the handshake are no end in order`() async throws {
        let credentials = try await Credentials.make()
        let client = try TLSSession(credentials.clientContext(), to: "localhost")
        client.begin()
        // An alert, a warning: close_notify (RFC 8446, section 6.1).
        client.receive([0x15, 0x03, 0x03, 0x00, 0x02, 0x01, 0x00].span)
        #expect(client.failure?.reason == .endedInHandshake)
        #expect(client.failure?.code == .tlsRefused)
    }

    @Test func `a record that was changed on the way ends the session with an alert`()
        async throws
    {
        let credentials = try await Credentials.make()
        var pair = try SessionPair(credentials.clientContext(), credentials.serverContext())
        pair.open()
        _ = pair.server.write(Array("abc".utf8).span)
        var bytes = SessionPair.output(of: pair.server)
        bytes[bytes.count - 1] ^= 1
        pair.client.receive(bytes.span)
        guard case .failed = pair.client.readAll().1 else {
            Issue.record("a changed record was taken")
            return
        }
        #expect(pair.client.failure?.reason == .protocolViolation)
        #expect(pair.client.hasOutput, "the peer is told")
        #expect(pair.client.write(Array("x".utf8).span) == 0)
    }

    @Test(arguments: [
        "INFO {\"server_id\":\"x\"}\r\n", "-ERR 'Unknown Protocol Operation'\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
    ])
    func `a server that speaks in the clear is named as such`(text: String) async throws {
        let credentials = try await Credentials.make()
        let client = try TLSSession(credentials.clientContext(), to: "localhost")
        client.begin()
        client.receive(Array(text.utf8).span)
        #expect(client.failure?.reason == .notTLS)
        #expect(client.failure?.code == .tlsRequired)
    }

    @Test func `a request in the clear is noticed by a server`() async throws {
        let credentials = try await Credentials.make()
        for text in ["GET / HTTP/1.1\r\n\r\n", "CONNECT {}\r\nPING\r\n", "PUT /x HTTP/1.1\r\n"] {
            let server = try TLSSession(accepting: credentials.serverContext())
            server.begin()
            server.receive(Array(text.utf8).span)
            #expect(server.failure?.reason == .notTLS, "\(text)")
        }
    }

    @Test func `complaints of another connection on the thread concern nobody`() async throws {
        let credentials = try await Credentials.make()
        var pair = try SessionPair(credentials.clientContext(), credentials.serverContext())
        pair.open()
        let other = try TLSSession(credentials.clientContext(), to: "localhost")
        other.begin()
        other.receive(Array("no TLS at all".utf8).span)
        #expect(other.failure != nil)
        guard case .needsInput = pair.client.readAll().1 else {
            Issue.record("an error of another session was taken for its own")
            return
        }
        #expect(pair.client.write(Array("x".utf8).span) == 1)
    }

    @Test func `a backlog in small pieces takes time in proportion`() async throws {
        let credentials = try await Credentials.make()
        var pair = try SessionPair(credentials.clientContext(), credentials.serverContext())
        pair.open()
        let text = [UInt8](repeating: 9, count: 16 << 10)
        var total = 0
        for _ in 0..<256 {
            _ = pair.server.write(text.span)
            let bytes = SessionPair.output(of: pair.server)
            for start in stride(from: 0, to: bytes.count, by: 4096) {
                let end = min(bytes.count, start + 4096)
                pair.client.receive(bytes.span.extracting(start..<end))
                total += pair.client.readAll(limit: 64 << 10).0.count
            }
        }
        #expect(total == 4 << 20)
    }

    @Test func `one context serves many threads`() async throws {
        let credentials = try await Credentials.make()
        let (client, server) = (
            try credentials.clientContext(), try credentials.serverContext()
        )
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var pair = try SessionPair(client, server)
                    pair.open()
                    _ = pair.client.write(Array("hello".utf8).span)
                    pair.settle()
                    return pair.server.readAll().0 == Array("hello".utf8)
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
