import BridgeBytes
import HTTPWire
import Testing

extension ServerExchange {
    fileprivate mutating func next(_ bytes: [UInt8]) throws(HTTPWireError) -> Event {
        try next(bytes.span)
    }
}

extension ClientExchange {
    fileprivate mutating func next(_ bytes: [UInt8]) throws(HTTPWireError) -> Event {
        try next(bytes.span)
    }
}

@Suite struct ServerExchangeTests {
    private static func span(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static let get = span("GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    @Test func `the next request waits for the answer to this one`() throws {
        var machine = ServerExchange()
        let two = Self.get + Self.get
        guard case .request(let head, .none, .none, Self.get.count) = try machine.next(two)
        else {
            Issue.record("no request")
            return
        }
        #expect(head.method == "GET" && machine.keepsConnection)
        #expect(try machine.next(Self.get) == .requestEnd(consumed: 0))
        #expect(machine.isRequestWhole)
        #expect(try machine.next(Self.get) == .waiting)
        #expect(machine.answerEnded(closing: false) == .nextRequest)
        guard case .request = try machine.next(Self.get) else {
            Issue.record("no second request")
            return
        }
        #expect(try machine.next([]) == .requestEnd(consumed: 0))
        #expect(machine.answerEnded(closing: true) == .close)
        #expect(try machine.next(Self.get) == .closed)
    }

    @Test func `an answer before the end of the body ends the connection`() throws {
        var machine = ServerExchange()
        let head = Self.span("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        _ = try machine.next(head)
        #expect(try machine.next(Self.span("he")) == .body(0..<2))
        #expect(machine.answerEnded(closing: false) == .closeLingering)
        #expect(try machine.next(Self.span("llo")) == .closed)
    }

    @Test func `how the peer's end is taken`() throws {
        var machine = ServerExchange()
        #expect(machine.peerClosed(unread: 0) == .clean)
        machine = ServerExchange()
        _ = try machine.next(Self.span("GET"))
        #expect(machine.isInsideHead && machine.peerClosed(unread: 3) == .incomplete)
        machine = ServerExchange()
        _ = try machine.next(Self.get)
        #expect(machine.peerClosed(unread: 0) == .incomplete)
        machine = ServerExchange()
        _ = try machine.next(Self.get)
        _ = try machine.next([])
        #expect(machine.peerClosed(unread: 0) == .halfClosed)
    }

    @Test func `after a fault nothing is read`() {
        var machine = ServerExchange()
        let bad = Self.span("GET / HTTP/1.1\r\nHost : a\r\n\r\n")
        #expect(throws: HTTPWireError.self) { try machine.next(bad) }
        #expect((try? machine.next(Self.get)) == .closed)
        #expect(machine.answerEnded(closing: false) == .closeLingering)
    }

    @Test(arguments: [
        ("Expect: 100-continue", ServerExchange.Expectation.continue100),
        ("expect: 100-Continue", .continue100), ("Expect: other", .unknown), ("X: y", .none),
    ])
    func `expectations`(_ field: String, _ expected: ServerExchange.Expectation) throws {
        var machine = ServerExchange()
        let head = Self.span("PUT / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n")
        guard case .request(_, _, let expectation, _) = try machine.next(head) else {
            Issue.record("no request")
            return
        }
        #expect(expectation == expected)
    }

    @Test(
        arguments: [
            ("HTTP/1.1", nil, true), ("HTTP/1.1", "close", false), ("HTTP/1.1", "x, Close", false),
            ("HTTP/1.0", nil, false), ("HTTP/1.0", "keep-alive", true),
            ("HTTP/1.0", "keep-alive, close", false),
        ] as [(String, String?, Bool)])
    func `who keeps the connection`(
        _ version: String, _ connection: String?, _ keeps: Bool
    ) throws {
        var machine = ServerExchange()
        let field = connection.map { "Connection: \($0)\r\n" } ?? ""
        _ = try machine.next(Self.span("GET / \(version)\r\nHost: a\r\n\(field)\r\n"))
        _ = try machine.next([])
        #expect(machine.keepsConnection == keeps)
        #expect(machine.answerEnded(closing: false) == (keeps ? .nextRequest : .close))
    }
}

@Suite struct ClientExchangeTests {
    private static let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n".utf8)

    @Test func `an early answer leaves the connection unusable`() throws {
        for isSent in [true, false] {
            var machine = ClientExchange(method: "PUT")
            if isSent { machine.requestSent() }
            _ = try machine.next(Self.answer)
            #expect(try machine.next([1, 2]) == .body(0..<2))
            #expect(try machine.next([]) == .end(consumed: 0, reusable: isSent))
        }
    }

    @Test func `bytes after the end are never a second answer`() throws {
        var machine = ClientExchange(method: "GET")
        machine.requestSent()
        _ = try machine.next(Self.answer)
        _ = try machine.next([1, 2, 3])
        #expect(try machine.next([3]) == .end(consumed: 0, reusable: false))
    }

    @Test func `a close tells apart no answer, half an answer and a whole one`() throws {
        var machine = ClientExchange(method: "GET")
        #expect(!machine.hasAnswerBytes)
        #expect(throws: HTTPWireError.self) { try machine.peerClosed() }
        machine = ClientExchange(method: "GET")
        _ = try machine.next(Self.answer)
        #expect(machine.hasAnswerBytes)
        let error = #expect(throws: HTTPWireError.self) { try machine.peerClosed() }
        #expect(error?.code == .truncated)
        machine = ClientExchange(method: "GET")
        _ = try machine.next(Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
        #expect(try machine.next([1, 2]) == .body(0..<2))
        #expect(try machine.peerClosed() == .end(consumed: 0, reusable: false))
    }

    @Test func `interim answers are counted, and an upgrade is refused`() throws {
        let interim = Array("HTTP/1.1 103 Early Hints\r\n\r\n".utf8)
        var machine = ClientExchange(method: "GET")
        for _ in 0..<16 {
            guard case .interim(let head, interim.count) = try machine.next(interim) else {
                Issue.record("not interim")
                return
            }
            #expect(head.status == 103)
        }
        let error = #expect(throws: HTTPWireError.self) { try machine.next(interim) }
        #expect(error?.code == .tooManyInterimResponses)
        machine = ClientExchange(method: "GET")
        let upgrade = Array("HTTP/1.1 101 Switching Protocols\r\n\r\n".utf8)
        let refused = #expect(throws: HTTPWireError.self) { try machine.next(upgrade) }
        #expect(refused?.code == .unexpectedUpgrade)
    }
}
