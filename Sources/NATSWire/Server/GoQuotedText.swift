internal import BridgeBytes

/// Text as nats-server quotes it: Go's `%q`, which escapes quotes, backslashes, and whatever cannot
/// be seen when it is printed (`strconv.Quote`).
enum GoQuotedText {
    private static let simple: [Unicode.Scalar: UInt8] = [
        "a": 0x07, "b": 0x08, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B,
        "\\": 0x5C, "\"": 0x22, "'": 0x27,
    ]

    /// Digits of the escapes that name a byte or a scalar.
    private static let lengths: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]

    /// Reads up to the closing quote; nil when there is none, or an escape is none of Go's.
    /// - Parameter text: Begins behind the opening quote.
    static func read(_ text: Substring.UnicodeScalarView) -> String? {
        var bytes: [UInt8] = []
        var rest = text
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(decoding: bytes, as: UTF8.self)
            case "\\": guard escape(&rest, into: &bytes) else { return nil }
            default: bytes += Array(String(scalar).utf8)
            }
        }
        return nil
    }

    private static func escape(
        _ rest: inout Substring.UnicodeScalarView, into bytes: inout [UInt8]
    ) -> Bool {
        guard let kind = rest.popFirst() else { return false }
        if let byte = simple[kind] {
            bytes.append(byte)
            return true
        }
        guard let digits = lengths[kind], let number = number(&rest, digits) else { return false }
        // Two digits are a byte of what is no UTF-8, more are a scalar.
        if digits == 2 {
            bytes.append(UInt8(truncatingIfNeeded: number))
            return true
        }
        guard let scalar = Unicode.Scalar(number) else { return false }
        bytes += Array(String(scalar).utf8)
        return true
    }

    private static func number(
        _ rest: inout Substring.UnicodeScalarView, _ count: Int
    ) -> UInt32? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy(\.properties.isASCIIHexDigit) else {
            return nil
        }
        rest = rest.dropFirst(count)
        return UInt32(String(digits), radix: 16)
    }
}
