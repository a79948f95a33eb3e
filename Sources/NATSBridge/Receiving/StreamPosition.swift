public import BridgeBytes
internal import NATSJetStream

/// Where a message of a stream stands.
public struct StreamPosition: Sendable, Hashable {
    /// Name of the stream.
    public let stream: String
    /// Sequence number in the stream.
    public let sequence: UInt64
    /// How often the message was delivered, this time included: 1 or more.
    public let deliveryCount: Int
    /// When the server stored it.
    public let timestamp: Timestamp
    /// Messages of the consumer that come after it.
    public let pending: Int
}

extension StreamPosition {
    init(_ metadata: MessageMetadata) {
        stream = metadata.stream
        sequence = metadata.streamSequence
        deliveryCount = Int(clamping: metadata.deliveryCount)
        timestamp = metadata.timestamp
        pending = Int(clamping: metadata.pending)
    }
}

extension StreamPosition: CustomStringConvertible {
    /// Such as `HEALTH #12 of 2026-03-13T07:02:50.443Z`.
    public var description: String {
        let again = deliveryCount > 1 ? ", delivery \(deliveryCount)" : ""
        return "\(stream) #\(sequence) of \(timestamp)\(again)"
    }
}
