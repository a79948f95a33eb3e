// Theory of operation.
//
// A pull parser over a whole text: each call of `next` gives one token, and strings and numbers
// come as ranges of the text, checked and not copied. So whoever looks for one large string, as
// an envelope's reader does, finds it without a copy of it being made.
//
// The grammar is RFC 8259's and nothing more: no comments, no trailing commas, no leading zeros,
// no control bytes or broken UTF-8 in strings. Lone surrogates in escapes, which the grammar has
// and no text can hold, are refused unless the caller wants them replaced. What may come next
// follows from one small state and a stack of what is open, whose depth is bounded.
internal import BridgeBytes

/// One piece of a JSON text. Ranges lie inside quotes.
package enum JSONToken: Equatable, Sendable {
    case beginObject, endObject, beginArray, endArray
    /// A member's name.
    case key(JSONString)
    case string(JSONString)
    case number(Range<Int>)
    case bool(Bool)
    case null
    /// The text is complete.
    case end
}

/// Where a string stands, and whether it says itself what it means.
package struct JSONString: Equatable, Sendable {
    /// The bytes between the quotes.
    package let range: Range<Int>
    /// Whether there are escapes in it; without, the bytes are the text.
    package let hasEscapes: Bool

    package init(range: Range<Int>, hasEscapes: Bool) {
        self.range = range
        self.hasEscapes = hasEscapes
    }
}

package struct JSONTokenizer: Sendable {
    private enum State: Equatable {
        case value, firstKeyOrEnd, key, firstValueOrEnd, afterValue, done
    }

    private let limits: JSONLimits
    private let loneSurrogates: LoneSurrogates
    private var state = State.value
    /// Open containers, outermost first; true for objects.
    private var open: [Bool] = []
    /// How far the text has been read, in bytes.
    package private(set) var position = 0

    package init(limits: JSONLimits = .default, loneSurrogates: LoneSurrogates = .refused) {
        self.limits = limits
        self.loneSurrogates = loneSurrogates
    }

    /// Number of containers that are open.
    package var depth: Int { open.count }

    /// The next token of `text`, which is the same whole text at each call.
    package mutating func next(_ text: Span<UInt8>) throws(JSONError) -> JSONToken {
        guard text.count <= limits.maxBytes else { throw JSONError(.tooLarge, at: limits.maxBytes) }
        skipBlanks(text)
        if state == .done {
            guard position == text.count else { throw JSONError(.trailingBytes, at: position) }
            return .end
        }
        if state == .afterValue {
            if let closing = try separatorOrClosing(text) { return closing }
            skipBlanks(text)
        }
        let byte = try peek(text)
        switch state {
        case .firstKeyOrEnd where byte == UInt8(ascii: "}"): return close(.endObject)
        case .firstValueOrEnd where byte == UInt8(ascii: "]"): return close(.endArray)
        case .firstKeyOrEnd, .key: return try key(text, byte)
        default: return try value(text, byte)
        }
    }

    /// Reads on to the end of the value whose first token was the last one given; for values
    /// that nobody wants.
    package mutating func skipValue(_ text: Span<UInt8>, after first: JSONToken) throws(JSONError) {
        guard first == .beginObject || first == .beginArray else { return }
        let target = depth - 1
        while depth > target { _ = try next(text) }
    }

    private func peek(_ text: Span<UInt8>) throws(JSONError) -> UInt8 {
        guard position < text.count else { throw JSONError(.truncated, at: position) }
        return text[position]
    }

    private mutating func skipBlanks(_ text: Span<UInt8>) {
        while position < text.count {
            let byte = text[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    private mutating func close(_ token: JSONToken) -> JSONToken {
        position += 1
        open.removeLast()
        state = open.isEmpty ? .done : .afterValue
        return token
    }

    /// After a value: a comma, or the end of what is open.
    private mutating func separatorOrClosing(
        _ text: Span<UInt8>
    ) throws(JSONError) -> JSONToken? {
        let byte = try peek(text)
        let inObject = open.last ?? false
        if byte == UInt8(ascii: ",") {
            position += 1
            state = inObject ? .key : .value
            return nil
        }
        if byte == UInt8(ascii: "}"), inObject { return close(.endObject) }
        if byte == UInt8(ascii: "]"), !inObject { return close(.endArray) }
        throw JSONError(.unexpectedByte, at: position)
    }

    private mutating func key(_ text: Span<UInt8>, _ byte: UInt8) throws(JSONError) -> JSONToken {
        guard byte == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: position) }
        let name = try string(text)
        skipBlanks(text)
        guard try peek(text) == UInt8(ascii: ":") else {
            throw JSONError(.unexpectedByte, at: position)
        }
        position += 1
        state = .value
        return .key(name)
    }

    private mutating func value(_ text: Span<UInt8>, _ byte: UInt8) throws(JSONError) -> JSONToken {
        switch byte {
        case UInt8(ascii: "{"): return try begin(.beginObject, isObject: true)
        case UInt8(ascii: "["): return try begin(.beginArray, isObject: false)
        case UInt8(ascii: "\""): return scalar(.string(try string(text)))
        case UInt8(ascii: "-"), 0x30...0x39: return scalar(.number(try number(text)))
        case UInt8(ascii: "t"):
            try word("true", text)
            return scalar(.bool(true))
        case UInt8(ascii: "f"):
            try word("false", text)
            return scalar(.bool(false))
        case UInt8(ascii: "n"):
            try word("null", text)
            return scalar(.null)
        default: throw JSONError(.unexpectedByte, at: position)
        }
    }

    private mutating func scalar(_ token: JSONToken) -> JSONToken {
        state = open.isEmpty ? .done : .afterValue
        return token
    }

    private mutating func begin(
        _ token: JSONToken, isObject: Bool
    ) throws(JSONError) -> JSONToken {
        guard open.count < limits.maxDepth else { throw JSONError(.limitExceeded, at: position) }
        open.append(isObject)
        position += 1
        state = isObject ? .firstKeyOrEnd : .firstValueOrEnd
        return token
    }

    private mutating func word(
        _ word: StaticString, _ text: Span<UInt8>
    ) throws(JSONError) {
        let end = position + word.utf8CodeUnitCount
        guard end <= text.count, Scan.equal(text.extracting(position..<end), word) else {
            throw JSONError(.unexpectedByte, at: position)
        }
        position = end
    }
}

extension JSONTokenizer {
    /// A number after RFC 8259 section 6.
    private mutating func number(_ text: Span<UInt8>) throws(JSONError) -> Range<Int> {
        let start = position
        if text[position] == UInt8(ascii: "-") { position += 1 }
        if position < text.count, text[position] == 0x30 {
            position += 1
        } else {
            try digits(text)
        }
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            try digits(text)
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < text.count,
                text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-")
            {
                position += 1
            }
            try digits(text)
        }
        return start..<position
    }

    /// One digit or more.
    private mutating func digits(_ text: Span<UInt8>) throws(JSONError) {
        let start = position
        while position < text.count, text[position] >= 0x30, text[position] <= 0x39 {
            position += 1
        }
        guard position > start else { throw JSONError(.invalidNumber, at: position) }
    }

    /// A string from its opening quote on, checked to the closing one.
    private mutating func string(_ text: Span<UInt8>) throws(JSONError) -> JSONString {
        let start = position + 1
        var hasEscapes = false
        var hasHighBytes = false
        position = start
        while true {
            let stop = JSONScan.plainString(text, from: position)
            hasHighBytes = hasHighBytes || stop.hasHighBytes
            position = stop.position
            switch try peek(text) {
            case UInt8(ascii: "\""):
                let range = start..<position
                position += 1
                if hasHighBytes, let bad = UTF8Check.firstInvalid(in: text.extracting(range)) {
                    throw JSONError(.invalidUTF8, at: start + bad)
                }
                return JSONString(range: range, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                position = try JSONEscape.check(text, at: position, loneSurrogates)
            default: throw JSONError(.invalidString, at: position)
            }
        }
    }
}
