internal import BridgeSockets
internal import NATSWire

/// Where the messages of one subscription go.
final class SubscriptionSink: Sendable {
    enum Target: Sendable {
        case delivery
        /// The shared inbox of all requests: the last token says which one.
        case requests
    }

    let sid: Int
    let target: Target
    let policy: SubscriptionLimits.Policy
    let delivery: Delivery<NATSMessage, NATSError>

    init(
        sid: Int, target: Target, policy: SubscriptionLimits.Policy,
        delivery: Delivery<NATSMessage, NATSError>
    ) {
        self.sid = sid
        self.target = target
        self.policy = policy
        self.delivery = delivery
    }
}

/// What the client is subscribed to, and where each message goes.
struct SubscriptionRegistry {
    /// What ending a subscription asks for.
    enum Ending {
        /// Send UNSUB, with a count of messages if there is one.
        case tellServer(max: Int?)
        /// Nothing is left to tell the server.
        case nothing
    }

    private var table = SubscriptionTable()
    private var sinks: [Int: SubscriptionSink] = [:] { didSet { lastSink = nil } }
    /// Whom the last message was for: the next one is often for the same.
    private var lastSink: SubscriptionSink?
    /// The shared inbox of requests, once there was a request.
    private(set) var inboxSID: Int?

    /// Whom a message is for, and whether it is the last one; nil when nobody wants it.
    struct Route {
        let sink: SubscriptionSink
        let isLast: Bool
    }

    mutating func add(
        _ pattern: SubjectPattern, _ queueGroup: QueueGroup?, _ target: SubscriptionSink.Target,
        _ policy: SubscriptionLimits.Policy, _ delivery: Delivery<NATSMessage, NATSError>
    ) -> Int {
        let sid = table.add(pattern, queueGroup: queueGroup)
        sinks[sid] = SubscriptionSink(
            sid: sid, target: target, policy: policy, delivery: delivery)
        if target == .requests { inboxSID = sid }
        return sid
    }

    /// Counts a message and says where it goes.
    mutating func route(_ sid: Int) -> Route? {
        guard let sink = sink(of: sid) else { return nil }
        switch table.delivered(sid) {
        case .deliver: return Route(sink: sink, isLast: false)
        case .deliverLast:
            sinks[sid] = nil
            return Route(sink: sink, isLast: true)
        case .drop: return nil
        }
    }

    private mutating func sink(of sid: Int) -> SubscriptionSink? {
        if let lastSink, lastSink.sid == sid { return lastSink }
        guard let sink = sinks[sid] else { return nil }
        lastSink = sink
        return sink
    }

    mutating func unsubscribe(_ sid: Int, after count: Int?) -> (Ending, SubscriptionSink?) {
        let ending = table.unsubscribe(sid, max: count)
        let gone = table[sid] == nil ? sinks.removeValue(forKey: sid) : nil
        if case .sendUnsubscribe(let max) = ending { return (.tellServer(max: max), gone) }
        return (.nothing, gone)
    }

    /// Takes out the subscriptions that a refusal of the server concerns.
    mutating func removeRefused(
        subject: String, queueGroup: String?, sid: Int?
    ) -> [SubscriptionSink] {
        table.refused(subject: subject, queueGroup: queueGroup, sid: sid).compactMap {
            _ = table.unsubscribe($0)
            return sinks.removeValue(forKey: $0)
        }
    }

    /// Everything that a new connection must subscribe to.
    var resubscriptions: [SubscriptionTable.Resubscription] { table.resubscriptions }

    /// Takes out a subscription that the server was told to end.
    mutating func remove(_ sid: Int) -> SubscriptionSink? {
        _ = table.unsubscribe(sid)
        return sinks.removeValue(forKey: sid)
    }

    /// Whether there is such a subscription.
    func contains(_ sid: Int) -> Bool { sinks[sid] != nil }

    /// The numbers of all subscriptions, oldest first.
    var sids: [Int] { sinks.keys.sorted() }

    /// Those that end when the client drains: all but the inbox, through which the consumers may
    /// still ask.
    var drainableSIDs: [Int] { sids.filter { $0 != inboxSID } }

    mutating func removeAll() -> [SubscriptionSink] {
        defer {
            table = SubscriptionTable()
            sinks = [:]
        }
        return Array(sinks.values)
    }
}
