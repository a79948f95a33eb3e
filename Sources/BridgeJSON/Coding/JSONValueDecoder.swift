internal import BridgeBytes

/// Gives one JSON value to a `Decodable` type.
///
/// ## Theory of operation
/// A decoder stands at a place: a value, and the way to it. Keyed containers look members up by
/// name, lists are walked by index, and numbers are taken from their digits, exactly. Members that
/// are not asked for are not looked at. What goes wrong is the standard library's `DecodingError`,
/// so that a type may catch it and try another form; whoever began turns it into a `JSONError`.
struct JSONValueDecoder: Decoder {
    let place: JSONPlace

    init(_ place: JSONPlace) { self.place = place }

    var codingPath: [any CodingKey] { place.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = place.value else {
            throw place.mismatch([String: Any].self, "an object")
        }
        return KeyedDecodingContainer(JSONKeyedDecoding(object, try place.path()))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let items) = place.value else {
            throw place.mismatch([Any].self, "a list")
        }
        return JSONListDecoding(items, try place.path())
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { JSONSingleDecoding(place) }
}

/// Names from the whole down to a container, for error messages; made only where values nest.
final class JSONPath {
    private let parent: JSONPath?
    private let key: (any CodingKey)?
    /// Number of containers from the whole down to this one.
    let depth: Int
    let limits: JSONLimits

    init(_ parent: JSONPath?, _ key: (any CodingKey)?, limits: JSONLimits) {
        self.parent = parent
        self.key = key
        self.limits = limits
        depth = (parent?.depth ?? 0) + 1
    }

    var keys: [any CodingKey] { (parent?.keys ?? []) + (key.map { [$0] } ?? []) }
}

/// Where one value stands.
struct JSONPlace {
    let value: JSONValue
    private let parent: JSONPath?
    private let key: (any CodingKey)?
    private let limits: JSONLimits

    /// The whole.
    init(_ value: JSONValue, limits: JSONLimits) {
        self.value = value
        parent = nil
        key = nil
        self.limits = limits
    }

    init(_ value: JSONValue, _ parent: JSONPath, _ key: any CodingKey) {
        self.value = value
        self.parent = parent
        self.key = key
        limits = parent.limits
    }

    var codingPath: [any CodingKey] { (parent?.keys ?? []) + (key.map { [$0] } ?? []) }

    /// The way to what is inside the value.
    func path() throws(DecodingError) -> JSONPath {
        let path = JSONPath(parent, key, limits: limits)
        guard path.depth <= limits.maxDepth else {
            throw refusal(
                .limitExceeded, "more than \(limits.maxDepth) containers are inside one another")
        }
        return path
    }

    /// The standard library's error, which carries ours.
    private func refusal(_ code: ErrorCode, _ detail: String) -> DecodingError {
        let error = JSONError(code, path: codingPath.text, detail)
        return .dataCorrupted(
            .init(codingPath: codingPath, debugDescription: detail, underlyingError: error))
    }

    /// The value is of another kind, or null.
    func mismatch(_ type: Any.Type, _ wanted: String) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath, debugDescription: "\(value.kind) where \(wanted) is wanted")
        return value.isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    func bool() throws(DecodingError) -> Bool {
        guard case .bool(let truth) = value else { throw mismatch(Bool.self, "a boolean") }
        return truth
    }

    func text() throws(DecodingError) -> String {
        guard case .string(let text) = value else { throw mismatch(String.self, "text") }
        return text
    }

    func integer<T: FixedWidthInteger>(_ type: T.Type) throws(DecodingError) -> T {
        guard case .number(let number) = value else { throw mismatch(type, "a number") }
        guard let exact = number.integer(as: type) else {
            throw refusal(.numberOutOfRange, "the number \(number.excerpt) is no \(type)")
        }
        return exact
    }

    /// The nearest number that the type holds.
    func float<T: BinaryFloatingPoint & LosslessStringConvertible>(
        _ type: T.Type
    ) throws(DecodingError) -> T {
        guard case .number(let number) = value else { throw mismatch(type, "a number") }
        guard let nearest = T(number.text), nearest.isFinite else {
            throw refusal(
                .numberOutOfRange, "the number \(number.excerpt) is too large for \(type)")
        }
        return nearest
    }

    /// A value of any kind.
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        // Lists ask for their items without saying their types, so that the common ones come here.
        let known: Any?
        switch type {
        case is String.Type: known = try text()
        case is Int.Type: known = try integer(Int.self)
        case is Double.Type: known = try float(Double.self)
        case is Bool.Type: known = try bool()
        case let scalar as any JSONScalar.Type: known = try decode(scalar: scalar)
        default: known = nil
        }
        // A nil would pass for a nil of an optional type.
        if let known, let known = known as? T { return known }
        return try T(from: JSONValueDecoder(self))
    }

    private func decode<T: JSONScalar>(scalar type: T.Type) throws(DecodingError) -> T {
        if let scalar = T(jsonValue: value) { return scalar }
        guard case .string = value else { throw mismatch(type, T.jsonForm) }
        throw refusal(.invalidValue, "the text is not \(T.jsonForm)")
    }
}

extension JSONNumber {
    /// The number for messages: a forged one may have a million digits.
    fileprivate var excerpt: String { text.utf8.count <= 40 ? text : text.prefix(40) + "…" }
}

extension JSONValue {
    /// What kind of value it is, for error messages, which do not show the value itself: it may
    /// be a secret, or large.
    var kind: String {
        switch self {
        case .null: "a null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
