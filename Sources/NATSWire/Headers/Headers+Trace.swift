/// Message tracing by the servers (ADR-41, nats-server 2.11 and later).
extension Headers {
    /// Where servers report the way of a message.
    public static let traceDestination: HeaderName = "Nats-Trace-Dest"
    /// Whether the message goes that way without being delivered.
    public static let traceOnly: HeaderName = "Nats-Trace-Only"

    /// Has every server that the message passes report to a subject what it did with it, one JSON
    /// object each: which account, stream, consumer or subscription it went to.
    /// - Parameter delivers: Whether the message is delivered too, or only its way is told.
    public mutating func trace(to destination: Subject, delivers: Bool = true) {
        set(Self.traceDestination, HeaderValue(received: destination.bytes))
        if delivers { remove(Self.traceOnly) } else { set(Self.traceOnly, "true") }
    }
}
