internal import BridgeBytes
internal import BridgeJSON

/// How the messages of a consumer are pulled.
public struct PullOptions: Sendable, Hashable {
    /// Most messages that are on their way or wait here, at least 1.
    public var batch = 100
    /// Most bytes of one request, at least 1 and enough for any one message; nil: no bound but the
    /// batch.
    public var maxBytes: Int?
    /// How long the server keeps one request, 100 ms at least.
    public var expires: Duration = .seconds(30)
    /// How often the server shows that it keeps a request, from 100 ms to half of its time; two
    /// that are missing mean that it is lost. Nil: half of its time, 30 s at most.
    public var heartbeat: Duration?
    /// More are asked for when no more messages than these are on their way; nil: half of the
    /// batch.
    public var refill: Int?
    /// More are asked for, too, when no more bytes of `maxBytes` than these are on their way; nil:
    /// half of them.
    public var refillBytes: Int?
    /// Messages after which the sequence ends; nil: it does not.
    public var maxMessages: Int?
    /// The group that is pulled for, where the consumer has groups; nil: none.
    public var group: PriorityGroup?

    /// A hundred messages at a time, without end.
    public init() {}
}

/// A group of a consumer that shares its messages by priority, and our place in it (ADR-42; server
/// 2.11).
///
/// A consumer that pins one client delivers to that one alone until it falls silent or is unpinned
/// (`JetStream.unpinConsumer`); the others wait their turn without asking again.
public struct PriorityGroup: Sendable, Hashable {
    /// Its name, one of the consumer's `priorityGroups`.
    public var name: String
    /// With the policy `overflow`: messages come only while as many are to be delivered; nil: any
    /// number.
    public var minPending: Int?
    /// With the policy `overflow`: messages come only while as many are delivered and not
    /// acknowledged; nil: any number.
    public var minAckPending: Int?
    /// With the policy `prioritized`, from 0 to 9: smaller numbers are served first (server 2.12);
    /// nil: 0.
    public var priority: Int?

    /// A member like any other.
    public init(_ name: String) { self.name = name }

    /// What no server would take, in words; nil when there is nothing.
    var fault: String? {
        if name.isEmpty || name.utf8.count > 16 { return "a group's name has 1 to 16 bytes" }
        if let minPending, minPending < 1 {
            return "a group cannot wait for \(minPending) messages"
        }
        if let minAckPending, minAckPending < 1 {
            return "a group cannot wait for \(minAckPending) messages that are not acknowledged"
        }
        guard let priority, !(0...9).contains(priority) else { return nil }
        return "a priority is a number from 0 to 9, not \(priority)"
    }

    func add(to body: inout JSONObject, pin: String?) {
        body["group"] = .string(name)
        if let minPending { body.set("min_pending", minPending) }
        if let minAckPending { body.set("min_ack_pending", minAckPending) }
        if let priority { body.set("priority", priority) }
        if let pin { body["id"] = .string(pin) }
    }
}
