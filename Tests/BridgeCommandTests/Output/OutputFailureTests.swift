import BridgeCommand
import Foundation
import TestKit
import Testing

/// A standard output that takes nothing: whatever was to be printed, the exit code says so.
@Suite("Failed output", .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct OutputFailureTests {
    /// Command lines that need no server, with an envelope on the standard input where one reads.
    static let lines: [[String]] = [
        ["--help"], ["--version"], ["send", "--help"], ["envelope", "check", "-"],
        ["envelope", "check", "-", "--json"], ["serve", "--port", "0", "--directory", "DIR"],
        ["serve", "--port", "0", "--directory", "DIR", "--json"],
    ]

    private static let envelope = #"""
        {"correlation_id":"c","msg_id":"m","timestamp":"2026-03-13T07:02:50.443Z","send_to":"a",
        "msg_purpose":"chat","sender_name":"","sender_id":"","receiver_name":"","receiver_id":"",
        "reply_to":"","reply_to_msg_id":"","broker_url":"","metadata":{},"payloads":[]}
        """#

    private func run(
        _ line: [String], output: FileHandle? = nil, redirections: String? = nil
    ) async throws -> CommandRun {
        let folder = try TemporaryDirectory()
        return try await CommandRun.run(
            line.map { $0 == "DIR" ? folder.path : $0 }, input: Self.envelope, output: output,
            redirections: redirections)
    }

    @Test(arguments: lines)
    func `a full disk is one error line and exit code 1`(_ line: [String]) async throws {
        let run = try await run(line, redirections: ">/dev/full")
        #expect(run.status == 1)
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        #expect(run.errors.contains("no space left on device (output_failed)"))
    }

    @Test(arguments: lines)
    func `a reader that has gone ends the command quietly`(_ line: [String]) async throws {
        let pipe = SpawnedProcess.pipe()
        try pipe.fileHandleForReading.close()
        let run = try await run(line, output: pipe.fileHandleForWriting)
        #expect(run.status == 1)
        #expect(run.errors.isEmpty, "\(run.errors)")
    }

    @Test(arguments: [["--version"], ["envelope", "check", "-", "--json"]])
    func `an output that is closed is a failed one`(_ line: [String]) async throws {
        let run = try await run(line, redirections: ">&-")
        #expect(run.status == 1 && run.errors.contains("output_failed"))
    }

    @Test func `a failure keeps its own exit code when it cannot be printed`() async throws {
        let run = try await run(
            ["arrow", "cat", "/nowhere/x", "--json"], redirections: ">/dev/full")
        #expect(run.status == 4)
        #expect(run.errors.contains("/nowhere/x"))
    }

    @Test(.needsNATSServer) func `what was sent is told when it cannot be printed`() async throws {
        try await NATSServerFixture.run { server in
            let line = ["send", "s.x", "a:text=hi", "--server", server.url]
            let full = try await CommandRun.run(line, redirections: ">/dev/full")
            #expect(full.status == 1 && full.errors.contains("the message has arrived"))
            // A reader that has gone wants no output, but that something was sent is more.
            let pipe = SpawnedProcess.pipe()
            try pipe.fileHandleForReading.close()
            let gone = try await run(line, output: pipe.fileHandleForWriting)
            #expect(gone.status == 1 && gone.errors.contains("the message has arrived"))
        }
    }

    @Test func `a download to the standard output fails with it`() async throws {
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            }
        }
        let store = "http://127.0.0.1:\(server.port)"
        let line = ["fetch", store + "/f/x", "-o", "-", "--store", store]
        #expect(try await CommandRun.run(line).output == "hello")
        let run = try await CommandRun.run(line, redirections: ">/dev/full")
        #expect(run.status == 1 && run.errors.contains("output_failed"), "\(run.errors)")
    }
}
