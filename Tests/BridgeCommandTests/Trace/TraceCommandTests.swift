import BridgeBytes
import BridgeConsole
import BridgeJSON
import Foundation
import TestKit
import Testing

/// `trace` over the logs of three real processes.
@Suite("Trace command", .needsNATSServer, .enabled(if: CommandRun.executable != nil))
struct TraceCommandTests {
    @Test func `a message by link is followed through sender, file server and receiver`()
        async throws
    {
        try await NATSServerFixture.run { server in
            let folder = try TemporaryDirectory()
            let executable = try #require(CommandRun.executable)
            let files = try await ChildProcess(
                executable,
                [
                    "serve", "--port", "0", "--directory", folder.file("files"), "--access-log",
                    folder.file("files.log"), "--json",
                ])
            let line = try await files.log.first { $0.contains("http://") }
            let url = try #require(line?.text.firstMatch(of: /http:[^"]*/)?.0)
            let shell = try ShellRun(server: server.url, store: String(url))
            let receiver = try await shell.start(
                "bash -c 'exec natsbridge receive t.x -n 1 --verbose 2> >(tee receiver.log >&2)'")
            _ = try await receiver.log.first { $0.hasPrefix("listening on") }
            let sent = try await shell.run(
                """
                head -c 1200000 /dev/zero > big
                natsbridge send t.x a:binary=@big --correlation-id flow-1 --verbose 2> sender.log
                """)
            #expect(sent.status == 0)
            _ = try await receiver.log.first { _ in false }
            try await files.stop()
            let log = folder.file("files.log")
            let run = try await shell.run(
                "natsbridge trace flow sender.log receiver.log '\(log)' --html flow.html --json")
            #expect(run.status == 0, "\(run.errors)")
            let lines = try run.json()
            let processes = Set(lines.compactMap { $0["process"]?.stringValue })
            #expect(processes == ["sender", "receiver", "files"])
            let starts = lines.compactMap { $0["offset_seconds"]?.doubleValue }
            #expect(starts == starts.sorted() && starts.first == 0)
            #expect(lines.contains { $0["message"] == "uploaded payload" })
            let page = try String(
                contentsOfFile: shell.folder.file("flow.html"), encoding: .utf8)
            #expect(page.matches(of: /class="bar"/).count == lines.count)
            let text = try await shell.run(
                "COLUMNS=100 natsbridge trace flow-1 sender.log receiver.log '\(log)'")
            #expect(text.lines.count == lines.count + 2)
            let narrow = try await shell.run(
                "COLUMNS=60 natsbridge trace flow-1 sender.log receiver.log '\(log)'")
            #expect(narrow.lines.dropFirst(2).allSatisfy { $0.count <= 60 })
            // What is told has the greater part of a narrow line, too.
            #expect(narrow.output.contains("uploaded payload name="))
            let none = try await shell.run("natsbridge trace nobody sender.log --json")
            #expect(none.status == 4)
            let missing = try await shell.run("natsbridge trace flow nowhere.log")
            #expect(missing.status == 4)
        }
    }
}
