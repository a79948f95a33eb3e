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
