internal import BridgeBytes

extension Column {
    /// A decimal value, or a whole number of 128 bits, in digits, exactly `scale` of them after the
    /// point; with a negative scale a whole number. Nil when it is null.
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values.
    public func decimalText(at position: Int) throws(ArrowError) -> String? {
        guard let bytes = try bytes(at: position) else { return nil }
        switch type {
        case .decimal(_, _, let scale): return DecimalText.text(bytes.span, scale: scale)
        case .int128: return DecimalText.text(bytes.span, scale: 0)
        case .uint128: return DecimalText.text(bytes.span, scale: 0, isSigned: false)
        default: throw mismatch("decimals")
        }
    }
}

/// Turns the unscaled integer of a decimal, of any width, into digits.
enum DecimalText {
    /// - Parameters:
    ///   - bytes: The integer in two's complement, least significant byte first.
    ///   - scale: Digits after the point; the types bound it to 32 bits.
    static func text(_ bytes: Span<UInt8>, scale: Int, isSigned: Bool = true) -> String {
        var words: [UInt32] = stride(from: 0, to: bytes.count, by: 4).map {
            bytes.littleEndian(UInt32.self, at: $0) ?? 0
        }
        let isNegative = isSigned && (words.last ?? 0) >> 31 == 1
        if isNegative { negate(&words) }
        var digits = Self.digits(&words)
        if scale > maxScale || scale < -maxScale {
            return "\(isNegative ? "-" : "")\(digits)e\(-scale)"
        }
        if scale < 0 {
            if digits != "0" { digits += String(repeating: "0", count: -scale) }
        } else if scale > 0 {
            let missing = scale + 1 - digits.count
            if missing > 0 { digits = String(repeating: "0", count: missing) + digits }
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -scale))
        }
        return isNegative ? "-" + digits : digits
    }

    /// Scales beyond this are written with an exponent: a forged one must not ask for gigabytes.
    private static let maxScale = 1_000

    private static func negate(_ words: inout [UInt32]) {
        var carry: UInt64 = 1
        for index in words.indices {
            let sum = UInt64(~words[index]) + carry
            words[index] = UInt32(truncatingIfNeeded: sum)
            carry = sum >> 32
        }
    }

    /// Divides by 10^9 until nothing is left; each remainder is nine digits.
    private static func digits(_ words: inout [UInt32]) -> String {
        var groups: [UInt64] = []
        repeat {
            var remainder: UInt64 = 0
            for index in words.indices.reversed() {
                let value = remainder << 32 | UInt64(words[index])
                words[index] = UInt32(truncatingIfNeeded: value / 1_000_000_000)
                remainder = value % 1_000_000_000
            }
            groups.append(remainder)
        } while words.contains { $0 != 0 }
        var text = String(groups[groups.count - 1])
        for group in groups.dropLast().reversed() {
            let digits = String(group)
            text += String(repeating: "0", count: 9 - digits.count) + digits
        }
        return text
    }
}
