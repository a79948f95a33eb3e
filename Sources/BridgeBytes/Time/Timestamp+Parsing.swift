extension Timestamp {
    /// How closely a text must keep to RFC 3339.
    package enum Strictness: Sendable {
        /// RFC 3339, section 5.6, with `T` and `Z` in either case.
        case strict
        /// Also forgives: no zone (taken as UTC), no seconds, a comma before the fraction, a blank
        /// in place of `T`, an offset without a colon.
        case lenient
    }

    /// Reads a moment from any form that peers are known to send: with or without a fraction of
    /// any length (digits after the ninth are dropped), with `Z`, an offset or no zone at all,
    /// which is taken as UTC. Nil when it is none of them.
    public init?(_ text: String) {
        guard let value = try? Timestamp(parsing: text, .lenient) else { return nil }
        self = value
    }

    /// Reads a moment; throws with the position of the first fault.
    package init(
        parsing text: String, _ strictness: Strictness = .lenient
    ) throws(CodecError) {
        var parser = TimestampParser(text: Array(text.utf8), lenient: strictness == .lenient)
        self = try parser.parse()
    }
}

/// A reader of `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`, left to right, one field at a time.
private struct TimestampParser {
    let text: [UInt8]
    let lenient: Bool
    var position = 0

    init(text: [UInt8], lenient: Bool) {
        self.text = text
        self.lenient = lenient
    }

    mutating func parse() throws(CodecError) -> Timestamp {
        let date = try parseDate()
        try expectTimeMark()
        let hour = try number(digits: 2, in: 0...23)
        try expect(0x3A)
        let minute = try number(digits: 2, in: 0...59)
        let second = try parseSecond()
        let nanoseconds = try parseFraction()
        let offset = try parseZone()
        guard position == text.count else { throw CodecError(.invalidCharacter, at: position) }
        let secondOfDay = hour * 3600 + minute * 60 + second
        let total = date.daysSinceEpoch * 86_400 + secondOfDay - offset
        if second == 60 {
            // A leap second is the last of a UTC day (RFC 3339, section 5.7); the count of
            // seconds has no place for it, so it is the same as the first of the next day.
            guard floorDivide(total, 86_400).remainder == 0 else {
                throw CodecError(.outOfRange, at: 17)
            }
        }
        return Timestamp(seconds: total, nanoseconds: nanoseconds)
    }

    private mutating func parseDate() throws(CodecError) -> CivilDate {
        let year = try number(digits: 4, in: 0...9999)
        try expect(0x2D)
        let month = try number(digits: 2, in: 1...12)
        try expect(0x2D)
        let day = try number(digits: 2, in: 1...CivilDate.length(ofMonth: month, year: year))
        return CivilDate(year: year, month: month, day: day)
    }

    private mutating func expectTimeMark() throws(CodecError) {
        guard let mark = next() else { throw CodecError(.truncated, at: position) }
        guard mark == 0x54 || mark == 0x74 || (lenient && mark == 0x20) else {
            throw CodecError(.invalidCharacter, at: position - 1)
        }
    }

    private mutating func parseSecond() throws(CodecError) -> Int64 {
        if lenient, peek() != 0x3A { return 0 }
        try expect(0x3A)
        return try number(digits: 2, in: 0...60)
    }

    private mutating func parseFraction() throws(CodecError) -> Int32 {
        guard let mark = peek(), mark == 0x2E || (lenient && mark == 0x2C) else { return 0 }
        position += 1
        let start = position
        var value: Int32 = 0
        while let digit = peek(), digit >= 0x30, digit <= 0x39 {
            if position - start < 9 { value = value * 10 + Int32(digit - 0x30) }
            position += 1
        }
        guard position > start else { throw CodecError(.truncated, at: position) }
        for _ in 0..<max(0, 9 - (position - start)) { value *= 10 }
        return value
    }

    /// Seconds that local time is ahead of UTC.
    private mutating func parseZone() throws(CodecError) -> Int64 {
        guard let mark = next() else {
            guard lenient else { throw CodecError(.truncated, at: position) }
            return 0
        }
        switch mark {
        case 0x5A, 0x7A: return 0
        case 0x2B, 0x2D:
            let hours = try number(digits: 2, in: 0...23)
            if !lenient || peek() == 0x3A { try expect(0x3A) }
            let minutes = lenient && peek() == nil ? 0 : try number(digits: 2, in: 0...59)
            let offset = hours * 3600 + minutes * 60
            return mark == 0x2D ? -offset : offset
        default: throw CodecError(.invalidCharacter, at: position - 1)
        }
    }

    private mutating func number(
        digits: Int, in range: ClosedRange<Int64>
    ) throws(CodecError) -> Int64 {
        let start = position
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = next() else { throw CodecError(.truncated, at: position) }
            guard digit >= 0x30, digit <= 0x39 else {
                throw CodecError(.invalidCharacter, at: position - 1)
            }
            value = value * 10 + Int64(digit - 0x30)
        }
        guard range.contains(value) else { throw CodecError(.outOfRange, at: start) }
        return value
    }

    private mutating func expect(_ byte: UInt8) throws(CodecError) {
        guard let found = next() else { throw CodecError(.truncated, at: position) }
        guard found == byte else { throw CodecError(.invalidCharacter, at: position - 1) }
    }

    private func peek() -> UInt8? { position < text.count ? text[position] : nil }

    private mutating func next() -> UInt8? {
        guard let byte = peek() else { return nil }
        position += 1
        return byte
    }
}
