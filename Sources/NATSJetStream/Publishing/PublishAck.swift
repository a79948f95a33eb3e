internal import BridgeBytes
internal import BridgeJSON
package import NATSCore
internal import NATSWire

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
    /// What a counter stands at after this message, as a whole number of any length; nil when the
    /// stream holds no counters (server 2.12).
    public let counter: String?

    /// An answer as a server would give it.
    public init(
        stream: String, sequence: UInt64, isDuplicate: Bool = false, domain: String? = nil,
        counter: String? = nil
    ) {
        self.counter = counter
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

    /// The answer in an answer's text; nil when it is none.
    package init?(answer text: String) {
        guard let ack = try? PublishAck(parsing: Bytes(utf8: text)) else { return nil }
        self = ack
    }

    /// Reads the answer to a publish. An answer with a stream's error, which always has a number,
    /// says that nothing was stored; one that is none of a stream's says nothing.
    init(answer: NATSMessage) throws(JetStreamError) {
        do throws(JetStreamError) {
            try Self.checkHeaders(of: answer)
            self = try PublishAck(parsing: answer.payload)
        } catch {
            guard let refusal = error.apiError else { throw error.knowing(.unknown) }
            guard refusal.errorCode != 0 else {
                throw JetStreamError(
                    .unexpectedAnswer, operation: "publish",
                    detail: "the answer has an error that is none of a stream's: another"
                        + " responder took the message", outcome: .unknown)
            }
            throw error.knowing(.denied)
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
        if let plain = PlainAck(payload) {
            self.init(stream: String(repairing: plain.stream), sequence: plain.sequence)
            return
        }
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
            isDuplicate: try fields.flag("duplicate"), domain: try fields.text("domain"),
            counter: try fields.text("val"))
    }
}
