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
        let day = floorDivide(seconds, 86_400)
        let rest = seconds - day * 86_400
        let date = CivilDate(day: day)
        let weekday = days[(day % 7 + 11) % 7]
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { padded($0, 2) }
        return "\(weekday), \(padded(date.day, 2)) \(months[date.month - 1]) "
            + "\(padded(date.year, 4)) \(clock.joined(separator: ":")) GMT"
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
        let thisYear = CivilDate(day: floorDivide(now, 86_400)).year
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
        let date = CivilDate(year: year, month: monthIndex + 1, day: day)
        guard date.isReal else { return nil }
        return date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second
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

    static func floorDivide(_ value: Int, _ divisor: Int) -> Int {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}

/// A day of the Gregorian calendar and its number since 1970-01-01, by counting in eras of 400
/// years that begin in March, so that the leap day is the last of its year.
struct CivilDate: Sendable, Hashable {
    let year: Int
    let month: Int
    let day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(day number: Int) {
        let shifted = number + 719_468
        let era = HTTPDate.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = HTTPDate.floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Whether the calendar has that day.
    var isReal: Bool {
        (1...12).contains(month) && (1...31).contains(day)
            && CivilDate(day: daysSinceEpoch) == self
    }
}
