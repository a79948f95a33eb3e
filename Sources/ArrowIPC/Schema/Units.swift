/// The unit of a time, timestamp or duration. Raw values as in the format's `Schema.fbs`.
public enum TimeUnit: Int16, Sendable, Hashable {
    case second = 0
    case millisecond = 1
    case microsecond = 2
    case nanosecond = 3

    /// `s`, `ms`, `us` or `ns`.
    public var abbreviation: String {
        switch self {
        case .second: "s"
        case .millisecond: "ms"
        case .microsecond: "us"
        case .nanosecond: "ns"
        }
    }
}

/// The unit of a calendar interval. Raw values as in the format's `Schema.fbs`.
public enum IntervalUnit: Int16, Sendable, Hashable {
    /// Whole months, 32 bits.
    case yearMonth = 0
    /// Days and milliseconds, 32 bits each.
    case dayTime = 1
    /// Months and days of 32 bits each, nanoseconds of 64.
    case monthDayNano = 2
}

/// Size of a decimal's unscaled integer.
public enum DecimalWidth: Int, Sendable, Hashable {
    case bits32 = 32
    case bits64 = 64
    case bits128 = 128
    case bits256 = 256
}

/// Whether the children of a union are as long as the union, or hold only their own values.
public enum UnionMode: Int16, Sendable, Hashable {
    case sparse = 0
    case dense = 1
}
