/// One whole protocol element that a server sends, as ranges of the bytes it was parsed from.
///
/// All ranges count from the start of the span that was given to `FrameParser.next(_:)`.
package enum Frame: Equatable, Sendable {
    /// INFO; the range holds the JSON text.
    case info(Range<Int>)
    /// MSG or HMSG.
    case message(MessageFrame)
    case ping
    case pong
    /// +OK, which only a verbose connection gets.
    case ok
    /// -ERR; the range holds the text, with its quotes.
    case error(Range<Int>)
}

/// A delivered message, located.
package struct MessageFrame: Equatable, Sendable {
    /// The subject. It holds no blank and no end of a line, perhaps other control bytes; it is not
    /// checked further.
    package var subject: Range<Int>
    package var replyTo: Range<Int>?
    /// Number of the subscription that the server delivers to; perhaps one that is gone.
    package var sid: Int
    /// The header block from its version line to its blank line, when the verb is HMSG.
    package var headers: Range<Int>?
    package var payload: Range<Int>

    /// Bytes of headers and payload, as limits count them.
    package var size: Int { (headers?.count ?? 0) + payload.count }

    package init(
        subject: Range<Int>, replyTo: Range<Int>? = nil, sid: Int, headers: Range<Int>? = nil,
        payload: Range<Int>
    ) {
        self.subject = subject
        self.replyTo = replyTo
        self.sid = sid
        self.headers = headers
        self.payload = payload
    }
}
