// Theory of operation.
//
// What a worker holds: the messages that its loop has taken and that are not done with. The loop
// puts each in; *lanes* take them out, one after the other, and work on them. A lane begins with a
// message that finds fewer of them than may run, and ends when nothing waits, so that nobody waits
// for work here and nothing is polled.
//
// Each message that is done with is *released*: the loop tells that to the machine of its pulls,
// which asks for as much again. A loop for which the machine has nothing to do waits for a release.
internal import BridgeBytes
internal import Synchronization

/// The messages that a worker holds.
final class WorkLedger: Sendable {
    private struct State {
        var waiting = Fifo<JetStreamMessage>()
        /// Lanes that have not ended, by number; nil until their tasks are known.
        var lanes: [Int: Task<Void, Never>?] = [:]
        var nextLane = 0
        /// Whether the handlers are to end.
        var isCancelled = false
        /// By the number of the delivery in the consumer.
        var held: [UInt64: JetStreamMessage] = [:]
        var released: Released = (0, 0)
        var waiter: CheckedContinuation<Void, Never>?
    }

    typealias Released = (messages: Int, bytes: Int)

    private let concurrency: Int
    private let state = Mutex(State())

    init(concurrency: Int) { self.concurrency = concurrency }

    /// What is held now.
    var held: [JetStreamMessage] { state.withLock { Array($0.held.values) } }

    /// A message has come.
    /// - Returns: The number of a lane that is to be begun; nil when none is.
    func add(_ message: JetStreamMessage) -> Int? {
        state.withLock { state in
            state.held[message.metadata.consumerSequence] = message
            state.waiting.append(message)
            guard state.lanes.count < concurrency else { return nil }
            state.nextLane += 1
            state.lanes[state.nextLane] = .some(nil)
            return state.nextLane
        }
    }

    /// A lane has begun, and may have ended.
    func began(_ lane: Int, _ task: Task<Void, Never>) {
        let isCancelled = state.withLock { state in
            if state.lanes[lane] != nil { state.lanes[lane] = task }
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    /// Lanes that have not ended; complete once no more of them are begun.
    var runningLanes: [Task<Void, Never>] {
        state.withLock { $0.lanes.values.compactMap(\.self) }
    }

    /// Has the handlers end, those that run and those to come.
    func cancelLanes() {
        let lanes = state.withLock { state in
            state.isCancelled = true
            return state.lanes.values.compactMap(\.self)
        }
        for lane in lanes { lane.cancel() }
    }

    /// What a lane works on next; nil when it ends.
    func next(_ lane: Int) -> JetStreamMessage? {
        state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.lanes[lane] = nil }
            return next
        }
    }

    /// A message is done with.
    func release(_ message: JetStreamMessage) {
        state.withLock { state in
            state.held[message.metadata.consumerSequence] = nil
            state.released.messages += 1
            state.released.bytes += message.message.pulledSize
            return state.waiter.take()
        }?.resume()
    }

    /// What was released since the last call.
    func takeReleased() -> Released {
        state.withLock { state in
            defer { state.released = (0, 0) }
            return state.released
        }
    }

    /// Suspends until something was released that is not taken. Something is held when it is
    /// called, so that it ends when a handler does.
    func waitForRelease() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.released.messages > 0 { return true }
                state.waiter = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}
