/// The fields of an envelope, in the order in which the strict form writes them; the raw values
/// are their names on the wire.
enum EnvelopeField: String, CaseIterable, Hashable {
    case correlationID = "correlation_id"
    case messageID = "msg_id"
    case timestamp
    case sendTo = "send_to"
    case purpose = "msg_purpose"
    case senderName = "sender_name"
    case senderID = "sender_id"
    case receiverName = "receiver_name"
    case receiverID = "receiver_id"
    case replyTo = "reply_to"
    case replyToMessageID = "reply_to_msg_id"
    case brokerURL = "broker_url"
    case metadata
    case payloads

    /// Fields that must say something in the strict form.
    static let neverEmpty: Set<EnvelopeField> = [.correlationID, .messageID, .purpose]

    /// The field of a name in any known spelling, such as `msgId` or `brokerURL`.
    static func lenient(_ name: String) -> EnvelopeField? {
        EnvelopeField(rawValue: name) ?? plainNames[plainName(name)]
    }

    private static let plainNames = Dictionary(
        uniqueKeysWithValues: allCases.map { (plainName($0.rawValue), $0) })
}

/// The fields of a payload, in the order in which the strict form writes them.
enum PayloadField: String, CaseIterable, Hashable {
    case id
    case dataName = "dataname"
    case type = "payload_type"
    case transport
    case encoding
    case size
    case data
    case metadata

    /// The field of a name in any known spelling. `type` is of February 2026.
    static func lenient(_ name: String) -> PayloadField? {
        if name == "type" { return .type }
        return PayloadField(rawValue: name) ?? plainNames[plainName(name)]
    }

    /// The field of a name of the first design, where the one payload stood among the fields of
    /// the envelope.
    static func inFirstDesign(_ name: String) -> PayloadField? {
        switch name {
        case "payload", "url": .data
        case "type", "transport", "encoding", "size", "dataname": lenient(name)
        default: nil
        }
    }

    private static let plainNames = Dictionary(
        uniqueKeysWithValues: allCases.map { (plainName($0.rawValue), $0) })
}

/// A name without what the spellings differ in: underscores and capitals.
private func plainName(_ name: String) -> String {
    name.filter { $0 != "_" }.lowercased()
}
