// Theory of operation.
//
// A delivery carries its metadata in its reply subject, which is also where acknowledgements go:
//
//     $JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<ns>.<pending>
//     $JS.ACK.<domain>.<account hash>.<stream>.<consumer>.<deliveries>.<stream seq>.
//         <consumer seq>.<ns>.<pending>[.<random>...]
//
// The first form has 9 tokens; the second has 11 or more, and `_` stands for no domain. Ten
// tokens are neither. Numbers are read with a check for overflow; a subject that does not fit is
// an error, since a message that is not from JetStream must not be acknowledged.
public import BridgeBytes
package import NATSWire

/// What JetStream says about one delivery of a message.
public struct MessageMetadata: Sendable, Hashable {
    /// The stream that holds the message.
    public let stream: String
    /// The consumer that delivered it.
    public let consumer: String
    /// The domain of JetStream, if there is one.
    public let domain: String?
    /// How many times the message has been delivered, this time included: more than 1 means
    /// that somebody had it before.
    public let deliveryCount: UInt64
    /// Number of the message in the stream.
    public let streamSequence: UInt64
    /// Number of the delivery in the consumer; consecutive deliveries have consecutive numbers.
    public let consumerSequence: UInt64
    /// When the stream stored the message, by the server's clock.
    public let timestamp: Timestamp
    /// Messages that the consumer has still to deliver after this one.
    public let pending: UInt64

    /// - Throws: `JetStreamError` with the code `notFromJetStream`.
    package init(parsing reply: Subject) throws(JetStreamError) {
        let tokens = reply.text.split(separator: ".", omittingEmptySubsequences: false)
        guard tokens.count == 9 || tokens.count >= 11, tokens[0] == "$JS", tokens[1] == "ACK"
        else { throw Self.foreign() }
        let isLong = tokens.count > 9
        let start = isLong ? 4 : 2
        domain = isLong && tokens[2] != "_" ? String(tokens[2]) : nil
        stream = String(tokens[start])
        consumer = String(tokens[start + 1])
        deliveryCount = try Self.number(tokens[start + 2])
        streamSequence = try Self.number(tokens[start + 3])
        consumerSequence = try Self.number(tokens[start + 4])
        timestamp = Self.timestamp(nanoseconds: try Self.number(tokens[start + 5]))
        pending = try Self.number(tokens[start + 6])
        guard !stream.isEmpty, !consumer.isEmpty else { throw Self.foreign() }
    }

    private static func foreign() -> JetStreamError {
        JetStreamError(
            .notFromJetStream, operation: "metadata",
            detail: "the reply subject is not one of JetStream's")
    }

    private static func number(_ text: Substring) throws(JetStreamError) -> UInt64 {
        guard let value = Decimal.parse(Array(text.utf8).span) else { throw foreign() }
        return UInt64(value)
    }

    private static func timestamp(nanoseconds: UInt64) -> Timestamp {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return Timestamp(seconds: Int64(seconds), nanoseconds: Int32(rest))
    }
}
