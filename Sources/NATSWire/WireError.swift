/// Bytes of a NATS peer, or text given to us as such, that break the protocol's rules.
///
/// The message never quotes credentials.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong; the raw values are stable and fit for logs and metrics.
    public enum Code: String, Sendable {
        case unknownVerb = "unknown_verb"
        case controlLineTooLong = "control_line_too_long"
        case malformedControlLine = "malformed_control_line"
        case malformedNumber = "malformed_number"
        case numberOverflow = "number_overflow"
        case headerSizeExceedsTotal = "header_size_exceeds_total"
        case payloadTooLarge = "payload_too_large"
        case payloadTerminatorMissing = "payload_terminator_missing"
        case malformedHeaders = "malformed_headers"
        case tooManyHeaders = "too_many_headers"
        case malformedInfo = "malformed_info"
        case malformedURL = "malformed_url"
        case unsupportedScheme = "unsupported_scheme"
        case malformedContext = "malformed_context"
        case unsupportedContext = "unsupported_context"
    }

    /// Where in the protocol the bytes stood.
    public enum Stage: String, Sendable {
        case controlLine = "control_line"
        case payload
        case headers
        case info
        case url
        case context
    }

    /// What was wrong.
    public let code: Code
    /// Where in the protocol the bytes stood.
    public let stage: Stage
    /// Position of the offending byte, counted from the start of the frame, header block or
    /// text; nil when no single byte is to blame.
    public let offset: Int?
    /// A sentence for people.
    public let message: String

    package init(_ code: Code, in stage: Stage, at offset: Int? = nil, _ message: String) {
        self.code = code
        self.stage = stage
        self.offset = offset
        self.message = message
    }

    public var description: String {
        let position = offset.map { " at byte \($0)" } ?? ""
        return "\(code.rawValue) in \(stage.rawValue)\(position): \(message)"
    }
}
