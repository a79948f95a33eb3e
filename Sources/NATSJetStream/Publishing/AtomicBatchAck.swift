internal import BridgeBytes
internal import NATSCore

/// A stream's word that it has stored all messages of a batch.
public struct AtomicBatchAck: Sendable, Hashable {
    /// The stream that stored them.
    public let stream: String
    /// Their numbers in the stream, in the order in which they were given.
    public let sequences: ClosedRange<UInt64>
    /// The domain of JetStream, if there is one.
    public let domain: String?

    /// An answer as a server would give it.
    public init(stream: String, sequences: ClosedRange<UInt64>, domain: String? = nil) {
        self.stream = stream
        self.sequences = sequences
        self.domain = domain
    }

    /// Reads the answer to the last message of a batch.
    init(
        parsing payload: Bytes, batch id: String, of count: Int
    ) throws(JetStreamError) {
        let fields = try APIAnswer.parse(payload, operation: "publish", stream: "")
        let stream = try fields.text("stream") ?? ""
        let last: UInt64 = try fields.count("seq")
        guard try fields.text("batch") == id else {
            throw JetStreamError(
                .serverTooOld, operation: "publish", stream: stream,
                detail: "the answer is to a single message: the server knows no batches, and may"
                    + " have stored some of the messages",
                outcome: .unknown)
        }
        guard !stream.isEmpty, last >= UInt64(count),
            try fields.count("count") == UInt64(count)
        else {
            throw JetStreamError(
                .unexpectedAnswer, operation: "publish", stream: stream,
                detail: "the answer is not about \(count) messages", outcome: .unknown)
        }
        self.init(
            stream: stream, sequences: last - UInt64(count) + 1...last,
            domain: try fields.text("domain"))
    }
}
