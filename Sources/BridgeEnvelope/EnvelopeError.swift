/// Why an envelope or a payload was refused, or could not be made.
///
/// The message never holds payload bytes, and never a URL with its secrets.
public struct EnvelopeError: Error, Sendable, Hashable {
    /// What went wrong; the raw values are stable and may be stored or shown to programs.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The body is not JSON.
        case invalidJSON = "envelope_invalid_json"
        /// The body is JSON, but none of the known forms of an envelope.
        case notAnEnvelope = "envelope_not_an_envelope"
        /// A field that the form requires is absent, or null, or empty.
        case missingField = "envelope_missing_field"
        /// A field that the strict form does not have.
        case unknownField = "envelope_unknown_field"
        /// A field stands twice, perhaps in two spellings.
        case duplicateField = "envelope_duplicate_field"
        /// The fields are not in the order of the strict form.
        case wrongOrder = "envelope_wrong_order"
        /// A field holds another type of JSON value than it must.
        case wrongType = "envelope_wrong_type"
        /// A field holds a value that its rule does not allow.
        case invalidValue = "envelope_invalid_value"
        /// A transport other than `direct` and `link`.
        case unknownTransport = "envelope_unknown_transport"
        /// A version of the header form that this reader does not know.
        case unsupportedVersion = "envelope_unsupported_version"
        /// The encoded envelope does not fit into a message, and no payload can go by link.
        case tooLarge = "envelope_too_large"
        /// A named limit of `EnvelopeLimits` was reached.
        case limitExceeded = "envelope_limit_exceeded"
        /// A direct payload is not base64.
        case invalidBase64 = "payload_invalid_base64"
        /// The payload's type is none of the eight.
        case unknownType = "payload_unknown_type"
        /// The content is not what the payload's type says.
        case invalidContent = "payload_invalid_content"
    }

    /// Where in the work it happened.
    public enum Stage: String, Sendable, Hashable {
        case json, envelope, payload, headers, plan
    }

    /// What went wrong.
    public var code: Code
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
    /// A sentence for people.
    public var message: String

    /// An error with its parts.
    public init(
        _ code: Code, stage: Stage, offset: Int? = nil, field: String? = nil, _ message: String
    ) {
        self.code = code
        self.stage = stage
        self.offset = offset
        self.field = field
        self.message = message
    }
}

extension EnvelopeError: CustomStringConvertible {
    public var description: String {
        var text = "\(code.rawValue) (\(stage.rawValue)): \(message)"
        if let field { text += ", field \"\(field)\"" }
        if let offset { text += ", at byte \(offset)" }
        return text
    }
}
