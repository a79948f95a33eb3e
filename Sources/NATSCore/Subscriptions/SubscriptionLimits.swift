internal import BridgeSockets

/// How much may wait for the consumer of a subscription, and what happens beyond.
public struct SubscriptionLimits: Sendable, Hashable {
    /// What happens to messages that do not fit. No policy loses one without a trace: see
    /// `NATSSubscription.deliveries` and `statistics`.
    public enum Policy: String, Sendable, Hashable, CaseIterable {
        /// The client stops reading from the server until the consumer has caught up by half, for
        /// as long as `patience` allows; every subscription of the connection waits meanwhile. A
        /// server cuts off a client for which 64 MiB wait, or that took nothing for 10 seconds
        /// (`max_pending`, `write_deadline`): a consumer that may stand still for long wants
        /// another policy or a connection of its own.
        case suspend
        /// What waits longest makes room: for readings of which the newest counts.
        case dropOldest
        /// What comes is dropped until there is room: for work that is done in order.
        case dropNewest
        /// What comes is dropped and the subscription ends: after what waits, the sequence
        /// throws the code `slowConsumer`.
        case fail
    }

    /// Most messages that may wait.
    public var maxMessages: Int
    /// Most bytes (headers and payloads) that may wait. One message always may.
    public var maxBytes: Int
    /// What happens beyond.
    public var policy: Policy
    /// How long the policy `suspend` may keep the connection from reading; then what comes for this
    /// subscription is dropped, and told as a gap, until the consumer has caught up by half. Nil:
    /// for ever, at the risk of being cut off. A consumer that has left its loop is not waited for
    /// at all.
    public var patience: Duration? = Self.defaultPatience

    /// Half of the ten seconds after which a server cuts off a client that does not read
    /// (`write_deadline`).
    public static let defaultPatience = Duration.seconds(5)

    /// 65,536 messages or 64 MiB, and then the client reads no further for a while.
    public static let `default` = SubscriptionLimits(maxMessages: 65_536, maxBytes: 64 << 20)

    /// Limits of both kinds; one message always may wait, whatever they say.
    public init(maxMessages: Int, maxBytes: Int, policy: Policy = .suspend) {
        self.maxMessages = maxMessages
        self.maxBytes = maxBytes
        self.policy = policy
    }

    var deliveryLimits: DeliveryLimits {
        let overflow: DeliveryOverflow =
            switch policy {
            case .suspend: .pause
            case .dropOldest: .dropOldest
            case .dropNewest: .dropNewest
            case .fail: .fail
            }
        return DeliveryLimits(
            maxCount: max(1, maxMessages), maxWeight: max(1, maxBytes), overflow: overflow)
    }
}

/// A place in a subscription's sequence at which messages are missing, or may be.
public struct SubscriptionGap: Sendable, Hashable {
    /// Why they are missing.
    public enum Cause: String, Sendable, Hashable, CaseIterable {
        /// The consumer was too slow, and the subscription's policy dropped them.
        case slowConsumer = "slow_consumer"
        /// The connection was lost or left for another one: what was published before all servers
        /// knew of the next one may not be here.
        case disconnected
    }

    /// Why they are missing.
    public let cause: Cause
    /// How many messages are missing; nil: nobody knows, perhaps none.
    public let messages: Int?
    /// Their headers and payloads, in bytes; nil: nobody knows.
    public let bytes: Int?

    init(_ gap: DeliveryGap) {
        cause = gap.isOpen ? .disconnected : .slowConsumer
        messages = gap.isOpen ? nil : gap.count
        bytes = gap.isOpen ? nil : gap.weight
    }
}

/// What a subscription has done so far; sizes are headers and payloads in bytes.
public struct SubscriptionStatistics: Sendable, Hashable {
    /// Messages that wait for the consumer.
    public let waitingMessages: Int
    /// Size of what waits.
    public let waitingBytes: Int
    /// Messages that the consumer has taken.
    public let deliveredMessages: Int
    /// Size of what was taken.
    public let deliveredBytes: Int
    /// Messages that the policy dropped.
    public let droppedMessages: Int
    /// Size of what was dropped.
    public let droppedBytes: Int
}
