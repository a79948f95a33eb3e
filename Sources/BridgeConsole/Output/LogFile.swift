package import BridgeBytes
internal import BridgeJSON
internal import Dispatch
internal import Glibc
internal import Synchronization

/// A file, or the standard error, that events are appended to: a line for each.
///
/// Events come from threads that must not wait for a disk or a pipe, so a queue of its own writes
/// them. When it falls behind, lines are left out, and how many is said with the next one.
package final class LogFile: Sendable {
    /// Most lines that wait to be written.
    package static let capacity = 10_000

    private struct State {
        var waiting = 0
        var dropped = 0
    }

    private let descriptor: Int32
    private let json: Bool
    private let queue = DispatchQueue(label: "natsbridge.log")
    private let state = Mutex(State())

    private init(descriptor: Int32, json: Bool) {
        self.descriptor = descriptor
        self.json = json
    }

    deinit { if descriptor > 2 { close(descriptor) } }

    /// Opens a file to append to; `-` is the standard error.
    /// - Parameter json: Whether each line is a JSON object.
    package static func open(_ path: String, json: Bool) throws(CommandFailure) -> LogFile {
        if path == "-" { return LogFile(descriptor: 2, json: json) }
        // Sound: the path is a string that lives as long as the call.
        let descriptor = unsafe Glibc.open(
            path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileBytes.failure("open", path) }
        return LogFile(descriptor: descriptor, json: json)
    }

    /// Where events go: all from a level on.
    package func sink(from level: LogEvent.Level) -> LogSink {
        LogSink(from: level) { [self] event in write(event) }
    }

    private func write(_ event: LogEvent) {
        let dropped = state.withLock { state -> Int? in
            guard state.waiting < Self.capacity else {
                state.dropped += 1
                return nil
            }
            state.waiting += 1
            defer { state.dropped = 0 }
            return state.dropped
        }
        guard let dropped else { return }
        queue.async { [self] in
            if dropped > 0 { append("\(dropped) lines are missing here: the log was too slow") }
            append(json ? String(repairing: Self.object(event).encoded()) : event.description)
            state.withLock { $0.waiting -= 1 }
        }
    }

    private func append(_ line: String) {
        // A log that takes nothing is no reason to end what it tells of.
        let text = Bytes(utf8: TerminalText.line(line) + "\n")
        // The standard error may be the standard output's file; any other is the log's own.
        _ =
            descriptor == 2
            ? StandardOutput.writeError(text) : FileBytes.writeAll(text, to: descriptor)
    }

    private static func object(_ event: LogEvent) -> JSONValue {
        var object = JSONObject()
        object["timestamp"] = .string(event.timestamp.description)
        object["level"] = .string(event.level.rawValue)
        object["stage"] = .string(event.stage)
        object["message"] = .string(event.message)
        if !event.correlationID.isEmpty {
            object["correlation_id"] = .string(
                String(event.correlationID.prefix(LogEvent.maxIDLength)))
        }
        for field in event.fields { object[field.name] = .string(field.value) }
        return .object(object)
    }

    /// Returns when everything that was handed over is written.
    package func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }
}
