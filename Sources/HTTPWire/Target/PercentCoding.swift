internal import BridgeBytes

/// Percent-encoding of RFC 3986 section 2: one step in, one step out, never more.
package enum PercentCoding {
    /// The UTF-8 bytes of a text as one path segment: all but unreserved characters is encoded.
    package static func encode(segment text: String) -> String { encode(Array(text.utf8)) }

    /// Bytes with everything but unreserved characters encoded.
    package static func encode(_ bytes: [UInt8]) -> String {
        encode(bytes) { Octet.isUnreserved($0) }
    }

    static func encode(_ bytes: [UInt8], keeping isKept: (UInt8) -> Bool) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes.count)
        for byte in bytes {
            if isKept(byte) {
                encoded.append(byte)
            } else {
                encoded.append(0x25)
                encoded.append(upperDigit(byte >> 4))
                encoded.append(upperDigit(byte & 15))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Upper case, as RFC 3986 asks for.
    private static func upperDigit(_ value: UInt8) -> UInt8 {
        let digit = Hex.digit(value)
        return digit > 0x60 ? digit - 0x20 : digit
    }

    /// Decodes each `%XX` once.
    /// - Throws: `badPercentEncoding` when two hexadecimal digits do not follow a `%`.
    package static func decode(_ text: some StringProtocol) throws(HTTPWireError) -> [UInt8] {
        let source = Array(text.utf8)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(source.count)
        var position = 0
        while position < source.count {
            guard source[position] == 0x25 else {
                decoded.append(source[position])
                position += 1
                continue
            }
            guard position + 2 < source.count,
                let high = Hex.value(source[position + 1]),
                let low = Hex.value(source[position + 2])
            else {
                throw HTTPWireError(
                    .invalidPercentEncoding, .target, at: position,
                    "two hexadecimal digits must follow a percent sign")
            }
            decoded.append(high << 4 | low)
            position += 3
        }
        return decoded
    }
}
