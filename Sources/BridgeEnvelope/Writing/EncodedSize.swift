internal import BridgeBytes
internal import BridgeJSON

/// Sizes in bytes of what the writer writes, without writing it.
///
/// They follow the writer key by key; a test holds the two together. All counts are of values
/// that lie in memory, so the sums cannot overflow.
enum EncodedSize {
    static func of(_ value: JSONValue) -> Int {
        switch value {
        case .null: 4
        case .bool(let value): value ? 4 : 5
        case .number(let number): number.text.utf8.count
        case .string(let text): JSONWriter.encodedCount(of: text)
        case .array(let values):
            values.reduce(2 + max(values.count - 1, 0)) { $0 + of($1) }
        case .object(let object): of(object)
        }
    }

    /// Braces, commas, and each member's key, colon and value.
    static func of(_ object: JSONObject) -> Int {
        object.reduce(2 + max(object.count - 1, 0)) {
            $0 + JSONWriter.encodedCount(of: $1.key) + 1 + of($1.value)
        }
    }

    /// Braces, commas, quoted keys and colons of an object with these keys.
    static func frame<Field: RawRepresentable<String>>(_ fields: [Field]) -> Int {
        fields.reduce(1 + fields.count) { $0 + $1.rawValue.utf8.count + 3 }
    }

    /// The envelope with an empty list of payloads.
    static func withoutPayloads(_ envelope: Envelope) -> Int {
        var count = frame(EnvelopeField.allCases) + 2 + of(envelope.metadata)
        for (_, text) in EnvelopeWriter.texts(of: envelope) {
            count += JSONWriter.encodedCount(of: text)
        }
        return count
    }

    /// A payload without the value of `data` and the digits of `size`.
    static func frame(
        id: String, dataName: String, typeName: String, transport: Transport, metadata: JSONObject
    ) -> Int {
        frame(PayloadField.allCases) + JSONWriter.encodedCount(of: id)
            + JSONWriter.encodedCount(of: dataName) + JSONWriter.encodedCount(of: typeName)
            + transport.rawValue.utf8.count + transport.encoding.utf8.count + 4 + of(metadata)
    }

    static func of(_ payload: EnvelopePayload) -> Int {
        let fixed = frame(
            id: payload.id, dataName: payload.dataName,
            typeName: EnvelopeWriter.typeName(of: payload),
            transport: payload.transport, metadata: payload.metadata)
        return fixed + digits(payload.size) + data(payload.content)
    }

    private static func data(_ content: EnvelopePayload.Content) -> Int {
        switch content {
        case .direct(let bytes): 2 + Base64.encodedCount(bytes.count)
        case .link(let url): JSONWriter.encodedCount(of: url)
        }
    }

    static func digits(_ number: Int) -> Int {
        Decimal.digits(number.magnitude) + (number < 0 ? 1 : 0)
    }
}
