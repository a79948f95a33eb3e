internal import BridgeBytes

/// Numbers as short text, for the tokens of inbox subjects.
enum InboxToken {
    /// Digits in base 36 of the largest number.
    private static let maxDigits = 13

    /// The number in base 36.
    static func text(_ number: UInt64) -> String { String(number, radix: 36) }

    /// Some bytes and the number in base 36 behind them.
    static func bytes(_ prefix: Bytes, _ number: UInt64) -> Bytes {
        var writer = ByteWriter(capacity: prefix.count + maxDigits)
        writer.append(prefix)
        var divisor: UInt64 = 1
        while number / divisor >= 36 { divisor *= 36 }
        while divisor > 0 {
            let digit = UInt8(truncatingIfNeeded: number / divisor % 36)
            writer.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
            divisor /= 36
        }
        return writer.finish()
    }

    /// 128 random bits, for the part that no other client has.
    static func text(_ high: UInt64, _ low: UInt64) -> String { text(high) + text(low) }

    /// The number that a token spells; nil when it is no token of ours.
    static func number(_ token: Span<UInt8>) -> UInt64? {
        guard !token.isEmpty, token.count <= maxDigits else { return nil }
        var value: UInt64 = 0
        for index in token.indices {
            let byte = token[index]
            let digit: UInt64
            switch byte {
            case 0x30...0x39: digit = UInt64(byte - 0x30)
            case 0x61...0x7A: digit = UInt64(byte - 0x61) + 10
            default: return nil
            }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 36)
            let (sum, carry) = scaled.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}
