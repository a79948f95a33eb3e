import ArrowIPC
import BridgeBytes
import BridgeClaims
import BridgeEnvelope
import BridgeHTTP
import BridgeJSON
import NATSBridge
import NATSCore
import NATSJetStream
import NATSWire
import Synchronization
import TestKit
import Testing

/// The bridge as somebody uses it who knows other clients and has read the README alone: each
/// test is a small program.
@Suite(.needsNATSServer) struct NewUserTests {
    private struct Reading: Codable, Equatable, Sendable {
        var sensor: String
        var value: Double?
    }

    private struct Other: Codable {
        var ids: [Int]
    }

    private final class Notes: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func note(_ text: String) { texts.withLock { $0.append(text) } }
    }

    /// A server, a file server, and a bridge to both.
    private static func run(_ body: (Bridge) async throws -> Void) async throws {
        try await NATSServerFixture.run(config: "jetstream: {}") { server in
            let directory = try TemporaryDirectory()
            let files = try await FileServer.start(FileServerOptions(directory: directory.path))
            let bridge = try await Bridge.connect(server.url, store: .fileServer(files.baseURL))
            try await body(bridge)
            await bridge.close()
            await files.stop()
        }
    }

    @Test func `a text is sent and received`() async throws {
        try await Self.run { bridge in
            let messages = bridge.messages(on: "lab.*")
            let note = "run \(7)"
            try await bridge.send(note, to: "lab.notes")
            try await bridge.send("is done", to: "lab.notes")
            var texts: [String?] = []
            for try await message in messages {
                texts.append(message.text)
                if texts.count == 2 { break }
            }
            #expect(texts == ["run 7", "is done"])
        }
    }

    @Test func `several payloads are sent by name and keep their order`() async throws {
        try await Self.run { bridge in
            let messages = bridge.messages(on: "lab.results")
            let table = try Table(["reading": Column(Array(repeating: 1.5, count: 200_000))])
            let note = "run 7"
            try await bridge.send(
                [
                    "note": note, "table": table, "photo": .image([0x89, 0x50] as [UInt8]),
                    "config": .json(["step": 0.5]), "raw": [1, 2] as [UInt8],
                ], to: "lab.results")
            for try await message in messages {
                #expect(
                    message.payloads.map(\.name) == ["note", "table", "photo", "config", "raw"])
                #expect(message["note"]?.text == "run 7")
                #expect(message["table"]?.table?.count == 200_000)
                #expect(message["table"]?.transport == .link)
                #expect(message["photo"]?.bytes == [0x89, 0x50])
                #expect(message["photo"]?.text == nil && message["nothing"]?.text == nil)
                #expect(message["config"]?.json?["step"]?.doubleValue == 0.5)
                #expect(message["raw"]?.transport == .direct)
                break
            }
        }
    }

    @Test func `rows go out and come back`() async throws {
        try await Self.run { bridge in
            let rows = [Reading(sensor: "a", value: 0.5), Reading(sensor: "b", value: nil)]
            let messages = bridge.messages(on: "rows")
            try await bridge.send(["readings": .table(rows: rows), "note": "x"], to: "rows")
            for try await message in messages {
                let back = try #require(message["readings"]).rows(Reading.self)
                #expect(back == rows)
                #expect(throws: BridgeError(.invalidContent, stage: .deserialize)) {
                    try message["note"]?.rows(Reading.self)
                }
                break
            }
        }
    }

    @Test func `a structure goes out as JSON and comes back`() async throws {
        try await Self.run { bridge in
            let reading = Reading(sensor: "a", value: 0.5)
            let messages = bridge.messages(on: "json")
            try await bridge.send(
                ["reading": .json(reading), "list": .jsonTable(JSONValue(encoding: [reading]))],
                to: "json")
            try await bridge.send(.json(reading), to: "json")
            var count = 0
            for try await message in messages {
                #expect(try message.decode(Reading.self) == reading)
                #expect(try message["list"]?.rows(Reading.self) ?? [reading] == [reading])
                #expect(throws: BridgeError(.missingKey, stage: .deserialize)) {
                    try message.decode(Other.self)
                }
                count += 1
                if count == 2 { break }
            }
        }
    }

    @Test func `a file is sent from where it lies`() async throws {
        try await Self.run { bridge in
            let directory = try TemporaryDirectory()
            try TestFile.write(Bytes(utf8: "{\"a\":1}"), to: directory.file("a.json"))
            let messages = bridge.messages(on: "files")
            try await bridge.send(
                [
                    "raw": .file(directory.file("a.json")),
                    "json": .file(directory.file("a.json"), as: .json),
                ], to: "files")
            for try await message in messages {
                #expect(message["raw"]?.bytes == Bytes(utf8: "{\"a\":1}"))
                #expect(message["raw"]?.json == nil && message["json"]?.json?["a"] == 1)
                break
            }
        }
    }

    @Test func `a request is answered`() async throws {
        try await Self.run { bridge in
            let questions = bridge.messages(on: "greet")
            let service = Task {
                for try await question in questions {
                    try await bridge.reply("Hello, \(question.text ?? "you")!", to: question)
                }
            }
            let answer = try await bridge.request("Ada", to: "greet", timeout: patience)
            #expect(answer.text == "Hello, Ada!")
            service.cancel()
            _ = await service.result
        }
    }

    @Test func `a stream is replayed`() async throws {
        try await Self.run { bridge in
            _ = try await JetStream(client: bridge.client).createStream(
                StreamConfiguration(name: "HEALTH", subjects: ["health.>"]))
            var options = SendOptions()
            options.mode = .jetStream
            for number in 1...3 {
                try await bridge.send(
                    ["n": .json(number)], to: "health.cpu", options: options)
            }
            var numbers: [Int?] = []
            for try await message in try await bridge.replay("HEALTH", since: .seconds(600)) {
                numbers.append(message["n"]?.json?.intValue)
                #expect(message.position?.sequence == UInt64(numbers.count))
            }
            #expect(numbers == [1, 2, 3])
        }
    }

    @Test func `a bad message does not end the loop, and is told`() async throws {
        try await Self.run { bridge in
            let problems = Notes()
            var options = ReceiveOptions()
            options.onFailure = { problems.note($0.code.rawValue) }
            let messages = bridge.messages(on: "in", options: options)
            try bridge.client.publish(Bytes(utf8: "not an envelope"), to: "in")
            try await bridge.send("fine", to: "in")
            try await bridge.send("next", to: "in")
            for try await message in messages {
                guard message.text == "fine" else {
                    #expect(message.text == "next" && message.skipped.isEmpty)
                    break
                }
                #expect(problems.all == ["invalid_json"])
                #expect(message.skipped.map(\.code) == [.invalidJSON] && !message.followsLoss)
            }
            #expect(bridge.statistics.messagesUnusable == 1)
        }
    }

    @Test func `a message says what it is when it is printed, and not what it holds`() async throws
    {
        try await Self.run { bridge in
            let messages = bridge.messages(on: "print")
            let payloads: Payloads = ["password": "s3cret", "photo": .image(Bytes([1, 2, 3]))]
            #expect("\(payloads)" == "[password: text, 6 bytes; photo: image, 3 bytes]")
            var options = SendOptions()
            options.correlationID = "flow"
            options.headers = ["Authorization": "s3cret"]
            let sent = try await bridge.send(payloads, to: "print", options: options)
            for try await message in messages {
                #expect(
                    "\(message)" == "print [flow] password: text, 6 bytes, direct; "
                        + "photo: image, 3 bytes, direct")
                for text in ["\(message)", "\(sent)", "\(options)", "\(sent.envelope)"] {
                    #expect(!text.contains("s3cret"))
                }
                break
            }
        }
    }

    @Test func `a bridge that runs as a service drains when it is cancelled`() async throws {
        try await Self.run { bridge in
            let messages = bridge.messages(on: "work")
            let consumed = Notes()
            let consumer = Task {
                for try await message in messages { consumed.note(message.text ?? "") }
            }
            let service = Task { try await bridge.run() }
            for number in 0..<10 { try await bridge.send("\(number)", to: "work") }
            service.cancel()
            try await service.value
            try await consumer.value
            #expect(consumed.all == (0..<10).map(String.init))
            await #expect(throws: BridgeError(.closed, stage: .serialize)) {
                try await bridge.send("late", to: "work")
            }
            // Nothing is left to wait for.
            try await bridge.run()
        }
    }

    @Test func `a closed bridge ends whoever runs it and whoever loops`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            let bridge = Bridge(client: client, options: BridgeOptions())
            let service = Task { try await bridge.run() }
            await bridge.close()
            try await service.value
            await #expect(throws: BridgeError(.closed, stage: .receive)) {
                for try await _ in bridge.messages(on: "x") {}
            }
            #expect(client.isConnected)
            await client.close()
        }
    }

    @Test func `the body of a lent bridge needs no options`() async throws {
        try await NATSServerFixture.run { server in
            let answer = try await Bridge.withBridge(server.url) { bridge in
                try await bridge.send("x", to: "x").envelope.payloads[0].dataName
            }
            #expect(answer == Payload.defaultName)
            await #expect(throws: HTTPError.self) {
                try await Bridge.connect(server.url, store: .fileServer("ftp://x"))
            }
        }
    }

    @Test func `a trace is carried from a question to its answer`() async throws {
        try await Self.run { bridge in
            let questions = bridge.messages(on: "traced")
            let service = Task {
                for try await question in questions {
                    try await bridge.reply("!", to: question)
                }
            }
            let context = try #require(
                TraceContext(
                    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                    tracestate: "vendor=1"))
            var options = RequestOptions()
            options.sending.traceContext = context
            let answer = try await bridge.request(
                "?", to: "traced", options: options, timeout: patience)
            #expect(answer.traceContext == context)
            #expect(try await bridge.send("x", to: "untraced").envelope.payloads.count == 1)
            service.cancel()
            _ = await service.result
        }
    }
}
