import BridgeBytes
import BridgeConsole
import BridgeJSON
import Foundation
import NATSCore
import NATSJetStream
import NATSWire
import TestKit
import Testing

/// How `receive`, `replay` and `request` end, and what they say of what they could not use.
@Suite(
    "The end of receiving", .needsNATSServer,
    .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct ReceiveEndTests {
    /// Stores messages in a stream and replays them; a replay is over when they are.
    private static func replay(
        _ messages: [String], _ arguments: String..., output: FileHandle? = nil,
        redirections: String? = nil
    ) async throws -> CommandRun {
        try await NATSServerFixture.run { nats in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [nats.url]))
            let jetStream = JetStream(client: client)
            try await jetStream.createStream(StreamConfiguration(name: "LOG", subjects: ["log"]))
            for message in messages {
                try await jetStream.publish(Bytes(utf8: message), to: "log")
            }
            await client.close()
            return try await CommandRun.run(
                ["replay", "LOG", "--since", "10m", "--server", nats.url, "--max-retries", "0"]
                    + arguments, output: output, redirections: redirections)
        }
    }

    /// A store that has nothing.
    private static func emptyStore() throws -> ScriptedServer {
        try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            }
        }
    }

    @Test func `the first failure decides when nothing could be used`() async throws {
        let run = try await Self.replay([
            "junk", PeerEnvelope.text(PeerEnvelope.payload("text", "hello")) + "x",
        ])
        #expect(run.status == 7)
        #expect(run.errors.contains("2 of 2 messages could not be used"))
        let store = try Self.emptyStore()
        let base = "http://127.0.0.1:\(store.port)"
        let gone = PeerEnvelope.text(PeerEnvelope.payload("text", "", link: base + "/f/x"))
        let missing = try await Self.replay([gone, "junk"], "--store", base)
        #expect(missing.status == 4, "\(missing.errors)")
        let first = try await Self.replay(
            [gone, "junk"], "-n", "1", "--store", "http://127.0.0.2:9")
        #expect(first.status == 6, "\(first.errors)")
    }

    @Test func `one message that could be used is success, and failures are told`() async throws {
        let run = try await Self.replay(
            ["junk", PeerEnvelope.text(PeerEnvelope.payload("text", "hello"))], "--json")
        #expect(run.status == 0)
        #expect(run.errors.contains("1 of 2 messages could not be used"))
        #expect(try run.json().map { $0["error"]?.stringValue } == ["invalid_json", nil])
    }

    /// A store that takes requests and answers none.
    private static func silentStore() throws -> ScriptedServer {
        try ScriptedServer { connection, _ in while connection.readRequest() != nil {} }
    }

    @Test func `a reader that has gone is not told of what waits behind a link`() async throws {
        let store = try Self.silentStore()
        let base = "http://127.0.0.1:\(store.port)"
        let text = PeerEnvelope.text(PeerEnvelope.payload("text", "hello"))
        let waiting = PeerEnvelope.text(PeerEnvelope.payload("text", "", link: base + "/f/x"))
        let pipe = SpawnedProcess.pipe()
        try pipe.fileHandleForReading.close()
        let messages = [text, waiting, text, text]
        let gone = try await Self.replay(
            messages, "--store", base, output: pipe.fileHandleForWriting)
        #expect(gone.status == 1 && gone.errors.isEmpty, "\(gone.errors)")
        // A disk that is full misses them, and the closing line names no code but the run's.
        let full = try await Self.replay(messages, "--store", base, redirections: ">/dev/full")
        #expect(full.status == 1 && full.errors.contains("output_failed"), "\(full.errors)")
        #expect(!full.errors.contains("exit code"), "\(full.errors)")
    }

    @Test func `a payload stands alone, in JSON and in files`() async throws {
        let store = try Self.emptyStore()
        let base = "http://127.0.0.1:\(store.port)"
        let message = PeerEnvelope.text(
            PeerEnvelope.payload("text", "hello"), PeerEnvelope.payload("pdf", "%PDF-"),
            PeerEnvelope.payload("binary", "", link: base + "/f/x"),
            PeerEnvelope.payload("dictionary", "{no"))
        let run = try await Self.replay([message], "--json", "--store", base)
        #expect(run.status == 4, "\(run.errors)")
        let payloads = try #require(try run.json().first?["payloads"]?.arrayValue)
        #expect(payloads[0]["value"] == "hello" && payloads[0]["error"] == nil)
        #expect(payloads[1]["value"] == "JVBERi0=" && payloads[1]["error"] == nil)
        for index in [2, 3] {
            #expect(payloads[index]["value"] == nil && payloads[index]["path"] == nil)
            #expect(payloads[index]["stage"] != nil && payloads[index]["detail"] != nil)
        }
        #expect(payloads[2]["error"] == "payload_not_found")
        #expect(payloads[3]["error"] == "invalid_content")

        let folder = try TemporaryDirectory()
        let files = try await Self.replay([message], "--out", folder.path, "--store", base)
        #expect(files.status == 4)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["m-1-text.txt", "m-2-pdf"])
        #expect(try TestFile.text(folder.file("m-2-pdf")) == "%PDF-")
    }

    @Test func `no message takes the file of another one`() async throws {
        let folder = try TemporaryDirectory()
        let run = try await Self.replay(
            ["one", "two"].map { PeerEnvelope.text(PeerEnvelope.payload("text", $0), id: "same") },
            "--out", folder.path)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try TestFile.text(folder.file("same-1-text.txt")) == "one")
        #expect(try TestFile.text(folder.file("same-1-text-2.txt")) == "two")
    }

    @Test func `a folder that takes no file ends the command`() async throws {
        let run = try await Self.replay(
            [PeerEnvelope.text(PeerEnvelope.payload("text", "hello"))], "--out", "/proc/self")
        #expect(run.status != 0 && run.errors.contains("/proc/self"), "\(run.errors)")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal ends it in order`(_ signal: Int32) async throws {
        let executable = try #require(CommandRun.executable)
        try await NATSServerFixture.run { nats in
            let process = try StartedProgram.start(
                executable, ["receive", "s", "--server", nats.url], capture: .errors)
            for await line in process.lines where line.hasPrefix("listening on ") { break }
            process.signal(signal)
            #expect(try await within("the end") { await process.exitStatus() } == 130)
        }
    }

    /// One waits for a link that never answers, the others behind it.
    @Test(arguments: [SIGINT, SIGTERM])
    func `what had come and was not printed is told`(_ signal: Int32) async throws {
        let executable = try #require(CommandRun.executable)
        let (asked, asking) = AsyncStream<Void>.makeStream()
        let store = try ScriptedServer { connection, _ in
            _ = connection.readHead()
            asking.yield()
            connection.readToEnd()
        }
        let base = "http://127.0.0.1:\(store.port)"
        try await NATSServerFixture.run { nats in
            let process = try await ChildProcess(
                executable,
                ["receive", "s", "--order", "strict", "--server", nats.url, "--store", base])
            _ = try await process.log.first { $0.hasPrefix("listening on ") }
            let client = try await NATSClient.connect(NATSClientOptions(servers: [nats.url]))
            for number in 0..<3 {
                let text = PeerEnvelope.payload("text", "hello")
                try client.publish(PeerEnvelope.text(text, id: "d\(number)"), to: "s")
            }
            let link = PeerEnvelope.payload("text", "", link: base + "/f/x")
            try client.publish(PeerEnvelope.text(link, id: "l"), to: "s")
            try client.publish(
                PeerEnvelope.text(PeerEnvelope.payload("text", "hello"), id: "e"), to: "s")
            try await client.flush()
            try await within("the link is asked for") { for await _ in asked { return } }
            process.signal(signal)
            let line = try await process.log.first { $0.contains("messages_lost") }
            #expect(line?.text.contains("not printed") == true)
            await client.close()
        }
    }

    @Test(arguments: ["receive", "reply"])
    func `a server that no longer answers at the end may have had more`(
        _ command: String
    ) async throws {
        let executable = try #require(CommandRun.executable)
        try await NATSServerFixture.run { nats in
            let proxy = try FaultProxy(to: nats.port, host: nats.host)
            let process = try await ChildProcess(
                executable,
                [command, "s", "--server", proxy.url] + (command == "reply" ? ["--echo"] : []))
            _ = try await process.log.first { $0.hasPrefix("listening on ") }
            proxy.set(.with { $0.stalls = true }, .toClient)
            process.signal(SIGINT)
            let line = try await process.log.first { $0.contains("messages_lost") }
            #expect(line?.text.contains("does not answer") == true)
        }
    }

    @Test func `an argument that is no UTF-8 is refused, not changed`() async throws {
        try await NATSServerFixture.run { nats in
            let shell = try ShellRun(server: nats.url)
            for line in [
                "send t $'a:text=\\xff'", "send $'t.\\xfe' a:text=x",
                "send t a:text=x -H $'K: \\xff'",
                "kv put B k $'\\xff\\xfe'", "$'\\xc3'",
            ] {
                let run = try await shell.run("natsbridge \(line)")
                #expect(run.status == 2 && run.errors.contains("is no UTF-8"), "\(line)")
            }
            let run = try await shell.run("natsbridge send t 'a:text=ö€😀'")
            #expect(run.status == 0, "\(run.errors)")
        }
    }

    /// Nobody listens, and somebody who says nothing.
    @Test func `a message that reached no server was not sent, and that is said`() async throws {
        let mute = try ScriptedServer { connection, _ in connection.readToEnd() }
        for port in [1, mute.port] {
            for command in ["send", "request"] {
                let run = try await CommandRun.run([
                    command, "t", "a:text=x", "--json", "--timeout", "300ms",
                    "--server", "nats://127.0.0.1:\(port)",
                ])
                #expect(run.status != 0)
                let line = try run.json().last
                #expect(line?["outcome"]?.stringValue == "lost", "\(run.output)")
            }
        }
    }

    /// Somebody listens to the questions of JetStream and never answers.
    @Test func `a watch that never began has not ended as it was wanted`() async throws {
        try await NATSServerFixture.run(jetStream: false) { nats in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [nats.url]))
            let silent = try client.subscribe(to: "$JS.API.>")
            try await client.flush()
            let shell = try ShellRun(server: nats.url)
            let run = try await shell.run("natsbridge kv watch B --timeout 200ms")
            #expect(run.status == 8, "\(run.errors)")
            _ = silent
            await client.close()
        }
    }

    /// A pipe takes a long line in pieces, while other tasks trace what they do.
    @Test func `both outputs in one pipe tear no line`() async throws {
        let executable = try #require(CommandRun.executable)
        let count = 100
        try await NATSServerFixture.run { nats in
            let process = try await ChildProcess(
                executable,
                ["receive", "s", "--json", "--verbose", "-n", "\(count)", "--server", nats.url])
            _ = try await process.log.first { $0.hasPrefix("listening on ") }
            let client = try await NATSClient.connect(NATSClientOptions(servers: [nats.url]))
            let text = String(repeating: "x", count: 200_000)
            for number in 0..<count {
                let message = PeerEnvelope.text(PeerEnvelope.payload("text", text), id: "\(number)")
                try client.publish(Bytes(utf8: message), to: "s")
            }
            try await client.flush(timeout: patience)
            _ = try await process.log.first { _ in false }
            let objects = process.log.lines.filter { $0.hasPrefix("{") }
            #expect(objects.count == count)
            #expect(objects.allSatisfy { (try? JSONValue(parsing: Bytes(utf8: $0))) != nil })
            await client.close()
        }
    }

    @Test func `a lost connection is told, and a found one`() async throws {
        let executable = try #require(CommandRun.executable)
        try await NATSServerFixture.run { nats in
            let process = try await ChildProcess(
                executable, ["receive", "s", "--server", nats.url])
            _ = try await process.log.first { $0.hasPrefix("listening on ") }
            try await nats.restart()
            let lost = try await process.log.first { $0.contains("connection is lost") }
            let found = try await process.log.first { $0.contains("connected again") }
            #expect(lost != nil && found != nil)
            try await process.stop()
        }
    }
}
