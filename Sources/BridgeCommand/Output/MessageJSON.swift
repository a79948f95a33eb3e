internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge
internal import NATSWire

/// A received message as one line of JSON: the envelope's keys in their order, each payload's
/// `data` replaced by `value`, `path` or `error`, and beside them where the message came from.
enum MessageJSON {
    /// Writes the line of a message.
    /// - Parameter shown: For each payload what is shown of it.
    static func encode(
        _ message: Received, _ shown: [ShownPayload], of place: MessagePlace
    ) -> Bytes {
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
            write(payload, head, shown[index], into: &writer)
        }
        writer.endArray()
        writer.key("subject")
        writer.string(message.subject.text)
        writer.key("headers")
        writer.value(headers(message.headers))
        if let sequence = place.sequence {
            writer.key("stream_sequence")
            writer.number(sequence)
            writer.key("delivery_count")
            writer.number(place.deliveryCount)
        }
        writer.endObject()
        writer.endLine()
        return writer.finish()
    }

    /// The line of a message that cannot be used.
    static func error(_ failure: CommandFailure, of place: MessagePlace) -> JSONValue {
        var object = failure.fields
        if failure.target == place.subject { object["target"] = nil }
        add(place, to: &object)
        return .object(object)
    }

    /// The line of messages that are missing.
    /// - Parameter count: How many; nil when nobody knows.
    static func loss(
        _ failure: CommandFailure, count: Int?, of place: MessagePlace
    ) -> JSONValue {
        var object = JSONObject()
        object["error"] = .string(failure.code.rawValue)
        object["count"] = count.map { JSONValue($0) } ?? .null
        object["cause"] = failure.fields["detail"]
        add(place, to: &object)
        return .object(object)
    }

    private static func add(_ place: MessagePlace, to object: inout JSONObject) {
        object["subject"] = .string(place.subject)
        if let sequence = place.sequence {
            object["stream_sequence"] = JSONValue(sequence)
            object["delivery_count"] = JSONValue(place.deliveryCount)
        }
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
        _ payload: ReceivedPayload, _ head: EnvelopePayload?, _ shown: ShownPayload,
        into writer: inout JSONWriter
    ) {
        writer.beginObject()
        let fields = [
            ("id", head?.id ?? ""), ("dataname", payload.name), ("payload_type", payload.typeName),
            ("transport", payload.transport.rawValue),
            ("encoding", head?.encoding ?? ""),
        ]
        for (key, text) in fields {
            writer.key(key)
            writer.string(text)
        }
        writer.key("size")
        writer.number(head?.size ?? payload.bytes.count)
        switch shown {
        case .file(let path):
            writer.key("path")
            writer.string(path)
        case .json(let value):
            writer.key("value")
            writer.raw(value.span)
        case .value:
            writer.key("value")
            writer.base64(payload.bytes)
        case .failed(let failure):
            for (key, value) in failure.fields {
                writer.key(key)
                writer.value(value)
            }
        }
        writer.key("metadata")
        writer.value(.object(payload.metadata))
        writer.endObject()
    }

    /// A payload's value as JSON, unless its table turns out to be damaged.
    static func value(of payload: ReceivedPayload, in message: Received) -> ShownPayload {
        var writer = JSONWriter()
        switch payload.value {
        case .text(let text): writer.string(text)
        case .json(let value), .jsonTable(let value): writer.value(value)
        case .table(let table):
            do throws(ArrowError) { try ArrowJSONForm.write(table, into: &writer) } catch {
                return .failed(
                    CommandFailure(
                        error, target: message.subject.text,
                        correlationID: message.envelope.correlationID))
            }
        // Bytes are written as base64 where they are wanted, without a copy.
        case .image, .audio, .video, .bytes, nil: return .value
        }
        return .json(writer.finish())
    }

    private static func headers(_ headers: Headers) -> JSONValue {
        .array(headers.map { [.string($0.name.text), .string($0.value.text)] })
    }
}
