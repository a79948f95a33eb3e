import Foundation

/// A child process under a small shell, which ends the child when our end of its standard input
/// closes. So no server outlives a test process, even one that crashed.
package final class ChildProcess: Sendable {
    /// The output of the child: standard output and, when merged, standard error.
    package let log: LineLog
    /// The child's own process number, not the shell's.
    package let processID: Int32
    private let shell: SpawnedProcess
    private let input: FileHandle

    /// The first line tells the child's number, before the child itself says anything; then only
    /// the child holds the output pipe, so that the pipe ends when the child does. The shell's own
    /// input is the pipe that we close.
    private static let guardScript = """
        sh -c 'echo "$$"; exec "$@" 2>&1' child "$@" </dev/null & child=$!
        exec >/dev/null 2>&1
        read -r line
        kill -TERM "$child"
        wait "$child"
        """

    /// Starts a program whose standard output and standard error are read together.
    package init(_ executable: String, _ arguments: [String]) async throws {
        let input = SpawnedProcess.pipe()
        let output = SpawnedProcess.pipe()
        let shell = try SpawnedProcess(
            "/bin/sh", ["-c", Self.guardScript, "guard", executable] + arguments,
            input: input.fileHandleForReading, output: output.fileHandleForWriting)
        try output.fileHandleForWriting.close()
        let log = LineLog(reading: output.fileHandleForReading)
        guard let first = try await log.first(where: { _ in true }), let id = Int32(first.text)
        else { throw FixtureError("\(executable) did not start") }
        self.shell = shell
        self.input = input.fileHandleForWriting
        self.log = log
        processID = id
    }

    /// Asks the child to end, and waits until it has.
    package func stop() async throws {
        try? input.close()
        try await ended()
    }

    /// Ends the child at once, as a crash or a power failure would.
    package func kill() async throws {
        _ = Foundation.kill(processID, SIGKILL)
        try await stop()
    }

    /// Sends a signal to the child.
    package func signal(_ number: Int32) { _ = Foundation.kill(processID, number) }

    /// Waits until the child has ended by itself or by a request.
    private func ended() async throws {
        _ = try await log.first(where: { _ in false })
        // The shell has nothing left to do but to reap the child.
        await shell.end()
    }

    deinit { try? input.close() }
}

/// Why a fixture could not do its work.
package struct FixtureError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
