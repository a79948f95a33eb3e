public import BridgeBytes

/// Why an envelope or a payload was refused, or could not be made.
///
/// The message never holds payload bytes, and never a URL with its secrets.
public struct EnvelopeError: CodedError, Hashable {
    /// Where in the work it happened.
    public enum Stage: String, Sendable, Hashable {
        /// Reading the body as JSON.
        case json
        /// Reading the envelope's fields.
        case envelope
        /// Reading a payload's fields, or its content.
        case payload
        /// Reading the envelope's fields from NATS headers.
        case headers
        /// Deciding which way payloads go.
        case plan
    }

    /// What went wrong.
    public var code: ErrorCode
    /// Where in the work it happened.
    public var stage: Stage
    /// Position in the body, or in the payload's bytes at stage `payload`, where that is known.
    public var offset: Int?
    /// The field concerned, such as `msg_id` or `payloads[2].data`, where there is one.
    public var field: String?
    /// Bytes that the message would have had, with code `tooLarge`.
    public var need: Int?
    /// Bytes that a message may have, with code `tooLarge`.
    public var limit: Int?
    /// The sentence without field and position.
    package var message: String
    /// What the layer of the content's format found, such as an `ArrowError`.
    public var underlying: (any CodedError)?

    /// An error with its parts.
    public init(
        _ code: ErrorCode, stage: Stage, offset: Int? = nil, field: String? = nil, _ message: String
    ) {
        self.code = code
        self.stage = stage
        self.offset = offset
        self.field = field
        self.message = message
    }

    /// Where in the work it happened.
    public var stageName: String { stage.rawValue }
    /// Always empty: the field and the position are parts of the detail.
    public var place: String { "" }
    /// A sentence for people, with the field and the position.
    public var detail: String {
        var text = message
        if let field { text += ", field \"\(field)\"" }
        if let offset { text += ", at byte \(offset)" }
        return text
    }

    public static func == (left: EnvelopeError, right: EnvelopeError) -> Bool {
        left.code == right.code && left.stage == right.stage && left.offset == right.offset
            && left.field == right.field && left.need == right.need
            && left.limit == right.limit && left.message == right.message
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(stage)
        hasher.combine(offset)
        hasher.combine(field)
    }
}

extension ErrorCode {
    /// The body is not JSON.
    public static let invalidJSON = ErrorCode(rawValue: "invalid_json")
    /// The body is JSON, but none of the known forms of an envelope.
    public static let notAnEnvelope = ErrorCode(rawValue: "not_an_envelope")
    /// A field that the strict form does not have.
    public static let unknownKey = ErrorCode(rawValue: "unknown_key")
    /// The fields are not in the order of the strict form.
    public static let wrongOrder = ErrorCode(rawValue: "wrong_order")
    /// A transport other than `direct` and `link`.
    public static let unknownTransport = ErrorCode(rawValue: "unknown_transport")
    /// A direct payload is not base64.
    public static let invalidBase64 = ErrorCode(rawValue: "invalid_base64")
    /// The payload's type is none of the eight.
    public static let unknownPayloadType = ErrorCode(rawValue: "unknown_payload_type")
    /// The content is not what the payload's type says.
    public static let invalidContent = ErrorCode(rawValue: "invalid_content")
}
