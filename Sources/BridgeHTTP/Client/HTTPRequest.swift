public import BridgeBytes
package import BridgeSockets
public import HTTPWire

/// A request without its body.
public struct HTTPRequest: Sendable, Hashable {
    /// A token such as `GET`; case matters.
    public var method: String
    /// Where the request goes.
    public var url: HTTPURL
    /// Further fields. Host, the body's length, User-Agent and Accept-Encoding are set by the
    /// client where they are missing.
    public var fields: FieldList
    /// Where to connect in place of what the host's name resolves to: addresses that have been
    /// judged. Nil: whatever it resolves to.
    package var addresses: [Address]?

    /// Creates a request. Sending it fails as `badRequest` when the method is not a token.
    public init(_ method: String, _ url: HTTPURL, fields: FieldList = FieldList()) {
        self.method = method
        self.url = url
        self.fields = fields
    }

    /// What cannot be sent, as a sentence.
    func problem(with body: HTTPBody) -> String? {
        guard FieldList.isValidName(method) else { return "the method is not a token" }
        if case .stream(let length?, _) = body.kind, length < 0 {
            return "a body has no negative length"
        }
        return nil
    }

    /// Whether sending the request twice has the effect of sending it once (RFC 9110, 9.2.2).
    var isIdempotent: Bool {
        ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"].contains(method)
    }
}

/// The body of a request.
public struct HTTPBody: Sendable {
    /// A writer that hands pieces to the connection and suspends while it is full.
    package typealias Sink = @Sendable (Bytes) async throws -> Void

    enum Kind: Sendable {
        case none
        case segments(Segments)
        case stream(length: Int?, @Sendable (Sink) async throws -> Void)
    }

    let kind: Kind
    /// Told of how many bytes of the segments the connection has sent, on its thread.
    var sent: (@Sendable (Int) -> Void)?

    /// No body.
    public static let none = HTTPBody(kind: .none)

    /// Pieces that are sent from where they lie, one after the other, with their total as the
    /// Content-Length. Nothing is copied; a retry sends them again.
    public static func segments(_ segments: Segments) -> HTTPBody {
        HTTPBody(kind: .segments(segments))
    }

    /// The same, and somebody is told of how many bytes of them have been sent, each time that
    /// some have: by the thread that serves all connections, so that it must not take long.
    package static func segments(
        _ segments: Segments, sent: @escaping @Sendable (Int) -> Void
    ) -> HTTPBody {
        HTTPBody(kind: .segments(segments), sent: sent)
    }

    /// Pieces that come one by one: in chunks, or with a known length, which must then be met; a
    /// negative one fails as `badRequest`.
    /// The source is asked for the next piece only when the connection has taken the last ones.
    public static func stream<Source: AsyncSequence & Sendable>(
        length: Int? = nil, _ source: Source
    ) -> HTTPBody where Source.Element == Bytes {
        HTTPBody(
            kind: .stream(length: length) { sink in
                for try await piece in source { try await sink(piece) }
            })
    }

    /// The bytes that are sent without asking anybody; nil for a stream.
    var segments: Segments? {
        switch kind {
        case .none: []
        case .segments(let segments): segments
        case .stream: nil
        }
    }
}
