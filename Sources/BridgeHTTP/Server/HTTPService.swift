package import BridgeBytes
package import BridgeSockets
package import HTTPWire

/// What a server does with requests. The connection calls it on its reactor's thread, where
/// nothing may block; what blocks goes to a pool and answers later.
package protocol HTTPService: Sendable {
    /// A request's head is there, its body is not.
    func begin(_ request: ServerRequest, reply: ServerReply) -> ServerDecision
    /// The answer to a GET of a path with fields that change nothing, if it is ready to be sent.
    /// - Parameters:
    ///   - path: As it was written, valid during the call: unreserved characters and slashes.
    ///   - turn: When the reactor's present turn began; what was looked at in it still holds.
    func prepared(_ path: Span<UInt8>, turn: Duration) -> PreparedAnswer?
    /// Adds what every answer has, whoever made it. Nil: there was no well-formed request.
    func adorn(_ answer: inout ServerAnswer, for head: RequestHead?)
}

extension HTTPService {
    package func adorn(_ answer: inout ServerAnswer, for head: RequestHead?) {}
    package func prepared(_ path: Span<UInt8>, turn: Duration) -> PreparedAnswer? { nil }
}

/// A request whose head is well formed.
package struct ServerRequest: Sendable {
    package let head: RequestHead
    package let framing: BodyFraming
    /// Whom limits hold: the address of the peer, or its network in IPv6.
    package var peer = ""

    /// The declared size of the body in bytes: 0 for none, nil when it comes in chunks.
    package var contentLength: Int? {
        switch framing {
        case .none: 0
        case .length(let length): length
        case .chunked, .untilClose: nil
        }
    }
}

/// What is to happen with a request whose head, or whose whole body, has been read.
package enum ServerDecision {
    /// Answer now, whether or not the body has been read.
    case answer(ServerAnswer)
    /// Read the body into a sink. Not after the body.
    case receive(any BodySink)
    /// The `ServerReply` will be told, from any thread.
    case later
}

/// Takes the body of one request, on the reactor's thread.
package protocol BodySink: AnyObject {
    /// Body bytes, valid during the call. An answer ends the request at once; nil asks for more.
    func received(_ span: Span<UInt8>) -> ServerAnswer?
    /// Reads once, straight to where the bytes are kept, and takes what was read; no more than
    /// belongs to the body. Nil: they are to be read elsewhere, and given to `received(_:)`.
    func read(from link: Link) -> DirectRead?
    /// The body is whole.
    func ended(_ reply: ServerReply) -> ServerDecision
    /// The body will never be whole: what was kept of it must go.
    func aborted()
    /// Whether it can take no more now. No more is read then, until `ServerReply.resume()`.
    var isFull: Bool { get }
}

extension BodySink {
    package var isFull: Bool { false }
    package func read(from link: Link) -> DirectRead? { nil }
}

/// What was read straight to where it is kept.
package struct DirectRead {
    /// What the call came to.
    let transfer: Transfer
    /// The bytes, which were taken already.
    let bytes: Bytes
    /// Whether there was room for more.
    let hasSpareRoom: Bool
}

/// An answer. Length, Date and Connection are the connection's to add.
package struct ServerAnswer: Sendable {
    package enum Body: Sendable {
        case none
        case bytes(Bytes)
        /// Part of a file, sent from the page cache.
        case file(OpenFile, Range<Int>)
        /// Made while it is sent: with a length, or in chunks, which HTTP/1.0 has not.
        case stream(AnswerStream)
        /// Nothing, though the fields speak of that many bytes: an answer to HEAD, or 304.
        case omitted(size: Int)
    }

    package var status: Int
    package var fields = FieldList()
    package var body = Body.none
    /// Whether the connection ends with this answer.
    package var closes = false
    /// Holds back of a body that is a file's what is not there yet, or not known to be right.
    package var gate: BodyGate?

    package init(_ status: Int, fields: FieldList = FieldList(), body: Body = .none) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// An answer with 200 that is written out once and sent many times.
package struct PreparedAnswer: Sendable {
    /// All that follows the Date field: the other fields, the empty line and the body.
    let rest: Bytes
}

/// How a service answers later. Any thread; what comes after the connection's end is dropped.
package struct ServerReply: Sendable {
    let handle: HandlerHandle<ServerConnection>
    /// Which request of the connection is meant.
    let serial: Int

    package func answer(_ answer: ServerAnswer) {
        let serial = self.serial
        handle.perform { connection, link in
            connection.decide(.answer(answer), serial: serial, link)
        }
    }

    /// The sink that was full has room again.
    package func resume() {
        let serial = self.serial
        handle.perform { connection, link in connection.resume(serial: serial, link) }
    }

    /// Reads the body into a sink that is made on the reactor's thread.
    package func receive(_ makeSink: @escaping @Sendable () -> any BodySink) {
        let serial = self.serial
        handle.perform { connection, link in
            connection.decide(.receive(makeSink()), serial: serial, link)
        }
    }
}
