import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import NATSBridge
import NATSCore
import NATSWire
import TestKit
import Testing

/// The bridge and the Python peer over a real nats-server and our file server, both ways.
@Suite(.needsNATSServer, .needsPythonPeer) struct BridgeInteropTests {
    @Test func theBridgeReceivesEveryKnownForm() async throws {
        try await InteropStage.run { stage in
            let names = try await stage.peer.ask("forms")["forms"]?.arrayValue ?? []
            // The peers' subjects begin with slashes and have no dots: one token.
            let messages = stage.bridge.messages(on: "/chat/room1")
            try await stage.bridge.client.flush()
            var iterator = messages.results.makeAsyncIterator()
            for name in names {
                let answer = try await stage.peer.ask(
                    "send", ["form": name, "subject": "/chat/room1"])
                guard let result = try await iterator.next() else { break }
                let found = try Self.differences(answer, result)
                #expect(found == [], "form \(name)")
            }
            messages.unsubscribe()
        }
    }

    @Test(arguments: [1_000_000, 1, 40])
    func thePeerReadsWhatTheBridgeSends(threshold: Int) async throws {
        let values = try SampleValues.all
        let expected = try values.map { try $0.json(named: true) }
        try await InteropStage.run(threshold: threshold) { stage in
            try await stage.peer.ask("listen", ["subject": "from.swift"])
            var options = SendOptions()
            options.metadata = ["note": "Grüße"]
            let sent = try await stage.bridge.send(
                Payloads(values.map { Payload($0.name, $0.value) }), to: "from.swift",
                options: options)
            let answer = try await stage.peer.ask("take", ["subject": "from.swift"])
            let seen = SeenMessage(answer)
            #expect(seen.problems == [])
            let found = difference(.array(expected), .array(seen.values))
            #expect(found == nil)
            #expect(seen.envelope["msg_id"]?.stringValue == sent.envelope.messageID)
            #expect(seen.envelope["metadata"]?["note"]?.stringValue == "Grüße")
            let links = seen.transports.count { $0 == "link" }
            switch threshold {
            // An empty payload is smaller than any threshold.
            case 1: #expect(links == values.count - 2)
            case 40: #expect(links > 1 && links < values.count - 2)
            default: #expect(links == 0)
            }
        }
    }

    @Test func thePeerHearsTheRawBodyWithItsHeaders() async throws {
        var generator = SeededGenerator(#function)
        let sound = Bytes(generator.bytes(200_000))
        let payload = FoundPayload(name: "chunk 1", value: .audio(sound))
        let expected = try payload.json(named: true)
        try await InteropStage.run { stage in
            try await stage.peer.ask("listen", ["subject": "audio"])
            var options = SendOptions()
            options.usesHeaderForm = true
            options.headers.append("Sample-Rate", "44100")
            options.headers.append("Channels", "1")
            let outgoing = Payload(payload.name, payload.value)
            let sent = try await stage.bridge.send([outgoing], to: "audio", options: options)
            let answer = try await stage.peer.ask("take", ["subject": "audio"])
            let seen = SeenMessage(answer)
            #expect(seen.problems == [])
            let found = difference(.array([expected]), .array(seen.values))
            #expect(found == nil)
            #expect(answer["message"]?["size"]?.intValue == sound.count)
            #expect(seen.headers.contains(["Sample-Rate", "44100"]))
            #expect(seen.headers.contains(["Channels", "1"]))
            #expect(seen.envelope["msg_id"]?.stringValue == sent.envelope.messageID)
        }
    }

    @Test func aPeersRequestIsAnswered() async throws {
        try await InteropStage.run { stage in
            let messages = stage.bridge.messages(on: "service")
            try await stage.bridge.client.flush()
            async let asking = stage.peer.ask("request", ["form": "strict", "subject": "service"])
            var iterator = messages.makeAsyncIterator()
            let question = try #require(try await iterator.next())
            let values = try SampleValues.all
            try await stage.bridge.reply(
                Payloads(values.map { Payload($0.name, $0.value) }), to: question)
            let answer = try await asking
            let seen = SeenMessage(answer)
            #expect(seen.problems == [])
            let expected = try values.map { try $0.json(named: true) }
            let found = difference(.array(expected), .array(seen.values))
            #expect(found == nil)
            let asked = answer["expected"]?["fields"]
            #expect(seen.envelope["reply_to_msg_id"] == asked?["msg_id"])
            #expect(seen.envelope["correlation_id"] == asked?["correlation_id"])
            messages.unsubscribe()
        }
    }

    @Test func aPeerAnswersOurRequest() async throws {
        try await InteropStage.run { stage in
            try await stage.peer.ask("listen", ["subject": "oracle"])
            async let answering = stage.peer.ask("answer", ["subject": "oracle"])
            let received = try await stage.bridge.request(
                ["question": "?"], to: "oracle", timeout: patience)
            let answer = try await answering
            #expect(SeenMessage(answer).problems == [])
            let found = try Self.differences(answer, .success(received))
            #expect(found == [])
            #expect(received.payloads.first?.name == "reply")
        }
    }

    /// What differs from the peer's expectation in a message that was received or refused.
    private static func differences(
        _ answer: JSONValue, _ result: Result<Received, BridgeError>
    ) throws -> [String] {
        let expectation = Expectation(answer["expected"])
        switch result {
        case .success(let received):
            // A payload that cannot be had takes neither the message nor its neighbours along.
            guard expectation.error == nil else {
                return received.failures.isEmpty ? ["was not refused"] : []
            }
            let payloads = received.payloads.compactMap { payload in
                payload.value.map { FoundPayload(name: payload.name, value: $0) }
            }
            return try expectation.differences(received.envelope, payloads)
        case .failure(let error):
            let stages: [String: Set<BridgeError.Stage>] = [
                "envelope": [.decode], "payload": [.decode, .deserialize], "link": [.download],
            ]
            let stage = expectation.error.flatMap { stages[$0] } ?? []
            return stage.contains(error.stage) ? [] : ["refused: \(error)"]
        }
    }
}
