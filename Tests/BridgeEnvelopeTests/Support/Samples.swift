import BridgeBytes
import BridgeEnvelope
import BridgeJSON

/// Envelopes that several tests use.
enum Samples {
    static let time = Timestamp(milliseconds: 1_773_385_370_443)

    /// An envelope with every text field set.
    static func envelope(_ payloads: [EnvelopePayload] = []) -> Envelope {
        Envelope(
            correlationID: "11111111-1111-4111-8111-111111111111",
            messageID: "22222222-2222-4222-8222-222222222222", timestamp: time,
            sendTo: "/chat/room1", purpose: "chat", senderName: "swift-service",
            senderID: "33333333-3333-4333-8333-333333333333", receiverName: "julia-service",
            receiverID: "44444444-4444-4444-8444-444444444444", replyTo: "answers.here",
            replyToMessageID: "55555555-5555-4555-8555-555555555555",
            brokerURL: "nats://localhost:4222",
            metadata: ["trace": ["depth": 2, "path": "a/b"], "tags": ["x", "ü"]],
            payloads: payloads)
    }

    /// A direct payload.
    static func direct(
        _ bytes: Bytes, name: String = "data", type: String = "binary",
        metadata: JSONObject = [:]
    ) -> EnvelopePayload {
        EnvelopePayload(
            id: "66666666-6666-4666-8666-666666666666", dataName: name, typeName: type,
            content: .direct(bytes), metadata: metadata)
    }

    /// A payload by link, with the integrity keys.
    static func link(_ name: String = "table", _ type: String = "arrowtable") -> EnvelopePayload {
        EnvelopePayload(
            id: "77777777-7777-4777-8777-777777777777", dataName: name, typeName: type,
            content: .link("http://127.0.0.1:8080/f/abc/table.arrow"), size: 523_238_400,
            metadata: [
                IntegrityKey.checksum: "xxh64:0123456789abcdef",
                IntegrityKey.expiresAt: .string(time.description),
            ])
    }

    static let mixed = envelope([
        direct(Bytes(utf8: "Grüße / \"quoted\"\n"), name: "greeting", type: "text"),
        direct(Bytes(utf8: #"{"deep":[1,2.50,null]}"#), name: "config", type: "dictionary"),
        direct(Bytes(utf8: #"[{"a":1},{"a":2}]"#), name: "rows", type: "jsontable"),
        direct(
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFE], name: "pixels", type: "image", metadata: ["width": 1]),
        link(),
    ])
}
