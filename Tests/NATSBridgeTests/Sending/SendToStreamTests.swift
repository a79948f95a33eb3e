import BridgeBytes
import BridgeEnvelope
import NATSBridge
import NATSCore
import NATSJetStream
import NATSWire
import TestKit
import Testing

/// Sends to a stream: what is stored, what is refused, and what is said of it.
@Suite(.needsNATSServer) struct SendToStreamTests {
    private static func run(
        hasStore: Bool = true, _ change: (inout StreamConfiguration) -> Void = { _ in },
        _ body: (SendStage, JetStream) async throws -> Void
    ) async throws {
        // A lost connection ends the wait for an answer, so that no test waits out its time.
        let endsWaits: (inout NATSClientOptions) -> Void = { $0.failsRequestsOnDisconnect = true }
        try await SendStage.run(hasStore: hasStore, endsWaits) { stage in
            var stream = StreamConfiguration(name: "S", subjects: ["s"])
            change(&stream)
            let jetStream = JetStream(client: stage.control)
            _ = try await jetStream.createStream(stream)
            try await body(stage, jetStream)
        }
    }

    private static let smallMessages: @Sendable (inout StreamConfiguration) -> Void = {
        $0.maxMessageSize = 2000
    }

    private static func failure(
        _ stage: SendStage, to subject: Subject = "s"
    ) async throws -> BridgeError {
        try #require(
            await SendStage.failure { () async throws(BridgeError) in
                try await stage.bridge.send(
                    [SendStage.payload], to: subject, options: SendStage.linked(.jetStream))
            })
    }

    @Test func `a request that only a stream answers says so`() async throws {
        try await Self.run { stage, _ in
            let error = await SendStage.failure { () async throws(BridgeError) in
                _ = try await stage.bridge.request([SendStage.payload], to: "s")
            }
            #expect(error?.stage == .decode && error?.outcome == .sent)
            #expect(
                error?.detail.hasSuffix("the stream S stores this subject and answered") == true)
        }
    }

    @Test func `an acknowledgement that is lost once leaves one message, and success`() async throws
    {
        try await Self.run { stage, jetStream in
            // The stream has stored the message when its answer breaks the connection.
            stage.proxy.set(.with { $0.limit = SendStage.early }, .toClient, scope: .present)
            let sent = try await stage.bridge.send(
                [SendStage.payload], to: "s", options: SendStage.linked(.jetStream))
            #expect(sent.attempts == 2 && sent.stored?.isDuplicate == true)
            #expect(sent.stored?.sequence == 1)
            #expect(try await jetStream.streamInfo("S").state.messages == 1)
            #expect(stage.store.stored == 1)
        }
    }

    @Test func `without retries a lost acknowledgement is unknown, and the upload stays`()
        async throws
    {
        try await Self.run { stage, jetStream in
            stage.proxy.set(.with { $0.limit = SendStage.early }, .toClient, scope: .present)
            var options = SendStage.linked(.jetStream)
            options.retriesUnknown = false
            let error = try #require(
                await SendStage.failure { () async throws(BridgeError) in
                    try await stage.bridge.send([SendStage.payload], to: "s", options: options)
                })
            #expect(error.code == .disconnected && error.outcome == .unknown)
            #expect(try await jetStream.streamInfo("S").state.messages == 1)
            #expect(stage.store.stored == 1)
        }
    }

    @Test func `no stream and a full stream have the codes of JetStream`() async throws {
        let oneMessage: (inout StreamConfiguration) -> Void = {
            $0.maxMessages = 1
            $0.discard = .new
        }
        try await Self.run(oneMessage) { stage, _ in
            let nowhere = try await Self.failure(stage, to: "nowhere")
            #expect(nowhere.code == .noStream && nowhere.outcome == .denied)
            #expect(nowhere.detail.hasPrefix("no stream stores this subject; it was refused"))
            try await stage.bridge.send(
                [SendStage.payload], to: "s", options: SendStage.linked(.jetStream))
            let full = try await Self.failure(stage)
            #expect(full.code == .storageFull && full.outcome == .denied)
            #expect(full.detail.contains("maximum messages exceeded"))
            // Nobody was given the first message, and somebody the last one, perhaps.
            #expect(stage.store.uploads == 3 && stage.store.stored == 2)
            #expect(full.detail.contains("its 1 upload stays until its time to live ends"))
        }
    }

    @Test func `who listens without the stream keeps the link of what it refuses`() async throws {
        let oneMessage: (inout StreamConfiguration) -> Void = {
            $0.maxMessages = 1
            $0.discard = .new
        }
        try await Self.run(oneMessage) { stage, _ in
            try await stage.bridge.send(
                [SendStage.payload], to: "s", options: SendStage.linked(.jetStream))
            let listener = try stage.control.subscribe(to: "s")
            try await stage.control.flush()
            _ = try await Self.failure(stage)
            for try await message in listener {
                #expect(String(repairing: message.payload).contains("http://store.example/f/2/"))
                break
            }
            #expect(stage.store.deleted.isEmpty && stage.store.stored == 2)
        }
    }

    @Test(arguments: [
        #"{"error":{"code":500,"description":"my own trouble"}}"#, #"{"error":{}}"#,
        #"{"type":"io.nats.micro","error":{"code":1}}"#,
    ])
    func `an error of a service is no refusal of a stream's`(answer: String) async throws {
        try await Self.run { stage, _ in
            let service = try stage.control.subscribe(to: "service")
            try await stage.control.flush()
            async let error = Self.failure(stage, to: "service")
            for try await message in service {
                try stage.control.publish(Bytes(utf8: answer), to: #require(message.replyTo))
                break
            }
            let found = try await error
            #expect(found.code == .unexpectedAnswer && found.outcome == .unknown)
            #expect(stage.store.stored == 1)
        }
    }

    @Test func `a stream's numbers are told to the last one`() async throws {
        let first = UInt64.max - 1
        let numbered: (inout StreamConfiguration) -> Void = { $0.firstSequence = first }
        try await Self.run(numbered) { stage, _ in
            let sent = try await stage.bridge.send(
                [SendStage.payload], to: "s", options: SendStage.linked(.jetStream))
            #expect(sent.stored?.sequence == first)
            for try await message in try await stage.bridge.replay("S", since: .seconds(60)) {
                #expect(message.position?.sequence == first)
            }
        }
    }

    @Test func `a stream of small messages takes a larger payload by link`() async throws {
        try await Self.run(Self.smallMessages) { stage, jetStream in
            var options = SendStage.linked(.jetStream)
            options.threshold = nil
            let sent = try await stage.bridge.send(
                [SendStage.payload], to: "s", options: options)
            #expect(sent.stored?.sequence == 1 && sent.wireBytes <= 2000)
            #expect(stage.store.stored == 1)
            #expect(try await jetStream.streamInfo("S").state.messages == 1)
        }
    }

    @Test func `without a store a stream of small messages says that it is too large`()
        async throws
    {
        try await Self.run(hasStore: false, Self.smallMessages) { stage, _ in
            let error = try await Self.failure(stage)
            #expect(error.code == .tooLarge && error.outcome == .denied)
            #expect(error.detail.hasSuffix("without the stream may have it"))
        }
    }

    @Test func `an envelope that is ready is stored once under its own id`() async throws {
        try await Self.run { stage, jetStream in
            stage.proxy.set(.with { $0.limit = SendStage.early }, .toClient, scope: .present)
            for _ in 0..<2 {
                try await stage.bridge.publish(
                    envelope: Bytes(utf8: #"{"msg_id":"m","payloads":[]}"#), to: "s",
                    options: SendStage.encoded(.jetStream))
            }
            #expect(try await jetStream.streamInfo("S").state.messages == 1)
        }
    }
}
