package import BridgeBytes

/// Escapes in strings: RFC 8259 section 7.
package enum JSONEscape {
    /// Checks the escape at `position`, surrogate pairs whole; returns where it ends, which is
    /// 12 bytes on for a pair and 6 for a surrogate that is alone and may be.
    static func check(
        _ text: Span<UInt8>, at position: Int, _ surrogates: LoneSurrogates
    ) throws(JSONError) -> Int {
        guard position + 1 < text.count else { throw JSONError(.truncated, at: text.count) }
        guard text[position + 1] == UInt8(ascii: "u") else {
            guard plain(text[position + 1]) != nil else {
                throw JSONError(.invalidEscape, at: position)
            }
            return position + 2
        }
        let unit = try self.unit(text, at: position)
        guard isSurrogate(unit) else { return position + 6 }
        let second = position + 6
        if unit & 0xFC00 == 0xD800, second + 1 < text.count,
            text[second] == UInt8(ascii: "\\"), text[second + 1] == UInt8(ascii: "u"),
            try self.unit(text, at: second) & 0xFC00 == 0xDC00
        {
            return position + 12
        }
        guard surrogates == .replaced else { throw JSONError(.loneSurrogate, at: position) }
        return position + 6
    }

    /// Whether a UTF-16 unit is one half of a pair.
    private static func isSurrogate(_ unit: UInt32) -> Bool { unit & 0xF800 == 0xD800 }

    /// The byte that a one-letter escape stands for; nil for a letter that is none.
    private static func plain(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The four hexadecimal digits of `\uXXXX` at `position`.
    private static func unit(_ text: Span<UInt8>, at position: Int) throws(JSONError) -> UInt32 {
        guard position + 6 <= text.count else { throw JSONError(.truncated, at: text.count) }
        var value: UInt32 = 0
        for index in position + 2..<position + 6 {
            guard let digit = Hex.value(text[index]) else {
                throw JSONError(.invalidEscape, at: position)
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// The text of a string that the tokenizer has checked; where that let lone surrogates pass,
    /// each is U+FFFD. Complexity: O(n).
    package static func text(
        _ string: JSONString, in text: Span<UInt8>
    ) throws(JSONError) -> String {
        let bytes = try unescaped(string, in: text)
        guard let result = String(validating: bytes) else {
            throw JSONError(.invalidUTF8, at: string.range.lowerBound)
        }
        return result
    }

    /// The UTF-8 bytes that a string stands for, as `text` gives them. Complexity: O(n), one copy.
    package static func unescaped(
        _ string: JSONString, in text: Span<UInt8>
    ) throws(JSONError) -> Bytes {
        guard string.hasEscapes else { return Bytes(copying: text.extracting(string.range)) }
        var writer = ByteWriter(capacity: string.range.count)
        var position = string.range.lowerBound
        while position < string.range.upperBound {
            let byte = text[position]
            guard byte == UInt8(ascii: "\\") else {
                writer.append(byte)
                position += 1
                continue
            }
            let end = try check(text, at: position, .replaced)
            if let plain = plain(text[position + 1]) {
                writer.append(plain)
            } else {
                var scalar = try unit(text, at: position)
                if end - position == 12 {
                    let low = try unit(text, at: position + 6)
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF)
                } else if isSurrogate(scalar) {
                    scalar = 0xFFFD
                }
                append(scalar, to: &writer)
            }
            position = end
        }
        return writer.finish()
    }

    private static func append(_ scalar: UInt32, to writer: inout ByteWriter) {
        func continuation(_ shift: UInt32) -> UInt8 {
            0x80 | UInt8(truncatingIfNeeded: scalar >> shift & 0x3F)
        }
        switch scalar {
        case 0..<0x80: writer.append(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800:
            writer.append(0xC0 | UInt8(truncatingIfNeeded: scalar >> 6))
            writer.append(continuation(0))
        case 0x800..<0x10000:
            writer.append(0xE0 | UInt8(truncatingIfNeeded: scalar >> 12))
            writer.append(continuation(6))
            writer.append(continuation(0))
        default:
            writer.append(0xF0 | UInt8(truncatingIfNeeded: scalar >> 18))
            writer.append(continuation(12))
            writer.append(continuation(6))
            writer.append(continuation(0))
        }
    }
}
