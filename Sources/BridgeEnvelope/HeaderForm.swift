package import BridgeBytes
internal import BridgeJSON

/// The form in which the body is the raw payload and the envelope stands in NATS headers.
///
/// ## Theory of operation
/// One header for each field, all named `NATSBridge-…`; other headers are the application's and
/// are left alone. `NATSBridge-Version: 1` marks the form. Empty texts and empty objects are left
/// out. A header cannot hold every text: line ends end it, readers trim blanks, and only ASCII is
/// safe everywhere. So a text that is not plainly printable is written as a JSON string, and a
/// value that begins with a quotation mark is read as one. Nothing grows by base64, and who knows
/// nothing of envelopes still finds the audio in the body.
package enum HeaderForm {
    /// The version that is written, and the only one that is read.
    package static let version = "1"
    /// The header that marks the form.
    package static let versionName = "NATSBridge-Version"

    private static let envelopeNames: [(EnvelopeField, String)] = [
        (.correlationID, "NATSBridge-Correlation-ID"), (.messageID, "NATSBridge-Message-ID"),
        (.timestamp, "NATSBridge-Timestamp"), (.sendTo, "NATSBridge-Send-To"),
        (.purpose, "NATSBridge-Purpose"), (.senderName, "NATSBridge-Sender-Name"),
        (.senderID, "NATSBridge-Sender-ID"), (.receiverName, "NATSBridge-Receiver-Name"),
        (.receiverID, "NATSBridge-Receiver-ID"), (.replyTo, "NATSBridge-Reply-To"),
        (.replyToMessageID, "NATSBridge-Reply-To-Message-ID"),
        (.brokerURL, "NATSBridge-Broker-URL"),
    ]
    private static let metadataName = "NATSBridge-Metadata"
    private static let payloadIDName = "NATSBridge-Payload-ID"
    private static let dataNameName = "NATSBridge-Data-Name"
    private static let payloadTypeName = "NATSBridge-Payload-Type"
    private static let payloadMetadataName = "NATSBridge-Payload-Metadata"

    /// Whether a header of that name is the contract's, and no application's.
    package static func isReserved(_ name: String) -> Bool {
        name.lowercased().hasPrefix("natsbridge-")
    }

    /// Whether a message with headers of these names has this form.
    package static func isHeaderForm(_ names: some Sequence<String>) -> Bool {
        names.contains { $0.lowercased() == versionName.lowercased() }
    }

    /// The headers of an envelope whose one payload is direct; the payload's bytes are the body.
    /// - Throws: `invalidValue` for an envelope with another number of payloads, or with a link.
    package static func encode(
        _ envelope: Envelope
    ) throws(EnvelopeError) -> (headers: [(name: String, value: String)], body: Bytes) {
        guard envelope.payloads.count == 1, let payload = envelope.payloads.first,
            case .direct(let body) = payload.content
        else {
            throw EnvelopeError(
                .invalidValue, stage: .headers, field: "payloads",
                "the header form carries exactly one payload, and it is direct")
        }
        var headers = [(name: versionName, value: version)]
        func add(_ name: String, _ value: String) {
            if !value.isEmpty { headers.append((name, value)) }
        }
        for ((_, name), (_, text)) in zip(envelopeNames, EnvelopeWriter.texts(of: envelope)) {
            add(name, headerText(text))
        }
        add(metadataName, headerText(envelope.metadata))
        add(payloadIDName, headerText(payload.id))
        add(dataNameName, headerText(payload.dataName))
        add(payloadTypeName, headerText(EnvelopeWriter.typeName(of: payload)))
        add(payloadMetadataName, headerText(payload.metadata))
        return (headers, body)
    }

    /// The envelope of a message in this form. Headers of other names are passed over.
    /// - Throws: `unsupportedVersion`, `duplicateKey`, `invalidValue`, `missingKey`, with the
    ///   name of the header.
    package static func decode(
        _ headers: some Sequence<(String, String)>, body: Bytes
    ) throws(EnvelopeError) -> Envelope {
        let fields = try ownFields(headers)
        guard fields[versionName.lowercased()] == version else {
            throw EnvelopeError(
                .unsupportedVersion, stage: .headers, field: versionName,
                "only version \(version) of the header form is known")
        }
        func text(_ name: String) throws(EnvelopeError) -> String {
            try plainText(fields[name.lowercased()] ?? "", name)
        }
        func object(_ name: String) throws(EnvelopeError) -> JSONObject {
            try plainObject(fields[name.lowercased()] ?? "", name)
        }
        var texts: [EnvelopeField: String] = [:]
        for (field, name) in envelopeNames { texts[field] = try text(name) }
        let type = try text(payloadTypeName)
        guard !type.isEmpty else {
            throw EnvelopeError(
                .missingKey, stage: .headers, field: payloadTypeName, "empty or absent")
        }
        let payload = EnvelopePayload(
            id: try text(payloadIDName), dataName: try text(dataNameName), typeName: type,
            content: .direct(body), encoding: "none",
            metadata: try object(payloadMetadataName))
        var envelope = Envelope(
            correlationID: texts[.correlationID] ?? "", messageID: texts[.messageID] ?? "",
            timestamp: nil, sendTo: texts[.sendTo] ?? "", purpose: texts[.purpose] ?? "",
            senderName: texts[.senderName] ?? "", senderID: texts[.senderID] ?? "",
            receiverName: texts[.receiverName] ?? "", receiverID: texts[.receiverID] ?? "",
            replyTo: texts[.replyTo] ?? "", replyToMessageID: texts[.replyToMessageID] ?? "",
            brokerURL: texts[.brokerURL] ?? "", metadata: try object(metadataName),
            payloads: [payload])
        envelope.setTimestamp(text: texts[.timestamp] ?? "")
        return envelope
    }

    /// This form's headers by their names in lower case.
    private static func ownFields(
        _ headers: some Sequence<(String, String)>
    ) throws(EnvelopeError) -> [String: String] {
        var names = Set(envelopeNames.map { $0.1.lowercased() })
        for name in [
            versionName, metadataName, payloadIDName, dataNameName, payloadTypeName,
            payloadMetadataName,
        ] {
            names.insert(name.lowercased())
        }
        var fields: [String: String] = [:]
        for (name, value) in headers {
            let key = name.lowercased()
            guard names.contains(key) else { continue }
            guard fields.updateValue(value, forKey: key) == nil else {
                throw EnvelopeError(
                    .duplicateKey, stage: .headers, field: name, "the header stands twice")
            }
        }
        return fields
    }
}

/// Header values of texts and objects.
extension HeaderForm {
    /// A text as it is if it is plain, else as a JSON string in ASCII.
    private static func headerText(_ text: String) -> String {
        let isPlain =
            text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && text.utf8.first != 0x22
            && text.utf8.first != 0x20 && text.utf8.last != 0x20
        return isPlain ? text : ascii(JSONValue.string(text).description)
    }

    private static func headerText(_ object: JSONObject) -> String {
        object.isEmpty ? "" : ascii(JSONValue.object(object).description)
    }

    /// JSON with what is not ASCII as escapes.
    private static func ascii(_ json: String) -> String {
        var result = ""
        for unit in json.utf16 {
            if unit < 0x7F {
                result.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: unit)))
            } else {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }

    private static func plainText(
        _ value: String, _ name: String
    ) throws(EnvelopeError) -> String {
        guard value.utf8.first == 0x22 else { return value }
        guard let text = try json(value, name).stringValue else {
            throw EnvelopeError(.invalidValue, stage: .headers, field: name, "no JSON string")
        }
        return text
    }

    private static func plainObject(
        _ value: String, _ name: String
    ) throws(EnvelopeError) -> JSONObject {
        guard !value.isEmpty else { return [:] }
        guard let object = try json(value, name).objectValue else {
            throw EnvelopeError(.invalidValue, stage: .headers, field: name, "no JSON object")
        }
        return object
    }

    private static func json(_ value: String, _ name: String) throws(EnvelopeError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: Bytes(utf8: value), loneSurrogates: .replaced)
        } catch {
            throw EnvelopeError(
                .invalidValue, stage: .headers, offset: error.offset, field: name,
                "not JSON: \(error.words)")
        }
    }
}
