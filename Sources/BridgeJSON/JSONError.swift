public import BridgeBytes

/// Text that is not JSON as RFC 8259 says or that exceeds a limit, or a value that its type and
/// JSON cannot agree on.
public struct JSONError: CodedError, Hashable {
    /// What went wrong.
    public let code: ErrorCode
    /// Position of the offending byte in the text; nil when the text itself is fine.
    public let offset: Int?
    /// Where the value stands that does not fit, such as `points[3].x`; empty for the whole.
    public let path: String
    /// What was wrong, without the position.
    package let words: String

    package init(_ code: ErrorCode, at offset: Int) {
        self.code = code
        self.offset = offset
        path = ""
        words = Self.words(code)
    }

    package init(_ code: ErrorCode, path: String, _ words: String) {
        self.code = code
        offset = nil
        self.path = path
        self.words = words
    }

    /// Always `json`.
    public var stageName: String { "json" }
    /// Where the value stands that does not fit.
    public var place: String { path }
    /// What was wrong, and at which byte of the text.
    public var detail: String { offset.map { "\(words) at byte \($0)" } ?? words }

    private static func words(_ code: ErrorCode) -> String {
        switch code {
        case .truncated: "the text ends before it is whole"
        case .unexpectedByte: "a byte that cannot stand there"
        case .invalidNumber: "a malformed number"
        case .invalidString: "a control character in a string"
        case .invalidEscape: "an escape that JSON does not have"
        case .loneSurrogate: "half of a surrogate pair"
        case .invalidUTF8: "bytes that are not UTF-8"
        case .duplicateKey: "a key that stands twice"
        case .limitExceeded: "more levels than may be"
        case .tooLarge: "a text larger than may be"
        case .trailingBytes: "bytes behind the end"
        default: code.rawValue
        }
    }
}

extension ErrorCode {
    /// A byte of JSON that cannot stand where it does.
    public static let unexpectedByte = ErrorCode(rawValue: "unexpected_byte")
    /// A control character in a string of JSON.
    public static let invalidString = ErrorCode(rawValue: "invalid_string")
    /// An escape in a string that JSON does not have.
    public static let invalidEscape = ErrorCode(rawValue: "invalid_escape")
    /// Half of a surrogate pair, as an escape.
    public static let loneSurrogate = ErrorCode(rawValue: "lone_surrogate")
    /// There is a null, or nothing more in a list, where a value is wanted.
    public static let missingValue = ErrorCode(rawValue: "missing_value")
    /// A number that its type does not hold, or that the format cannot write.
    public static let numberOutOfRange = ErrorCode(rawValue: "number_out_of_range")
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
