extension JSONNumber {
    /// A whole number of any width.
    public init(_ value: some FixedWidthInteger) { self.init(checked: String(value)) }

    /// The shortest text that gives the same value back; nil for NaN and the infinities, which
    /// JSON cannot write.
    public init?(_ value: Float) {
        guard value.isFinite else { return nil }
        let short = value.description
        self.init(checked: short.hasSuffix(".0") ? String(short.dropLast(2)) : short)
    }

    /// The value as a whole number of a type, whatever way it is written (`120`, `1.2e2`); nil when
    /// it is not whole or does not fit. No digit is ever rounded.
    public func integer<T: FixedWidthInteger>(as type: T.Type = T.self) -> T? {
        if let value = T(text) { return value }
        return Significand(text)?.integer()
    }
}

/// A number as digits and a power of ten.
private struct Significand {
    private var isNegative = false
    /// The digits without zeros at either end; none for zero.
    private var digits: [UInt8] = []
    private var exponent = 0

    /// - Parameter text: A number of JSON's grammar. Nil when its exponent has more digits than
    ///   any whole number of a fixed width could have use for.
    init?(_ text: String) {
        var isFraction = false
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                if rest.first == UInt8(ascii: "+") { rest.removeFirst() }
                let shift = Int32(Substring(rest)).map(Int.init)
                guard let shift else { return nil }
                exponent += shift
                rest = rest[rest.endIndex...]
            default:
                if !digits.isEmpty || byte != 0x30 { digits.append(byte - 0x30) }
                if isFraction { exponent -= 1 }
            }
        }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
    }

    func integer<T: FixedWidthInteger>() -> T? {
        guard !digits.isEmpty else { return 0 }
        // No type of a fixed width takes more digits than it has bits.
        guard exponent >= 0, digits.count + exponent <= T.bitWidth else { return nil }
        var value: T = 0
        for position in 0..<digits.count + exponent {
            let digit = T(position < digits.count ? digits[position] : 0)
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative
                ? product.subtractingReportingOverflow(digit)
                : product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}
