public import BridgeBytes

/// Bytes, a URL or a field that breaks HTTP's rules, or one of our limits.
public struct HTTPWireError: CodedError, Hashable {
    /// Where in a message the fault lay.
    public enum Stage: String, Sendable, Hashable {
        /// The start line and the fields.
        case head
        /// What says where the body ends.
        case framing
        /// The body's chunks.
        case body
        /// The fields behind a chunked body.
        case trailer
        /// A body of several parts (RFC 7578).
        case multipart
        /// A request target or URL.
        case target
    }

    /// What was wrong.
    public let code: ErrorCode
    /// Which part of the message was being read.
    public let stage: Stage
    /// Position of the offending byte, counted from the start of the stage's bytes, if known.
    public let offset: Int?
    /// The sentence without the position. It holds no content of the message, which may be a
    /// secret.
    package let message: String

    /// Creates an error.
    public init(_ code: ErrorCode, _ stage: Stage, at offset: Int? = nil, _ message: String) {
        self.code = code
        self.stage = stage
        self.offset = offset
        self.message = message
    }

    /// Which part of the message was being read.
    public var stageName: String { stage.rawValue }
    /// Always empty: bytes have no name.
    public var place: String { "" }
    /// A sentence for people, with the position.
    public var detail: String { offset.map { "\(message), at byte \($0)" } ?? message }

    /// The status with which a server answers such a request.
    package var status: Int {
        switch code {
        case .methodTooLong, .unknownTransferCoding: 501
        case .targetTooLong: 414
        case .sectionTooLarge, .tooManyHeaders, .trailerTooLarge: 431
        case .unsupportedVersion: 505
        default: 400
        }
    }
}

extension ErrorCode {
    /// A malformed request line.
    public static let invalidRequestLine = ErrorCode(rawValue: "invalid_request_line")
    /// A malformed status line.
    public static let invalidStatusLine = ErrorCode(rawValue: "invalid_status_line")
    /// Bytes that are no HTTP/1.
    public static let notHTTP = ErrorCode(rawValue: "not_http")
    /// A method longer than any that is known.
    public static let methodTooLong = ErrorCode(rawValue: "method_too_long")
    /// A malformed request target.
    public static let invalidTarget = ErrorCode(rawValue: "invalid_target")
    /// A request target longer than it may be.
    public static let targetTooLong = ErrorCode(rawValue: "target_too_long")
    /// A field name with a character that it cannot have.
    public static let invalidFieldName = ErrorCode(rawValue: "invalid_field_name")
    /// A field value with a character that it cannot have.
    public static let invalidFieldValue = ErrorCode(rawValue: "invalid_field_value")
    /// A field that goes on in the next line, as HTTP no longer allows.
    public static let obsoleteFold = ErrorCode(rawValue: "obsolete_fold")
    /// A carriage return without its line feed.
    public static let bareCR = ErrorCode(rawValue: "bare_cr")
    /// A line feed without its carriage return.
    public static let bareLF = ErrorCode(rawValue: "bare_lf")
    /// A head larger than it may be.
    public static let sectionTooLarge = ErrorCode(rawValue: "section_too_large")
    /// A Host field that is missing, doubled or malformed.
    public static let invalidHost = ErrorCode(rawValue: "invalid_host")
    /// A Content-Length that is no number, or several.
    public static let invalidContentLength = ErrorCode(rawValue: "invalid_content_length")
    /// A body whose end two fields tell differently.
    public static let ambiguousFraming = ErrorCode(rawValue: "ambiguous_framing")
    /// A Transfer-Encoding that cannot stand there.
    public static let invalidTransferCoding = ErrorCode(rawValue: "invalid_transfer_coding")
    /// A transfer coding that is not built in.
    public static let unknownTransferCoding = ErrorCode(rawValue: "unknown_transfer_coding")
    /// A chunk whose size or end is malformed.
    public static let invalidChunk = ErrorCode(rawValue: "invalid_chunk")
    /// A chunk with more extensions than it may have.
    public static let chunkExtensionTooLarge = ErrorCode(rawValue: "chunk_extension_too_large")
    /// Fields behind a body that are larger than they may be.
    public static let trailerTooLarge = ErrorCode(rawValue: "trailer_too_large")
    /// More answers of 1xx than may come before the answer.
    public static let tooManyInterimResponses = ErrorCode(rawValue: "too_many_interim_responses")
    /// An answer that changes to a protocol that nobody asked for.
    public static let unexpectedUpgrade = ErrorCode(rawValue: "unexpected_upgrade")
    /// A multipart body that breaks its own form.
    public static let invalidMultipart = ErrorCode(rawValue: "invalid_multipart")
    /// A percent sign without two hexadecimal digits behind it.
    public static let invalidPercentEncoding = ErrorCode(rawValue: "invalid_percent_encoding")
}
