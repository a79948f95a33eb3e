import BridgeBytes
import BridgeJSON
import Foundation
import NATSCore
import NATSJetStream
import NATSWire
import Synchronization
import TestKit
import Testing

/// Faults that were reported of messages, each on the way that users take: the command line
/// against real servers.
@Suite(
    .patient, .needsNATSServer,
    .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct ReportedMessageTests {
    private static func json(_ lines: [String]) -> [JSONValue] {
        lines.filter { $0.hasPrefix("{") }.compactMap { try? JSONValue(parsing: Bytes(utf8: $0)) }
    }

    @Test(arguments: [
        [], ["--threshold", "1"], ["--jetstream"], ["--jetstream", "--threshold=1"],
    ])
    func `a denied send is told, and leaves no upload`(_ options: [String]) async throws {
        let config = """
            authorization { users: [{user: bob, password: x,
            permissions: {publish: {deny: "secret.>"}}}] }
            """
        try await CommandStage.run(config: config) { stage in
            let run = try await CommandRun.run(
                ["send", "secret.x", "a:text=hello", "--store", stage.store, "--server"]
                    + ["nats://bob:x@\(stage.nats.address)"] + options)
            #expect(run.status == 3 && run.errors.contains("permission_denied"), "\(run.errors)")
            #expect(try stage.uploads == 0)
        }
    }

    @Test func `no stream is told as that, by the command`() async throws {
        try await CommandStage.run { stage in
            let run = try await stage.send("nowhere", "a:text=1", "--jetstream")
            #expect(run.status == 4 && run.errors.contains("no stream stores this subject"))
            #expect(!run.errors.contains("service"), "\(run.errors)")
        }
    }

    @Test func `a full disk fails whatever prints a result`() async throws {
        try await CommandStage.run { stage in
            let table = PackageRoot.file("Fixtures/arrow/integers.arrows")
            for line in [
                ["arrow", "cat", table], ["arrow", "cat", table, "--json"],
                ["arrow", "schema", table],
                ["send", "s", "a:text=hi", "--json", "--server", stage.nats.url],
            ] {
                let run = try await CommandRun.run(line, redirections: ">/dev/full")
                #expect(run.status == 1 && run.errors.contains("output_failed"), "\(line)")
            }
            let message = PeerEnvelope.text(PeerEnvelope.payload("text", "hello"))
            let receive = try await stage.receive([message], "--json >/dev/full")
            #expect(receive.status == 1, "\(receive.lines)")
        }
    }

    @Test func `what a peer wrote reaches no terminal as it is`() async throws {
        let identifier = "c\\u001b[31m\\u202e\\u0007" + String(repeating: "L", count: 50_000)
        let message = PeerEnvelope.text(
            PeerEnvelope.payload("text", "", link: "http://h/x"), correlationID: identifier)
        try await CommandStage.run { stage in
            let run = try await stage.receive([message], "--store http://127.0.0.1:1")
            #expect(run.status == 6, "\(run.lines)")
            for line in run.lines {
                #expect(line.unicodeScalars.count <= 2000)
                #expect(!line.unicodeScalars.contains { $0.value < 32 || $0 == "\u{202E}" })
            }
        }
    }

    @Test func `links to more than the budget are refused, and the next message comes`()
        async throws
    {
        try await CommandStage.run { stage in
            let path = "/f/\(String(repeating: "b", count: 32))/x"
            let size = 100_000_000
            try stage.put(path, zeros: size)
            let links = (0..<40).map { number in
                PeerEnvelope.payload(
                    "binary", "", link: stage.store + path, name: "d\(number)", size: size)
            }.joined(separator: ",")
            let messages = [
                PeerEnvelope.text(links, id: "bomb"),
                PeerEnvelope.text(PeerEnvelope.payload("text", "hello"), id: "next"),
            ]
            let run = try await stage.receive(
                messages, "--json --store \(stage.store) --out '\(stage.folder.path)'",
                limits: isThreadSanitized ? "" : "ulimit -v 3000000; ")
            let objects = Self.json(run.lines)
            #expect(run.status == 0, "\(run.lines)")
            #expect(objects.contains { $0["msg_id"] == "next" && $0["error"] == nil })
            let bomb = objects.first { $0["msg_id"] == "bomb" }?["payloads"]?.arrayValue ?? []
            #expect(bomb.count == 40 && bomb.allSatisfy { $0["error"] == "too_large" })
        }
    }

    @Test func `one message that cannot be used decides the exit code`() async throws {
        let store = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let base = "http://127.0.0.1:\(store.port)"
        let gone = PeerEnvelope.text(PeerEnvelope.payload("text", "", link: base + "/f/x"))
        let foreign = PeerEnvelope.text(
            PeerEnvelope.payload("text", "", link: "http://127.0.0.2:9/f/x"))
        try await CommandStage.run { stage in
            for (message, code) in [("hello", 7), (gone, 4), (foreign, 6)] {
                let run = try await stage.receive(
                    [message], "--store \(base) --json --max-retries 1")
                #expect(run.status == code, "\(run.lines)")
            }
        }
    }

    @Test func `a service's error is told with its text and code`() async throws {
        try await CommandStage.run { stage in
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: [stage.nats.url]))
            let questions = try client.subscribe(to: "svc")
            try await client.flush()
            let service = Task {
                for try await question in questions {
                    let headers: Headers = [
                        "Nats-Service-Error": "no such run", "Nats-Service-Error-Code": "404",
                    ]
                    try client.publish(
                        Bytes(), to: #require(question.replyTo), headers: headers)
                }
            }
            let end = try await CommandRun.run([
                "request", "svc", "a:text=hi", "--server", stage.nats.url, "--timeout", "170s",
            ])
            #expect(end.status != 0 && end.status != 7, "\(end.errors)")
            #expect(end.errors.contains("no such run"), "\(end.errors)")
            #expect(end.errors.contains("404"), "\(end.errors)")
            service.cancel()
            await client.close()
        }
    }

    /// Passes everything on until a message is published; from then on the client hears nothing.
    private static func mutingProxy(to nats: NATSServerFixture) throws -> ScriptedServer {
        let (host, port) = (nats.host, nats.port)
        return try ScriptedServer { client, _ in
            guard let server = ScriptedConnection(connectingTo: port, host: host) else { return }
            let isMute = MuteMark()
            let thread = Thread {
                while case let byte = server.read(1), byte.count == 1 {
                    if !isMute.isSet { client.send(byte) }
                }
            }
            thread.start()
            while let (line, body) = client.readFrame() {
                let hasBody = line.hasPrefix("PUB ") || line.hasPrefix("HPUB ")
                if hasBody, !line.contains("$JS.API") { isMute.set() }
                server.send(Array(line.utf8) + [13, 10] + (hasBody ? body + [13, 10] : []))
            }
            server.finish()
        }
    }

    private final class MuteMark: Sendable {
        private let mark = Atomic(false)
        var isSet: Bool { mark.load(ordering: .acquiring) }
        func set() { mark.store(true, ordering: .releasing) }
    }

    @Test(arguments: [[], ["--jetstream"]])
    func `an upload outlives a send of which nothing is known, and a replay finds it`(
        _ options: [String]
    ) async throws {
        try await CommandStage.run { stage in
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: [stage.nats.url]))
            try await JetStream(client: client).createStream(
                StreamConfiguration(name: "S", subjects: ["s"]))
            await client.close()
            let proxy = try Self.mutingProxy(to: stage.nats)
            let run = try await CommandRun.run(
                ["send", "s", "a:text=hello", "--threshold", "1", "--store", stage.store]
                    + ["--server", "nats://127.0.0.1:\(proxy.port)", "--timeout", "4s", "--json"]
                    + options)
            #expect(run.status == 8, "\(run.errors)")
            #expect(try run.json().last?["outcome"] == "unknown", "\(run.output)")
            #expect(try stage.uploads == 1)
            let replay = try await CommandRun.run([
                "replay", "S", "--since", "5m", "--server", stage.nats.url, "--store", stage.store,
                "--json",
            ])
            #expect(replay.status == 0, "\(replay.errors)")
            let payload = try replay.json().first?["payloads"]?.arrayValue?.first
            #expect(payload?["value"] == "hello" && payload?["transport"] == "link")
        }
    }

    @Test func `half an emoji does not lose a message`() async throws {
        let half = "day \\ud83d"
        let text = PeerEnvelope.payload("text", "hello")
        let messages = [
            PeerEnvelope.text(text, metadata: #"{"preview":"\#(half)"}"#),
            PeerEnvelope.text(PeerEnvelope.payload("text", "hello", name: half), id: "n"),
            PeerEnvelope.text(
                PeerEnvelope.payload("dictionary", #"{"preview":"\#(half)"}"#, size: 24), text,
                id: "d"),
        ]
        try await CommandStage.run { stage in
            let run = try await stage.receive(messages, "--json")
            let objects = Self.json(run.lines)
            #expect(run.status == 0 && objects.count == 3, "\(run.lines)")
            for object in objects {
                #expect(object["error"] == nil)
                #expect(object["payloads"]?.arrayValue?.last?["value"] == "hello")
                #expect(object.description.contains("day \u{FFFD}"))
            }
        }
    }

    @Test func `a digest that cannot be checked is told, and a malformed one refused`()
        async throws
    {
        let store = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 X\r\nContent-Length: 8\r\n\r\ntampered")
            }
        }
        let base = "http://127.0.0.1:\(store.port)"
        let digests = [
            ("md5:" + String(repeating: "0", count: 32), false), ("sha512:00", false),
            ("sha256:4c207598af", true), ("xxh64:12", true),
        ]
        try await CommandStage.run { stage in
            for (digest, isRefused) in digests {
                let message = PeerEnvelope.text(
                    PeerEnvelope.payload(
                        "binary", "", link: base + "/f/x", size: 8, checksum: digest))
                let run = try await stage.receive([message], "--json -v --store \(base)")
                #expect((run.status == 0) == !isRefused, "\(run.lines)")
                if isRefused { continue }
                #expect(
                    run.lines.contains { !$0.hasPrefix("{") && $0.contains("checksum") },
                    "\(run.lines)")
            }
        }
    }

    /// The server speaks in the clear, whatever it offers.
    @Test(
        .needsOpenSSL,
        arguments: [
            ("", #"{"url":"tls://127.0.0.1:PORT","user":"bob","password":"S3CRETpw"}"#),
            (#""tls_available":true"#, #"{"url":"tls://bob:S3CRETpw@127.0.0.1:PORT"}"#),
            (#""tls_required":true"#, #"{"url":"nats://bob:S3CRETpw@127.0.0.1:PORT"}"#),
        ])
    func `who asks for TLS gives no password without it`(
        _ offer: String, _ context: String
    ) async throws {
        let heard = Mutex<[UInt8]>([])
        let server = try ScriptedServer { connection, _ in
            connection.send(
                #"INFO {"server_id":"x","version":"2.15.1","proto":1,"headers":true,"#
                    + #""max_payload":1048576\#(offer.isEmpty ? "" : ",\(offer)")}"# + "\r\n")
            let bytes = connection.read(4096)
            heard.withLock { $0 += bytes }
        }
        let settings = try JSONValue(
            parsing: Bytes(
                utf8: context.replacing("PORT", with: String(server.port))))
        let shell = try ShellRun(server: "nats://127.0.0.1:1")
        try await shell.run(
            "mkdir -p nats/context; echo '\(settings)' > nats/context/c.json")
        let url = settings["url"]?.stringValue ?? ""
        for words in ["--context c", url.contains("@") ? "--server '\(url)'" : "--context c"] {
            let run = try await shell.run(
                "unset NATS_URL; natsbridge send s a:text=hi --timeout 3s \(words)")
            #expect(run.status != 0, "\(words)")
        }
        #expect(!String(repairing: Bytes(heard.withLock { $0 })).contains("S3CRETpw"))
    }

    @Test func `a context's domain is where its commands look`() async throws {
        let folder = try TemporaryDirectory()
        let config = "jetstream { domain: hub, store_dir: \"\(folder.path)\" }"
        try await NATSServerFixture.run(jetStream: false, config: config) { nats in
            let shell = try ShellRun(server: nats.url)
            let made = try await shell.run(
                """
                mkdir -p nats/context
                for name in hub other; do
                    printf '{"url":"\(nats.url)","jetstream_domain":"%s"}' $name \
                        > nats/context/$name.json
                done
                unset NATS_URL
                natsbridge stream add H --subjects h --context hub
                natsbridge send h a:text=1 --jetstream --context hub
                """)
            #expect(made.status == 0, "\(made.errors)")
            let replay = try await shell.run(
                "unset NATS_URL; natsbridge replay H --since 1h --json --context hub")
            #expect(replay.status == 0 && replay.lines.count == 1, "\(replay.errors)")
            let other = try await shell.run(
                "unset NATS_URL; natsbridge replay H --since 1h --json --context other")
            #expect(other.status != 0, "\(other.output)")
        }
    }
}
