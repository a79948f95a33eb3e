internal import BridgeBytes

/// Dates, times and durations as people read them, from the numbers that columns hold.
enum TemporalText {
    /// The number itself for types that count nothing in time.
    static func text(_ count: Int64, of type: DataType) -> String {
        switch type {
        case .date32, .date64, .timestamp: return moment(count, of: type)
        case .time32(let unit), .time64(let unit): return time(count, unit)
        case .duration(let unit): return duration(count, unit)
        default: return "\(count)"
        }
    }

    /// `2026-11-28` for dates, `2026-11-28T07:00:00.250Z` for moments, as exact as they are: with a
    /// `Z` when the column has a zone, since what it holds is UTC, in local time where the zone is
    /// an offset such as `+02:00`, and without either for a wall clock's.
    private static func moment(_ count: Int64, of type: DataType) -> String {
        guard var moment = Timestamp(count: count, of: type),
            moment.seconds >= Timestamp.firstStated, moment.seconds <= Timestamp.lastStated
        else { return "\(count) \(unitName(type)) since 1970" }
        var ending = ""
        if case .timestamp(_, let zone?) = type {
            let offset = offset(zone) ?? 0
            moment = Timestamp(seconds: moment.seconds + offset, nanoseconds: moment.nanoseconds)
            ending = offset == 0 ? "Z" : zone
        }
        // The text ends with milliseconds and a Z.
        let text = moment.description
        let isMidnight = moment.seconds % 86_400 == 0 && moment.nanoseconds == 0
        switch type {
        case .date32: return String(text.prefix(10))
        case .date64 where isMidnight: return String(text.prefix(10))
        default: return text.dropLast(5) + fraction(Int64(moment.nanoseconds)) + ending
        }
    }

    /// Seconds east of Greenwich of a zone such as `+02:00`; nil for names.
    private static func offset(_ zone: String) -> Int64? {
        let parts = Array(zone.utf8)
        guard parts.count == 6, parts[0] == 0x2B || parts[0] == 0x2D, parts[3] == 0x3A,
            let hours = Int64(zone.dropFirst().prefix(2)), let minutes = Int64(zone.suffix(2))
        else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return parts[0] == 0x2D ? -seconds : seconds
    }

    private static func unitName(_ type: DataType) -> String {
        switch type {
        case .date32: "days"
        case .date64: "ms"
        case .timestamp(let unit, _): unit.abbreviation
        default: ""
        }
    }

    /// `07:00:00.250`; the number and its unit for what is no time of a day.
    private static func time(_ count: Int64, _ unit: TimeUnit) -> String {
        let seconds = count / unit.perSecond
        guard count >= 0, seconds < 86_400 else { return "\(count) \(unit.abbreviation)" }
        let rest = (count % unit.perSecond) * (1_000_000_000 / unit.perSecond)
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(twoDigits)
        return parts.joined(separator: ":") + fraction(rest)
    }

    /// `1d 2h 3m 4.5s`, without the parts that are zero.
    private static func duration(_ count: Int64, _ unit: TimeUnit) -> String {
        let whole = count.magnitude / UInt64(unit.perSecond)
        let rest = count.magnitude % UInt64(unit.perSecond) * UInt64(1_000_000_000 / unit.perSecond)
        var parts: [String] = []
        if whole >= 86_400 { parts.append("\(whole / 86_400)d") }
        if whole / 3600 % 24 > 0 { parts.append("\(whole / 3600 % 24)h") }
        if whole / 60 % 60 > 0 { parts.append("\(whole / 60 % 60)m") }
        if whole % 60 > 0 || rest > 0 || parts.isEmpty {
            parts.append("\(whole % 60)\(fraction(Int64(rest)))s")
        }
        return (count < 0 ? "-" : "") + parts.joined(separator: " ")
    }

    /// `1 year 2 months 3 days 4.5s`; the parts have signs of their own.
    static func interval(months: Int64, days: Int64, nanoseconds: Int64) -> String {
        var parts: [String] = []
        func append(_ count: Int64, _ unit: String) {
            if count != 0 { parts.append("\(count) \(unit)\(count.magnitude == 1 ? "" : "s")") }
        }
        append(months / 12, "year")
        append(months % 12, "month")
        append(days, "day")
        if nanoseconds != 0 { parts.append(duration(nanoseconds, .nanosecond)) }
        return parts.isEmpty ? "0 days" : parts.joined(separator: " ")
    }

    private static func twoDigits(_ value: Int64) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }

    /// The digits after the point, in groups of three as far as they are needed; empty for zero.
    private static func fraction(_ nanoseconds: Int64) -> String {
        guard nanoseconds > 0 else { return "" }
        var digits = String(nanoseconds + 1_000_000_000).dropFirst()
        while digits.hasSuffix("000") { digits.removeLast(3) }
        return "." + digits
    }
}
