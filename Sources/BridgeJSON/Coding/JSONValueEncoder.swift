internal import BridgeBytes

/// Takes one `Encodable` value and gives its JSON.
///
/// ## Theory of operation
/// `Encodable` types open a container and never say when they are done with it. What is encoded
/// whole becomes a `JSONValue` at once. A container that is nested by hand, or a superclass's
/// encoder, holds its place with a null and is open until this value is taken (`finish`), which
/// takes the open ones first and puts them in their places. Asking twice for a container of the
/// same kind, as a subclass does, goes on with the same one.
///
/// Encoders live only inside one call, on one task; none leaves it.
final class JSONValueEncoder: Encoder {
    /// Where a value stands in its container.
    enum Place: Equatable {
        case member(String)
        case item(Int)
    }

    private enum Shape {
        case none, value, object, list
    }

    let codingPath: [any CodingKey]
    let limits: JSONLimits
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    private let depth: Int
    private var shape = Shape.none
    private var value = JSONValue.null
    private var object = JSONObject()
    private(set) var list: [JSONValue] = []
    /// Values that were begun inside this one by hand, and where they go.
    private var open: [(place: Place, encoder: JSONValueEncoder)] = []
    /// What went wrong where the protocol has no way to throw; thrown when the value is taken.
    private var failure: EncodingError?

    init(codingPath: [any CodingKey], depth: Int, limits: JSONLimits) {
        self.codingPath = codingPath
        self.depth = depth
        self.limits = limits
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        begin(.object)
        return KeyedEncodingContainer(JSONKeyedEncoding<Key>(self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        begin(.list)
        return JSONListEncoding(self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { JSONSingleEncoding(self) }

    private func begin(_ wanted: Shape) {
        guard shape != wanted else { return }
        if shape != .none {
            note(.invalidValue, "the value is encoded in two ways")
        } else if depth >= limits.maxDepth {
            note(.limitExceeded, "more than \(limits.maxDepth) containers are inside one another")
        }
        shape = wanted
    }

    private func note(_ code: ErrorCode, _ detail: String) {
        failure = failure ?? refusal(code, detail, at: codingPath)
    }

    /// The standard library's error, which carries ours.
    func refusal(
        _ code: ErrorCode, _ detail: String, at path: [any CodingKey]
    ) -> EncodingError {
        let error = JSONError(code, path: path.text, detail)
        return .invalidValue(
            detail, .init(codingPath: path, debugDescription: detail, underlyingError: error))
    }

    // MARK: - What the containers write

    /// Sets the value where it is no container.
    func set(_ new: JSONValue) {
        begin(.value)
        value = new
    }

    /// Sets a member; the last value of a key counts.
    func set(_ new: JSONValue, _ key: String) {
        open.removeAll { $0.place == .member(key) }
        object[key] = new
    }

    func append(_ new: JSONValue) { list.append(new) }

    /// Begins a value inside this one, or goes on with the one that stands there.
    func nested(_ place: Place, _ key: any CodingKey) -> JSONValueEncoder {
        if let known = open.first(where: { $0.place == place }) { return known.encoder }
        switch place {
        case .member(let name): object[name] = .null
        case .item: list.append(.null)
        }
        let encoder = JSONValueEncoder(
            codingPath: codingPath + [key], depth: depth + 1, limits: limits)
        open.append((place, encoder))
        return encoder
    }

    /// The JSON of a value inside this one; of this one itself without a key.
    func json<T: Encodable>(_ value: T, _ key: (any CodingKey)?) throws -> JSONValue {
        // Lists hand their items over without their types, so that the common ones come here.
        switch value {
        case let text as String: return .string(text)
        case let number as Int: return .number(JSONNumber(number))
        case let number as Double: return try json(JSONNumber(number), key)
        case let truth as Bool: return .bool(truth)
        case let scalar as any JSONScalar:
            if let json = scalar.jsonValue() { return json }
            throw refusal(
                .invalidValue, "\(type(of: scalar).jsonForm) cannot say the value",
                at: codingPath + (key.map { [$0] } ?? []))
        default: break
        }
        let encoder = JSONValueEncoder(
            codingPath: codingPath + (key.map { [$0] } ?? []),
            depth: depth + (key == nil ? 0 : 1), limits: limits)
        try value.encode(to: encoder)
        return try encoder.finish()
    }

    /// A floating-point number, which JSON has to be able to write.
    func json(_ number: JSONNumber?, _ key: (any CodingKey)?) throws(EncodingError) -> JSONValue {
        guard let number else {
            throw refusal(
                .numberOutOfRange, "JSON has no NaN and no infinity",
                at: codingPath + (key.map { [$0] } ?? []))
        }
        return .number(number)
    }

    /// The whole value. A value that encodes nothing is an empty object, as it is elsewhere.
    func finish() throws(EncodingError) -> JSONValue {
        if let failure { throw failure }
        for (place, encoder) in open {
            let value = try encoder.finish()
            switch place {
            case .member(let name): object[name] = value
            case .item(let index): list[index] = value
            }
        }
        open.removeAll()
        switch shape {
        case .none, .object: return .object(object)
        case .value: return value
        case .list: return .array(list)
        }
    }
}
