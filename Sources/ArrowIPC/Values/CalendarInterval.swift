/// A calendar interval: months, days and nanoseconds, which have no fixed relation to each other.
///
/// Columns hold it as the unit of their type says: months only, days and milliseconds, or all.
public struct CalendarInterval: Sendable, Hashable, Codable {
    /// Whole months.
    public var months: Int32
    /// Whole days.
    public var days: Int32
    /// Nanoseconds beside the days.
    public var nanoseconds: Int64

    /// An interval of all parts.
    public init(months: Int32 = 0, days: Int32 = 0, nanoseconds: Int64 = 0) {
        self.months = months
        self.days = days
        self.nanoseconds = nanoseconds
    }
}

extension CalendarInterval: CustomStringConvertible {
    /// `1 year 2 months 3 days 4.5s`.
    public var description: String {
        TemporalText.interval(
            months: Int64(months), days: Int64(days), nanoseconds: nanoseconds)
    }
}

extension CalendarInterval: ArrowScalarConvertible {
    /// `interval[month_day_nano]`
    public static var arrowType: DataType { .interval(.monthDayNano) }

    /// The interval itself, which a column holds only exactly.
    public func arrowScalar(for type: DataType) -> ArrowScalar? { .interval(self) }

    /// The interval of an interval's value; nil for any other scalar.
    public init?(arrowScalar: ArrowScalar) {
        guard case .interval(let interval) = arrowScalar else { return nil }
        self = interval
    }
}

extension Duration: ArrowScalarConvertible {
    /// `duration[ns]`
    public static var arrowType: DataType { .duration(.nanosecond) }

    /// The duration itself for durations and times of day, which a column holds only exactly; nil
    /// for others.
    public func arrowScalar(for type: DataType) -> ArrowScalar? {
        switch type {
        case .duration, .time32, .time64: .duration(self)
        default: nil
        }
    }

    /// The duration, or the time since midnight, of such a value; nil for any other scalar.
    public init?(arrowScalar: ArrowScalar) {
        guard case .duration(let duration) = arrowScalar else { return nil }
        self = duration
    }

    /// How many of the unit of a type the duration is; nil when that is no whole number, or too
    /// large.
    func count(of type: DataType) -> Int64? {
        guard let unit = type.elapsedUnit else { return nil }
        let (seconds, attoseconds) = components
        let size = 1_000_000_000_000_000_000 / unit.perSecond
        guard attoseconds % size == 0 else { return nil }
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: unit.perSecond)
        let (sum, carry) = whole.addingReportingOverflow(attoseconds / size)
        return overflow || carry ? nil : sum
    }

    /// The duration that a number stands for in a column; nil when the type is none of durations
    /// or times of day.
    init?(count: Int64, of type: DataType) {
        guard let unit = type.elapsedUnit else { return nil }
        let (seconds, rest) = count.quotientAndRemainder(dividingBy: unit.perSecond)
        self.init(
            secondsComponent: seconds,
            attosecondsComponent: rest * (1_000_000_000_000_000_000 / unit.perSecond))
    }
}

extension DataType {
    /// The unit of a duration or a time of day.
    fileprivate var elapsedUnit: TimeUnit? {
        switch self {
        case .duration(let unit), .time32(let unit), .time64(let unit): unit
        default: nil
        }
    }
}
