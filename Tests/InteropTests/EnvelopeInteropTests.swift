import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

/// The envelope alone, without a server: the peer builds every form that peers are known to
/// send, and we read it.
@Suite(.needsPythonPeer) struct EnvelopeInteropTests {
    @Test func everyKnownFormIsReadAsItWasMeant() async throws {
        try await Peer.run { peer in
            let names = try await peer.ask("forms")["forms"]?.arrayValue ?? []
            #expect(names.count >= 40)
            for name in names where !Self.needsStore.contains(name.stringValue ?? "") {
                let answer = try await peer.ask("build", ["form": name])
                let found = try Self.differences(answer)
                #expect(found == [], "form \(name)")
            }
        }
    }

    @Test func thePeerReadsWhatWeWriteAndFindsNothingToCriticise() async throws {
        let values = try SampleValues.all
        let envelope = try Self.envelope(values)
        let expected = try values.map { try $0.json(named: true) }
        let body = Self.base64(EnvelopeWriter.encode(envelope))
        try await Peer.run { peer in
            let answer = try await peer.ask("describe", ["body": body])
            let seen = SeenMessage(answer)
            #expect(seen.problems == [])
            let found = difference(.array(expected), .array(seen.values))
            #expect(found == nil)
            #expect(seen.envelope["sender_name"]?.stringValue == envelope.senderName)
            #expect(seen.envelope["metadata"]?["note"]?.stringValue == "Grüße")
        }
    }

    @Test func thePeerReadsTheHeaderForm() async throws {
        let value = FoundPayload(name: "läut \"1\"", value: .audio(Bytes([0, 255, 13, 10, 0])))
        let (headers, content) = try HeaderForm.encode(Self.envelope([value]))
        let pairs = headers.map { JSONValue.array([.string($0.name), .string($0.value)]) }
        let body = Self.base64(content)
        let expected = try value.json(named: true)
        try await Peer.run { peer in
            let answer = try await peer.ask(
                "describe", ["body": body, "headers": .array(pairs)])
            let seen = SeenMessage(answer)
            #expect(seen.problems == [])
            let found = difference(.array([expected]), .array(seen.values))
            #expect(found == nil)
            #expect(seen.envelope["metadata"]?["note"]?.stringValue == "Grüße")
        }
    }

    private static func envelope(_ values: [FoundPayload]) throws -> Envelope {
        var generator = SeededGenerator(#function)
        var envelope = Envelope(
            correlationID: UniqueID.version4(using: &generator),
            messageID: UniqueID.version4(using: &generator),
            timestamp: Timestamp("2026-03-13T07:02:50.443Z"), sendTo: "a.subject",
            senderName: "Größe \"XL\" \\ /", senderID: UniqueID.version4(using: &generator),
            brokerURL: "nats://user:secret@127.0.0.1:4222", metadata: ["note": "Grüße"])
        envelope.payloads = try values.map { found in
            let content = Bytes(
                try PayloadCodec.serialize(found.value).flatMap { [UInt8]($0) })
            return EnvelopePayload(
                id: UniqueID.version4(using: &generator), dataName: found.name,
                typeName: found.value.type.rawValue, content: .direct(content),
                metadata: [
                    IntegrityKey.checksum: .string(
                        Checksum(of: content, .xxh64).description)
                ])
        }
        return envelope
    }

    private static func base64(_ bytes: Bytes) -> JSONValue {
        .string(String(repairing: Base64.encode(bytes.span)))
    }

    /// Forms whose payloads lie at a file server, and errors that only a download has.
    private static let needsStore: Set<String> = [
        "foreign_link", "links", "missing_link", "mixed_direct_and_link", "seed_link",
    ]

    private static func differences(_ answer: JSONValue) throws -> [String] {
        let expectation = Expectation(answer["expected"])
        let text = Bytes(utf8: answer["body"]?.stringValue ?? "")
        let body = try Base64.decode(text.span)
        let headers = (answer["headers"]?.arrayValue ?? []).map { pair in
            (pair.arrayValue?.first?.stringValue ?? "", pair.arrayValue?.last?.stringValue ?? "")
        }
        do {
            let envelope =
                HeaderForm.isHeaderForm(headers.map(\.0))
                ? try HeaderForm.decode(headers, body: body) : try EnvelopeReader.read(body)
            let found = try envelope.payloads.map(decoded)
            guard expectation.error == nil else { return ["was not refused"] }
            return try expectation.differences(envelope, found)
        } catch let error as EnvelopeError {
            // The peer tells an unusable envelope from an unusable payload.
            let ofPayload: [ErrorCode] = [.invalidBase64, .unknownPayloadType, .invalidContent]
            let stage = ofPayload.contains(error.code) ? "payload" : "envelope"
            guard expectation.error == stage else {
                return ["refused: \(error)"]
            }
            return []
        }
    }

    private static func decoded(_ payload: EnvelopePayload) throws -> FoundPayload {
        guard case .direct(let content) = payload.content else {
            throw FixtureError("a link in a direct form")
        }
        let value = try PayloadCodec.deserialize(
            content, typeName: payload.typeName, encoding: payload.encoding)
        return FoundPayload(name: payload.dataName, value: value)
    }
}
