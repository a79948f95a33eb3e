internal import BridgeBytes

/// The server's side of a connection: requests in, in order, one at a time.
///
/// ## Theory of operation
/// ```
/// head --request--> body --requestEnd--> waiting --answerEnded--> head
///   any parse error: the connection is of no more use (failed)
///   answerEnded with a body that was not read, or `close`: closing
/// ```
/// The next request is not looked at before the answer to this one has been written: so answers
/// leave in order, and a client that pipelines without reading holds at most one receive window.
/// After an error, or after a message that said `close`, nothing more is parsed (RFC 9112
/// section 9.6): what follows may be a smuggled request.
///
/// The caller shows its unread window to `next` and consumes what the event says.
package struct ServerExchange: Sendable {
    package enum Expectation: Sendable, Hashable { case none, continue100, unknown }

    package enum Event: Sendable, Hashable {
        /// The window holds nothing more to act upon; consume this much and read.
        case needMore(consumed: Int)
        case request(RequestHead, BodyFraming, Expectation, size: Int)
        /// Body bytes at this range of the window; consume up to its upper bound.
        case body(Range<Int>)
        /// The request is whole; consume this much, then answer.
        case requestEnd(consumed: Int)
        /// The answer is still being written; leave the window as it is.
        case waiting
        /// Nothing more is parsed on this connection.
        case closed
    }

    package enum AfterAnswer: Sendable, Hashable {
        case nextRequest, close
        /// Close, but read and drop what still comes for a moment: closing a socket with unread
        /// bytes resets it, and the reset can destroy the answer (RFC 9112 section 9.6).
        case closeLingering
    }

    package enum PeerClose: Sendable, Hashable {
        /// Between two requests: the ordinary end.
        case clean
        /// Inside a request, which must not take effect.
        case incomplete
        /// The peer finished sending and waits for its answer.
        case halfClosed
    }

    private enum Phase: Sendable { case head, body, waiting, closed }

    private let limits: HTTPWireLimits
    private let checksHost: Bool
    private var parser: HeadParser
    private var phase = Phase.head
    private var body = BodyReader(.none, limits: .default)
    private var keepsAlive = true

    /// - Parameter checksHost: Whether a request must name its host, as RFC 9112 section 3.2
    ///   wants; off for vectors that leave it out.
    package init(limits: HTTPWireLimits = .default, checksHost: Bool = true) {
        self.limits = limits
        self.checksHost = checksHost
        parser = HeadParser(limits: limits)
    }

    /// Whether part of a head has been read.
    package var isInsideHead: Bool { phase == .head && parser.isInsideHead }
    /// Whether the current request's body has been read to its end.
    package var isRequestWhole: Bool { phase == .waiting }
    /// Whether the current request lets the connection live after its answer.
    package var keepsConnection: Bool { keepsAlive && phase != .closed }

    package mutating func next(_ window: Span<UInt8>) throws(HTTPWireError) -> Event {
        do throws(HTTPWireError) {
            switch phase {
            case .head: return try readHead(window)
            case .body: return try readBody(window)
            case .waiting: return .waiting
            case .closed: return .closed
            }
        } catch {
            phase = .closed
            throw error
        }
    }

    private mutating func readHead(_ window: Span<UInt8>) throws(HTTPWireError) -> Event {
        guard let parsed = try parser.nextRequest(window) else { return .needMore(consumed: 0) }
        if checksHost { try HostField.check(parsed.head) }
        let framing = try BodyFraming.ofRequest(parsed.head)
        body = BodyReader(framing, limits: limits)
        keepsAlive = Persistence.keepsAlive(parsed.head.version, parsed.head.fields)
        phase = .body
        return .request(parsed.head, framing, expectation(parsed.head), size: parsed.size)
    }

    /// A request without a body was read beside the machine (see `RepeatedHead`): its answer is
    /// next. Only between two requests.
    package mutating func repeatedRequestRead() {
        precondition(phase == .head && !parser.isInsideHead, "a request begins where none is read")
        keepsAlive = true
        phase = .waiting
    }

    /// Whether the next byte begins a request.
    package var isBetweenRequests: Bool { phase == .head && !parser.isInsideHead }

    private func expectation(_ head: RequestHead) -> Expectation {
        guard head.version == .http11 else { return .none }
        let values = head.fields.listElements("Expect")
        if values.isEmpty { return .none }
        let known = values.allSatisfy { Octet.equalIgnoringCase($0, "100-continue") }
        return known ? .continue100 : .unknown
    }

    private mutating func readBody(_ window: Span<UInt8>) throws(HTTPWireError) -> Event {
        switch try body.next(window) {
        case .data(let range): return .body(range)
        case .needMore(let consumed): return .needMore(consumed: consumed)
        case .end(let consumed):
            phase = .waiting
            return .requestEnd(consumed: consumed)
        }
    }

    /// The final answer has been handed to the socket.
    /// - Parameter closing: Whether that answer said `Connection: close`.
    package mutating func answerEnded(closing: Bool) -> AfterAnswer {
        let isWhole = phase == .waiting
        guard keepsAlive, !closing, isWhole else {
            phase = .closed
            return isWhole ? .close : .closeLingering
        }
        phase = .head
        return .nextRequest
    }

    /// The peer will send nothing more. `unread` is what the window still holds.
    package mutating func peerClosed(unread: Int) -> PeerClose {
        switch phase {
        case .head:
            let isClean = !parser.isInsideHead && unread == 0
            phase = .closed
            return isClean ? .clean : .incomplete
        case .body:
            phase = .closed
            return .incomplete
        case .waiting: return .halfClosed
        case .closed: return .clean
        }
    }
}
