public import BridgeBytes
public import NATSWire

/// When a message that a stream holds is published to another subject, once or again and again
/// (ADR-51, server 2.12).
///
/// The message that is published with a schedule is the schedule itself: publishing another one
/// on its subject replaces it, and deleting it ends it.
public struct MessageSchedule: Sendable, Hashable {
    /// The moments.
    public enum Pattern: Sendable, Hashable {
        /// Once, at that moment of the server's clock.
        case at(Timestamp)
        /// Again and again, with that time between; whole seconds, rounded up.
        case every(Duration)
        /// As cron has it, with six fields, the first for seconds (server 2.14).
        case cron(HeaderValue, timeZone: HeaderValue? = nil)
    }

    /// The moments.
    public var pattern: Pattern
    /// Where the message is published; a subject of the same stream.
    public var target: Subject
    /// How long what is published lives; nil: as the stream says. Whole seconds, rounded up.
    public var timeToLive: Duration?

    /// A message that is published to `target` at those moments.
    public init(_ pattern: Pattern, to target: Subject, timeToLive: Duration? = nil) {
        self.pattern = pattern
        self.target = target
        self.timeToLive = timeToLive
    }

    private static let scheduleName: HeaderName = "Nats-Schedule"
    private static let targetName: HeaderName = "Nats-Schedule-Target"
    private static let timeToLiveName: HeaderName = "Nats-Schedule-TTL"
    private static let timeZoneName: HeaderName = "Nats-Schedule-Time-Zone"

    func apply(to headers: inout Headers) {
        switch pattern {
        case .at(let time):
            set(&headers, "@at \(time.nanosecondText)")
        case .every(let span):
            set(&headers, "@every \(span.wholeSecondsRoundedUp)s")
        case .cron(let fields, let timeZone):
            headers.set(Self.scheduleName, fields)
            if let timeZone { headers.set(Self.timeZoneName, timeZone) }
        }
        headers.set(Self.targetName, HeaderValue(received: target.bytes))
        if let timeToLive {
            headers.set(Self.timeToLiveName, HeaderValue(timeToLive.wholeSecondsRoundedUp))
        }
    }

    private func set(_ headers: inout Headers, _ text: String) {
        headers.set(Self.scheduleName, HeaderValue(received: Bytes(utf8: text)))
    }
}
