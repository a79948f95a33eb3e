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
