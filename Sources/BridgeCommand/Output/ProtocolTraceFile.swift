internal import BridgeBytes
internal import BridgeConsole
internal import Glibc
internal import NATSCore
internal import Synchronization

/// The files that `--trace FILE` writes: one for each connection of the run.
///
/// Lines are written as they come, so that a run which is killed leaves all but its last one. A
/// file that cannot be written to ends the tracing with one remark, and not the command.
final class ProtocolTraceFile: Sendable {
    private struct State {
        /// The open file and its connection's number; nil after a failure.
        var file: (descriptor: Int32, connection: Int)?
    }

    private let path: String
    private let console: Console
    private let state: Mutex<State>

    private init(path: String, descriptor: Int32, console: Console) {
        self.path = path
        self.console = console
        state = Mutex(State(file: (descriptor, 1)))
    }

    deinit { state.withLock { if let file = $0.file { close(file.descriptor) } } }

    /// Creates the file of the first connection, so that a path that is no good is told at once.
    static func trace(_ path: String, _ console: Console) throws(CommandFailure) -> NATSTrace {
        let descriptor = open(path)
        guard descriptor >= 0 else { throw FileBytes.failure("create", path) }
        let file = ProtocolTraceFile(path: path, descriptor: descriptor, console: console)
        return NATSTrace { lines, connection in file.write(lines, connection) }
    }

    private static func open(_ path: String) -> Int32 {
        // Sound: the path is a string that lives as long as the call. What is sent may be private.
        unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    }

    private func write(_ lines: Bytes, _ connection: Int) {
        state.withLock { state in
            guard let file = state.file else { return }
            var descriptor = file.descriptor
            if file.connection != connection {
                close(descriptor)
                descriptor = Self.open("\(path).\(connection)")
                state.file = descriptor < 0 ? nil : (descriptor, connection)
            }
            if descriptor >= 0, FileBytes.writeAll(lines, to: descriptor) { return }
            let reason = unsafe String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            state.file = nil
            console.remark("the trace ends: \(path): \(reason)")
        }
    }
}
