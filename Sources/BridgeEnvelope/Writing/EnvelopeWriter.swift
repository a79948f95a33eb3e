public import BridgeBytes
internal import BridgeJSON

/// Writes envelopes in the one strict form: all fields, in their order, empty texts in place of
/// null, times in UTC with milliseconds, standard base64, no slash escaped.
public enum EnvelopeWriter {
    /// The envelope as the body of a message, in one exact allocation.
    /// Complexity: O(n), one copy of each direct payload, as base64.
    public static func encode(_ envelope: Envelope) -> Bytes {
        var writer = JSONWriter(capacity: encodedCount(envelope))
        writer.beginObject()
        for (field, text) in texts(of: envelope) {
            writer.key(field.rawValue)
            writer.string(text)
        }
        writer.key(EnvelopeField.metadata.rawValue)
        writer.value(.object(envelope.metadata))
        writer.key(EnvelopeField.payloads.rawValue)
        writer.beginArray()
        for payload in envelope.payloads { write(payload, into: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.finish()
    }

    /// Size in bytes of what `encode` gives, without encoding anything.
    /// Complexity: O(n) in the texts and metadata, not in the payloads' bytes.
    public static func encodedCount(_ envelope: Envelope) -> Int {
        let commas = max(envelope.payloads.count - 1, 0)
        return envelope.payloads.reduce(EncodedSize.withoutPayloads(envelope) + commas) {
            $0 + EncodedSize.of($1)
        }
    }

    /// The text fields in their order.
    static func texts(of envelope: Envelope) -> [(EnvelopeField, String)] {
        [
            (.correlationID, envelope.correlationID), (.messageID, envelope.messageID),
            // A time that could not be read is handed on as it came.
            (.timestamp, envelope.timestamp?.description ?? envelope.timestampText),
            (.sendTo, envelope.sendTo), (.purpose, envelope.purpose),
            (.senderName, envelope.senderName), (.senderID, envelope.senderID),
            (.receiverName, envelope.receiverName), (.receiverID, envelope.receiverID),
            (.replyTo, envelope.replyTo), (.replyToMessageID, envelope.replyToMessageID),
            (.brokerURL, envelope.brokerURL),
        ]
    }

    /// The strict name of the payload's type; names that are not known go out as they came in.
    static func typeName(of payload: EnvelopePayload) -> String {
        payload.type?.rawValue ?? payload.typeName
    }

    private static func write(_ payload: EnvelopePayload, into writer: inout JSONWriter) {
        func text(_ field: PayloadField, _ text: String) {
            writer.key(field.rawValue)
            writer.string(text)
        }
        writer.beginObject()
        text(.id, payload.id)
        text(.dataName, payload.dataName)
        text(.type, typeName(of: payload))
        text(.transport, payload.transport.rawValue)
        text(.encoding, payload.transport.encoding)
        writer.key(PayloadField.size.rawValue)
        writer.number(payload.size)
        writer.key(PayloadField.data.rawValue)
        switch payload.content {
        case .direct(let bytes): writer.base64(bytes)
        case .link(let url): writer.string(url)
        }
        writer.key(PayloadField.metadata.rawValue)
        writer.value(.object(payload.metadata))
        writer.endObject()
    }
}
