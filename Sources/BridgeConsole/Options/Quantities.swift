/// Sizes in bytes as people write them.
package enum ByteCount {
    private static let units: [(suffix: String, factor: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30),
        ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1),
    ]

    /// Reads `1048576`, `1_000_000`, `64KB` (1000 bytes each), `1MiB` (1024²). Whole numbers only;
    /// nil for anything else, also when it does not fit.
    package static func parse(_ text: String) -> Int? {
        for unit in units where text.lowercased().hasSuffix(unit.suffix.lowercased()) {
            guard let number = digits(text.dropLast(unit.suffix.count)) else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
            return overflow ? nil : product
        }
        return digits(text[...])
    }

    private static func digits(_ text: Substring) -> Int? {
        guard text.first?.isNumber == true, text.allSatisfy({ $0.isASCII }) else { return nil }
        return Int(text.filter { $0 != "_" })
    }
}

/// Durations as people write them.
package enum DurationText {
    /// Largest accepted duration: ten years. A longer one is a slip, and the sums of a smaller
    /// one cannot overflow.
    private static let limit: Int128 = 10 * 366 * 86_400 * 1_000_000_000

    private static let units: [(suffix: String, nanoseconds: Int128)] = [
        ("ms", 1_000_000), ("us", 1000), ("ns", 1), ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
    ]

    /// Reads `250ms`, `2s`, `1.5s`, `10m`, `1h30m`, `7d`. A unit is needed, so that nobody has to
    /// guess; `0` alone is allowed. Nil for anything else, and for more than ten years.
    package static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text[...]
        var total: Int128 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest.removeFirst(number.count)
            guard let unit = units.first(where: { rest.hasPrefix($0.suffix) }),
                let amount = nanoseconds(number, unit.nanoseconds)
            else { return nil }
            rest.removeFirst(unit.suffix.count)
            total += amount
            guard total <= limit else { return nil }
        }
        return .nanoseconds(Int64(total))
    }

    /// A decimal number of a unit, in nanoseconds.
    private static func nanoseconds(_ number: Substring, _ unit: Int128) -> Int128? {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let whole = Int64(first) else {
            return nil
        }
        var total = Int128(whole) * unit
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].count <= 9, let digits = Int64(parts[1]) else {
                return nil
            }
            var scale: Int128 = 1
            for _ in parts[1] { scale *= 10 }
            total += Int128(digits) * unit / scale
        }
        return total
    }
}
