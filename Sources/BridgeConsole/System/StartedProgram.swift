internal import BridgeBytes
internal import Dispatch
package import Glibc
internal import Synchronization

/// A program started by the demo, and what it prints.
///
/// ## Theory of operation
/// The child gets `/dev/null` as its input, our standard error (unless that is the stream to be
/// captured) and a pipe. One queue of its own reads the pipe to its end, line by line, and another
/// waits for the process: what the child starts may hold the pipe open when the child has ended.
/// The wait has two steps, because a process id may be reused as soon as it has
/// been reaped: `waitid` with `WNOWAIT` sees the end, and the reaping itself happens under the
/// lock that `signal` takes too. So a signal never reaches a stranger.
///
/// The `unsafe` calls are sound: each gets the address of a local or of an array's storage with
/// its own count, for the time of the call.
package final class StartedProgram: Sendable {
    /// The stream of the child that is read.
    package enum Capture: Int32, Sendable {
        case output = 1
        case errors = 2
    }

    package let processID: pid_t
    /// The lines of the captured stream. One reader.
    package let lines: AsyncStream<String>

    private struct State {
        var reaped = false
        var status: Int32?
        var waiters: [CheckedContinuation<Int32, Never>] = []
    }
    private let state = Mutex(State())

    /// The children that still run, for an exit that cannot wait for them.
    private static let living = Mutex<Set<pid_t>>([])

    private init(processID: pid_t, pipe: Int32) {
        self.processID = processID
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        lines = stream
        Self.living.withLock { _ = $0.insert(processID) }
        DispatchQueue(label: "natsbridge.child").async {
            Self.readLines(from: pipe, to: continuation)
        }
        DispatchQueue(label: "natsbridge.child.end").async { [self] in reap() }
    }

    /// Starts a program. `arguments` are those after the program's name.
    package static func start(
        _ path: String, _ arguments: [String], capture: Capture
    ) throws(CommandFailure) -> StartedProgram {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw failure(path, errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        var processID: pid_t = 0
        let result = spawn(path, arguments, ends[1], capture, &processID)
        guard result == 0 else {
            close(ends[0])
            throw failure(path, result)
        }
        return StartedProgram(processID: processID, pipe: ends[0])
    }

    /// Sends a signal, unless the process has ended.
    package func signal(_ number: Int32) {
        state.withLock { if !$0.reaped { kill(processID, number) } }
    }

    /// Waits for the end; a death by signal counts as 128 plus its number, as in a shell.
    package func exitStatus() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state -> Int32? in
                if state.status == nil { state.waiters.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// Asks the process to end and waits for it.
    package func stop() async {
        signal(SIGTERM)
        _ = await exitStatus()
    }

    /// Ends all children at once, without waiting; for the second Ctrl-C.
    static func killAll() {
        for processID in living.withLock({ $0 }) { kill(processID, SIGKILL) }
    }

    private func reap() {
        var information = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0,
            errno == EINTR
        {}
        let (status, waiters) = state.withLock { state in
            var raw: Int32 = 0
            _ = unsafe waitpid(processID, &raw, 0)
            state.reaped = true
            let signal = raw & 0x7F
            let status = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
            state.status = status
            defer { state.waiters = [] }
            return (status, state.waiters)
        }
        Self.living.withLock { _ = $0.remove(processID) }
        for waiter in waiters { waiter.resume(returning: status) }
    }

    private static func readLines(
        from descriptor: Int32, to continuation: AsyncStream<String>.Continuation
    ) {
        defer {
            close(descriptor)
            continuation.finish()
        }
        var rest: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest += chunk[..<count]
            while let end = rest.firstIndex(of: 0x0A) {
                continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                rest.removeSubrange(...end)
            }
        }
        if !rest.isEmpty { continuation.yield(String(decoding: rest, as: UTF8.self)) }
    }

    private static func failure(_ path: String, _ number: Int32) -> CommandFailure {
        let reason = unsafe String(cString: strerror(number))
        return CommandFailure(
            .other, code: .demoFailed, stage: "start", target: path,
            detail: reason.lowercased())
    }
}
