public import BridgeBytes

/// A single value of a column, apart from how the column holds it.
public enum ArrowScalar: Sendable, Hashable {
    /// True or false.
    case bool(Bool)
    /// A whole number.
    case integer(Int64)
    /// An integer of a type without a sign, of whatever size.
    case unsigned(UInt64)
    /// A number with a fraction.
    case float(Double)
    /// Text, and the digits of decimals and of whole numbers that no `Int64` or `UInt64` holds.
    case text(String)
    /// Bytes that mean nothing by themselves.
    case bytes(Bytes)
    /// A timestamp or a date.
    case moment(Timestamp)
    /// A duration, or a time of day as the time since midnight.
    case duration(Duration)
    /// A calendar interval.
    case interval(CalendarInterval)

    /// Its name in error messages.
    var name: String {
        switch self {
        case .bool: "a boolean"
        case .integer(let value): "the integer \(value)"
        case .unsigned(let value): "the integer \(value)"
        case .float: "a floating-point number"
        case .text: "text"
        case .bytes: "bytes"
        case .moment(let moment): "the moment \(moment)"
        case .duration(let duration): "the duration \(duration)"
        case .interval(let interval): "the interval \(interval)"
        }
    }
}

/// A type whose values stand in columns in a form of their own, rather than in the one that their
/// `Codable` conformance gives, which serves other formats.
///
/// `Timestamp` and `Bytes` are such types, and with the module NATSBridgeFoundation `Date`, `Data`
/// and `URL`. A type of your own conforms likewise:
///
///     extension Money: ArrowScalarConvertible {
///         static var arrowType: DataType { .int64 }
///         func arrowScalar(for type: DataType) -> ArrowScalar? { .integer(cents) }
///         init?(arrowScalar: ArrowScalar) {
///             guard case .integer(let cents) = arrowScalar else { return nil }
///             self.init(cents: cents)
///         }
///     }
public protocol ArrowScalarConvertible {
    /// The type of a column of such values, where no schema names another.
    static var arrowType: DataType { get }
    /// The value for a column of a type. Nil when it has no form of its own there: then it stands
    /// there as its `Encodable` conformance says.
    func arrowScalar(for type: DataType) -> ArrowScalar?
    /// The value that a scalar stands for. Nil when it stands for none: then the `Decodable`
    /// conformance has its turn.
    init?(arrowScalar: ArrowScalar)
}

extension Timestamp: ArrowScalarConvertible {
    /// Nanoseconds in UTC.
    public static var arrowType: DataType { .timestamp(.nanosecond, zone: "UTC") }

    /// The moment itself, which a column holds only exactly.
    public func arrowScalar(for type: DataType) -> ArrowScalar? { .moment(self) }

    /// The moment of a timestamp or date; nil for any other scalar.
    public init?(arrowScalar: ArrowScalar) {
        guard case .moment(let moment) = arrowScalar else { return nil }
        self = moment
    }
}

extension Bytes: ArrowScalarConvertible {
    /// `binary`
    public static var arrowType: DataType { .binary }

    /// The bytes themselves.
    public func arrowScalar(for type: DataType) -> ArrowScalar? { .bytes(self) }

    /// The bytes of a binary value; nil for any other scalar.
    public init?(arrowScalar: ArrowScalar) {
        guard case .bytes(let bytes) = arrowScalar else { return nil }
        self = bytes
    }
}
