internal import BridgeBytes

/// Times of HTTP (RFC 9110 section 5.6.7), as whole seconds since 1970-01-01T00:00:00Z.
///
/// We write the one fixed form, `Sun, 06 Nov 1994 08:49:37 GMT`, and read all three.
package enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let longDays = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    /// Years that can be written with four digits.
    private static let range = -62_167_219_200...253_402_300_799

    /// The fixed form. Times outside the years 0...9999 are taken to the nearest end.
    package static func string(_ seconds: Int) -> String {
        let seconds = min(max(seconds, range.lowerBound), range.upperBound)
        let (day, remainder) = floorDivide(Int64(seconds), 86_400)
        let rest = Int(remainder)
        let date = CivilDate(daysSinceEpoch: day)
        let weekday = days[Int((day % 7 + 11) % 7)]
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { padded($0, 2) }
        return "\(weekday), \(padded(Int(date.day), 2)) \(months[Int(date.month) - 1]) "
            + "\(padded(Int(date.year), 4)) \(clock.joined(separator: ":")) GMT"
    }

    /// Reads any of the three forms; nil for anything else.
    /// - Parameter now: Where a two-digit year belongs: not more than 50 years after it.
    package static func parse(_ text: String, now: Int) -> Int? {
        let words = text.split(separator: " ")
        if words.count == 6, words[5] == "GMT", words[0].count == 4, words[0].hasSuffix(",") {
            guard days.contains(String(words[0].dropLast())), words[3].utf8.count == 4,
                words[1].utf8.count == 2
            else { return nil }
            return seconds(day: words[1], month: words[2], year: number(words[3]), clock: words[4])
        }
        if words.count == 4, words[3] == "GMT", words[0].hasSuffix(",") {
            return rfc850(words, now: now)
        }
        if words.count == 5, days.contains(String(words[0])), words[4].utf8.count == 4 {
            return seconds(day: words[2], month: words[1], year: number(words[4]), clock: words[3])
        }
        return nil
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`.
    private static func rfc850(_ words: [Substring], now: Int) -> Int? {
        let parts = words[1].split(separator: "-")
        guard longDays.contains(String(words[0].dropLast())), parts.count == 3,
            parts[2].utf8.count == 2, let short = number(parts[2])
        else { return nil }
        let today = CivilDate(daysSinceEpoch: floorDivide(Int64(now), 86_400).quotient)
        let thisYear = Int(today.year)
        var year = thisYear - thisYear % 100 + short
        if year > thisYear + 50 { year -= 100 }
        return seconds(day: parts[0], month: parts[1], year: year, clock: words[2])
    }

    private static func seconds(
        day: Substring, month: Substring, year: Int?, clock: Substring
    ) -> Int? {
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard let day = number(day), let year, parts.count == 3,
            parts.allSatisfy({ $0.utf8.count == 2 }),
            let monthIndex = months.firstIndex(of: String(month)),
            let hour = number(parts[0]), let minute = number(parts[1]),
            let second = number(parts[2]), hour < 24, minute < 60, second <= 60
        else { return nil }
        let date = CivilDate(year: Int64(year), month: Int64(monthIndex) + 1, day: Int64(day))
        guard date.isReal else { return nil }
        return Int(date.daysSinceEpoch) * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 4, text.utf8.allSatisfy(Octet.isDigit) else {
            return nil
        }
        return Int(text)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
