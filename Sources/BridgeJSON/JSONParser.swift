internal import BridgeBytes

/// Builds values from tokens. The depth of the recursion is the depth of the text, which the
/// limits bound.
package enum JSONParser {
    /// Parses a whole text.
    package static func parse(
        _ text: Span<UInt8>, limits: JSONLimits = .default,
        loneSurrogates: LoneSurrogates = .refused
    ) throws(JSONError) -> JSONValue {
        var tokenizer = JSONTokenizer(limits: limits, loneSurrogates: loneSurrogates)
        let first = try tokenizer.next(text)
        let value = try value(first, text, &tokenizer)
        guard try tokenizer.next(text) == .end else {
            throw JSONError(.trailingBytes, at: tokenizer.position)
        }
        return value
    }

    /// Builds the value whose first token was given; the tokenizer ends up behind it.
    package static func value(
        _ token: JSONToken, _ text: Span<UInt8>, _ tokenizer: inout JSONTokenizer
    ) throws(JSONError) -> JSONValue {
        switch token {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .number(let range):
            let digits = Bytes(copying: text.extracting(range))
            return .number(JSONNumber(checked: String(repairing: digits)))
        case .string(let string): return .string(try JSONEscape.text(string, in: text))
        case .beginArray: return .array(try array(text, &tokenizer))
        case .beginObject: return .object(try object(text, &tokenizer))
        case .key, .endArray, .endObject, .end:
            throw JSONError(.unexpectedByte, at: tokenizer.position)
        }
    }

    private static func array(
        _ text: Span<UInt8>, _ tokenizer: inout JSONTokenizer
    ) throws(JSONError) -> [JSONValue] {
        var values: [JSONValue] = []
        while true {
            let token = try tokenizer.next(text)
            if token == .endArray { return values }
            values.append(try value(token, text, &tokenizer))
        }
    }

    private static func object(
        _ text: Span<UInt8>, _ tokenizer: inout JSONTokenizer
    ) throws(JSONError) -> JSONObject {
        var object = JSONObject()
        while true {
            let token = try tokenizer.next(text)
            guard case .key(let name) = token else { return object }
            let key = try JSONEscape.text(name, in: text)
            let member = try value(try tokenizer.next(text), text, &tokenizer)
            guard object.insert(key, member) else {
                throw JSONError(.duplicateKey, at: name.range.lowerBound)
            }
        }
    }
}
