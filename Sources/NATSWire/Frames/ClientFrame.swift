/// One whole protocol element that a client sends, as ranges of the bytes it was parsed from.
///
/// All ranges count from the start of the span that was given to `ClientFrameParser.next(_:)`.
package enum ClientFrame: Equatable, Sendable {
    /// CONNECT; the range holds the JSON text.
    case connect(Range<Int>)
    /// PUB or HPUB.
    case publish(PublishFrame)
    /// SUB.
    case subscribe(SubscribeFrame)
    /// UNSUB; with `max`, after that many messages in all.
    case unsubscribe(sid: Range<Int>, max: Int?)
    case ping
    case pong
}

/// A message on its way to the server, located.
package struct PublishFrame: Equatable, Sendable {
    package var subject: Range<Int>
    package var replyTo: Range<Int>?
    /// The header block from its version line to its blank line, when the verb is HPUB.
    package var headers: Range<Int>?
    package var payload: Range<Int>

    package init(
        subject: Range<Int>, replyTo: Range<Int>? = nil, headers: Range<Int>? = nil,
        payload: Range<Int>
    ) {
        self.subject = subject
        self.replyTo = replyTo
        self.headers = headers
        self.payload = payload
    }
}

/// A request for messages, located.
package struct SubscribeFrame: Equatable, Sendable {
    package var pattern: Range<Int>
    package var queueGroup: Range<Int>?
    /// Any token: only the client gives it a meaning.
    package var sid: Range<Int>

    package init(pattern: Range<Int>, queueGroup: Range<Int>? = nil, sid: Range<Int>) {
        self.pattern = pattern
        self.queueGroup = queueGroup
        self.sid = sid
    }
}
