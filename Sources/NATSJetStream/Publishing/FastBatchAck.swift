internal import BridgeBytes
internal import NATSCore

/// How a fast batch is sent.
public struct FastBatchOptions: Sendable, Hashable {
    /// The stream speaks after so many messages at most, from 1 to 65,535. It begins with fewer
    /// where others send batches at the same time.
    public var flow = 100
    /// So many words of the stream may be outstanding, from 1 to 3: 2 keeps it busy while one is on
    /// its way.
    public var outstanding = 2
    /// Whether the batch goes on when messages are lost on the way or refused. Otherwise it ends
    /// there, and everything before is stored, in order and without a gap.
    public var allowsGaps = false

    /// A batch that ends at its first gap.
    public init() {}

    func check() throws(JetStreamError) {
        guard (1...Int(UInt16.max)).contains(flow), (1...3).contains(outstanding) else {
            throw JetStreamError(
                .invalidArgument, operation: "publish",
                detail: "a fast batch has a flow of 1 to 65535 and 1 to 3 outstanding words, not"
                    + " \(flow) and \(outstanding)",
                outcome: .lost)
        }
    }
}

/// What became of a fast batch.
public struct FastBatchAck: Sendable, Hashable {
    /// The stream that stored it; empty when it has not said.
    public let stream: String
    /// Messages that were sent.
    public let sent: Int
    /// So many messages from the first on have come to the stream: all of these are stored, but for
    /// `missing`, `refusals`, and those that it knew by their `messageID`.
    public let reached: Int
    /// Number in the stream of the last message that was stored; nil when the stream has not said.
    public let lastSequence: UInt64?
    /// Messages that did not come, by their places from 0 on; only where gaps are allowed.
    public let missing: [ClosedRange<Int>]
    /// Messages that the stream refused, by their places from 0 on.
    public let refusals: [Int: JetStreamError]
    /// Why the batch ended before all of it was stored; nil: it did not. What it says of the
    /// `outcome` is true of the messages from `reached` on.
    public let failure: JetStreamError?
    /// The domain of JetStream, if there is one.
    public let domain: String?

    /// Whether every message is stored.
    public var isWhole: Bool {
        failure == nil && reached == sent && missing.isEmpty && refusals.isEmpty
    }
}
