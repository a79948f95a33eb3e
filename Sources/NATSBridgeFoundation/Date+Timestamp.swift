public import ArrowIPC
public import BridgeBytes
package import BridgeJSON
public import FoundationEssentials

extension Date {
    /// The date of a moment. A date is a floating-point number of seconds, which tells moments of
    /// our time apart by a tenth of a microsecond: finer nanoseconds are lost.
    public init(_ moment: Timestamp) {
        let (seconds, overflow) = moment.seconds.subtractingReportingOverflow(Self.epoch)
        let whole = overflow ? Double(moment.seconds) - Double(Self.epoch) : Double(seconds)
        self.init(timeIntervalSinceReferenceDate: whole + Double(moment.nanoseconds) / 1e9)
    }

    /// 2001-01-01 in seconds since 1970-01-01.
    fileprivate static let epoch: Int64 = 978_307_200
}

extension Timestamp {
    /// The moment of a date, rounded to microseconds; nil for dates that are no number or so far
    /// away that a moment cannot state their seconds.
    public init?(_ date: Date) { self.init(date, perSecond: 1_000_000) }

    /// - Parameter perSecond: How many of the unit that is rounded to are a second; at most 1e9.
    fileprivate init?(_ date: Date, perSecond: Int64) {
        let interval = date.timeIntervalSinceReferenceDate
        let whole = interval.rounded(.down)
        guard let seconds = Int64(exactly: whole) else { return nil }
        let (sum, overflow) = seconds.addingReportingOverflow(Date.epoch)
        // Exact, and from 0 to `perSecond`, since the difference is from 0 to 1.
        let count = Int64(((interval - whole) * Double(perSecond)).rounded())
        let (next, carry) = sum.addingReportingOverflow(count / perSecond)
        guard !overflow, !carry else { return nil }
        self.init(
            seconds: next,
            nanoseconds: Int32(count % perSecond * (1_000_000_000 / perSecond)))
    }
}

/// In rows, a date is a timestamp of microseconds in UTC.
///
/// What is not a whole number of microseconds is rounded, so that a date comes back with less than
/// a microsecond of difference. A schema's coarser unit rounds as it asks.
extension Date: ArrowScalarConvertible {
    /// `timestamp[us,UTC]`
    public static var arrowType: DataType { .timestamp(.microsecond, zone: "UTC") }

    /// The moment for columns of timestamps and dates; nil for others, so that columns of
    /// floating-point numbers, which were written without this module, take dates as well.
    public func arrowScalar(for type: DataType) -> ArrowScalar? {
        let perSecond: Int64
        switch type {
        case .timestamp(.second, _): perSecond = 1
        case .timestamp(.millisecond, _), .date64: perSecond = 1_000
        case .timestamp, .date32: perSecond = 1_000_000
        default: return nil
        }
        // A date that is no moment is refused as the number that it is.
        return Timestamp(self, perSecond: perSecond).map { .moment($0) }
            ?? .float(timeIntervalSinceReferenceDate)
    }

    /// The date of a timestamp or date; nil for any other scalar.
    public init?(arrowScalar: ArrowScalar) {
        guard case .moment(let moment) = arrowScalar else { return nil }
        self.init(moment)
    }
}

extension Date: ArrowValue {
    /// A source of timestamps and dates. Complexity: O(1).
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values.
    public static func arrowSource(of column: Column) throws(ArrowError) -> MomentSource {
        try Timestamp.arrowSource(of: column)
    }

    /// The date at a position. Complexity: O(1).
    public static func arrowValue(from source: MomentSource, at position: Int) -> Date {
        Date(Timestamp.arrowValue(from: source, at: position))
    }
}

/// In JSON, a date is text in RFC 3339, as moments are.
extension Date: JSONScalar {
    package func jsonValue() -> JSONValue? { Timestamp(self)?.jsonValue() }

    package init?(jsonValue: JSONValue) {
        guard let moment = Timestamp(jsonValue: jsonValue) else { return nil }
        self.init(moment)
    }

    package static var jsonForm: String { Timestamp.jsonForm }
}
