internal import BridgeBytes
internal import BridgeJSON
package import NATSCore
public import NATSWire

/// A stream's word that it has stored a message.
///
/// It is stored as safely as the stream's replicas and the servers' `sync_interval` make it:
/// with the defaults a server writes to disk at least every two minutes, not at each message.
public struct PublishAck: Sendable, Hashable {
    /// The stream that stored the message.
    public let stream: String
    /// Number of the message in the stream.
    public let sequence: UInt64
    /// The stream had a message with this `Nats-Msg-Id` already; nothing was stored again.
    public let isDuplicate: Bool
    /// The domain of JetStream, if there is one.
    public let domain: String?

    /// An answer as a server would give it.
    public init(
        stream: String, sequence: UInt64, isDuplicate: Bool = false, domain: String? = nil
    ) {
        self.stream = stream
        self.sequence = sequence
        self.isDuplicate = isDuplicate
        self.domain = domain
    }

    /// What a stream says that has taken a request for a message to store; nil for all else.
    package init?(insteadOfAnswer message: NATSMessage) {
        guard let ack = try? PublishAck(answer: message) else { return nil }
        self = ack
    }

    /// Reads the answer to a publish. An answer with an error says that nothing was stored; one
    /// that is none of a stream's says nothing.
    init(answer: NATSMessage) throws(JetStreamError) {
        do throws(JetStreamError) {
            try Self.checkHeaders(of: answer)
            self = try PublishAck(parsing: answer.payload)
        } catch {
            throw error.knowing(error.apiError == nil ? .unknown : .denied)
        }
    }

    /// A stream answers without headers; a service's error has them, and may have any body.
    private static func checkHeaders(of answer: NATSMessage) throws(JetStreamError) {
        guard answer.hasHeaders else { return }
        guard let headers = try? answer.headers, headers[Self.serviceError] == nil,
            headers[Self.serviceErrorCode] == nil
        else {
            throw JetStreamError(
                .unexpectedAnswer, operation: "publish",
                detail: "the answer is a service's error, not a stream's: another responder took"
                    + " the message")
        }
    }

    private static let serviceError: HeaderName = "Nats-Service-Error"
    private static let serviceErrorCode: HeaderName = "Nats-Service-Error-Code"

    private init(parsing payload: Bytes) throws(JetStreamError) {
        let fields = try APIAnswer.parse(payload, operation: "publish", stream: "")
        guard let stream = try fields.text("stream"), !stream.isEmpty else {
            throw JetStreamError(
                .unexpectedAnswer, operation: "publish",
                detail: "the answer names no stream: another responder took the message")
        }
        let sequence: UInt64 = try fields.count("seq")
        guard sequence > 0 else {
            throw JetStreamError(
                .unexpectedAnswer, operation: "publish", stream: stream,
                detail: "the answer does not say which number the message has")
        }
        self.init(
            stream: stream, sequence: sequence,
            isDuplicate: try fields.flag("duplicate"), domain: try fields.text("domain"))
    }
}

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

    /// Nothing is asked but, perhaps, that a repeated message is recognised.
    public init(messageID: HeaderValue? = nil) { self.messageID = messageID }

    private static let messageIDName: HeaderName = "Nats-Msg-Id"
    private static let streamName: HeaderName = "Nats-Expected-Stream"
    private static let lastSequenceName: HeaderName = "Nats-Expected-Last-Sequence"
    private static let lastSubjectSequenceName: HeaderName = "Nats-Expected-Last-Subject-Sequence"
    private static let lastMessageIDName: HeaderName = "Nats-Expected-Last-Msg-Id"
    private static let timeToLiveName: HeaderName = "Nats-TTL"

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
        if let timeToLive {
            // Never shorter than what was asked for. The stream refuses zero and less.
            let (whole, part) = timeToLive.components
            let seconds = Int(clamping: part > 0 && whole < .max ? whole + 1 : whole)
            headers.set(Self.timeToLiveName, HeaderValue(seconds))
        }
        return headers
    }
}
