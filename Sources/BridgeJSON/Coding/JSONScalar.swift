internal import BridgeBytes

/// A type whose JSON is one value that its own `Codable` conformance does not say, since that
/// serves other formats: bytes, which are base64 text here, and moments, which are RFC 3339.
package protocol JSONScalar {
    /// The value as JSON; nil when it is one that `jsonForm` cannot say.
    func jsonValue() -> JSONValue?
    /// The value that the JSON stands for; nil when it stands for none.
    init?(jsonValue: JSONValue)
    /// What the JSON should have been, for error messages: "base64 text".
    static var jsonForm: String { get }
}

extension JSONValue: JSONScalar {
    package func jsonValue() -> JSONValue? { self }
    package init?(jsonValue: JSONValue) { self = jsonValue }
    package static var jsonForm: String { "JSON" }
}

extension JSONObject: JSONScalar {
    package func jsonValue() -> JSONValue? { .object(self) }

    package init?(jsonValue: JSONValue) {
        guard let object = jsonValue.objectValue else { return nil }
        self = object
    }

    package static var jsonForm: String { "an object" }
}

extension JSONNumber: JSONScalar {
    package func jsonValue() -> JSONValue? { .number(self) }

    package init?(jsonValue: JSONValue) {
        guard case .number(let number) = jsonValue else { return nil }
        self = number
    }

    package static var jsonForm: String { "a number" }
}

extension Bytes: JSONScalar {
    package func jsonValue() -> JSONValue? { .string(String(repairing: Base64.encode(span))) }

    package init?(jsonValue: JSONValue) {
        guard case .string(let text) = jsonValue,
            let bytes = try? Base64.decode(Bytes(utf8: text).span)
        else { return nil }
        self = bytes
    }

    package static var jsonForm: String { "base64 text" }
}

extension Timestamp: JSONScalar {
    /// Nil outside the years that the form has, whose nearest moment `description` would say.
    package func jsonValue() -> JSONValue? {
        (Self.firstStated...Self.lastStated).contains(seconds) ? .string(description) : nil
    }

    package init?(jsonValue: JSONValue) {
        guard case .string(let text) = jsonValue, let moment = Timestamp(text) else { return nil }
        self = moment
    }

    package static var jsonForm: String { "the text of a moment (RFC 3339)" }
}
