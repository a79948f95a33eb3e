internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire

/// Sorts the messages of one read by subscription, so that each consumer gets one batch.
///
/// Belongs to the reactor's thread. Messages of one subscription keep their order; a subscription
/// that takes turns with others still gets one batch a read, as long as there are few of them.
struct MessageDispatch {
    private struct OpenBatch {
        let sink: SubscriptionSink
        var messages: [NATSMessage] = []
        var weight = 0
    }

    /// Most subscriptions that collect at the same time; one more hands all batches over first.
    private static let openLimit = 16

    private var batches: [OpenBatch] = []
    private var last = 0

    /// Whether the sink of the last message is that of `sid`, which saves a look at the registry.
    func currentSink(_ sid: Int) -> SubscriptionSink? {
        last < batches.count && batches[last].sink.sid == sid ? batches[last].sink : nil
    }

    /// Adds a message. Returns the sinks whose consumers are too slow, almost always none.
    mutating func add(
        _ message: NATSMessage, to sink: SubscriptionSink
    ) -> [SubscriptionSink] {
        var slow: [SubscriptionSink] = []
        if last >= batches.count || batches[last].sink !== sink {
            if let index = batches.firstIndex(where: { $0.sink === sink }) {
                last = index
            } else {
                if batches.count == Self.openLimit { slow = handOver() }
                last = batches.count
                batches.append(OpenBatch(sink: sink))
            }
        }
        batches[last].messages.append(message)
        batches[last].weight += message.size
        return slow
    }

    /// Hands every batch to its consumer. Returns the sinks that want a pause.
    mutating func handOver() -> [SubscriptionSink] {
        guard !batches.isEmpty else { return [] }
        var slow: [SubscriptionSink] = []
        for batch in batches
        where !batch.sink.delivery.yield(batch.messages, weight: batch.weight) {
            slow.append(batch.sink)
        }
        batches.removeAll(keepingCapacity: true)
        last = 0
        return slow
    }
}
