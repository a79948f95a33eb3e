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

    /// - Parameter known: The names that are expected: deliveries of one consumer share their
    ///   texts then.
    /// - Throws: `JetStreamError` with the code `notFromJetStream`.
    package init(
        parsing reply: Subject, known: (stream: String, consumer: String)? = nil
    ) throws(JetStreamError) {
        // One pass over the bytes, since this is done for each delivery.
        let bytes = reply.bytes
        if let known, let numbers = Self.numbers(bytes.span, known.stream, known.consumer) {
            (stream, consumer, domain) = (known.stream, known.consumer, nil)
            (deliveryCount, streamSequence) = (numbers[0], numbers[1])
            (consumerSequence, pending) = (numbers[2], numbers[4])
            timestamp = Self.timestamp(nanoseconds: numbers[3])
            return
        }
        let ends = Self.tokenEnds(bytes.span)
        let isLong = ends.count > 9
        guard ends.count == 9 || ends.count >= 11, Self.isAck(bytes.span) else {
            throw Self.foreign()
        }
        let start = isLong ? 4 : 2
        func range(_ token: Int) -> Range<Int> { ends.ends[token - 1] + 1..<ends.ends[token] }
        func number(_ token: Int) throws(JetStreamError) -> UInt64 {
            guard let value = Decimal.parse(bytes.span.extracting(range(token))) else {
                throw Self.foreign()
            }
            return UInt64(value)
        }
        let domain = isLong ? String(repairing: bytes[range(2)]) : "_"
        self.domain = domain == "_" ? nil : domain
        guard !range(start).isEmpty, !range(start + 1).isEmpty else { throw Self.foreign() }
        stream = Self.text(bytes, range(start), known: known?.stream)
        consumer = Self.text(bytes, range(start + 1), known: known?.consumer)
        deliveryCount = try number(start + 2)
        streamSequence = try number(start + 3)
        consumerSequence = try number(start + 4)
        timestamp = Self.timestamp(nanoseconds: try number(start + 5))
        pending = try number(start + 6)
    }

    /// The five numbers of the first form from the consumer that is expected, which nearly all
    /// deliveries have; nil: whatever it is, it is looked at more closely.
    private static func numbers(
        _ span: Span<UInt8>, _ stream: String, _ consumer: String
    ) -> InlineArray<5, UInt64>? {
        let (first, second) = (stream.utf8Span.span, consumer.utf8Span.span)
        let middle = prefix.count + first.count
        let start = middle + 1 + second.count + 1
        guard span.count > start, isAck(span), span[middle] == UInt8(ascii: "."),
            span[start - 1] == UInt8(ascii: "."),
            Scan.equal(span.extracting(prefix.count..<middle), first),
            Scan.equal(span.extracting(middle + 1..<start - 1), second)
        else { return nil }
        var numbers = InlineArray<5, UInt64>(repeating: 0)
        var (index, digits, value) = (0, 0, UInt64(0))
        for place in start..<span.count {
            let digit = span[place] &- UInt8(ascii: "0")
            if digit < 10, digits < mostDigits {
                (value, digits) = (value &* 10 &+ UInt64(digit), digits + 1)
            } else {
                guard span[place] == UInt8(ascii: "."), digits > 0, index < 4 else { return nil }
                numbers[index] = value
                (index, digits, value) = (index + 1, 0, 0)
            }
        }
        guard index == 4, digits > 0 else { return nil }
        numbers[index] = value
        for index in numbers.indices where numbers[index] > UInt64(Int.max) { return nil }
        return numbers
    }

    /// Digits that 64 bits surely hold.
    private static let mostDigits = 19

    private static func text(
        _ bytes: Bytes, _ range: Range<Int>, known: String?
    ) -> String {
        if let known, Scan.equal(known.utf8Span.span, bytes.span.extracting(range)) {
            return known
        }
        return String(repairing: bytes[range])
    }

    /// The most tokens that are looked at; what comes behind them is random.
    private static let maxTokens = 12

    /// Where the tokens of a subject end, up to `maxTokens` of them, and how many there are.
    private static func tokenEnds(
        _ span: Span<UInt8>
    ) -> (ends: InlineArray<12, Int>, count: Int) {
        var ends = InlineArray<12, Int>(repeating: 0)
        var count = 0
        for index in span.indices where span[index] == UInt8(ascii: ".") && count < maxTokens {
            ends[count] = index
            count += 1
        }
        if count < maxTokens {
            ends[count] = span.count
            count += 1
        }
        return (ends, count)
    }

    private static let prefix = Array("$JS.ACK.".utf8)

    private static func isAck(_ span: Span<UInt8>) -> Bool {
        guard span.count > prefix.count else { return false }
        for index in prefix.indices where span[index] != prefix[index] { return false }
        return true
    }

    private static func foreign() -> JetStreamError {
        JetStreamError(
            .notFromJetStream, operation: "metadata",
            detail: "the reply subject is not one of JetStream's")
    }

    private static func timestamp(nanoseconds: UInt64) -> Timestamp {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return Timestamp(seconds: Int64(seconds), nanoseconds: Int32(rest))
    }
}
