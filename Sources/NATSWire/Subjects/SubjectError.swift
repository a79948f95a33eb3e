/// A subject, pattern, queue name, header name or header value that the protocol cannot carry.
///
/// The text itself is not repeated: it may hold control characters.
public struct SubjectError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong; the raw values are stable and fit for logs and metrics.
    public enum Code: String, Sendable {
        case empty
        case emptyToken = "empty_token"
        case blank
        case controlCharacter = "control_character"
        case wildcard
        case tooLong = "too_long"
        case illegalCharacter = "illegal_character"
    }

    /// What the text was meant to be.
    public enum Kind: String, Sendable {
        case subject
        case pattern
        case queueGroup = "queue_group"
        case headerName = "header_name"
        case headerValue = "header_value"
    }

    /// What was wrong.
    public let code: Code
    /// What the text was meant to be.
    public let kind: Kind
    /// Position of the offending byte in the text's UTF-8 form.
    public let offset: Int

    package init(_ code: Code, in kind: Kind, at offset: Int) {
        self.code = code
        self.kind = kind
        self.offset = offset
    }

    public var description: String {
        "\(kind.rawValue) refused: \(code.rawValue) at byte \(offset)"
    }
}
