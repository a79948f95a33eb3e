// Theory of operation.
//
//     pull machine ──▶ loop ──▶ ledger ──▶ lanes: the handler, and then what it came to
//          ▲                      │
//          └───── released ◀──────┘
//
// The loop takes each message as soon as it is here, so that from then on the server is told that
// it is in progress: at a third of the time in which it wants to hear something, all messages that
// are held are named. A handler that returns has done its message; one that throws has not, and
// what becomes of it is a `WorkVerdict`.
//
// Three ways to the end. A drain of the client and `stop` ask for nothing more and let everything
// end that had come. Cancelling the task does the same and cancels the handlers, which is why the
// loop has a task of its own: what it would lose by being cancelled is given back like what the
// handlers do not finish. Anything else that ends the pulls, such as a consumer that is deleted, is
// thrown when the handlers have ended.
internal import BridgeBytes
internal import NATSCore
internal import Synchronization

/// Works on the messages of a pull consumer.
public final class JetStreamWorker: Sendable {
    /// What is done with each message.
    public typealias Handler = @Sendable (JetStreamMessage) async throws -> Void

    /// The same, with what follows when the server has confirmed the acknowledgement: where
    /// `WorkOptions.confirmsAcknowledgements` says that it is asked to.
    package typealias Step =
        @Sendable (JetStreamMessage) async throws -> (@Sendable () async -> Void)?

    /// The consumer that is worked on.
    public let consumer: PullConsumer
    let options: WorkOptions
    let handler: Step
    let delays: RetryDelays
    /// Deliveries after which a message is given up; nil: never.
    let maxDeliveries: UInt64?
    private let ending = Mutex(Ending())
    let counts = Mutex(WorkTally())

    /// What it has done until now.
    public var tally: WorkTally { counts.withLock { $0 } }

    private struct Ending {
        var isStopped = false
        var account: PullAccount?
    }

    init(_ consumer: PullConsumer, _ options: WorkOptions, _ handler: @escaping Step) {
        let configuration = consumer.cachedInfo.configuration
        self.consumer = consumer
        self.options = options
        self.handler = handler
        delays = RetryDelays(
            first: options.retryDelay, longest: options.longestRetryDelay,
            backoff: configuration.backoff)
        let limits = [options.maxDeliveries, configuration.maxDeliver].compactMap { $0 }
        maxDeliveries = limits.min().map { UInt64(clamping: $0) }
    }

    /// Longest wait for the server's confirmation that it sends nothing more, in `stop`.
    private static let stopPatience: Duration = .seconds(5)

    /// Ends the work in peace: nothing more is asked for, what had come is done, and `run` returns
    /// then. Does nothing more the second time.
    public func stop() {
        let account = ending.withLock { ending in
            defer { ending.isStopped = true }
            return ending.isStopped ? nil : ending.account
        }
        if let account { Task { await account.stop(within: Self.stopPatience) } }
    }

    /// Ends the work in peace, and waits for that.
    /// - Returns: How many messages were not done with at the deadline.
    package func drain(until deadline: ContinuousClock.Instant) async -> Int {
        let account = ending.withLock { ending in
            ending.isStopped = true
            return ending.account
        }
        return await account?.drain(until: deadline) ?? 0
    }

    /// Works until `stop`, until the client drains, or until the task is cancelled, and returns
    /// when the last handler has. It is run once; messages are held by the server from then on
    /// until they are done with.
    ///
    /// Cancelling the task cancels the handlers, and what they do not finish is given back to the
    /// server at once; it returns then.
    /// - Throws: `JetStreamError` with `invalidArgument` for options that make no sense or a
    ///   consumer that wants no acknowledgements, `consumerDeleted`, `tooLarge` when a message
    ///   alone is larger than `WorkOptions.maxBytes`, `permissionDenied`, `refused` or `closed`.
    public func run() async throws(JetStreamError) {
        try check()
        let session = try PullSession(consumer, pulls)
        let ledger = WorkLedger(concurrency: options.concurrency)
        let isStopped = ending.withLock { ending in
            ending.account = session.account
            return ending.isStopped
        }
        if isStopped { await session.account.stop(within: Self.stopPatience) }
        let loop = Task { await run(session, ledger) }
        let result = await withTaskCancellationHandler {
            await loop.value
        } onCancel: {
            ledger.cancelLanes()
            stop()
        }
        try result.get()
    }

    private func run(
        _ session: PullSession, _ ledger: WorkLedger
    ) async -> Result<Void, JetStreamError> {
        var session = session
        let progress = Task { await keepInProgress(ledger) }
        let advisories = hearAdvisories()
        var result = Result<Void, JetStreamError>.success(())
        do throws(JetStreamError) {
            while let message = try await next(&session, ledger) {
                guard let lane = ledger.add(message) else { continue }
                ledger.began(lane, Task { await runLane(lane, ledger) })
            }
        } catch {
            result = .failure(error)
        }
        for lane in ledger.runningLanes { await lane.value }
        progress.cancel()
        await advisories?.end()
        return result
    }

    private func check() throws(JetStreamError) {
        let isUnacknowledged = consumer.cachedInfo.configuration.ackPolicy != .explicit
        let fault =
            options.fault ?? (isUnacknowledged ? "a worker needs explicit acknowledgements" : nil)
        guard let fault else { return }
        throw JetStreamError(
            .invalidArgument, operation: "work", stream: consumer.stream, detail: fault)
    }

    private var pulls: PullMachine.Configuration {
        var pulls = PullMachine.Configuration(
            batch: options.concurrency + options.prefetch, maxBytes: options.maxBytes,
            expires: options.expires, isContinuous: true)
        pulls.countsHeld = true
        pulls.group = options.group
        // A worker outlives its server; only a consumer that is gone ends it.
        pulls.maxRefusals = .max
        return pulls
    }

    /// The next message, as soon as it may be held; nil at the end.
    private func next(
        _ session: inout PullSession, _ ledger: WorkLedger
    ) async throws(JetStreamError) -> JetStreamMessage? {
        while true {
            let released = ledger.takeReleased()
            session.release(messages: released.messages, bytes: released.bytes)
            if let message = try await session.next() { return message.watched() }
            guard session.isHolding else { return nil }
            await ledger.waitForRelease()
        }
    }

    private func runLane(_ lane: Int, _ ledger: WorkLedger) async {
        while let message = ledger.next(lane) {
            await work(on: message)
            ledger.release(message)
        }
    }

    private func keepInProgress(_ ledger: WorkLedger) async {
        let interval = progressInterval
        while (try? await ContinuousClock().sleep(for: interval)) != nil {
            for message in ledger.held { message.stillInProgress() }
        }
    }

    /// A third of the shortest time in which the server wants to hear of a delivery.
    var progressInterval: Duration {
        let configuration = consumer.cachedInfo.configuration
        let wait = configuration.backoff.min() ?? configuration.ackWait ?? .seconds(30)
        return min(max(wait / 3, JetStreamMessage.shortestProgressInterval), .forever)
    }
}

extension PullConsumer {
    /// A worker on this consumer, for those who want to stop it; `work` runs one in one call.
    public func worker(
        _ options: WorkOptions = WorkOptions(), _ handler: @escaping JetStreamWorker.Handler
    ) -> JetStreamWorker {
        JetStreamWorker(self, options) { message in
            try await handler(message)
            return nil
        }
    }

    /// A worker whose messages have a sequel.
    package func worker(
        stepping options: WorkOptions, _ step: @escaping JetStreamWorker.Step
    ) -> JetStreamWorker {
        JetStreamWorker(self, options, step)
    }

    /// Works on the messages of this consumer, some at a time:
    /// `try await orders.work { order in try await ship(order.decode()) }`.
    ///
    /// A handler that returns has done its message. When it throws, the message is delivered again,
    /// after waits that grow, until the consumer's `maxDeliver` is reached; a `WorkVerdict` that it
    /// throws says something else. While a message is held the server is told that work on it goes
    /// on. It returns when the client drains or the task is cancelled.
    ///
    /// Cancelling the task does what it does in `JetStreamWorker.run()`.
    /// - Returns: How many messages were done, and what became of the others.
    /// - Throws: `JetStreamError`, as `JetStreamWorker.run()`.
    @discardableResult
    public func work(
        _ options: WorkOptions = WorkOptions(), _ handler: @escaping JetStreamWorker.Handler
    ) async throws(JetStreamError) -> WorkTally {
        let worker = worker(options, handler)
        try await worker.run()
        return worker.tally
    }
}
