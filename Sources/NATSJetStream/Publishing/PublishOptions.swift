internal import BridgeBytes
public import NATSWire

/// What a publisher asks of the stream. All of it travels as headers.
public struct PublishOptions: Sendable, Hashable {
    /// `Nats-Msg-Id`: a message with the same one inside the stream's duplicate window is not
    /// stored again, so that a publish may be repeated when its answer was lost.
    public var messageID: HeaderValue?
    /// `Nats-Expected-Stream`.
    public var expectedStream: HeaderValue?
    /// `Nats-Expected-Last-Sequence`.
    public var expectedLastSequence: UInt64?
    /// `Nats-Expected-Last-Subject-Sequence`.
    public var expectedLastSubjectSequence: UInt64?
    /// `Nats-Expected-Last-Msg-Id`.
    public var expectedLastMessageID: HeaderValue?
    /// `Nats-TTL` in whole seconds, rounded up; needs `allowsMessageTTL` of the stream, which
    /// refuses the message when it is zero or less.
    public var timeToLive: Duration?

    /// `Nats-TTL: never`: the message stays although the stream has an age limit; not together with
    /// `timeToLive`, which counts then.
    public var neverExpires = false
    /// `Nats-Expected-Last-Subject-Sequence-Subject`: the subjects that
    /// `expectedLastSubjectSequence` is about, with wildcards; nil: the message's own (server
    /// 2.12).
    public var expectedSubject: SubjectPattern?
    /// `Nats-Rollup`: what the message replaces; nil: nothing. Needs `allowsRollup` of the stream.
    public var rollup: Rollup?
    /// `Nats-Incr`: what is added to the counter of the subject; the message has no payload then.
    /// Needs `allowsCounters` of the stream (server 2.12).
    public var increment: Int?
    /// When the message is published in truth, and where; nil: now and here. Needs
    /// `allowsSchedules` of the stream (server 2.12).
    public var schedule: MessageSchedule?

    /// What a message replaces.
    public enum Rollup: String, Sendable, Hashable {
        /// All messages of its subject before it.
        case subject = "sub"
        /// All messages of the stream before it.
        case all
    }

    /// Nothing is asked but, perhaps, that a repeated message is recognised.
    public init(messageID: HeaderValue? = nil) { self.messageID = messageID }

    /// The level of the API from which on a server does what is asked; older ones store the message
    /// and do nothing about it.
    var requiredLevel: Int {
        if increment != nil || schedule != nil { return 2 }
        return timeToLive != nil || neverExpires ? 1 : 0
    }

    private static let messageIDName: HeaderName = "Nats-Msg-Id"
    private static let streamName: HeaderName = "Nats-Expected-Stream"
    private static let lastSequenceName: HeaderName = "Nats-Expected-Last-Sequence"
    private static let lastSubjectSequenceName: HeaderName = "Nats-Expected-Last-Subject-Sequence"
    private static let lastMessageIDName: HeaderName = "Nats-Expected-Last-Msg-Id"
    private static let timeToLiveName: HeaderName = "Nats-TTL"
    private static let expectedSubjectName: HeaderName =
        "Nats-Expected-Last-Subject-Sequence-Subject"
    private static let rollupName: HeaderName = "Nats-Rollup"
    private static let incrementName: HeaderName = "Nats-Incr"
    private static let subjectRollup: HeaderValue = "sub"
    private static let fullRollup: HeaderValue = "all"
    private static let never: HeaderValue = "never"

    /// Adds the options to a message's own headers, in place of lines of the same names.
    package func apply(to headers: Headers) -> Headers {
        var headers = headers
        if let messageID { headers.set(Self.messageIDName, messageID) }
        if let expectedStream { headers.set(Self.streamName, expectedStream) }
        if let expectedLastSequence {
            headers.set(Self.lastSequenceName, HeaderValue(expectedLastSequence))
        }
        if let expectedLastSubjectSequence {
            headers.set(
                Self.lastSubjectSequenceName, HeaderValue(expectedLastSubjectSequence))
        }
        if let expectedLastMessageID {
            headers.set(Self.lastMessageIDName, expectedLastMessageID)
        }
        if let expectedSubject {
            headers.set(Self.expectedSubjectName, HeaderValue(expectedSubject))
        }
        if let timeToLive {
            headers.set(Self.timeToLiveName, HeaderValue(timeToLive.wholeSecondsRoundedUp))
        } else if neverExpires {
            headers.set(Self.timeToLiveName, Self.never)
        }
        if let rollup {
            headers.set(Self.rollupName, rollup == .all ? Self.fullRollup : Self.subjectRollup)
        }
        if let increment { headers.set(Self.incrementName, HeaderValue(increment)) }
        schedule?.apply(to: &headers)
        return headers
    }
}

extension HeaderValue {
    init(_ pattern: SubjectPattern) { self.init(received: pattern.bytes) }
}

extension Duration {
    /// Never shorter than what was asked for. Streams refuse zero and less.
    var wholeSecondsRoundedUp: Int {
        let (whole, part) = components
        return Int(clamping: part > 0 && whole < .max ? whole + 1 : whole)
    }
}
