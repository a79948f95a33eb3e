import BridgeConsole
import BridgeJSON
import Foundation
import TestKit
import Testing

/// `doctor` on real servers, whole and broken.
@Suite("Doctor command", .needsNATSServer, .enabled(if: CommandRun.executable != nil))
struct DoctorCommandTests {
    /// Lends a shell on both servers, and the folder of the files.
    private func withServers(
        jetStream: Bool = true, _ body: (ShellRun, TemporaryDirectory) async throws -> Void
    ) async throws {
        let executable = try #require(CommandRun.executable)
        let folder = try TemporaryDirectory()
        try await NATSServerFixture.run(jetStream: jetStream) { server in
            let files = try await ChildProcess(
                executable, ["serve", "--port", "0", "--directory", folder.file("files")])
            let line = try await files.log.first { $0.hasPrefix("http://") }
            try await body(
                try ShellRun(server: server.url, store: try #require(line?.text)), folder)
            try await files.stop()
        }
    }

    private func levels(_ run: CommandRun) throws -> [String: String] {
        try run.json().reduce(into: [:]) { levels, line in
            guard let check = line["check"]?.stringValue else { return }
            levels[check] = line["level"]?.stringValue
        }
    }

    @Test func `all is well, and nothing stays behind`() async throws {
        try await withServers { shell, folder in
            let run = try await shell.run("natsbridge doctor --json")
            #expect(run.status == 0, "\(run.output)")
            let levels = try levels(run)
            let checks = ["connection", "limits", "jetstream", "upload", "download", "delete"]
            for check in checks { #expect(levels[check] == "ok", "\(check)") }
            #expect(levels["clock_store"] == "ok")
            let files = FileManager.default.enumerator(atPath: folder.file("files"))
            let large = (files?.allObjects ?? []).compactMap { $0 as? String }.filter { path in
                let url = URL(fileURLWithPath: folder.file("files/\(path)"))
                return (try? url.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0) ?? 0
                    >= 65_536
            }
            #expect(large.isEmpty)
        }
    }

    @Test func `a store in NATS is tried over the same connection`() async throws {
        try await withServers { shell, _ in
            let line = "natsbridge doctor --store nats-object://files --json"
            let missing = try await shell.run(line)
            #expect(missing.status != 0)
            #expect(try levels(missing)["upload"] == "critical")
            let run = try await shell.run("natsbridge object add files; \(line)")
            #expect(run.status == 0, "\(run.output)")
            let none = try await shell.run("natsbridge object ls files --json")
            #expect(!none.output.contains("doctor"))
        }
    }

    /// Retries of the store take longer than was asked for.
    @Test func `the time that is asked for bounds the store, too`() async throws {
        try await withServers { shell, _ in
            let run = try await shell.run(
                "natsbridge doctor --json --store http://127.0.0.1:1 --timeout 300ms")
            #expect(run.status == 8, "\(run.output)")
            let upload = try run.json().first { $0["check"]?.stringValue == "upload" }
            #expect(upload?["level"]?.stringValue == "critical")
        }
    }

    @Test func `settings that do not go together are warned of`() async throws {
        try await withServers { shell, _ in
            let line = "natsbridge doctor --stream S --consumer c"
            try await shell.run(
                """
                natsbridge stream add S --max-msgs 1 --discard new
                natsbridge consumer add S c --wait 5s
                natsbridge consumer pause S c 1h; natsbridge send S a:text=x --jetstream
                """)
            let run = try await shell.run("\(line) --json")
            #expect(run.status == 1)
            let levels = try levels(run)
            for check in ["life", "ack_wait", "max_deliver", "paused", "room"] {
                #expect(levels[check] == "warning", "\(check)")
            }
            let monitor = try await shell.run("\(line) --format nagios")
            #expect(monitor.status == 1 && monitor.lines.count == 1)
            #expect(monitor.output.hasPrefix("WARNING - natsbridge: "))
            // Settings that go together, by the advice that was given.
            let good = try await shell.run(
                """
                natsbridge stream edit S --max-age 1d --max-msgs -1 >&2
                natsbridge consumer rm S c -f
                natsbridge consumer add S c --wait 30s --max-deliver 5 >&2
                \(line) --json
                """)
            #expect(good.status == 0, "\(good.output)")
        }
    }

    @Test func `what is missing has its own exit code, and the rest is examined`() async throws {
        try await withServers(jetStream: false) { shell, _ in
            let none = try await shell.run(
                "natsbridge doctor --server nats://127.0.0.1:1 --json")
            #expect(none.status == 3)
            #expect(try levels(none)["connection"] == "critical")
            #expect(try levels(none)["upload"] == "ok")
            let store = try await shell.run(
                "natsbridge doctor --store http://127.0.0.1:9 --max-retries 0 --json")
            #expect(store.status == 5)
            #expect(try levels(store)["upload"] == "critical")
            #expect(try levels(store)["connection"] == "ok")
            let address = try await shell.run(
                "natsbridge doctor --public-url http://127.0.0.1:9 --max-retries 0 --json")
            #expect(address.status == 5)
            #expect(try levels(address)["upload"] == "ok")
            #expect(try levels(address)["download"] == "critical")
            let stream = try await shell.run("natsbridge doctor --no-store --stream S --json")
            #expect(stream.status == 1)
            #expect(try levels(stream)["jetstream"] == "critical")
            #expect(try await shell.run("natsbridge doctor --no-store").status == 0)
        }
    }

    @Test func `wrong usage stays wrong usage`() async throws {
        let shell = try ShellRun(server: "nats://127.0.0.1:1")
        for words in ["--format xml", "--consumer c", "--ttl 0s", "--store x"] {
            #expect(try await shell.run("natsbridge doctor \(words)").status == 2, "\(words)")
        }
    }
}
