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

    /// How many digits a number is written with, one for 0.
    package static func digits(_ value: UInt) -> Int {
        // Sizes of messages rarely have more than four; dividing costs more than comparing.
        if value < 10_000 { return value < 100 ? (value < 10 ? 1 : 2) : (value < 1000 ? 3 : 4) }
        var count = 4
        var rest = value / 10_000
        while rest > 0 {
            rest /= 10
            count += 1
        }
        return count
    }
}
