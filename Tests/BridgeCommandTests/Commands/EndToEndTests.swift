import BridgeBytes
import BridgeHTTP
import BridgeJSON
import Foundation
import NATSCore
import NATSJetStream
import NATSWire
import Synchronization
import TestKit
import Testing

/// The executable against a real nats-server and a real file server.
@Suite(.needsNATSServer, .enabled(if: CommandRun.executable != nil, "not built"))
struct EndToEndTests {
    private struct Servers {
        let options: [String]
        let nats: NATSServerFixture
        let files: FileServer

        func run(_ arguments: String...) async throws -> CommandRun {
            try await CommandRun.run(arguments + options)
        }
    }

    private static func with(_ body: (Servers) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let files = try await FileServer.start(FileServerOptions(directory: directory.path))
        try await NATSServerFixture.run { nats in
            let options = ["--server", nats.url, "--store", files.baseURL, "--json"]
            try await body(Servers(options: options, nats: nats, files: files))
        }
        await files.stop()
    }

    @Test func `what is sent is received, by message and by link`() async throws {
        try await Self.with { servers in
            let isDone = Atomic(false)
            async let received = {
                let run = try await servers.run("receive", "lab.x", "--count", "1")
                isDone.store(true, ordering: .relaxed)
                return run
            }()
            // Nobody says when the receiver listens, so messages are sent until it has one.
            var sent: CommandRun?
            while !isDone.load(ordering: .relaxed) {
                sent = try await servers.run(
                    "send", "lab.x", "note:text=hello", #"cfg:dictionary={"a":[1,2.50]}"#,
                    "--header", "X-A=b", "--threshold", "10")
            }
            let envelope = try #require(try sent?.json().first)
            #expect(envelope["wire_bytes"]?.intValue != nil)
            #expect(
                envelope["payloads"]?.arrayValue?.map { $0["transport"] } == ["direct", "link"])
            let line = try #require(try await received.json().first)
            let payloads = try #require(line["payloads"]?.arrayValue)
            #expect(payloads[0]["value"] == "hello")
            // Numbers keep their digits.
            #expect(payloads[1]["value"]?.description == #"{"a":[1,2.50]}"#)
            #expect(payloads.allSatisfy { $0["data"] == nil })
            #expect(line["subject"] == "lab.x" && line["headers"] == [["X-A", "b"]])
        }
    }

    @Test func `a replay prints each message, and goes on after an unusable one`() async throws {
        try await Self.with { servers in
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: [servers.nats.url]))
            let jetStream = JetStream(client: client)
            try await jetStream.createStream(StreamConfiguration(name: "LOG", subjects: ["log"]))
            for text in ["one", "two"] {
                let run = try await servers.run("send", "log", "t:text=\(text)")
                #expect(run.status == 0, "\(run.errors)")
                try await jetStream.publish(Bytes(utf8: "junk"), to: "log")
            }
            let replay = try await servers.run("replay", "LOG", "--since", "10m")
            let lines = try replay.json()
            #expect(lines.count == 4)
            #expect(lines.map { $0["stream_sequence"]?.intValue } == [1, 2, 3, 4])
            #expect(lines[0]["payloads"]?.arrayValue?.first?["value"] == "one")
            #expect(lines[0]["delivery_count"] == 1)
            #expect(lines[1]["error"] == "invalid_json" && lines[1]["stage"] != nil)
            #expect(lines[2]["payloads"]?.arrayValue?.first?["value"] == "two")
            await client.close()
        }
    }

    @Test func `a trace shows what was said, to each command that speaks NATS`() async throws {
        try await Self.with { servers in
            let directory = try TemporaryDirectory()
            func trace(_ name: String) throws -> [JSONValue] {
                try TestFile.text(directory.file(name)).split(separator: "\n").map {
                    try JSONValue(parsing: Bytes(utf8: String($0)))
                }
            }
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: [servers.nats.url]))
            let jetStream = JetStream(client: client)
            try await jetStream.createStream(StreamConfiguration(name: "LOG", subjects: ["log"]))
            let runs = [
                try await servers.run("send", "log", "t:text=x", "--trace", directory.file("send")),
                try await servers.run(
                    "replay", "LOG", "--since", "10m", "--trace", directory.file("replay")),
                try await servers.run(
                    "request", "none", "t:text=x", "--trace", directory.file("request")),
                try await servers.run(
                    "receive", "log", "--timeout", "2s", "--trace", directory.file("receive")),
            ]
            #expect(runs[0].status == 0 && runs[1].status == 0, "\(runs.map(\.errors))")
            for name in ["send", "replay", "request", "receive"] {
                let lines = try trace(name)
                #expect(lines.first?["format"] == "traceassert-expanded", "\(name)")
                #expect(lines.contains { $0["verb"] == "CONNECT" }, "\(name)")
            }
            let sent = try trace("send").first { $0["subject"] == "log" }
            let body = try Base64.decode(Bytes(utf8: sent?["payload"]?.stringValue ?? "").span)
            #expect(try JSONValue(parsing: body)["send_to"] == "log")
            #expect(try trace("send").last?["footer"] != nil)
            await client.close()
            let bad = try await servers.run("send", "log", "t:text=x", "--trace", "/none/such")
            #expect(bad.status != 0 && bad.errors.contains("/none/such"))
        }
    }

    @Test func `a dry run says what would travel how, and sends nothing`() async throws {
        try await Self.with { servers in
            let run = try await servers.run(
                "send", "x", "a:text=hi", "b:text=a longer text", "--threshold", "10", "--dry-run")
            let payloads = try #require(try run.json().first?["payloads"]?.arrayValue)
            #expect(payloads.map { $0["transport"] } == ["direct", "link"])
            #expect(payloads.map { $0["size"] } == [2, 13])
            #expect(servers.files.counters.requests == 0)
        }
    }

    @Test func `a context of the nats tools names the server and the credentials`() async throws {
        let config = "authorization { user: u, password: \"se cret\" }"
        try await NATSServerFixture.run(jetStream: false, config: config) { nats in
            let folder = try TemporaryDirectory()
            let contexts = folder.file("nats/context")
            try FileManager.default.createDirectory(
                atPath: contexts, withIntermediateDirectories: true)
            try TestFile.write(
                #"{"url": "\#(nats.url)", "user": "u", "password": "se cret"}"#,
                to: contexts + "/lab.json")
            try TestFile.write(
                #"{"url": "nats://127.0.0.1:1", "user": "u", "password": "se cret"}"#,
                to: contexts + "/away.json")
            func send(_ arguments: String..., context: String? = nil) async throws -> CommandRun {
                var variables = ["XDG_CONFIG_HOME": folder.path]
                variables["NATS_CONTEXT"] = context
                return try await CommandRun.run(
                    ["send", "x", "a:text=hi"] + arguments, variables: variables)
            }
            let runs = [
                try await send("--context", "lab"), try await send(context: "lab"),
                try await send("--context", "away", "--server", nats.url),
            ]
            for run in runs { #expect(run.status == 0, "\(run.errors)") }
            let refused = try await send("--server", nats.url)
            #expect(refused.status == 3 && refused.errors.contains("--context"))
            let missing = try await send("--context", "none")
            #expect(missing.status == 2 && missing.errors.contains("none"))
            #expect(!(missing.errors + refused.errors).contains("se cret"))
        }
    }

    @Test func `credentials come from options, variables and the selected context`() async throws {
        let config = "authorization { user: u, password: \"se cret\" }"
        try await NATSServerFixture.run(jetStream: false, config: config) { nats in
            let folder = try TemporaryDirectory()
            try FileManager.default.createDirectory(
                atPath: folder.file("nats/context"), withIntermediateDirectories: true)
            try TestFile.write("lab", to: folder.file("nats/context.txt"))
            try TestFile.write(
                #"{"url": "\#(nats.url)", "user": "u", "password": "se cret"}"#,
                to: folder.file("nats/context/lab.json"))
            func send(
                _ arguments: String..., variables: [String: String] = [:]
            ) async throws -> CommandRun {
                try await CommandRun.run(
                    ["send", "x", "a:text=hi"] + arguments, variables: variables)
            }
            let there = ["NATS_URL": "127.0.0.1:1,\(nats.url)"]
            let secret = ["NATS_PASSWORD": "se cret"]
            let named = there.merging(["NATS_USER": "u"]) { $1 }.merging(secret) { $1 }
            for run in [
                try await send("--user", "u", "--password", "se cret", variables: there),
                try await send("--user", "u", variables: there.merging(secret) { $1 }),
                try await send(variables: named),
                try await send(variables: ["XDG_CONFIG_HOME": folder.path]),
                try await send(
                    "--server", "127.0.0.1:1", "--server", nats.url, "--user", "u", "--password",
                    "se cret"),
            ] {
                #expect(run.status == 0, "\(run.errors)")
            }
            let wrong = try await send("--token", "se cret", variables: named)
            let both = try await send(
                "--token", "t", "--user", "u", "--password", "se cret", variables: there)
            let none = try await send("--creds", folder.file("none"), variables: there)
            #expect(wrong.status == 3 && both.status == 2 && none.status == 3)
            #expect(both.errors.contains("--user") && none.errors.contains("none"))
            #expect(!(wrong.errors + both.errors + none.errors).contains("se cret"))
        }
    }

    @Test func `a credentials file and a key open a server, also by a context`() async throws {
        let issuer = TestOperator()
        let ann = try issuer.user("ann")
        let folder = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: folder.file("nats/context"), withIntermediateDirectories: true)
        try TestFile.write(ann.credentials, to: folder.file("ann.creds"))
        let contexts = [
            "file": #""creds": "~/ann.creds""#,
            "text": #""user_jwt": "\#(ann.jwt)", "user_seed": "\#(ann.key.seed)""#,
        ]
        let config = try issuer.configuration()
        try await NATSServerFixture.run(jetStream: false, config: config) { nats in
            for (name, members) in contexts {
                try TestFile.write(
                    #"{"url": "\#(nats.url)", \#(members)}"#,
                    to: folder.file("nats/context/\(name).json"))
            }
            let variables = ["XDG_CONFIG_HOME": folder.path, "HOME": folder.path]
            for arguments in [
                ["--server", nats.url, "--creds", folder.file("ann.creds")],
                ["--context", "file"], ["--context", "text"],
            ] {
                let run = try await CommandRun.run(
                    ["send", "x", "a:text=hi", "--verbose"] + arguments, variables: variables)
                #expect(run.status == 0, "\(run.errors)")
                #expect(!(run.output + run.errors).contains(ann.key.seed))
            }
        }
        let key = KeyPair(.user, "key")
        try TestFile.write(key.seed, to: folder.file("key.nk"))
        let users = "authorization { users = [ { nkey: \(try key.publicKey) } ] }"
        try await NATSServerFixture.run(jetStream: false, config: users) { nats in
            let run = try await CommandRun.run([
                "send", "x", "a:text=hi", "--server", nats.url, "--nkey", folder.file("key.nk"),
            ])
            #expect(run.status == 0, "\(run.errors)")
        }
    }

    @Test func `without a server the exit code says so`() async throws {
        let run = try await CommandRun.run([
            "send", "x", "a:text=hi", "--server", "nats://127.0.0.1:1",
        ])
        #expect(run.status == 3)
        #expect(run.errors.contains("127.0.0.1:1"))
    }

    @Test func `every check of the demo holds, also on a small table`() async throws {
        try await NATSServerFixture.run { nats in
            let run = try await CommandRun.run([
                "demo", "--rows", "20000", "--server", nats.url,
            ])
            #expect(run.status == 0, "\(run.output)\(run.errors)")
            #expect(!run.output.contains("FAILED"))
            #expect(run.output.contains("Trace of one flow"))
        }
    }
}
