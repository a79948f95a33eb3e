import BridgeConsole
import BridgeJSON
import Foundation
import NATSCore
import NATSJetStream
import NATSWire
import TestKit
import Testing

/// The executable against a real nats-server and its own file server.
@Suite("Command flows", .needsNATSServer, .enabled(if: CommandRun.executable != nil))
struct CommandFlowTests {
    private struct Place: Sendable {
        let server: String
        let store: String
        let folder: TemporaryDirectory

        var options: [String] { ["--server", server, "--store", store] }
    }

    /// Lends both servers to a body; the file server is the executable's own `serve`.
    private func withServers(_ body: @Sendable (Place) async throws -> Void) async throws {
        let executable = try #require(CommandRun.executable)
        let folder = try TemporaryDirectory()
        try await NATSServerFixture.run { server in
            let files = try StartedProgram.start(
                executable, ["serve", "--port", "0", "--directory", folder.file("files")],
                capture: .output)
            var lines = files.lines.makeAsyncIterator()
            do {
                let url = try #require(await lines.next())
                try await body(Place(server: server.url, store: url, folder: folder))
            } catch {
                await files.stop()
                throw error
            }
            await files.stop()
            #expect(await files.exitStatus() == 0)
        }
    }

    @Test func `what is sent is received, small ones inside and large ones by link`() async throws {
        try await withServers { place in
            let large = place.folder.file("large.bin")
            try Data(repeating: 7, count: 1_200_000).write(to: URL(fileURLWithPath: large))
            let executable = try #require(CommandRun.executable)
            let receiver = try await TestProcess(
                executable, ["receive", "flow.*", "-n", "2", "--json"] + place.options)
            try await receiver.untilListening()
            let sent = try await CommandRun.run(
                [
                    "send", "flow.a", "note:text=hello", "config:dictionary={\"b\":1,\"a\":2.50}",
                    "big:binary=@\(large)", "-H", "X=1", "--json",
                ] + place.options)
            #expect(sent.status == 0)
            let raw = try await CommandRun.run(
                ["send", "flow.b", "voice:audio=abc", "--raw"] + place.options)
            #expect(raw.status == 0)
            let lines = try await receiver.output()
            try #require(lines.count == 2)
            let envelope = try #require(try sent.json().first)
            #expect(lines[0]["msg_id"] == envelope["msg_id"])
            #expect(lines[0]["headers"]?.arrayValue?.first == ["X", "1"])
            let payloads = try #require(lines[0]["payloads"]?.arrayValue)
            #expect(payloads.map { $0["transport"]?.stringValue } == ["direct", "direct", "link"])
            #expect(payloads[0]["value"] == "hello")
            #expect(payloads[1]["value"]?.description == "{\"b\":1,\"a\":2.50}")
            #expect(payloads.allSatisfy { $0["data"] == nil })
            #expect(lines[1]["payloads"]?.arrayValue?.first?["value"] == "YWJj")
            let link = try #require(
                envelope["payloads"]?.arrayValue?.last?["data"]?.stringValue)
            try await fetch(link, large, place)
        }
    }

    @Test func `a message that the stream has already is told of`() async throws {
        try await withServers { place in
            try await NATSClient.withClient(NATSClientOptions(servers: [place.server])) { client in
                _ = try await client.jetStream.createStream(
                    StreamConfiguration(name: "S", subjects: ["s.*"]))
            }
            let line = ["send", "s.x", "a:text=hi", "--jetstream", "--msg-id", "m", "--json"]
            let first = try await CommandRun.run(line + place.options)
            #expect(try first.json().first?["duplicate"] == false && first.errors.isEmpty)
            let second = try await CommandRun.run(line + place.options)
            #expect(try second.json().first?["duplicate"] == true && second.status == 0)
            #expect(second.errors.contains("stream S had a message with this msg_id"))
        }
    }

    private func fetch(_ link: String, _ original: String, _ place: Place) async throws {
        let copy = place.folder.file("copy.bin")
        let fetched = try await CommandRun.run(["fetch", link, "-o", copy, "--store", place.store])
        #expect(fetched.status == 0)
        let same = FileManager.default.contentsEqual(atPath: copy, andPath: original)
        #expect(same)
        let refused = try await CommandRun.run(
            ["fetch", link, "-o", copy, "--store", "http://127.0.0.1:9"])
        #expect(refused.status == 6)
        let missing = try await CommandRun.run([
            "fetch", place.store + "/f/00000000000000000000000000000000/x", "-o", copy, "--store",
            place.store, "--max-delay", "10ms",
        ])
        #expect(missing.status == 4)
    }

    @Test func `every kind of failure has its exit code`() async throws {
        try await withServers { place in
            let nobody = try await CommandRun.run(
                ["request", "nobody.here", "x:text=1", "--json"] + place.options)
            #expect(nobody.status == 5)
            #expect(try nobody.json().first?["error"]?.stringValue == "no_responders")
            let late = try await CommandRun.run(
                ["receive", "quiet", "-n", "1", "--timeout", "100ms"] + place.options)
            #expect(late.status == 8)
            let stream = try await CommandRun.run(
                ["replay", "NONE", "--since", "1m"] + place.options)
            #expect(stream.status == 4)
            let dry = try await CommandRun.run(
                ["send", "a.b", "x:text=1", "--dry-run", "--json"] + place.options)
            #expect(dry.status == 0)
            #expect(
                try dry.json().first?["payloads"]?.arrayValue?.first?["transport"] == "direct")
        }
        let refused = try await CommandRun.run([
            "send", "a.b", "x:text=1", "--server", "nats://user:secret@127.0.0.1:1",
        ])
        #expect(refused.status == 3)
        #expect(!refused.errors.contains("secret"))
    }

    @Test(arguments: [3000, 30_000])
    func `the demo's checks hold on a small table`(_ rows: Int) async throws {
        let run = try await CommandRun.run([
            "demo", "2", "4", "chat", "--rows", String(rows), "--json",
        ])
        #expect(run.status == 0, "\(run.errors)")
        let scenarios = try run.json().filter { $0["scenario"] != nil }
        #expect(scenarios.map { $0["scenario"]?.stringValue } == ["2", "4", "chat"])
        #expect(scenarios.allSatisfy { $0["ok"]?.boolValue == true }, "\(run.output)")
    }
}
