internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// The events of a client's connection. Any number of loops may run over it at the same time.
public struct NATSEvents: AsyncSequence, Sendable {
    public typealias Element = NATSEvent
    public typealias Failure = Never
    let hub: EventHub

    /// One loop over the events.
    public struct Iterator: AsyncIteratorProtocol {
        private let listener: EventHub.Listener
        private var batch: ArraySlice<NATSEvent> = []

        init(_ listener: EventHub.Listener) { self.listener = listener }

        /// The next event; nil behind the last one. Cancelling the task ends this loop alone.
        public mutating func next() async -> NATSEvent? { await next(isolation: #isolation) }

        /// The next event, on the caller's actor; nil behind the last one. Cancelling the task ends
        /// this loop alone.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> NATSEvent? {
            while batch.isEmpty {
                switch await listener.delivery.next() {
                case .batch(let next): batch = next[...]
                case .gap: continue
                case .end, .failed, .timeout, .cancelled: return nil
                }
            }
            return batch.popFirst()
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(hub.listen()) }
}

extension NATSEvents {
    /// Logs the events until the last one, in a task of its own: who tells them holds locks.
    func log(to sink: LogSink) {
        Task {
            for await event in self { sink.record(LogEvent(event, at: WallClock.now)) }
        }
    }
}

/// Hands every event to every listener, and the last ones to those that come later.
final class EventHub: Sendable {
    /// Events that are kept, for those that come later and for each listener.
    static let capacity = 1024

    /// One loop over the events, for as long as it is referenced.
    final class Listener: Sendable {
        let delivery: Delivery<NATSEvent, Never>
        private let id: Int
        private let hub: EventHub

        init(_ delivery: Delivery<NATSEvent, Never>, id: Int, hub: EventHub) {
            self.delivery = delivery
            self.id = id
            self.hub = hub
        }

        deinit { hub.remove(id) }
    }

    private struct State {
        var recent: [NATSEvent] = []
        var deliveries: [Int: Delivery<NATSEvent, Never>] = [:]
        var nextID = 0
        var isOver = false
    }

    private let state = Mutex(State())

    func tell(_ event: NATSEvent) { state.withLock { Self.tell(event, &$0) } }

    /// Tells the last event.
    func finish(_ event: NATSEvent) {
        state.withLock { state in
            Self.tell(event, &state)
            state.isOver = true
            for delivery in state.deliveries.values { delivery.finish() }
        }
    }

    private static func tell(_ event: NATSEvent, _ state: inout State) {
        guard !state.isOver else { return }
        if state.recent.count == capacity {
            // Half at a time, so that telling is amortised O(1).
            state.recent.removeFirst(capacity / 2)
        }
        state.recent.append(event)
        for delivery in state.deliveries.values { _ = delivery.add([event], weight: 1) }
    }

    func listen() -> Listener {
        let limits = DeliveryLimits(
            maxCount: Self.capacity, maxWeight: Self.capacity, overflow: .dropOldest)
        let delivery = Delivery<NATSEvent, Never>(limits: limits) {}
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            _ = delivery.add(state.recent, weight: state.recent.count)
            if state.isOver { delivery.finish() }
            state.deliveries[state.nextID] = delivery
            return state.nextID
        }
        return Listener(delivery, id: id, hub: self)
    }

    private func remove(_ id: Int) { state.withLock { $0.deliveries[id] = nil } }
}
