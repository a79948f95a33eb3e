// Theory of operation.
//
// A reader owns one subscription to a fresh inbox and takes its messages batch by batch. A wait
// with a deadline is a wait for the next batch beside a task that ends the subscription when the
// time is over: so a wait that is not needed costs nothing, and one that is needed costs one
// task, not one for each message. After a timeout the inbox is closed; whoever goes on opens
// another one, which also keeps late answers to earlier questions away. The time may be over just
// when a batch has come: then the batch is given out, and the next wait ends with the timeout.
internal import BridgeBytes
internal import NATSCore
internal import NATSWire
internal import Synchronization

/// Takes messages from an inbox of its own, one at a time, with a deadline for each.
struct InboxReader: Sendable {
    enum Event: Sendable {
        case message(NATSMessage)
        /// The deadline has passed; the inbox is closed then.
        case timeout
        /// The client is closed.
        case closed
        /// Our task is cancelled.
        case cancelled
    }

    /// The subject to be given as reply address; with `isMany`, any one token behind it.
    let inbox: Subject
    private let subscription: NATSSubscription
    private let isTimeOver = Flag()
    private var batch: [NATSMessage] = []
    private var position = 0

    /// - Parameter isMany: whether answers come to subjects one token below the inbox.
    init(client: NATSClient, isMany: Bool = false) throws(NATSError) {
        // One token more than the client's own inboxes have, so that its shared subscription
        // for answers does not get these messages as well.
        inbox = Subject(received: Bytes(utf8: client.newInbox().text + ".js"))
        let text = isMany ? inbox.text + ".*" : inbox.text
        let pattern: SubjectPattern
        do throws(SubjectError) {
            pattern = try SubjectPattern(text)
        } catch {
            throw NATSError(.invalidArgument, stage: .subscribe, detail: error.description)
        }
        subscription = try client.subscribe(to: pattern)
    }

    /// The next message, or what happened first. Costs a task only when it must wait.
    mutating func next(
        until deadline: ContinuousClock.Instant
    ) async throws(NATSError) -> Event {
        if let message = takeBuffered() { return .message(message) }
        batch = []
        position = 0
        if let next = try await nextBatch(until: deadline) {
            batch = next
            if let message = takeBuffered() { return .message(message) }
        }
        if Task.isCancelled { return .cancelled }
        return isTimeOver.value.load(ordering: .acquiring) ? .timeout : .closed
    }

    /// Set before the inbox is closed because a deadline has passed.
    private final class Flag: Sendable { let value = Atomic(false) }

    private mutating func takeBuffered() -> NATSMessage? {
        guard position < batch.count else { return nil }
        defer { position += 1 }
        return batch[position]
    }

    private func nextBatch(
        until deadline: ContinuousClock.Instant
    ) async throws(NATSError) -> [NATSMessage]? {
        if subscription.backlog > 0 { return try await subscription.nextBatch() }
        let (subscription, isTimeOver) = (subscription, isTimeOver)
        let watch = Task {
            guard (try? await ContinuousClock().sleep(until: deadline)) != nil else { return }
            isTimeOver.value.store(true, ordering: .releasing)
            subscription.unsubscribe()
        }
        defer { watch.cancel() }
        return try await subscription.nextBatch()
    }
}
