public import BridgeBytes

/// `Codable` values to JSON, and back.
///
/// | Swift | JSON | | Swift | JSON |
/// |---|---|---|---|---|
/// | `Bool`, `String` | the same | | `Bytes` | base64 text |
/// | integers of any width | a number, exactly | | `Timestamp` | text of RFC 3339, milliseconds |
/// | `Float`, `Double` | the shortest number that reads back | | arrays, sets | a list |
/// | optionals | a null; a member that is nil is left out | | dictionaries of text | an object |
/// | enumerations with raw values | as these | | structures, classes | an object |
///
/// Members stand in the order in which the type encodes them; those of dictionaries in none.
/// `JSONValue`, `JSONObject` and `JSONNumber` may stand anywhere inside and stay what they are.
/// Other types are whatever their own conformance makes of them: without the overlay for Foundation
/// its `Date` is a number of seconds since 2001, its `Data` a list of numbers, its `URL` an object.
///
/// Reading is strict: a number is no text, a whole number is never rounded or cut, and NaN and
/// the infinities are neither written nor read. Members that the type does not ask for are passed
/// over.
extension JSONValue {
    /// The JSON of a value.
    /// - Parameter limits: The bounds; more containers inside one another are an error.
    /// - Throws: `JSONError` with the path to what JSON cannot say: `numberOutOfRange` for NaN and
    ///   the infinities, `limitExceeded` for too many levels, `invalidValue` for what the type
    ///   itself throws.
    /// - Complexity: O(values).
    public init<T: Encodable>(
        encoding value: T, limits: JSONLimits = .default
    ) throws(JSONError) {
        do {
            self = try JSONValueEncoder(codingPath: [], depth: 0, limits: limits).json(value, nil)
        } catch { throw JSONError(coding: error) }
    }

    /// The value of a type that the JSON stands for.
    /// - Throws: `JSONError` with the path to what does not fit: `typeMismatch`, `missingKey`,
    ///   `missingValue`, `numberOutOfRange`, `limitExceeded`, `invalidValue` for what the type
    ///   itself throws.
    /// - Complexity: O(values).
    public func decode<T: Decodable>(
        _ type: T.Type = T.self, limits: JSONLimits = .default
    ) throws(JSONError) -> T {
        do { return try JSONPlace(self, limits: limits).decode(type) } catch {
            throw JSONError(coding: error)
        }
    }
}

extension Bytes {
    /// The JSON text of a value; see `JSONValue.init(encoding:)`.
    /// - Throws: `JSONError`, as `JSONValue.init(encoding:)`.
    /// - Complexity: O(values).
    public init<T: Encodable>(json value: T) throws(JSONError) {
        self = try JSONValue(encoding: value).encoded()
    }

    /// The value of a type that the bytes, a JSON text, stand for; see `JSONValue.decode(_:)`.
    /// - Throws: `JSONError`, as `JSONValue.decode(_:)`, or with the position where the text is no
    ///   JSON.
    /// - Complexity: O(n).
    public func decode<T: Decodable>(
        json type: T.Type = T.self, limits: JSONLimits = .default
    ) throws(JSONError) -> T {
        try JSONValue(parsing: self, limits: limits).decode(type, limits: limits)
    }
}

extension JSONError {
    /// An error of coding, from wherever it comes: from here, from the standard library, or from
    /// the type's own code.
    init(coding error: any Error) {
        let code: ErrorCode
        let context: (path: [any CodingKey], detail: String, underlying: (any Error)?)
        switch error {
        case let error as JSONError:
            self = error
            return
        case EncodingError.invalidValue(_, let place):
            code = .invalidValue
            context = (place.codingPath, place.debugDescription, place.underlyingError)
        case DecodingError.typeMismatch(_, let place):
            code = .typeMismatch
            context = (place.codingPath, place.debugDescription, place.underlyingError)
        case DecodingError.valueNotFound(_, let place):
            code = .missingValue
            context = (place.codingPath, place.debugDescription, place.underlyingError)
        case DecodingError.keyNotFound(_, let place):
            code = .missingKey
            context = (place.codingPath, place.debugDescription, place.underlyingError)
        case DecodingError.dataCorrupted(let place):
            code = .invalidValue
            context = (place.codingPath, place.debugDescription, place.underlyingError)
        default:
            self.init(.invalidValue, path: "", "\(error)")
            return
        }
        if let ours = context.underlying as? JSONError {
            self = ours
        } else {
            self.init(code, path: context.path.text, context.detail)
        }
    }
}
