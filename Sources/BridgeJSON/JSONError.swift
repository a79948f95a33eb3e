/// Text that is not JSON as RFC 8259 says, or that exceeds a limit.
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
    }

    /// What went wrong.
    public let code: Code
    /// Position of the offending byte in the text.
    public let offset: Int

    package init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String { "JSON: \(code.rawValue) at byte \(offset)" }
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
