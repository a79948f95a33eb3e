internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// Subscriptions of the client, and what consumers tell of theirs.
extension ClientCore {
    /// Registers a subscription and tells the server, now or when it is connected.
    func addSubscription(
        _ pattern: SubjectPattern, _ queueGroup: QueueGroup?, _ target: SubscriptionSink.Target,
        _ limits: SubscriptionLimits, _ delivery: Delivery<NATSMessage, NATSError>,
        noting note: () -> Void = {}
    ) -> Int {
        outbox.subscribe {
            note()
            return subscriptions.withLock {
                $0.add(pattern, queueGroup, target, limits, delivery)
            }
        } _: { sid, writer in
            FrameWriter.subscribe(sid: sid, pattern, queueGroup: queueGroup, into: &writer)
        }
    }

    /// Ends the interest in a subscription, at once or after `count` messages in all.
    func unsubscribe(_ sid: Int, after count: Int? = nil) {
        let (ending, sink) = subscriptions.withLock { $0.unsubscribe(sid, after: count) }
        if case .tellServer(let max) = ending {
            outbox.appendControl { FrameWriter.unsubscribe(sid: sid, max: max, into: &$0) }
        }
        sink?.delivery.finish()
    }

    /// Has the driver look again whether it may go on reading.
    func resumeReading() { withDriver { $0.lookAtConsumers() } }
}
