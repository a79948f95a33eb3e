import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON

/// What the peer says that a receiver must find in a message.
struct Expectation {
    let payloads: [JSONValue]
    /// Envelope fields by their names on the wire.
    let fields: JSONObject
    /// The stage at which the message must be refused; nil for a good message.
    let error: String?

    init(_ value: JSONValue?) {
        payloads = value?["payloads"]?.arrayValue ?? []
        fields = value?["fields"]?.objectValue ?? [:]
        error = value?["error"]?.stringValue
    }

    /// Where an envelope and its payloads differ from the expectation; empty when they do not.
    func differences(_ envelope: Envelope, _ found: [FoundPayload]) throws -> [String] {
        let theirs = fields.map(\.value)
        let ours = fields.map { Self.field($0.key, of: envelope) }
        var result = difference(.array(theirs), .array(ours), at: "fields").map { [$0] } ?? []
        let values = try found.enumerated().map { index, payload in
            // The seed's form has no names: then there is nothing to compare.
            let named = index < payloads.count ? payloads[index]["dataname"] != nil : true
            return try payload.json(named: named)
        }
        if let found = difference(.array(payloads), .array(values), at: "payloads") {
            result.append(found)
        }
        return result
    }

    private static func field(_ name: String, of envelope: Envelope) -> JSONValue {
        switch name {
        case "correlation_id": .string(envelope.correlationID)
        case "msg_id": .string(envelope.messageID)
        case "timestamp": .string(envelope.timestamp?.description ?? "unreadable")
        case "send_to": .string(envelope.sendTo)
        case "msg_purpose": .string(envelope.purpose)
        case "sender_name": .string(envelope.senderName)
        case "sender_id": .string(envelope.senderID)
        case "receiver_name": .string(envelope.receiverName)
        case "receiver_id": .string(envelope.receiverID)
        case "reply_to": .string(envelope.replyTo)
        case "reply_to_msg_id": .string(envelope.replyToMessageID)
        case "broker_url": .string(envelope.brokerURL)
        case "metadata": .object(envelope.metadata)
        default: .string("no such field: " + name)
        }
    }
}

/// A payload that was received, in the terms of the peer's JSON.
struct FoundPayload {
    let name: String
    let value: PayloadValue

    func json(named: Bool) throws -> JSONValue {
        var object: JSONObject = [:]
        if named { object["dataname"] = .string(name) }
        object["payload_type"] = .string(value.type.rawValue)
        object["value"] = try content()
        return .object(object)
    }

    private func content() throws -> JSONValue {
        switch value {
        case .text(let text): .string(text)
        case .json(let json), .jsonTable(let json): json
        case .table(let table): try OurReading(table).form
        case .image(let bytes), .audio(let bytes), .video(let bytes), .bytes(let bytes):
            .string(String(repairing: Base64.encode(bytes.span)))
        }
    }
}
