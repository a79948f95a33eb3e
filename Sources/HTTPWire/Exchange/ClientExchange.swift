internal import BridgeBytes

/// The client's side of one request and its answer on a connection.
///
/// ## Theory of operation
/// ```
/// head --1xx--> head --final--> body --end--> done
/// ```
/// Interim answers are handed out and counted; the first other status is the final one. The
/// answer may come before the request is all out (an early error): the exchange goes on, and the
/// connection is then not reusable. Bytes after the end of the body are never a second answer:
/// they too make the connection unusable. A body without a length ends when the peer closes; any
/// other close is `incomplete`.
package struct ClientExchange: Sendable {
    package enum Event: Sendable, Hashable {
        /// Consume this much and read more.
        case needMore(consumed: Int)
        /// A 1xx answer; consume `size` and go on.
        case interim(ResponseHead, size: Int)
        /// The final answer's head; consume `size`.
        case response(ResponseHead, BodyFraming, size: Int)
        /// Body bytes at this range of the window; consume up to its upper bound.
        case body(Range<Int>)
        /// The answer is whole; `reusable` says whether another request may follow.
        case end(consumed: Int, reusable: Bool)
    }

    private enum Phase: Sendable { case head, body, done }

    private let method: String
    private let limits: HTTPWireLimits
    private var parser: HeadParser
    private var phase = Phase.head
    private var body = BodyReader(.none, limits: .default)
    private var isRequestSent = false
    private var keepsAlive = true
    private var interim = 0
    /// Whether any byte of an answer has come. While not, a request that may be repeated can go
    /// to a new connection (RFC 9112 section 9.3.1).
    package private(set) var hasAnswerBytes = false

    package init(method: String, limits: HTTPWireLimits = .default) {
        self.method = method
        self.limits = limits
        parser = HeadParser(limits: limits)
    }

    /// The trailer fields of the answer, once it has ended.
    package var trailers: FieldList { body.trailers }

    /// The whole request has been handed to the socket.
    package mutating func requestSent() { isRequestSent = true }

    package mutating func next(_ window: Span<UInt8>) throws(HTTPWireError) -> Event {
        if !window.isEmpty { hasAnswerBytes = true }
        switch phase {
        case .head: return try readHead(window)
        case .body: return try readBody(window)
        case .done: return .end(consumed: 0, reusable: isReusable && window.isEmpty)
        }
    }

    private mutating func readHead(_ window: Span<UInt8>) throws(HTTPWireError) -> Event {
        guard let parsed = try parser.nextResponse(window) else { return .needMore(consumed: 0) }
        let head = parsed.head
        if head.isInterim {
            interim += 1
            guard interim <= limits.interimResponses else {
                throw HTTPWireError(
                    .tooManyInterimResponses, .head,
                    "more than \(limits.interimResponses) interim answers came")
            }
            return .interim(head, size: parsed.size)
        }
        guard head.status != 101 else {
            throw HTTPWireError(
                .unexpectedUpgrade, .head, "the server switched protocols without being asked")
        }
        let framing = try BodyFraming.ofResponse(head, to: method)
        body = BodyReader(framing, limits: limits)
        keepsAlive = Persistence.keepsAlive(head.version, head.fields) && framing != .untilClose
        phase = .body
        return .response(head, framing, size: parsed.size)
    }

    private mutating func readBody(_ window: Span<UInt8>) throws(HTTPWireError) -> Event {
        switch try body.next(window) {
        case .data(let range): return .body(range)
        case .needMore(let consumed): return .needMore(consumed: consumed)
        case .end(let consumed):
            phase = .done
            return .end(consumed: consumed, reusable: isReusable && consumed == window.count)
        }
    }

    private var isReusable: Bool { keepsAlive && isRequestSent }

    /// The peer closed; call it after the window has been read to the end.
    /// - Throws: `incomplete` when the answer was not whole.
    package mutating func peerClosed() throws(HTTPWireError) -> Event {
        if phase == .body, body.endsWithConnection { phase = .done }
        guard phase == .done else {
            throw HTTPWireError(
                .truncated, phase == .head ? .head : .body,
                hasAnswerBytes
                    ? "the peer closed in the middle of its answer"
                    : "the peer closed without an answer")
        }
        return .end(consumed: 0, reusable: false)
    }
}
