/// Bytes, a URL or a field that breaks HTTP's rules, or one of our limits.
public struct HTTPWireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong. The raw value is stable and may be logged.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case badRequestLine = "http.bad_request_line"
        case badStatusLine = "http.bad_status_line"
        case notHTTP = "http.not_http"
        case tlsPeer = "http.tls_peer"
        case methodTooLong = "http.method_too_long"
        case badTarget = "http.bad_target"
        case targetTooLong = "http.target_too_long"
        case unsupportedVersion = "http.unsupported_version"
        case badFieldName = "http.bad_field_name"
        case badFieldValue = "http.bad_field_value"
        case obsoleteFold = "http.obsolete_fold"
        case bareCR = "http.bare_cr"
        case bareLF = "http.bare_lf"
        case sectionTooLarge = "http.section_too_large"
        case tooManyFields = "http.too_many_fields"
        case badHost = "http.bad_host"
        case badContentLength = "http.bad_content_length"
        case ambiguousFraming = "http.ambiguous_framing"
        case badTransferCoding = "http.bad_transfer_coding"
        case unknownTransferCoding = "http.unknown_transfer_coding"
        case badChunk = "http.bad_chunk"
        case chunkExtensionTooLarge = "http.chunk_extension_too_large"
        case trailerTooLarge = "http.trailer_too_large"
        case incomplete = "http.incomplete"
        case tooManyInterimResponses = "http.too_many_interim_responses"
        case unexpectedUpgrade = "http.unexpected_upgrade"
        case badMultipart = "http.bad_multipart"
        case badURL = "http.bad_url"
        case badPercentEncoding = "http.bad_percent_encoding"
    }

    /// Where in a message the fault lay.
    public enum Stage: String, Sendable, Hashable {
        case head, framing, body, trailer, multipart, target
    }

    /// What was wrong.
    public let code: Code
    /// Which part of the message was being read.
    public let stage: Stage
    /// Position of the offending byte, counted from the start of the stage's bytes, if known.
    public let offset: Int?
    /// A sentence for people. It holds no content of the message, which may be a secret.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ stage: Stage, at offset: Int? = nil, _ message: String) {
        self.code = code
        self.stage = stage
        self.offset = offset
        self.message = message
    }

    /// The code, where it happened, and the sentence.
    public var description: String {
        let place = offset.map { " at byte \($0)" } ?? ""
        return "\(code.rawValue) (\(stage.rawValue)\(place)): \(message)"
    }

    /// The status with which a server answers such a request.
    package var status: Int {
        switch code {
        case .methodTooLong, .unknownTransferCoding: 501
        case .targetTooLong: 414
        case .sectionTooLarge, .tooManyFields, .trailerTooLarge: 431
        case .unsupportedVersion: 505
        default: 400
        }
    }
}
