public import BridgeBytes

/// Any JSON value. Members keep their order and numbers their digits.
public indirect enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, kept exactly.
    case number(JSONNumber)
    /// Text.
    case string(String)
    /// A list of values.
    case array([JSONValue])
    /// Members in their order.
    case object(JSONObject)

    /// Parses a whole text (RFC 8259).
    /// - Throws: `JSONError` with the position of the offending byte: `unexpectedByte`,
    ///   `truncated`, `trailingBytes`, `invalidNumber`, `invalidString`, `invalidEscape`,
    ///   `loneSurrogate`, `invalidUTF8`, `duplicateKey` or `limitExceeded`.
    /// - Complexity: O(n).
    public init(
        parsing bytes: Bytes, limits: JSONLimits = .default,
        loneSurrogates: LoneSurrogates = .refused
    ) throws(JSONError) {
        self = try JSONParser.parse(bytes.span, limits: limits, loneSurrogates: loneSurrogates)
    }

    /// The strict, compact form. Complexity: O(n).
    public func encoded() -> Bytes {
        var writer = JSONWriter()
        writer.value(self)
        return writer.finish()
    }

    /// The member of an object; nil for a missing member and for anything but an object.
    public subscript(key: String) -> JSONValue? { objectValue?[key] }

    /// The text, if this is a string.
    public var stringValue: String? { if case .string(let text) = self { text } else { nil } }

    /// The whole number, if this is one that fits.
    public var intValue: Int? { if case .number(let number) = self { number.int } else { nil } }

    /// The number, if this is one.
    public var doubleValue: Double? {
        if case .number(let number) = self { number.double } else { nil }
    }

    /// The truth value, if this is one.
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The elements, if this is an array.
    public var arrayValue: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// The members, if this is an object.
    public var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// Whether this is null.
    public var isNull: Bool { self == .null }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }

    /// Traps when the literal is not finite, which no literal is.
    public init(floatLiteral value: Double) {
        guard let number = JSONNumber(value) else { preconditionFailure("a finite literal") }
        self = .number(number)
    }

    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}

extension JSONValue: CustomStringConvertible {
    /// The compact JSON text.
    public var description: String { String(repairing: encoded()) }
}
