public import BridgeBytes

/// Bytes of a NATS peer, or text given to us as such, that break the protocol's rules.
///
/// The detail never quotes credentials.
public struct WireError: CodedError, Hashable {
    /// Where in the protocol the bytes stood.
    public enum Stage: String, Sendable {
        /// A line of the protocol.
        case controlLine = "control_line"
        /// The bytes of a message.
        case payload
        /// The headers of a message.
        case headers
        /// The server's INFO.
        case info
        /// A server's address.
        case url
        /// A context file of the `nats` tools (ADR-21).
        case context
        /// A credentials file, a key, a seed or a JWT.
        case credentials
    }

    /// What was wrong.
    public let code: ErrorCode
    /// Where in the protocol the bytes stood.
    public let stage: Stage
    /// Position of the offending byte, counted from the start of the frame, header block or
    /// text; nil when no single byte is to blame.
    public let offset: Int?
    /// The sentence without the position.
    package let message: String

    package init(_ code: ErrorCode, in stage: Stage, at offset: Int? = nil, _ message: String) {
        self.code = code
        self.stage = stage
        self.offset = offset
        self.message = message
    }

    /// Where in the protocol the bytes stood.
    public var stageName: String { stage.rawValue }
    /// Always empty: bytes have no name.
    public var place: String { "" }
    /// A sentence for people, with the position.
    public var detail: String { offset.map { "\(message), at byte \($0)" } ?? message }
}

extension ErrorCode {
    /// A frame's first word is none of the protocol's.
    public static let unknownVerb = ErrorCode(rawValue: "unknown_verb")
    /// A line of the protocol that is longer than it may be.
    public static let controlLineTooLong = ErrorCode(rawValue: "control_line_too_long")
    /// A line of the protocol with missing or surplus parts.
    public static let invalidControlLine = ErrorCode(rawValue: "invalid_control_line")
    /// A message whose header size is larger than its whole size.
    public static let headerSizeExceedsTotal = ErrorCode(rawValue: "header_size_exceeds_total")
    /// A payload that does not end where its size says.
    public static let payloadTerminatorMissing = ErrorCode(rawValue: "payload_terminator_missing")
    /// A header block that breaks ADR-4.
    public static let invalidHeaders = ErrorCode(rawValue: "invalid_headers")
    /// A server's INFO that cannot be read.
    public static let invalidInfo = ErrorCode(rawValue: "invalid_info")
    /// A connection context (ADR-21) that cannot be read.
    public static let invalidContext = ErrorCode(rawValue: "invalid_context")
    /// A connection context that asks for what is not built in.
    public static let unsupportedContext = ErrorCode(rawValue: "unsupported_context")
}
