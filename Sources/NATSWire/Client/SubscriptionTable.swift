// Theory of operation.
//
// Each subscription has a number (sid) that is never used again in the life of the client, so
// that a message that was on its way when its subscription ended finds nobody, and is dropped.
//
// A subscription may end by itself after `max` messages, counted from its start. The server
// counts too, but it forgets when the connection is lost: after a reconnect it is told the
// remaining number. Both sides therefore agree on the total, and what the server sends beyond
// it is dropped here.

/// What this client is subscribed to, and what to tell a server after a reconnect.
package struct SubscriptionTable: Sendable {
    package struct Subscription: Sendable, Hashable {
        package let pattern: SubjectPattern
        package let queueGroup: QueueGroup?
        /// Messages in all after which the subscription ends; nil: never.
        package fileprivate(set) var max: Int?
        /// Messages delivered so far.
        package fileprivate(set) var delivered = 0

        /// Counts a message. Returns whether it is the last one.
        fileprivate mutating func deliver() -> Bool {
            delivered += 1
            return max.map { delivered >= $0 } ?? false
        }
    }

    /// One subscription to be made again.
    package struct Resubscription: Sendable, Hashable {
        package let sid: Int
        package let pattern: SubjectPattern
        package let queueGroup: QueueGroup?
        /// Messages left until it ends: to be sent as UNSUB after SUB; nil: no end.
        package let remaining: Int?

        package init(
            sid: Int, pattern: SubjectPattern, queueGroup: QueueGroup?, remaining: Int?
        ) {
            self.sid = sid
            self.pattern = pattern
            self.queueGroup = queueGroup
            self.remaining = remaining
        }
    }

    /// Whether a message has a taker.
    package enum Arrival: Equatable, Sendable {
        case deliver
        /// The last one: the subscription is gone now.
        case deliverLast
        case drop
    }

    /// What ending a subscription asks for.
    package enum Unsubscribing: Equatable, Sendable {
        /// Send UNSUB, with that count if there is one.
        case sendUnsubscribe(max: Int?)
        /// The subscription is gone, or its count was reached: only forget it.
        case ignore
    }

    private var subscriptions: [Int: Subscription] = [:]
    private var lastSID = 0
    /// Where the last message's subscription is: the next one is often for the same. Nil when
    /// subscriptions have come or gone since.
    private var lastPlace: (sid: Int, index: Dictionary<Int, Subscription>.Index)?

    package init() {}

    package var count: Int { subscriptions.count }

    /// Adds a subscription and returns its number, which is never used again.
    package mutating func add(_ pattern: SubjectPattern, queueGroup: QueueGroup? = nil) -> Int {
        lastSID += 1
        lastPlace = nil
        subscriptions[lastSID] = Subscription(pattern: pattern, queueGroup: queueGroup)
        return lastSID
    }

    package subscript(sid: Int) -> Subscription? { subscriptions[sid] }

    /// Ends a subscription, at once or after `max` messages in all.
    package mutating func unsubscribe(_ sid: Int, max: Int? = nil) -> Unsubscribing {
        guard let subscription = subscriptions[sid] else { return .ignore }
        guard let max, max > subscription.delivered else {
            lastPlace = nil
            subscriptions[sid] = nil
            return .sendUnsubscribe(max: nil)
        }
        subscriptions[sid]?.max = max
        return .sendUnsubscribe(max: max)
    }

    /// Counts a message. Complexity: O(1).
    package mutating func delivered(_ sid: Int) -> Arrival {
        guard let index = place(of: sid) else { return .drop }
        guard subscriptions.values[index].deliver() else { return .deliver }
        lastPlace = nil
        subscriptions.remove(at: index)
        return .deliverLast
    }

    private mutating func place(of sid: Int) -> Dictionary<Int, Subscription>.Index? {
        if let lastPlace, lastPlace.sid == sid { return lastPlace.index }
        guard let index = subscriptions.index(forKey: sid) else { return nil }
        lastPlace = (sid, index)
        return index
    }

    /// The subscriptions that a refusal of the server concerns: exactly one when it names the
    /// number, otherwise all that look like it.
    package func refused(subject: String, queueGroup: String?, sid: Int?) -> [Int] {
        if let sid { return subscriptions[sid] == nil ? [] : [sid] }
        return subscriptions.filter {
            $0.value.pattern.text == subject && $0.value.queueGroup?.text == queueGroup
        }.keys.sorted()
    }

    /// Everything to be subscribed to again, oldest first. Complexity: O(n log n).
    package var resubscriptions: [Resubscription] {
        subscriptions.sorted { $0.key < $1.key }.map { sid, subscription in
            Resubscription(
                sid: sid, pattern: subscription.pattern, queueGroup: subscription.queueGroup,
                remaining: subscription.max.map { $0 - subscription.delivered })
        }
    }
}
