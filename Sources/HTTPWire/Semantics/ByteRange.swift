/// A Range field against a body of known size (RFC 9110 section 14.2).
package enum RangeRequest: Sendable, Hashable {
    /// Answer with the whole: no range, another unit, several ranges, or no valid one.
    case whole
    /// Answer 206 with these bytes; the range is not empty.
    case partial(Range<Int>)
    /// Answer 416.
    case unsatisfiable

    /// - Parameters:
    ///   - value: The field's value.
    ///   - size: The size of the whole body in bytes.
    package init(_ value: String, size: Int) {
        self = Self.parse(value, size: size)
    }

    private static func parse(_ value: String, size: Int) -> RangeRequest {
        let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, Octet.equalIgnoringCase(String(parts[0]), "bytes") else {
            return .whole
        }
        let ends = Array(parts[1].utf8.reversed().drop(while: Octet.isBlank).reversed())
            .split(separator: 0x2D, maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.allSatisfy(Octet.isDigit) }) else {
            return .whole
        }
        if ends[0].isEmpty {
            guard !ends[1].isEmpty else { return .whole }
            let count = min(clamped(ends[1]), size)
            return count == 0 ? .unsatisfiable : .partial(size - count..<size)
        }
        let first = clamped(ends[0])
        let last = ends[1].isEmpty ? Int.max : clamped(ends[1])
        guard first <= last else { return .whole }
        guard first < size else { return .unsatisfiable }
        return .partial(first..<(last < size ? last + 1 : size))
    }

    /// The number, or `Int.max` for one that is larger.
    private static func clamped(_ digits: ArraySlice<UInt8>) -> Int {
        var value = 0
        for digit in digits {
            let (product, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(Int(digit - 0x30))
            if over || overflow { return Int.max }
            value = sum
        }
        return value
    }
}

/// A Content-Range field (RFC 9110 section 14.4).
package struct ContentRange: Sendable, Hashable {
    /// The bytes that the body holds; nil in a 416 answer.
    package let range: Range<Int>?
    /// The size of the whole; nil when the server does not know.
    package let total: Int?

    package init(range: Range<Int>?, total: Int?) {
        self.range = range
        self.total = total
    }

    /// Reads `bytes 0-4/10`, `bytes 0-4/*` or `bytes */10`; nil for anything else.
    package init?(_ value: String) {
        let words = value.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, Octet.equalIgnoringCase(String(words[0]), "bytes") else {
            return nil
        }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        total = Self.number(parts[1])
        guard total != nil || parts[1] == "*" else { return nil }
        if parts[0] == "*" {
            guard total != nil else { return nil }
            range = nil
            return
        }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]),
            first <= last, last < Int.max, total.map({ last < $0 }) ?? true
        else { return nil }
        range = first..<last + 1
    }

    /// The value as it is written.
    package var value: String {
        let size = total.map(String.init) ?? "*"
        guard let range, !range.isEmpty else { return "bytes */\(size)" }
        return "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy(Octet.isDigit) else { return nil }
        return Int(text)
    }
}
