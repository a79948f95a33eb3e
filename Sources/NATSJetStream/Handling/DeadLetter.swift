public import BridgeBytes
internal import BridgeJSON
internal import NATSWire

/// The record of a message that was given up: where it is and why, and nothing of what it holds.
///
/// It is stored as JSON with these names; when it was given up is when the record was stored. Where
/// the message stays in its stream, `JetStream.message(_:in:from:)` reads it by its number.
public struct DeadLetter: Sendable, Hashable, Codable {
    /// The stream that holds it, or held it.
    public let stream: String
    /// The consumer that delivered it.
    public let consumer: String
    /// Its number in the stream.
    public let sequence: UInt64
    /// The subject that it was published to; nil when it could not be found out any more.
    public let subject: String?
    /// How often it was delivered.
    public let deliveries: UInt64
    /// When the stream stored it; nil when it could not be found out any more.
    public let stored: Timestamp?
    /// The code of the error that its handler threw, or the error's type; `rejected` when the
    /// handler gave it up itself, and `max_deliveries` when no worker has said anything of it.
    public let code: String
    /// The reason in words.
    public let reason: String

    private enum CodingKeys: String, CodingKey {
        case stream, consumer, sequence, subject, deliveries, stored, code, reason
    }

    /// The same for each record of one message of one consumer, so that a stream stores it once.
    var messageID: HeaderValue? { try? HeaderValue("dead-\(stream)-\(consumer)-\(sequence)") }

    init(_ message: JetStreamMessage, code: String, reason: String) {
        let metadata = message.metadata
        stream = metadata.stream
        consumer = metadata.consumer
        sequence = metadata.streamSequence
        subject = message.subject.text
        deliveries = metadata.deliveryCount
        stored = metadata.timestamp
        self.code = code
        self.reason = reason
    }

    /// What the server says of a message whose deliveries are used up.
    /// - Parameter message: What the stream has of it; nil: nothing.
    init(_ advisory: DeliveriesAdvisory, message: StoredMessage?) {
        stream = advisory.stream
        consumer = advisory.consumer
        sequence = advisory.streamSequence
        subject = message?.subject.text
        deliveries = advisory.deliveries
        stored = message?.time
        code = "max_deliveries"
        reason = "it was delivered \(advisory.deliveries) times, and nobody said what became of it"
    }
}

/// What the server says when the deliveries of a message are used up.
struct DeliveriesAdvisory: Sendable, Equatable, Decodable {
    let stream: String
    let consumer: String
    let streamSequence: UInt64
    let deliveries: UInt64

    private enum CodingKeys: String, CodingKey {
        case stream, consumer, deliveries
        case streamSequence = "stream_seq"
    }
}
