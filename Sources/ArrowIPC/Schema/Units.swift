/// The unit of a time, timestamp or duration. Raw values as in the format's `Schema.fbs`.
public enum TimeUnit: Int16, Sendable, Hashable {
    /// Seconds.
    case second = 0
    /// Thousandths of a second.
    case millisecond = 1
    /// Millionths of a second.
    case microsecond = 2
    /// Billionths of a second.
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
    /// 4 bytes: up to 9 digits.
    case bits32 = 32
    /// 8 bytes: up to 18 digits.
    case bits64 = 64
    /// 16 bytes: up to 38 digits.
    case bits128 = 128
    /// 32 bytes: up to 76 digits.
    case bits256 = 256
}

/// Whether the children of a union are as long as the union, or hold only their own values.
public enum UnionMode: Int16, Sendable, Hashable {
    /// Each member has a value, used or not, for every place.
    case sparse = 0
    /// Each member holds its own values only, and offsets find them.
    case dense = 1
}
