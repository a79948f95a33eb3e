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

    /// Has work done whenever the process is asked to read its files again (SIGHUP), one call after
    /// the other, until the body returns. A signal that comes while the work is done has it done
    /// once more.
    package static func onHangup<T>(
        _ work: @escaping @Sendable () async -> Void, during body: () async -> T
    ) async -> T {
        let (hangups, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // The source sees the signal even though the process ignores it.
        _ = signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(
            signal: SIGHUP, queue: DispatchQueue(label: "natsbridge.hangup"))
        source.setEventHandler { continuation.yield() }
        source.resume()
        let task = Task { for await _ in hangups { await work() } }
        let result = await body()
        source.cancel()
        continuation.finish()
        await task.value
        return result
    }

    /// Runs a command so that a signal cancels it, and an output that takes no more does too.
    package static func whileRunning(
        _ command: @escaping @Sendable () async -> ExitCode
    ) async -> ExitCode {
        let task = Task { await command() }
        StandardOutput.onFailure { task.cancel() }
        let queue = DispatchQueue(label: "natsbridge.signals")
        let sources = [SIGINT, SIGTERM].map { number in
            // The source sees the signal even though the process ignores it.
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                let isFirst = first.compareExchange(
                    expected: 0, desired: Int(number), ordering: .relaxed
                ).exchanged
                if isFirst {
                    task.cancel()
                } else {
                    StartedProgram.killAll()
                    exit(ExitCode.interrupted.rawValue)
                }
            }
            source.resume()
            return source
        }
        let code = await task.value
        for source in sources { source.cancel() }
        return code
    }
}
