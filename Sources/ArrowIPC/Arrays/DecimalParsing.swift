internal import BridgeBytes

/// Turns digits into the unscaled integer of a decimal, exactly or not at all.
enum DecimalParsing {
    /// Exponents beyond this are refused before zeros are written for them.
    private static let maxExponent = 100

    /// The integer in two's complement, least significant byte first; nil when the text is no
    /// number such as `-12.50` or `1.5e3`, or has more digits than the type.
    static func bytes(
        of text: String, width: DecimalWidth, precision: Int, scale: Int
    ) -> [UInt8]? {
        guard let (isNegative, digits, point) = parts(Array(text.utf8)) else { return nil }
        // What the digits stand for is 0.DIGITS × 10^point.
        let wanted = point + scale
        guard wanted >= -maxExponent, wanted <= maxExponent else {
            return digits.isEmpty ? [UInt8](repeating: 0, count: width.rawValue / 8) : nil
        }
        var whole = digits
        if whole.count > wanted {
            // What would be cut off must be nothing.
            guard whole.dropFirst(max(wanted, 0)).allSatisfy({ $0 == 0 }) else { return nil }
            whole = Array(whole.prefix(max(wanted, 0)))
        }
        whole += [UInt8](repeating: 0, count: max(wanted - whole.count, 0))
        let significant = whole.drop { $0 == 0 }
        guard significant.count <= precision else { return nil }
        return integer(significant, isNegative: isNegative, count: width.rawValue / 8)
    }

    /// Sign, digits without zeros at their ends, and where the point stands, counted from the first
    /// digit.
    private static func parts(_ text: [UInt8]) -> (Bool, [UInt8], Int)? {
        var rest = text[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            rest.removeFirst()
        }
        var digits: [UInt8] = []
        var point: Int?
        while let next = rest.first {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
                digits.append(next - UInt8(ascii: "0"))
            } else if next == UInt8(ascii: "."), point == nil {
                point = digits.count
            } else {
                break
            }
            rest.removeFirst()
        }
        guard !digits.isEmpty else { return nil }
        var place = point ?? digits.count
        if let letter = rest.first {
            guard letter | 0x20 == UInt8(ascii: "e"),
                let exponent = Int(String(decoding: rest.dropFirst(), as: UTF8.self)),
                exponent.magnitude <= 1_000
            else { return nil }
            place += exponent
        }
        while digits.first == 0 {
            digits.removeFirst()
            place -= 1
        }
        while digits.last == 0 { digits.removeLast() }
        return (isNegative, digits, digits.isEmpty ? 0 : place)
    }

    private static func integer(
        _ digits: ArraySlice<UInt8>, isNegative: Bool, count: Int
    ) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        for digit in digits {
            var carry = UInt(digit)
            for index in bytes.indices {
                let sum = UInt(bytes[index]) * 10 + carry
                bytes[index] = UInt8(truncatingIfNeeded: sum)
                carry = sum >> 8
            }
            guard carry == 0 else { return nil }
        }
        // The precision keeps the sign's bit free.
        if isNegative {
            var carry = true
            for index in bytes.indices {
                let (sum, overflow) = (~bytes[index]).addingReportingOverflow(carry ? 1 : 0)
                bytes[index] = sum
                carry = overflow
            }
        }
        return bytes
    }
}
