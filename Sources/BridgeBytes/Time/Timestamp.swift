/// A moment in UTC, with nanoseconds, as the envelope writes it.
///
/// Written strictly in one form, `2026-03-13T07:02:50.443Z`; read from every form that peers are
/// known to send. The calendar is the proleptic Gregorian one, counted by hand.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Whole seconds since 1970-01-01T00:00:00Z; negative before it. Leap seconds do not count.
    public let seconds: Int64
    /// Nanoseconds after `seconds`, `0..<1_000_000_000`.
    public let nanoseconds: Int32

    /// A moment `seconds` and `nanoseconds` after the start of 1970.
    ///
    /// Traps when `nanoseconds` is not in `0..<1_000_000_000`.
    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        precondition(nanoseconds >= 0 && nanoseconds < 1_000_000_000, "not below one second")
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// A moment `milliseconds` after the start of 1970; negative before it.
    public init(milliseconds: Int64) {
        let (quotient, remainder) = floorDivide(milliseconds, 1000)
        self.init(seconds: quotient, nanoseconds: Int32(remainder) * 1_000_000)
    }

    /// Milliseconds since the start of 1970, rounded down; stays at the greatest or least number
    /// when the moment is further away than 292 million years.
    public var milliseconds: Int64 {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carry) = product.addingReportingOverflow(Int64(nanoseconds / 1_000_000))
        return carry ? .max : sum
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The moment `duration` later; nil when it cannot be represented.
    public func advanced(by duration: Duration) -> Timestamp? {
        let (whole, fraction) = duration.components
        var seconds = whole
        var nanoseconds = Int64(self.nanoseconds) + fraction / 1_000_000_000
        if nanoseconds < 0 {
            nanoseconds += 1_000_000_000
            seconds -= 1
        } else if nanoseconds >= 1_000_000_000 {
            nanoseconds -= 1_000_000_000
            seconds += 1
        }
        let (sum, overflow) = self.seconds.addingReportingOverflow(seconds)
        return overflow ? nil : Timestamp(seconds: sum, nanoseconds: Int32(nanoseconds))
    }
}

// MARK: - Writing

extension Timestamp: CustomStringConvertible {
    /// 0000-01-01T00:00:00Z, in seconds: the first that the form can state.
    package static let firstStated: Int64 = -62_167_219_200
    /// 9999-12-31T23:59:59Z, in seconds: the last that the form can state.
    package static let lastStated: Int64 = 253_402_300_799

    /// RFC 3339 in UTC with milliseconds: `2026-03-13T07:02:50.443Z`. Years outside 0…9999, which
    /// the form cannot hold, are written as the nearest moment that it can.
    public var description: String {
        let clamped = min(max(seconds, Self.firstStated), Self.lastStated)
        let (days, secondOfDay) = floorDivide(clamped, 86_400)
        let date = CivilDate(daysSinceEpoch: days)
        var text = ""
        text.reserveCapacity(24)
        append(date.year, width: 4, to: &text)
        text.append("-")
        append(date.month, width: 2, to: &text)
        text.append("-")
        append(date.day, width: 2, to: &text)
        text.append("T")
        append(secondOfDay / 3600, width: 2, to: &text)
        text.append(":")
        append(secondOfDay / 60 % 60, width: 2, to: &text)
        text.append(":")
        append(secondOfDay % 60, width: 2, to: &text)
        text.append(".")
        append(Int64(nanoseconds / 1_000_000), width: 3, to: &text)
        text.append("Z")
        return text
    }

    private func append(_ value: Int64, width: Int, to text: inout String) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            let digit = UInt8(truncatingIfNeeded: value / divisor % 10)
            text.unicodeScalars.append(Unicode.Scalar(0x30 + digit))
            divisor /= 10
        }
    }
}

/// Quotient rounded towards minus infinity and its remainder, which is never negative.
func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

/// A day of the Gregorian calendar. Counting starts on 1 March, so that the leap day comes last
/// in its year and the lengths of the months follow one linear formula.
struct CivilDate: Equatable {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSinceEpoch days: Int64) {
        // 719,468 days lie between 0000-03-01 and 1970-01-01; 146,097 in 400 years.
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shiftedYear, 400)
        let shifted = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * shifted + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func length(ofMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2:
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            return isLeap ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }
}
