package import BridgeBytes
internal import Glibc

/// A command line of the user's that turns bytes into bytes.
///
/// ## Theory of operation
/// A shell runs it with its standard input and output in files of a folder that nobody else can
/// read: a pipe for each would have to be filled and emptied at the same time, whatever the command
/// does with them. Its standard error is read line by line, and the last line says why it failed.
/// What the command has started and left behind may hold that open: when the command has ended, the
/// rest is waited for a moment only.
///
/// The `unsafe` calls are sound: the path is in an array that has its end, and lives as long as the
/// call.
package enum FilteringCommand {
    /// How long the last words of a command that has ended are waited for.
    private static let lastWords: Duration = .milliseconds(500)
    private static let script = #"exec <"$1" >"$2"; exec /bin/sh -c "$3""#

    /// Runs a command line to its end.
    /// - Parameter variables: What its environment has besides ours.
    /// - Returns: What it has written to its standard output.
    /// - Throws: `command_failed` when its exit code is not 0; `system_error`, `storage_full`;
    ///   `cancelled` when the task is, which ends the command.
    package static func run(
        _ line: String, input: Bytes, variables: [(name: String, value: String)]
    ) async throws(CommandFailure) -> Bytes {
        let folder = try makeFolder()
        defer { remove(folder) }
        try await FileBytes.write(input, to: "\(folder)/in")
        // No variable holds a zero byte.
        let settings = variables.map { "\($0.name)=\($0.value.filter { $0 != "\0" })" }
        let program = try StartedProgram.start(
            "/usr/bin/env",
            settings + ["/bin/sh", "-c", script, "sh", "\(folder)/in", "\(folder)/out", line],
            capture: .errors)
        let (status, words) = await withTaskCancellationHandler {
            let reading = Task {
                var last = ""
                for await line in program.lines where !line.isEmpty { last = line }
                return last
            }
            let status = await program.exitStatus()
            let patience = Task {
                try? await Task.sleep(for: lastWords)
                reading.cancel()
            }
            defer { patience.cancel() }
            return (status, await reading.value)
        } onCancel: {
            program.signal(SIGTERM)
        }
        if Task.isCancelled {
            throw CommandFailure(
                .interrupted, code: .cancelled, stage: "command", detail: "interrupted")
        }
        guard status == 0 else {
            let told = words.isEmpty ? "" : ": \(words)"
            throw CommandFailure(
                .other, code: .commandFailed, stage: "command", target: line,
                detail: "the command ended with \(status)\(told)")
        }
        return try FileBytes.contents(of: "\(folder)/out")
    }

    private static func makeFolder() throws(CommandFailure) -> String {
        var template = Array("/tmp/natsbridge.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw FileBytes.failure("create", "/tmp/natsbridge.XXXXXX")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func remove(_ folder: String) {
        for path in ["\(folder)/in", "\(folder)/out"] { _ = unsafe unlink(path) }
        _ = unsafe rmdir(folder)
    }
}
