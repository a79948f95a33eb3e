/// Text that is not JSON as RFC 8259 says or that exceeds a limit, or a value that its type and
/// JSON cannot agree on.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable names of the failures.
    public enum Code: String, Sendable, CaseIterable {
        case unexpectedEnd = "unexpected_end"
        case unexpectedByte = "unexpected_byte"
        case invalidNumber = "invalid_number"
        case invalidString = "invalid_string"
        case invalidEscape = "invalid_escape"
        case loneSurrogate = "lone_surrogate"
        case invalidUTF8 = "invalid_utf8"
        case duplicateKey = "duplicate_key"
        case tooDeep = "too_deep"
        case tooLarge = "too_large"
        case trailingBytes = "trailing_bytes"
        /// A value is of another kind than its type wants: text for a number, say.
        case typeMismatch = "type_mismatch"
        /// An object lacks a member that its type wants.
        case missingKey = "missing_key"
        /// There is a null, or nothing more in a list, where a value is wanted.
        case missingValue = "missing_value"
        /// A number that its type does not hold, or that JSON cannot write.
        case numberOutOfRange = "number_out_of_range"
        /// A value that its type refuses.
        case invalidValue = "invalid_value"
    }

    /// What went wrong.
    public let code: Code
    /// Position of the offending byte in the text; nil when the text itself is fine.
    public let offset: Int?
    /// Where the value stands that does not fit, such as `points[3].x`; empty for the whole.
    public let path: String
    /// What was wanted and what is there, in words; empty for errors of the text.
    public let detail: String

    package init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
        path = ""
        detail = ""
    }

    package init(_ code: Code, path: String, _ detail: String) {
        self.code = code
        offset = nil
        self.path = path
        self.detail = detail
    }

    public var description: String {
        if let offset { return "JSON: \(code.rawValue) at byte \(offset)" }
        return "JSON: \(code.rawValue)\(path.isEmpty ? "" : " at \(path)"): \(detail)"
    }
}

/// What a reader makes of an escaped surrogate without its other half, as JavaScript's
/// `JSON.stringify` writes it of a text that was cut inside a character.
public enum LoneSurrogates: Sendable, Hashable {
    /// The text is refused with code `loneSurrogate`.
    case refused
    /// Each becomes one U+FFFD, in keys too. UTF-8 that encodes a surrogate stays refused.
    case replaced
}

/// The bounds of what a JSON text may make us hold.
public struct JSONLimits: Sendable, Hashable {
    /// Most arrays and objects inside one another.
    public var maxDepth = 64
    /// Largest text in bytes.
    public var maxBytes = 1 << 30

    /// The default bounds.
    public init() {}

    /// 64 levels, 1 GiB.
    public static let `default` = JSONLimits()
}
