internal import BridgeBytes

/// JSON inside other values. Our own coder takes it as it is; for the coders of others it is made
/// of the values that it holds, numbers as far as a `Double` goes where they are no integers.
extension JSONValue: Codable {
    /// Reads whatever value stands there.
    /// - Throws: `DecodingError` when it is nothing that JSON has, and what the decoder throws.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? JSONValueDecoder {
            self = decoder.place.value
        } else if let container = try? decoder.container(keyedBy: NameKey.self) {
            var object = JSONObject()
            for key in container.allKeys {
                object[key.stringValue] = try container.decode(JSONValue.self, forKey: key)
            }
            self = .object(object)
        } else if var container = try? decoder.unkeyedContainer() {
            var values: [JSONValue] = []
            while !container.isAtEnd { values.append(try container.decode(JSONValue.self)) }
            self = .array(values)
        } else {
            self = try Self.scalar(decoder.singleValueContainer())
        }
    }

    private static func scalar(
        _ container: any SingleValueDecodingContainer
    ) throws -> JSONValue {
        if container.decodeNil() { return .null }
        if let truth = try? container.decode(Bool.self) { return .bool(truth) }
        if let number = try? container.decode(Int64.self) { return .number(JSONNumber(number)) }
        if let number = try? container.decode(UInt64.self) { return .number(JSONNumber(number)) }
        if let number = try? container.decode(Double.self), let number = JSONNumber(number) {
            return .number(number)
        }
        return .string(try container.decode(String.self))
    }

    /// Writes the value with the means of the encoder.
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? JSONValueEncoder { return encoder.set(self) }
        switch self {
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let truth): try truth.encode(to: encoder)
        case .number(let number): try number.encode(to: encoder)
        case .string(let text): try text.encode(to: encoder)
        case .array(let values): try values.encode(to: encoder)
        case .object(let object): try object.encode(to: encoder)
        }
    }
}

extension JSONObject: Codable {
    /// Reads an object.
    /// - Throws: `DecodingError` when something else stands there, and what the decoder throws.
    public init(from decoder: any Decoder) throws {
        guard case .object(let object) = try JSONValue(from: decoder) else {
            throw DecodingError.typeMismatch(
                Self.self,
                .init(codingPath: decoder.codingPath, debugDescription: "an object is wanted"))
        }
        self = object
    }

    /// Writes an object with the means of the encoder.
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? JSONValueEncoder { return encoder.set(.object(self)) }
        var container = encoder.container(keyedBy: NameKey.self)
        for (key, value) in self { try container.encode(value, forKey: NameKey(key)) }
    }
}

extension JSONNumber: Codable {
    /// Reads a number.
    /// - Throws: `DecodingError` when something else stands there, and what the decoder throws.
    public init(from decoder: any Decoder) throws {
        guard case .number(let number) = try JSONValue(from: decoder) else {
            throw DecodingError.typeMismatch(
                Self.self,
                .init(codingPath: decoder.codingPath, debugDescription: "a number is wanted"))
        }
        self = number
    }

    /// Writes an integer of 64 bits where it is one, else the nearest double.
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? JSONValueEncoder { return encoder.set(.number(self)) }
        if let value = integer(as: Int64.self) {
            try value.encode(to: encoder)
        } else if let value = integer(as: UInt64.self) {
            try value.encode(to: encoder)
        } else {
            try double.encode(to: encoder)
        }
    }
}
