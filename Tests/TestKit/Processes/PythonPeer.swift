import Foundation

/// An independent peer: a Python program of Tests/InteropTests/Peer, with nats-py and pyarrow.
///
/// Talk is one JSON text a line, both ways, over standard input and output. The interpreter is
/// looked for at `NATSBRIDGE_PYTHON`, then in `.tools/venv/bin`, where `make setup` puts it.
package actor PythonPeer {
    /// Path of the interpreter; nil when there is none with the peer's libraries.
    package static let interpreter: String? = {
        let candidates = [
            Environment.value("NATSBRIDGE_PYTHON"), PackageRoot.file(".tools/venv/bin/python"),
        ]
        return candidates.compactMap { $0 }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    package static var isPresent: Bool { interpreter != nil }

    /// Why tests that need a peer are skipped.
    package static let absence =
        "no Python with nats-py and pyarrow: run `make setup`, or set NATSBRIDGE_PYTHON"

    private let process: SpawnedProcess
    private let input: FileHandle
    private let output: LineLog
    private var linesRead = 0

    /// Starts a script of Tests/InteropTests/Peer. Its standard error is the test's own.
    package init(script: String, arguments: [String] = []) throws {
        guard let interpreter = Self.interpreter else { throw FixtureError(Self.absence) }
        let input = SpawnedProcess.pipe()
        let output = SpawnedProcess.pipe()
        process = try SpawnedProcess(
            interpreter,
            ["-u", PackageRoot.file("Tests/InteropTests/Peer/" + script)] + arguments,
            input: input.fileHandleForReading, output: output.fileHandleForWriting)
        try output.fileHandleForWriting.close()
        self.input = input.fileHandleForWriting
        self.output = LineLog(reading: output.fileHandleForReading)
    }

    /// Sends one line and waits for the line that answers it. One exchange at a time.
    package func exchange(_ line: String) async throws -> String {
        precondition(!line.utf8.contains(UInt8(ascii: "\n")), "one line at a time")
        try input.write(contentsOf: Data((line + "\n").utf8))
        return try await nextLine()
    }

    /// Waits for a line that the peer writes unasked.
    package func nextLine() async throws -> String {
        let start = linesRead
        linesRead += 1
        guard let line = try await output.first(from: start, where: { _ in true })
        else { throw FixtureError("the Python peer ended; see its standard error") }
        return line.text
    }

    /// Closes the peer's input, at which it ends, and waits for that.
    package func stop() async throws {
        try? input.close()
        _ = try await output.first(where: { _ in false })
        await process.end()
    }
}
