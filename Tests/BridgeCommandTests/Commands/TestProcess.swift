import BridgeBytes
import BridgeCommand
import BridgeJSON
import TestKit

/// The executable as it runs beside a test: `receive`, which says on the standard error when it
/// listens, and whose results are read to the end.
struct TestProcess: Sendable {
    private let process: ChildProcess

    init(_ executable: String, _ arguments: [String]) async throws {
        process = try await ChildProcess(executable, arguments)
    }

    /// Waits for the remark that the subscription stands.
    func untilListening() async throws {
        let line = try await process.log.first { $0.hasPrefix("listening on ") }
        if line == nil { throw FixtureError("it ended: \(process.log.lines)") }
    }

    /// Waits for the end; the lines that are JSON.
    func output() async throws -> [JSONValue] {
        _ = try await process.log.first { _ in false }
        let lines = process.log.lines
        return lines.compactMap { try? JSONValue(parsing: Bytes(utf8: $0)) }
            .filter { $0.objectValue != nil }
    }
}
