internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge
internal import NATSWire

/// Mixed chat: one message with seven types of payload, one of them too large for a message;
/// names, types and order arrive unchanged, and the answer refers to the message.
enum ChatScenario {
    private static let subject: Subject = "demo.chat.room1"
    private static let largeCount = 1_500_000

    static func run(_ environment: DemoEnvironment, _ log: ScenarioLog) async throws {
        let bob = try await environment.peer("bob")
        let alice = try await environment.peer("alice")
        let service = try await bob.serve(subject, answer)
        let payloads = try payloads()
        var options = SendOptions()
        let messageID = Self.newID()
        options.messageID = messageID
        options.receiverName = "bob"
        let start = ContinuousClock.now
        let answer = try await alice.request(payloads, to: subject, options: options)
        log.figure("answered in", time: ContinuousClock.now - start, key: "answer_us")
        try await service.stop()
        environment.show(flow: answer.envelope.correlationID)
        try check(answer, payloads, messageID, log)
        await alice.close()
        await bob.close()
    }

    private static func newID() -> String {
        var generator = SystemGenerator()
        return UniqueID.version4(using: &generator)
    }

    private static func payloads() throws -> Payloads {
        let tones = [Spectrum.Tone(frequency: 440, amplitude: 0.5)]
        let voice = PCM.encode(PCM.samples(tones: tones, samplingRate: 8000, count: 8000))
        var large = ByteWriter(capacity: largeCount)
        for index in 0..<largeCount {
            large.append(UInt8(truncatingIfNeeded: index &* 31 ^ index >> 8))
        }
        let table = try Table([
            "x": Column((0..<1000).map { Double($0) / 8 }),
            "label": Column((0..<1000).map { "row \($0)" }),
        ])
        return [
            Payload("message", .text("Hello Bob, here is all of it – grüße, 你好 👋")),
            Payload("settings", .json(["theme": "dark", "volume": 0.75])),
            Payload("measurements", .table(table)),
            Payload(
                "people", .jsonTable([["name": "Ada", "age": 36], ["name": "Alan", "age": 41]])),
            Payload("photo", .image(Picture.gradient(size: 64))),
            Payload(
                "voice", .audio(WaveFile(samplingRate: 8000, pcm: voice).encoded())),
            Payload("archive", .bytes(large.finish())),
        ]
    }

    /// What came, as the receiver saw it: one row for each payload.
    private static func answer(_ message: Received) -> Payloads {
        let rows = message.payloads.map { payload -> JSONValue in
            [
                "name": .string(payload.name),
                "type": .string(payload.value?.type.rawValue ?? payload.typeName),
                "checksum": .string(Checksum(of: payload.bytes).description),
                "transport": .string(payload.transport.rawValue),
            ]
        }
        return [
            Payload("message", .text("Thanks, all \(rows.count) arrived.")),
            Payload("received", .jsonTable(.array(rows))),
        ]
    }

    private static func check(
        _ answer: Received, _ payloads: Payloads, _ messageID: String, _ log: ScenarioLog
    ) throws {
        var rows: [JSONValue] = []
        if let value = answer["received"]?.json { rows = value.arrayValue ?? [] }
        log.figure("payload types", count: Set(payloads.map(\.value.type)).count, key: "types")
        log.check(
            "names and order arrive unchanged",
            rows.map { $0["name"]?.stringValue } == payloads.map(\.name),
            found: rows.map { $0["name"]?.stringValue ?? "?" }.joined(separator: ", "))
        log.check(
            "types arrive unchanged",
            rows.map { $0["type"]?.stringValue } == payloads.map(\.value.type.rawValue),
            found: rows.map { $0["type"]?.stringValue ?? "?" }.joined(separator: ", "))
        var expected: [String] = []
        for payload in payloads {
            let bytes = try PayloadCodec.serialize(payload.value).joined()
            expected.append(Checksum(of: bytes).description)
        }
        log.check(
            "every payload arrives byte for byte",
            rows.map { $0["checksum"]?.stringValue } == expected)
        let links = rows.filter { $0["transport"]?.stringValue == "link" }
        log.check(
            "only the archive went by link", links.map { $0["name"]?.stringValue } == ["archive"],
            found: links.description)
        log.check(
            "the answer refers to the message",
            answer.envelope.replyToMessageID == messageID,
            found: answer.envelope.replyToMessageID)
    }
}
