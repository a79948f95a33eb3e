internal import ArrowIPC
internal import BridgeBytes
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge
internal import NATSWire

/// Where a stream holds a message.
struct StreamPlace: Sendable {
    let sequence: Int
    /// How often it was delivered, this time included.
    let deliveryCount: Int
}

/// A received message as one line of JSON: the envelope's keys in their order, each payload's
/// `data` replaced by `value` or `path`, and beside them where the message came from.
enum MessageLine {
    /// Writes the line of a message.
    /// - Parameter paths: For each payload the file that holds it, or nil for its value.
    static func encode(
        _ message: Received, _ position: StreamPlace?, paths: [String?]
    ) throws(ArrowError) -> Bytes {
        var writer = JSONWriter(capacity: 4096)
        let envelope = message.envelope
        writer.beginObject()
        for (key, text) in texts(of: envelope) {
            writer.key(key)
            writer.string(text)
        }
        writer.key("metadata")
        writer.value(.object(envelope.metadata))
        writer.key("payloads")
        writer.beginArray()
        for (index, payload) in message.payloads.enumerated() {
            let head = index < envelope.payloads.count ? envelope.payloads[index] : nil
            try write(payload, head, path: paths[index], into: &writer)
        }
        writer.endArray()
        writer.key("subject")
        writer.string(message.subject.text)
        writer.key("headers")
        writer.value(headers(message.headers))
        if let position {
            writer.key("stream_sequence")
            writer.number(position.sequence)
            writer.key("delivery_count")
            writer.number(position.deliveryCount)
        }
        writer.endObject()
        writer.endLine()
        return writer.finish()
    }

    /// The line of a message that cannot be used.
    static func error(
        _ failure: CommandFailure, subject: Subject, headers: Headers?, position: StreamPlace?
    ) -> JSONValue {
        var object = JSONObject()
        object["error"] = .string(failure.code)
        object["stage"] = .string(failure.stage)
        object["detail"] = .string(failure.detail)
        if let target = failure.target, target != subject.text {
            object["target"] = .string(target)
        }
        if let id = failure.correlationID { object["correlation_id"] = .string(id) }
        object["subject"] = .string(subject.text)
        if let headers { object["headers"] = Self.headers(headers) }
        if let position {
            object["stream_sequence"] = JSONValue(position.sequence)
            object["delivery_count"] = JSONValue(position.deliveryCount)
        }
        return .object(object)
    }

    private static func texts(of envelope: Envelope) -> [(String, String)] {
        [
            ("correlation_id", envelope.correlationID), ("msg_id", envelope.messageID),
            ("timestamp", envelope.timestampText), ("send_to", envelope.sendTo),
            ("msg_purpose", envelope.purpose), ("sender_name", envelope.senderName),
            ("sender_id", envelope.senderID), ("receiver_name", envelope.receiverName),
            ("receiver_id", envelope.receiverID), ("reply_to", envelope.replyTo),
            ("reply_to_msg_id", envelope.replyToMessageID), ("broker_url", envelope.brokerURL),
        ]
    }

    private static func write(
        _ payload: Received.Payload, _ head: EnvelopePayload?, path: String?,
        into writer: inout JSONWriter
    ) throws(ArrowError) {
        writer.beginObject()
        let fields = [
            ("id", head?.id ?? ""), ("dataname", payload.name), ("payload_type", payload.typeName),
            ("transport", payload.url == nil ? "direct" : "link"),
            ("encoding", head?.encoding ?? ""),
        ]
        for (key, text) in fields {
            writer.key(key)
            writer.string(text)
        }
        writer.key("size")
        writer.number(head?.size ?? payload.bytes.count)
        if let path {
            writer.key("path")
            writer.string(path)
        } else {
            writer.key("value")
            try writeValue(payload, into: &writer)
        }
        writer.key("metadata")
        writer.value(.object(payload.metadata))
        writer.endObject()
    }

    private static func writeValue(
        _ payload: Received.Payload, into writer: inout JSONWriter
    ) throws(ArrowError) {
        switch payload.value {
        case .text(let text): writer.string(text)
        case .dictionary(let value), .jsonTable(let value): writer.value(value)
        case .arrowTable(let table): try ArrowJSONForm.write(table, into: &writer)
        case .image(let bytes), .audio(let bytes), .video(let bytes), .binary(let bytes):
            writer.base64(bytes)
        case nil: writer.base64(payload.bytes)
        }
    }

    private static func headers(_ headers: Headers) -> JSONValue {
        .array(headers.map { [.string($0.name.text), .string($0.value.text)] })
    }
}
