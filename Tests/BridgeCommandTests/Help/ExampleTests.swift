import BridgeCommand
import BridgeConsole
import Foundation
import TestKit
import Testing

/// Every example of every command's help is run as it stands, by a shell, on real servers.
///
/// What an example takes for granted (a stream, a file, somebody who answers) is made before it;
/// one that goes on for ever is ended by a signal once it has said that it runs.
@Suite(
    "Examples of the help", .needsNATSServer,
    .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct ExampleTests {
    private static let kv = """
        natsbridge kv del settings -f 2>/dev/null; natsbridge kv add settings --history 5 &&
        natsbridge kv put settings theme blue
        """
    private static let stream = """
        natsbridge stream rm ORDERS -f 2>/dev/null
        natsbridge stream add ORDERS --subjects 'orders.>' &&
        natsbridge send orders.new a:text=x --jetstream
        """
    private static let consumer = stream + " && natsbridge consumer add ORDERS billing"
    private static let store = """
        natsbridge object rm photos -f 2>/dev/null; natsbridge object add photos &&
        natsbridge object put photos cat.png
        """

    /// What is there before an example of a command.
    private static let before: [String: String] = [
        "trace": """
        natsbridge send t.x a:text=y --correlation-id 4f2c-1 --verbose 2> sender.log
        touch receiver.log files.log
        """,
        "doctor":
            "natsbridge stream rm ORDERS -f 2>/dev/null; natsbridge stream add ORDERS --max-age 1h",
        "serve": "natsbridge object add payloads || true",
        "replay": "natsbridge stream add HEALTH || true", "stream ls": stream,
        "stream info": stream,
        "stream add": "natsbridge stream rm ORDERS -f || true", "stream edit": stream,
        "stream get": stream, "stream purge": stream, "stream rm": stream, "consumer ls": consumer,
        "consumer info": consumer, "consumer add": stream, "consumer pause": consumer,
        "consumer resume": consumer, "consumer rm": consumer, "kv ls": kv, "kv info": kv,
        "kv add": "natsbridge kv del settings -f || true", "kv put": kv, "kv create": kv,
        "kv update": kv, "kv get": kv, "kv history": kv, "kv watch": kv, "kv del": kv,
        "kv purge": kv, "object ls": store, "object info": store,
        "object add": "natsbridge object rm photos -f || true", "object put": store,
        "object get": store, "object watch": store, "object link": store, "object rm": store,
        "fetch": "natsbridge send a.b x:binary=@run7.arrows --threshold 1 --json > sent.json",
        "envelope check": """
        natsbridge stream add CHECK --subjects check &&
        natsbridge send check x:text=y --jetstream &&
        natsbridge stream get CHECK 1 --raw > message.json
        """,
    ]

    /// Commands that go on until they are ended, with what they say when they run.
    private static let endless: [String: String] = [
        "serve": "http://", "receive": "listening on", "reply": "listening on",
        "kv watch": "watching", "object watch": "watching",
    ]
    /// All scenarios take minutes here; `EndToEndTests` runs them with a smaller table.
    private static let elsewhere: Set<String> = ["natsbridge demo"]

    static let commands = Command.all.map(\.specification).filter { !$0.hidden }

    @Test func `every command has an example, which begins with the program`() {
        for command in Self.commands {
            #expect(!command.examples.isEmpty, "\(command.name)")
            for example in command.examples {
                #expect(example.hasPrefix("natsbridge \(command.name)"), "\(example)")
            }
        }
    }

    @Test func `every example works as it stands`() async throws {
        let folder = try TemporaryDirectory()
        try await NATSServerFixture.run { server in
            let files = try await ChildProcess(
                try #require(CommandRun.executable),
                ["serve", "--port", "0", "--directory", folder.file("files")])
            let line = try await files.log.first { $0.hasPrefix("http://") }
            let shell = try ShellRun(
                server: server.url, store: try #require(line?.text))
            try Self.prepare(shell.folder)
            for command in Self.commands {
                for example in command.examples where !Self.elsewhere.contains(example) {
                    try await run(example, of: command, shell)
                }
            }
            try await files.stop()
        }
    }

    private static func prepare(_ folder: TemporaryDirectory) throws {
        let fixtures = PackageRoot.file("Fixtures/arrow")
        let files = FileManager.default
        for (name, copy) in [
            ("integers.arrows", "run7.arrows"), ("integers.arrows", "table.arrows"),
            ("file_format.arrows", "table.arrow"),
        ] {
            try files.copyItem(atPath: "\(fixtures)/\(name)", toPath: folder.file(copy))
        }
        for name in ["cat.png", "logo.png"] {
            try Data(repeating: 7, count: 200_000).write(
                to: URL(fileURLWithPath: folder.file(name)))
        }
    }

    private func run(
        _ example: String, of command: CommandSpecification, _ shell: ShellRun
    ) async throws {
        if let preparation = Self.before[command.name] {
            let run = try await shell.run(preparation)
            #expect(run.status == 0, "before \(example): \(run.errors)")
        }
        if command.name == "receive", example.contains("-n 1") {
            return try await receiveOne(example, shell)
        }
        if let sign = Self.endless[command.name] {
            return try await runEndless(example, until: sign, shell)
        }
        if command.name == "request" {
            let service = try await shell.start(
                "natsbridge reply sim.start status:text=Running -n 1")
            _ = try await service.log.first { $0.hasPrefix("listening on") }
            let run = try await shell.run(example)
            #expect(run.status == 0, "\(example): \(run.errors)")
            return try await service.stop()
        }
        let run = try await shell.run(try adapted(example, shell))
        #expect(run.status == 0, "\(example): \(run.errors)")
    }

    /// An example with what only a run can know: a link, a server, and a file that a person would
    /// have.
    private func adapted(_ example: String, _ shell: ShellRun) throws -> String {
        if example.hasSuffix("| man -l -"), Environment.executable(named: "man") == nil {
            // A bare system has no pager of manuals.
            return example.replacing("man -l -", with: "grep -q natsbridge")
        }
        if example.hasPrefix("natsbridge demo") {
            return example.replacing("1000000", with: "20000") + " --server \"$NATS_URL\""
        }
        if example.contains("big.arrow") {
            return example.replacing("big.arrow", with: "table.arrow")
                .replacing("--columns id", with: "")
        }
        guard example.contains("/f/0123/table") else { return example }
        let text = try String(contentsOfFile: shell.folder.file("sent.json"), encoding: .utf8)
        let link = try #require(text.firstMatch(of: /"data":"(http[^"]*)"/))
        return example.replacing("http://127.0.0.1:8080/f/0123/table", with: link.1)
    }

    private func runEndless(
        _ example: String, until sign: String, _ shell: ShellRun
    ) async throws {
        let line = example.replacing("/var/tmp/files", with: "served")
            .replacing("--port 8080", with: "--port 0").replacing(
                "--quota all", with: "--port 0 --quota all")
        let process = try await shell.start(line)
        let ready = try await process.log.first { $0.contains(sign) }
        #expect(ready != nil, "\(example): \(process.log.lines)")
        try await process.stop()
    }

    private func receiveOne(_ example: String, _ shell: ShellRun) async throws {
        let process = try await shell.start(example)
        let ready = try await process.log.first { $0.hasPrefix("listening on") }
        #expect(ready != nil, "\(example): \(process.log.lines)")
        let sent = try await shell.run("natsbridge send results note:text=hi")
        #expect(sent.status == 0, "\(sent.errors)")
        _ = try await process.log.first { _ in false }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: shell.folder.file("in")).count == 1)
    }
}
