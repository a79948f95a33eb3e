import BridgeBytes
import BridgeCommand
import BridgeJSON
import Foundation
import TestKit
import Testing

/// `natsbridge bench` on real servers: small, for what it prints and leaves behind.
@Suite(.needsNATSServer, .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct BenchCommandTests {
    private static let names = [
        "core.publish", "core.deliver", "core.request", "jetstream.publish",
        "jetstream.publishAll", "jetstream.fetch", "store.upload", "store.download",
        "table.write", "table.read", "table.trip",
    ]

    @Test func `everything is measured, saved, drawn, and cleared away`() async throws {
        let folder = try TemporaryDirectory()
        try await NATSServerFixture.run { server in
            let files = try await ChildProcess(
                try #require(CommandRun.executable),
                ["serve", "--port", "0", "--directory", folder.path])
            let url = try #require(try await files.log.first { $0.hasPrefix("http://") })
            let shell = try ShellRun(server: server.url, store: url.text)
            let size = "--messages 300 --rows 60000 --bytes 2MB --rounds 2"
            let run = try await shell.run(
                "natsbridge bench \(size) --save a.json --svg a.svg --json")
            #expect(run.status == 0, "\(run.errors)")
            let report = try JSONValue(parsing: Bytes(utf8: run.output))
            let figures = try #require(report["figures"]?.arrayValue)
            #expect(figures.compactMap { $0["name"]?.stringValue } == Self.names)
            for figure in figures { #expect((figure["median"]?.doubleValue ?? 0) > 0) }
            #expect(
                try TestFile.text(shell.folder.file("a.json")) == run.output)
            #expect(try TestFile.text(shell.folder.file("a.svg")).hasPrefix("<svg "))
            let streams = try await shell.run("natsbridge stream ls --names")
            #expect(streams.output.isEmpty && streams.status == 0)

            let again = try await shell.run(
                "natsbridge bench core --messages 300 --rounds 2 --compare a.json")
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.errors.isEmpty)
            #expect(again.output.contains("core.request"))
            #expect(again.output.contains(" %"))
            #expect(again.output.contains("before: "))
            try await files.stop()
        }
    }

    @Test(.needsPythonPeer) func `the peers' figures are read and shown beside`() async throws {
        let python = try #require(PythonPeer.interpreter)
        let script = PackageRoot.file("Benchmarks/Peers/messages_bench.py")
        try await NATSServerFixture.run { server in
            let shell = try ShellRun(server: server.url)
            let run = try await shell.run(
                """
                size='--messages 100 --rounds 1'
                '\(python)' '\(script)' $size --rows 1000 --bytes 2MB >peer.json &&
                natsbridge bench core --messages 100 --rounds 1 --beside peer.json --quiet
                """)
            #expect(run.status == 0, "\(run.errors)")
            let saved = try JSONValue(
                parsing: Bytes(utf8: try TestFile.text(shell.folder.file("peer.json"))))
            let names = saved["figures"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
            let shared = Self.names.filter { !$0.hasPrefix("store.") && $0 != "table.trip" }
            #expect(names == shared)
            #expect(run.lines.contains { $0.hasPrefix("peer: nats-py ") })
            #expect(!run.output.contains("–"))
        }
    }

    @Test(arguments: [
        "bench disk", "bench --rounds 0", "bench --messages many",
        "bench --compare no-such-file.json", "bench --beside no-such-file.json",
    ])
    func `what makes no sense is refused before anything is asked for`(_ line: String) async throws
    {
        let run = try await ShellRun(server: "nats://127.0.0.1:9").run("natsbridge \(line)")
        #expect(run.status == (line.contains("no-such") ? 4 : 2), "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test func `without a server it says so`() async throws {
        let run = try await ShellRun(server: "nats://127.0.0.1:9").run(
            "natsbridge bench core --timeout 5s")
        #expect(run.status == 3, "\(run.errors)")
    }
}
