/// Numbers as a person reads them: grouped, with a unit, never more digits than mean something.
package enum Figures {
    /// `1234567` as `1,234,567`.
    package static func grouped(_ value: some FixedWidthInteger) -> String {
        var text = ""
        let digits = String(value.magnitude)
        for (i, digit) in digits.enumerated() {
            if i > 0, (digits.count - i) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// A count with its noun, such as `1 place` or `1,200 messages`.
    package static func counted(_ count: Int, _ noun: String) -> String {
        count == 1 ? "1 \(noun)" : "\(grouped(count)) \(noun)s"
    }

    /// A number with a fixed count of decimals, rounded half away from zero.
    package static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        let whole = (scaled / scale).rounded(.down)
        let text = grouped(Int(whole))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + text }
        let fraction = String(Int(scaled - whole * scale))
        let zeros = String(repeating: "0", count: max(0, decimals - fraction.count))
        return "\(sign)\(text).\(zeros)\(fraction)"
    }

    /// A size: `812 B`, `9.4 KB`, `520 MB` (units of 1000).
    package static func bytes(_ count: Int) -> String {
        let value = Double(count)
        switch count.magnitude {
        case ..<1000: return "\(count) B"
        case ..<1_000_000: return significant(value / 1e3) + " KB"
        case ..<1_000_000_000: return significant(value / 1e6) + " MB"
        default: return significant(value / 1e9) + " GB"
        }
    }

    /// Bytes in a time: `812 MB/s`.
    package static func rate(_ count: Int, in time: Duration) -> String {
        let seconds = seconds(time)
        guard seconds > 0 else { return "–" }
        return bytes(Int(min(Double(count) / seconds, 1e18))) + "/s"
    }

    /// A time: `182 µs`, `4.1 ms`, `2.35 s`.
    package static func time(_ duration: Duration) -> String {
        let value = seconds(duration)
        switch value.magnitude {
        case ..<1e-3: return significant(value * 1e6) + " µs"
        case ..<1: return significant(value * 1e3) + " ms"
        default: return significant(value) + " s"
        }
    }

    package static func seconds(_ duration: Duration) -> Double {
        let (whole, attoseconds) = duration.components
        return Double(whole) + Double(attoseconds) * 1e-18
    }

    /// Three digits or so: `1.23`, `12.3`, `123`, `1,234`.
    static func significant(_ value: Double) -> String {
        switch value.magnitude {
        case ..<9.995: fixed(value, 2)
        case ..<99.95: fixed(value, 1)
        default: fixed(value, 0)
        }
    }

    /// `text` filled with blanks to a width, in characters.
    package static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// `text` behind blanks, so that it ends at a width.
    package static func rightAligned(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
