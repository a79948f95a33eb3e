/// Identifiers that are unique because they are random.
///
/// The random source is the caller's, so that a test can repeat a run. Use the system's generator
/// wherever the identifier must not be guessed.
package enum UniqueID {
    /// A version 4 UUID in lower case (RFC 9562, section 5.4): 122 random bits.
    package static func version4(using generator: inout some RandomNumberGenerator) -> String {
        let high = generator.next() & ~0xF000 | 0x4000
        let low = generator.next() & ~(0b11 << 62) | 0b10 << 62
        var text = ""
        text.reserveCapacity(36)
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append("-") }
            let word = index < 8 ? high : low
            let byte = UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64(index % 8)))
            text.unicodeScalars.append(digit(byte >> 4))
            text.unicodeScalars.append(digit(byte & 15))
        }
        return text
    }

    /// A random token of 22 letters and digits (131 bits), short enough for a subject.
    package static func token(using generator: inout some RandomNumberGenerator) -> String {
        var text = ""
        text.reserveCapacity(22)
        // Eight characters have 62^8 < 2^48 values, so one draw of 64 bits serves them with a bias
        // below 2^-16, which leaves the token's strength as it is.
        var remaining = 22
        while remaining > 0 {
            var draw = generator.next()
            for _ in 0..<min(8, remaining) {
                let (quotient, index) = draw.quotientAndRemainder(dividingBy: 62)
                text.unicodeScalars.append(Unicode.Scalar(alphabet[Int(index)]))
                draw = quotient
            }
            remaining -= min(8, remaining)
        }
        return text
    }

    /// A random 128-bit number in 32 lower-case hexadecimal digits.
    package static func hex128(using generator: inout some RandomNumberGenerator) -> String {
        var text = ""
        text.reserveCapacity(32)
        for word in [generator.next(), generator.next()] {
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                text.unicodeScalars.append(digit(UInt8(truncatingIfNeeded: word >> shift & 15)))
            }
        }
        return text
    }

    /// Whether `text` has the form of a UUID of any version: 8-4-4-4-12 hexadecimal digits in
    /// either case. Peers exist whose identifiers have no version bits.
    package static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        for (index, byte) in bytes.enumerated() {
            let isHyphen = index == 8 || index == 13 || index == 18 || index == 23
            guard isHyphen ? byte == 0x2D : Hex.value(byte) != nil else { return false }
        }
        return true
    }

    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private static func digit(_ value: UInt8) -> Unicode.Scalar {
        Unicode.Scalar(Hex.digit(value))
    }
}
