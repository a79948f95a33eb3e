public import BridgeBytes

/// Reads the moments of a column: timestamps of any unit, and dates, which are their midnight.
public struct MomentSource: Sendable {
    private let narrow: NumberSource<Int32>?
    private let wide: NumberSource<Int64>?
    private let type: DataType

    init(_ column: Column) throws(ArrowError) {
        type = column.type
        switch column.type {
        case .timestamp, .date64:
            narrow = nil
            wide = try NumberSource(column)
        case .date32:
            narrow = try NumberSource(column)
            wide = nil
        default: throw column.mismatch("Timestamp")
        }
    }

    subscript(position: Int) -> Timestamp {
        let count = wide?[position] ?? narrow.map { Int64($0[position]) } ?? 0
        // The type was looked at when the source was made.
        return Timestamp(count: count, of: type) ?? Timestamp(seconds: 0)
    }
}

extension Timestamp: ArrowValue {
    /// A source of timestamps and dates. Those without a zone are taken as UTC. Complexity: O(1).
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values.
    public static func arrowSource(of column: Column) throws(ArrowError) -> MomentSource {
        try MomentSource(column)
    }

    /// The moment at a position. Complexity: O(1).
    public static func arrowValue(from source: MomentSource, at position: Int) -> Timestamp {
        source[position]
    }
}

/// Moments as the numbers that columns hold.
extension Timestamp {
    /// The moment that a number stands for in a column; nil when the type is not one of moments.
    init?(count: Int64, of type: DataType) {
        switch type {
        case .timestamp(let unit, _):
            let (quotient, rest) = count.quotientAndRemainder(dividingBy: unit.perSecond)
            let remainder = rest < 0 ? rest + unit.perSecond : rest
            self.init(
                seconds: rest < 0 ? quotient - 1 : quotient,
                nanoseconds: Int32(remainder * (1_000_000_000 / unit.perSecond)))
        case .date32:
            let (seconds, overflow) = count.multipliedReportingOverflow(by: Self.secondsPerDay)
            guard !overflow else { return nil }
            self.init(seconds: seconds)
        case .date64: self.init(milliseconds: count)
        default: return nil
        }
    }

    /// The number that stands for the moment in a column; nil when the moment is not a whole number
    /// of the type's unit, outside its range, or the type not one of moments.
    func count(of type: DataType) -> Int64? {
        switch type {
        case .timestamp(let unit, _): count(perSecond: unit.perSecond)
        case .date32:
            nanoseconds == 0 && seconds % Self.secondsPerDay == 0
                ? seconds / Self.secondsPerDay : nil
        case .date64:
            seconds % Self.secondsPerDay == 0 ? count(perSecond: 1_000) : nil
        default: nil
        }
    }

    private static var secondsPerDay: Int64 { 86_400 }

    private func count(perSecond: Int64) -> Int64? {
        let nanoseconds = Int64(self.nanoseconds)
        let size = 1_000_000_000 / perSecond
        guard nanoseconds % size == 0 else { return nil }
        // A moment just before the first whole second of the range is in the range.
        let (whole, overflow) = (seconds < 0 ? seconds + 1 : seconds)
            .multipliedReportingOverflow(by: perSecond)
        let part = nanoseconds / size - (seconds < 0 ? perSecond : 0)
        let (sum, carry) = whole.addingReportingOverflow(part)
        return overflow || carry ? nil : sum
    }
}

extension TimeUnit {
    /// How many of the unit are a second.
    var perSecond: Int64 {
        switch self {
        case .second: 1
        case .millisecond: 1_000
        case .microsecond: 1_000_000
        case .nanosecond: 1_000_000_000
        }
    }
}
