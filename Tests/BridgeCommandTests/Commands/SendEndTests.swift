import BridgeConsole
import BridgeJSON
import Foundation
import TestKit
import Testing

/// What `send` says of a message of which nobody knows whether it arrived.
@Suite("The end of sending", .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct SendEndTests {
    /// A server that takes everything and answers no PING after the first.
    private static func silentServer() throws -> ScriptedServer {
        try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            connection.readToEnd()
        }
    }

    @Test func `a timeout says that the message may have arrived`() async throws {
        let server = try Self.silentServer()
        let run = try await CommandRun.run([
            "send", "s.x", "a:text=hi", "--server", "nats://127.0.0.1:\(server.port)", "--timeout",
            "5s", "--json",
        ])
        #expect(run.status == 8, "\(run.errors)")
        #expect(run.errors.contains("it may have arrived"))
        let object = try #require(try run.json().first)
        #expect(object["error"] == "timeout" && object["outcome"] == "unknown")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `an interruption says so too`(_ signal: Int32) async throws {
        let executable = try #require(CommandRun.executable)
        let (published, told) = AsyncStream.makeStream(of: Void.self)
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            while let (line, _) = connection.readFrame() {
                if line.contains("PUB ") { told.yield() }
            }
        }
        let process = try StartedProgram.start(
            executable,
            [
                "send", "s.x", "a:text=hi", "--server", "nats://127.0.0.1:\(server.port)",
                "--timeout", "300s",
            ],
            capture: .errors)
        for await _ in published { break }
        process.signal(signal)
        var lines: [String] = []
        for await line in process.lines where !Self.isProgress(line) { lines.append(line) }
        #expect(try await within("the end") { await process.exitStatus() } == 130)
        #expect(
            lines.count == 1 && lines.first?.contains("it may have arrived") == true, "\(lines)")
    }

    /// A busy machine may be so late that the program says how long it has been at it.
    private static func isProgress(_ line: String) -> Bool {
        line.hasPrefix("natsbridge: sending ")
    }

    @Test(.needsNATSServer) func `an interrupted upload to a silent store was not sent`()
        async throws
    {
        let executable = try #require(CommandRun.executable)
        let (uploading, told) = AsyncStream.makeStream(of: Void.self)
        let store = try ScriptedServer { connection, _ in
            while let request = connection.readRequest() {
                if request.head.hasPrefix("PUT ") { told.yield() }
            }
        }
        try await NATSServerFixture.run { nats in
            let process = try StartedProgram.start(
                executable,
                [
                    "send", "s.x", "a:text=hi", "--threshold", "1", "--server", nats.url,
                    "--store", "http://127.0.0.1:\(store.port)",
                ], capture: .errors)
            for await _ in uploading { break }
            process.signal(SIGINT)
            var lines: [String] = []
            for await line in process.lines where !Self.isProgress(line) { lines.append(line) }
            #expect(try await within("the end") { await process.exitStatus() } == 130)
            #expect(
                lines.count == 1 && lines.first?.contains("it was not sent") == true, "\(lines)")
        }
    }

    @Test func `what is not confirmed does not wait, and says no more than it knows`() async throws
    {
        let server = try Self.silentServer()
        let run = try await CommandRun.run([
            "send", "s.x", "a:text=hi", "--no-confirm", "--server",
            "nats://127.0.0.1:\(server.port)",
        ])
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test(arguments: [
        ["--no-confirm", "--jetstream"], ["--no-publish", "--jetstream"],
        ["--no-publish", "--no-confirm"],
    ])
    func `two ways to publish contradict each other`(_ options: [String]) async throws {
        let run = try await CommandRun.run(["send", "s", "a:text=x"] + options)
        #expect(run.status == 2 && run.errors.contains("contradict"))
    }

    @Test(.needsNATSServer) func `servers stand in a list, as for the nats tools`() async throws {
        try await NATSServerFixture.run { nats in
            for list in ["\(nats.url),nats://127.0.0.1:1", " nats://127.0.0.1:1 , \(nats.url),"] {
                let line = ["send", "x", "a:text=1", "--json"]
                let run = try await CommandRun.run(line + ["--server", list])
                #expect(run.status == 0, "\(run.errors)")
                let named = try await CommandRun.run(line, variables: ["NATS_URL": list])
                #expect(named.status == 0, "\(named.errors)")
            }
        }
    }
}
