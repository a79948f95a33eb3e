internal import Dispatch
internal import Glibc
internal import Synchronization

/// Ctrl-C as cancellation: the first SIGINT or SIGTERM cancels the running command, which then
/// tidies up; the second one ends the process at once.
enum Interruption {
    private static let count = Atomic<Int>(0)

    /// Whether a signal has come.
    static var happened: Bool { count.load(ordering: .relaxed) > 0 }

    /// Returns when the surrounding task is cancelled, which a signal does.
    static func wait() async {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
        await withTaskCancellationHandler {
            for await _ in signals {}
        } onCancel: {
            continuation.finish()
        }
    }

    /// Runs a command so that a signal cancels it.
    static func whileRunning(
        _ command: @escaping @Sendable () async -> ExitCode
    ) async -> ExitCode {
        let task = Task { await command() }
        let queue = DispatchQueue(label: "natsbridge.signals")
        let sources = [SIGINT, SIGTERM].map { number in
            // The source sees the signal even though the process ignores it.
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if count.add(1, ordering: .relaxed).oldValue == 0 {
                    task.cancel()
                } else {
                    ChildProcess.killAll()
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
