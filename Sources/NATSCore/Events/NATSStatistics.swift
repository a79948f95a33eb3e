internal import Synchronization

/// What a client has done so far. Sizes are bytes on the wire: messages with all that frames
/// them.
public struct NATSStatistics: Sendable, Hashable {
    /// Messages that were put into the outbox.
    public let sentMessages: Int
    /// Size of those messages.
    public let sentBytes: Int
    /// Messages that were received, for whatever subscription.
    public let receivedMessages: Int
    /// Size of those messages.
    public let receivedBytes: Int
    /// Connections that were made; all but the first are reconnects.
    public let connections: Int
    /// Connections that were made after the first one.
    public var reconnects: Int { max(0, connections - 1) }
}

/// Counts of a client, touched once for each read rather than for each message.
final class TrafficCounters: Sendable {
    private let messages = Atomic(0)
    private let bytes = Atomic(0)
    private let connections = Atomic(0)

    func received(messages count: Int, bytes size: Int) {
        guard count > 0 else { return }
        messages.add(count, ordering: .relaxed)
        bytes.add(size, ordering: .relaxed)
    }

    func connected() { connections.add(1, ordering: .relaxed) }

    var connectionCount: Int { connections.load(ordering: .relaxed) }

    func statistics(sent: (messages: UInt64, bytes: UInt64)) -> NATSStatistics {
        NATSStatistics(
            sentMessages: Int(clamping: sent.messages), sentBytes: Int(clamping: sent.bytes),
            receivedMessages: messages.load(ordering: .relaxed),
            receivedBytes: bytes.load(ordering: .relaxed),
            connections: connections.load(ordering: .relaxed))
    }
}
