internal import BridgeBytes
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
    let pattern: SubjectPattern
    let target: Target
    let policy: SubscriptionLimits.Policy
    /// How long reading may wait for the consumer; nil: for ever.
    let patience: Duration?
    let delivery: Delivery<NATSMessage, NATSError>

    init(
        sid: Int, _ pattern: SubjectPattern, target: Target, limits: SubscriptionLimits,
        delivery: Delivery<NATSMessage, NATSError>
    ) {
        self.sid = sid
        self.pattern = pattern
        self.target = target
        policy = limits.policy
        patience = limits.patience?.clampedForClocks
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
    /// The last subscription that was made.
    private(set) var lastSID = 0
    /// Those that the connection which was made last has subscribed to beside the one in use.
    private var joined: Joined?
    /// Those whose connection has ended, until the next one is fed.
    private var endedSIDs: Set<Int> = []
    /// The server has said what it has to say of the present connection's subscriptions up to this.
    private var confirmedSID = 0
    /// Complaints of too many subscriptions since then.
    private var unnamedRefusals = 0
    /// Those that are told of messages which the server refuses; some may have ended.
    private var hearers: Set<Int> = []
    /// Number of these at which those that have ended are taken out.
    private var hearerLimit = 16

    private struct Joined {
        let connection: ClientMachine.ConnectionID
        let sids: Set<Int>
        /// Complaints of too many subscriptions on it.
        var refusals = 0
    }

    /// What a connection that takes over has to be told.
    struct Change {
        /// What it must subscribe to yet, and counts that have changed since it joined.
        let items: [SubscriptionTable.Resubscription]
        /// Subscriptions that it has made and that have ended since.
        let ended: [Int]
        /// Those that its server has refused; they are taken out.
        let refused: [SubscriptionSink]
    }

    /// Whom a message is for, and whether it is the last one; nil when nobody wants it.
    struct Route {
        let sink: SubscriptionSink
        let isLast: Bool
    }

    mutating func add(
        _ pattern: SubjectPattern, _ queueGroup: QueueGroup?, _ target: SubscriptionSink.Target,
        _ limits: SubscriptionLimits, _ delivery: Delivery<NATSMessage, NATSError>
    ) -> Int {
        let sid = table.add(pattern, queueGroup: queueGroup)
        sinks[sid] = SubscriptionSink(
            sid: sid, pattern, target: target, limits: limits, delivery: delivery)
        if target == .requests { inboxSID = sid }
        lastSID = sid
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

    /// Takes out a subscription that the server was told to end, or that it refuses.
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

/// Connections come and go.
extension SubscriptionRegistry {
    /// Everything that a connection must subscribe to beside the one in use.
    mutating func join(
        _ connection: ClientMachine.ConnectionID
    ) -> [SubscriptionTable.Resubscription] {
        joined = Joined(connection: connection, sids: Set(sinks.keys))
        return table.resubscriptions
    }

    /// A connection is fed from now on.
    mutating func resubscribe(_ connection: ClientMachine.ConnectionID) -> Change {
        // Another one may have joined and been lost.
        let own = joined.flatMap { $0.connection == connection ? $0 : nil }
        let made = own?.sids ?? []
        joined = nil
        // It takes no more once it has enough, so that the last ones are meant.
        let refused = made.sorted().suffix(own?.refusals ?? 0).compactMap { remove($0) }
        confirmedSID = 0
        unnamedRefusals = 0
        endedSIDs = []
        // Messages may have come over the other connection meanwhile, so counts are told anew.
        let items = table.resubscriptions.filter {
            !made.contains($0.sid) || $0.remaining != nil
        }
        return Change(
            items: items, ended: made.subtracting(sinks.keys).sorted(), refused: refused)
    }

    /// A server refuses a subscription and does not say which. Returns whether it is to be asked.
    mutating func refusedUnnamed(on connection: ClientMachine.ConnectionID) -> Bool {
        guard joined?.connection == connection else {
            unnamedRefusals += 1
            return true
        }
        joined?.refusals += 1
        return false
    }

    /// The connection in use is gone or was left: a message may be missing before the first one of
    /// the next connection.
    mutating func connectionEnded() {
        for (sid, sink) in sinks where sink.target == .delivery { endedSIDs.insert(sid) }
    }

    /// The subscriptions that may have missed something since.
    var interrupted: [SubscriptionSink] { endedSIDs.sorted().compactMap { sinks[$0] } }
}

/// What the server refuses.
extension SubscriptionRegistry {
    /// Has a subscription told of messages that the server refuses.
    mutating func hearRefusals(_ sid: Int) {
        hearers.insert(sid)
        guard hearers.count >= hearerLimit else { return }
        hearers = hearers.filter { sinks[$0] != nil }
        hearerLimit = max(16, hearers.count * 2)
    }

    /// The subscriptions that are told of messages which the server refuses.
    var refusalHearers: [SubscriptionSink] { hearers.compactMap { sinks[$0] } }

    /// Takes out the subscriptions that a refusal of the server concerns.
    mutating func removeRefused(
        subject: String, queueGroup: String?, sid: Int?
    ) -> [SubscriptionSink] {
        table.refused(subject: subject, queueGroup: queueGroup, sid: sid).compactMap { remove($0) }
    }

    /// The server has taken or refused all subscriptions up to this one. Takes out the last of
    /// them, as many as it has refused without a name.
    mutating func confirm(upTo sid: Int) -> [SubscriptionSink] {
        let open = sids.filter { $0 > confirmedSID && $0 <= sid }
        let refused = open.suffix(unnamedRefusals)
        confirmedSID = max(confirmedSID, sid)
        unnamedRefusals = 0
        return refused.compactMap { remove($0) }
    }

    /// Takes out the subscription with the longest names of those that are not confirmed, if they
    /// are longer than `length`.
    mutating func removeLongest(above length: Int) -> SubscriptionSink? {
        let longest = sids.filter { $0 > confirmedSID }
            .map { (sid: $0, length: table[$0]?.namesLength ?? 0) }
            .max { $0.length < $1.length }
        guard let longest, longest.length >= max(length, OutboxQueue.unsuspiciousLine) else {
            return nil
        }
        return remove(longest.sid)
    }
}

extension SubscriptionTable.Subscription {
    /// Bytes of the pattern and the queue group.
    fileprivate var namesLength: Int {
        pattern.text.utf8.count + (queueGroup?.text.utf8.count ?? 0)
    }
}
