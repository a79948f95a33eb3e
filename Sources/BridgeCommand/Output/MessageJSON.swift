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
    /// Writes the line of a message, piece by piece.
    /// - Parameter shown: For each payload what is shown of it; tables were checked before.
    /// - Throws: `ArrowError` when the sink of the output takes no more.
    static func write(
        _ message: Received, _ shown: [ShownPayload], of place: MessagePlace,
        into output: inout JSONPieces
    ) throws(ArrowError) {
        let envelope = message.envelope
        output.writer.beginObject()
        for (key, text) in texts(of: envelope) {
            output.writer.key(key)
            output.writer.string(text)
        }
        output.writer.key("metadata")
        output.value(.object(envelope.metadata))
        output.writer.key("payloads")
        output.writer.beginArray()
        for (index, payload) in message.payloads.enumerated() {
            let head = index < envelope.payloads.count ? envelope.payloads[index] : nil
            try write(payload, head, shown[index], into: &output)
        }
        output.writer.endArray()
        output.writer.key("subject")
        output.writer.string(message.subject.text)
        output.writer.key("headers")
        output.value(headers(message.headers))
        if let sequence = place.sequence {
            output.writer.key("stream_sequence")
            output.writer.number(JSONNumber(sequence))
            output.writer.key("delivery_count")
            output.writer.number(place.deliveryCount)
        }
        output.writer.endObject()
        output.writer.endLine()
        output.finish()
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
            object["stream_sequence"] = .number(JSONNumber(sequence))
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
        into output: inout JSONPieces
    ) throws(ArrowError) {
        output.writer.beginObject()
        let fields = [
            ("id", head?.id ?? ""), ("dataname", payload.name), ("payload_type", payload.typeName),
            ("transport", payload.transport.rawValue),
            ("encoding", head?.encoding ?? ""),
        ]
        for (key, text) in fields {
            output.writer.key(key)
            output.writer.string(text)
        }
        output.writer.key("size")
        output.writer.number(head?.size ?? payload.bytes.count)
        switch shown {
        case .file(let path):
            output.writer.key("path")
            output.writer.string(path)
        case .value:
            output.writer.key("value")
            try write(valueOf: payload, into: &output)
        case .failed(let failure):
            for (key, value) in failure.fields {
                output.writer.key(key)
                output.writer.value(value)
            }
        }
        output.writer.key("metadata")
        output.value(.object(payload.metadata))
        output.writer.endObject()
    }

    private static func write(
        valueOf payload: ReceivedPayload, into output: inout JSONPieces
    ) throws(ArrowError) {
        switch payload.value {
        case .text(let text): output.text(Bytes(utf8: text))
        case .json(let value), .jsonTable(let value): output.value(value)
        case .table(let table): try ArrowJSONForm.write(table, into: &output)
        case .image, .audio, .video, .bytes, nil: output.base64(payload.bytes)
        }
    }

    /// Whether a payload's value can be printed: a table may turn out to be damaged, or to be too
    /// much.
    static func check(
        _ payload: ReceivedPayload, in message: Received, limits: ArrowLimits
    ) -> ShownPayload {
        guard case .table(let table) = payload.value else { return .value }
        do throws(ArrowError) {
            try PrintedSize.check(table, limits: limits)
            return .value
        } catch {
            return .failed(
                CommandFailure(
                    error, target: message.subject.text,
                    correlationID: message.envelope.correlationID))
        }
    }

    private static func headers(_ headers: Headers) -> JSONValue {
        .array(headers.map { [.string($0.name.text), .string($0.value.text)] })
    }
}
