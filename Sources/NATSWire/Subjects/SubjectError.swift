public import BridgeBytes

/// A subject, pattern, queue name, header name or header value that the protocol cannot carry.
///
/// The text itself is not repeated: it may hold control characters.
public struct SubjectError: CodedError, Hashable {
    /// What was wrong with the text, in words.
    public enum Fault: String, Sendable {
        /// There is nothing.
        case empty = "it is empty"
        /// Two dots follow each other, or one stands at an end.
        case emptyToken = "an empty token"
        /// A blank or a tab.
        case blank = "a blank"
        /// A control character.
        case controlCharacter = "a control character"
        /// `*` or `>` where it cannot stand.
        case wildcard = "a wildcard that cannot stand there"
        /// More bytes than a subject may have.
        case tooLong = "it is too long"
        /// A character that such a text cannot have.
        case illegalCharacter = "a character that cannot stand there"
    }

    /// What the text was meant to be.
    public enum Kind: String, Sendable {
        /// A subject to publish to.
        case subject
        /// A subject to subscribe to.
        case pattern
        /// The name of a queue group.
        case queueGroup = "queue_group"
        /// The name of a header.
        case headerName = "header_name"
        /// The value of a header.
        case headerValue = "header_value"
    }

    /// What was wrong.
    public let fault: Fault
    /// What the text was meant to be.
    public let kind: Kind
    /// Position of the offending byte in the text's UTF-8 form.
    public let offset: Int

    package init(_ fault: Fault, in kind: Kind, at offset: Int) {
        self.fault = fault
        self.kind = kind
        self.offset = offset
    }

    /// Always `invalid_argument`.
    public var code: ErrorCode { .invalidArgument }
    /// What the text was meant to be.
    public var stageName: String { kind.rawValue }
    /// Always empty: the text is not repeated.
    public var place: String { "" }
    /// What was wrong, and at which byte.
    public var detail: String { "\(fault.rawValue), at byte \(offset)" }
}
