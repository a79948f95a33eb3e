internal import Dispatch
internal import Glibc
internal import Synchronization

/// Ctrl-C as cancellation: the first SIGINT or SIGTERM cancels the running command, which then
/// tidies up; the second one ends the process at once.
package enum Interruption {
    /// The first signal that came; 0 before.
    private static let first = Atomic<Int>(0)

    /// Whether a signal has come.
    package static var happened: Bool { first.load(ordering: .relaxed) != 0 }

    /// Whether somebody asked the process to end in order: SIGTERM, as service managers send it.
    package static var isTermination: Bool { first.load(ordering: .relaxed) == Int(SIGTERM) }

    /// Returns when the surrounding task is cancelled, which a signal does.
    package static func wait() async {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
        await withTaskCancellationHandler {
            for await _ in signals {}
        } onCancel: {
            continuation.finish()
        }
    }

    /// Hears from now on when the process is asked to read its files again (SIGHUP).
    package static func hearHangups() async -> Hangups {
        let (calls, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let source = await watch(SIGHUP, on: DispatchQueue(label: "natsbridge.hangup")) {
            continuation.yield()
        }
        return Hangups(calls: calls, continuation: continuation, source: source)
    }

    /// The signals that have been heard and not been answered.
    package struct Hangups {
        fileprivate let calls: AsyncStream<Void>
        fileprivate let continuation: AsyncStream<Void>.Continuation
        fileprivate let source: any DispatchSourceSignal

        /// Has work done for each of them, one call after the other, until the body returns. A
        /// signal that comes while the work is done has it done once more.
        package func answer<T>(
            by work: @escaping @Sendable () async -> Void, during body: () async -> T
        ) async -> T {
            let task = Task { [calls] in for await _ in calls { await work() } }
            let result = await body()
            source.cancel()
            continuation.finish()
            await task.value
            return result
        }
    }

    /// A signal that follows the first one so soon is the same wish: `timeout` and terminals send
    /// it to a process and to its group.
    package static let sameWish: Duration = .milliseconds(200)

    /// Runs a command so that a signal cancels it, and an output that takes no more does too.
    /// - Parameter sameWish: How long after the first signal another one ends nothing.
    package static func whileRunning(
        sameWish: Duration = Self.sameWish,
        _ command: @escaping @Sendable () async -> ExitCode
    ) async -> ExitCode {
        let queue = DispatchQueue(label: "natsbridge.signals")
        let running = Mutex<Task<ExitCode, Never>?>(nil)
        let begun = Mutex(ContinuousClock.now)
        var sources: [any DispatchSourceSignal] = []
        for number in [SIGINT, SIGTERM] {
            let source = await watch(number, on: queue) {
                let isFirst = first.compareExchange(
                    expected: 0, desired: Int(number), ordering: .relaxed
                ).exchanged
                if isFirst {
                    begun.withLock { $0 = .now }
                    running.withLock { $0 }?.cancel()
                } else if begun.withLock({ ContinuousClock.now - $0 }) > sameWish {
                    StartedProgram.killAll()
                    exit(ExitCode.interrupted.rawValue)
                }
            }
            sources.append(source)
        }
        let task = Task { await command() }
        running.withLock { $0 = task }
        // One that came before has found nothing to cancel.
        if happened { task.cancel() }
        StandardOutput.onFailure { task.cancel() }
        let code = await task.value
        for source in sources { source.cancel() }
        return code
    }

    /// Has work done whenever a signal comes. Returns when no signal can be missed: until then it
    /// does what it does to a process that knows nothing of it, which ends it. (Ignoring it until
    /// then would lose what comes meanwhile, and a source is not there before it is registered.)
    private static func watch(
        _ number: Int32, on queue: DispatchQueue, _ work: @escaping @Sendable () -> Void
    ) async -> any DispatchSourceSignal {
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler(handler: work)
        await withCheckedContinuation { continuation in
            source.setRegistrationHandler { continuation.resume() }
            source.resume()
        }
        return source
    }
}
