/// Unsigned decimal numbers in protocol text.
package enum Decimal {
    /// The number that the whole span spells; nil when it is empty, holds anything but digits,
    /// or is larger than `Int.max`. No sign, no blanks.
    package static func parse(_ span: Span<UInt8>) -> Int? {
        guard !span.isEmpty else { return nil }
        var value = 0
        for index in span.indices {
            let digit = Int(span[index]) - 0x30
            guard digit >= 0, digit <= 9 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, carry) = tens.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = next
        }
        return value
    }
}
