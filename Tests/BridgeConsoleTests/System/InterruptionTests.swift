import BridgeConsole
import Glibc
import Testing

/// Signals that come at the first moment they can. Each test is a process of its own, since signals
/// are the process's; one that misses a signal is ended by the alarm.
@Suite struct InterruptionTests {
    @Test func `a hangup that comes at once has its work done`() async {
        await #expect(processExitsWith: .success) {
            alarm(60)
            for _ in 0..<50 {
                let (calls, continuation) = AsyncStream.makeStream(of: Void.self)
                let hangups = await Interruption.hearHangups()
                kill(getpid(), SIGHUP)
                await hangups.answer {
                    continuation.yield()
                } during: {
                    for await _ in calls { return }
                }
            }
        }
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a command is cancelled by a signal that comes at once`(_ number: Int32) async {
        await #expect(processExitsWith: .success) { [number] in
            alarm(60)
            let code = await Interruption.whileRunning {
                kill(getpid(), number)
                await Interruption.wait()
                return Interruption.isTermination == (number == SIGTERM) ? .ok : .other
            }
            guard code == .ok, Interruption.happened else { exit(1) }
        }
    }

    @Test func `a signal that follows the first one at once is the same wish`() async {
        await #expect(processExitsWith: .success) {
            alarm(60)
            let code = await Interruption.whileRunning(sameWish: .seconds(3600)) {
                kill(getpid(), SIGTERM)
                await Interruption.wait()
                for _ in 0..<1000 {
                    kill(getpid(), SIGTERM)
                    await Task.yield()
                }
                return .ok
            }
            guard code == .ok else { exit(1) }
        }
    }

    @Test func `a second signal ends what does not end`() async {
        await #expect(processExitsWith: .exitCode(ExitCode.interrupted.rawValue)) {
            alarm(60)
            _ = await Interruption.whileRunning(sameWish: .zero) {
                while true {
                    kill(getpid(), SIGINT)
                    await Task.yield()
                }
            }
        }
    }
}
